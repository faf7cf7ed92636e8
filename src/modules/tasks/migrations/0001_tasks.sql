-- What module tasks keeps beside the jobs themselves (platform/jobs): schedules, how queues treat
-- push targets, and with what each tenant's push requests are signed.

CREATE TABLE tasks_schedules (
  tenant_id  INTEGER NOT NULL,
  name       TEXT    NOT NULL,
  cron       TEXT    NOT NULL,
  time_zone  TEXT    NOT NULL,
  queue      TEXT    NOT NULL,
  task       TEXT    NOT NULL,            -- what is enqueued, as POST /v1/tasks takes it
  paused     INTEGER NOT NULL DEFAULT 0,
  next_at    INTEGER NOT NULL,            -- times are microseconds since 1970; 0: it never comes again
  last_at    INTEGER,                     -- the occurrence that was enqueued last
  last_task  INTEGER,
  error      TEXT,                        -- why the last occurrence was not enqueued
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX tasks_schedules_due ON tasks_schedules (next_at) WHERE paused = 0 AND next_at > 0;

CREATE TABLE tasks_queues (
  tenant_id          INTEGER NOT NULL,
  queue              TEXT    NOT NULL,
  target_max_running INTEGER,             -- push requests at once to one host; NULL: no limit of its own
  target_rate_per_s  REAL,
  PRIMARY KEY (tenant_id, queue)
) STRICT, WITHOUT ROWID;

CREATE TABLE tasks_signing_keys (
  tenant_id      INTEGER NOT NULL PRIMARY KEY,
  sealed         BLOB    NOT NULL,        -- security::SecretBox
  previous       BLOB,                    -- the one before, still signed with until previous_until
  previous_until INTEGER,
  created_at     INTEGER NOT NULL
) STRICT;
