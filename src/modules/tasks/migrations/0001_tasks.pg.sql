-- See 0001_tasks.sql for what each table is.

CREATE TABLE tasks_schedules (
  tenant_id  BIGINT   NOT NULL,
  next_at    BIGINT   NOT NULL,
  last_at    BIGINT,
  last_task  BIGINT,
  created_at BIGINT   NOT NULL,
  updated_at BIGINT   NOT NULL,
  paused     SMALLINT NOT NULL DEFAULT 0,
  name       TEXT     COLLATE "C" NOT NULL,
  cron       TEXT     NOT NULL,
  time_zone  TEXT     NOT NULL,
  queue      TEXT     NOT NULL,
  task       TEXT     NOT NULL,
  error      TEXT,
  PRIMARY KEY (tenant_id, name)
);
CREATE INDEX tasks_schedules_due ON tasks_schedules (next_at) WHERE paused = 0 AND next_at > 0;
SELECT ashlar_isolate('tasks_schedules');

CREATE TABLE tasks_queues (
  tenant_id          BIGINT NOT NULL,
  target_max_running BIGINT,
  target_rate_per_s  DOUBLE PRECISION,
  queue              TEXT   COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant_id, queue)
);
SELECT ashlar_isolate('tasks_queues');

CREATE TABLE tasks_signing_keys (
  tenant_id      BIGINT NOT NULL PRIMARY KEY,
  previous_until BIGINT,
  created_at     BIGINT NOT NULL,
  sealed         BYTEA  NOT NULL,
  previous       BYTEA
);
SELECT ashlar_isolate('tasks_signing_keys');
