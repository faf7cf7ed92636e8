-- Jobs (platform/jobs/job.h). Times are microseconds since 1970, 0: none; booleans integers.

-- Those that live. phase: 0 ready or running, 1 later, 2 held by its key's bound. lease_until: above 0 leased until then, 0
-- not leased, -1 its lease ran out and its worker may still be heard. lost_…: what the lease before this one was.
-- budget: attempts that were granted at first; attempts granted in all: max_attempts. counted: it has a place in its
-- queue's `running`.
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  queue TEXT NOT NULL,
  phase INTEGER NOT NULL,
  rank INTEGER NOT NULL,
  lease_until INTEGER NOT NULL DEFAULT 0,
  attempt INTEGER NOT NULL DEFAULT 0,
  max_attempts INTEGER NOT NULL,
  budget INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  run_at INTEGER NOT NULL,
  timeout_ms INTEGER NOT NULL,
  enqueued_at INTEGER NOT NULL,
  started_at INTEGER NOT NULL DEFAULT 0,
  lost_until INTEGER NOT NULL DEFAULT 0,
  lost_started_at INTEGER NOT NULL DEFAULT 0,
  counted INTEGER NOT NULL DEFAULT 0,
  cancel_asked INTEGER NOT NULL DEFAULT 0,
  worker TEXT NOT NULL DEFAULT '',
  unique_key TEXT,
  key TEXT,
  key_limit INTEGER NOT NULL,
  ordered INTEGER NOT NULL,
  error TEXT NOT NULL DEFAULT '',
  traceparent TEXT NOT NULL,
  meta TEXT NOT NULL,
  payload TEXT NOT NULL
) STRICT;
CREATE INDEX jobs_ready ON jobs (kind, tenant_id, queue, rank) WHERE phase = 0 AND lease_until <= 0;
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE lease_until > 0;
CREATE INDEX jobs_later ON jobs (run_at) WHERE phase = 1;
CREATE INDEX jobs_held ON jobs (kind, tenant_id, queue, key, (CASE ordered WHEN 1 THEN 0 ELSE rank END)) WHERE phase = 2;
CREATE UNIQUE INDEX jobs_unique ON jobs (tenant_id, kind, queue, unique_key) WHERE unique_key IS NOT NULL;
CREATE INDEX jobs_by_tenant ON jobs (tenant_id);

-- Those that ended. state: 0 done, 1 dead, 2 cancelled.
CREATE TABLE job_history (
  id INTEGER PRIMARY KEY,
  tenant_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  queue TEXT NOT NULL,
  state INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  max_attempts INTEGER NOT NULL,
  budget INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  run_at INTEGER NOT NULL,
  timeout_ms INTEGER NOT NULL,
  enqueued_at INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  worker TEXT NOT NULL,
  unique_key TEXT,
  key TEXT,
  key_limit INTEGER NOT NULL,
  ordered INTEGER NOT NULL,
  error TEXT NOT NULL,
  result TEXT NOT NULL,
  traceparent TEXT NOT NULL,
  meta TEXT NOT NULL,
  payload TEXT NOT NULL
) STRICT;
CREATE INDEX job_history_by_tenant ON job_history (tenant_id);
CREATE INDEX job_history_by_end ON job_history (state, ended_at);
CREATE INDEX job_history_dead ON job_history (tenant_id, kind, queue) WHERE state = 1;

-- Attempts that failed, or whose lease ran out.
CREATE TABLE job_attempts (
  job_id INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  tenant_id INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  error TEXT NOT NULL,
  PRIMARY KEY (job_id, attempt)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_attempts_by_tenant ON job_attempts (tenant_id);

-- How many jobs of a key have one of its places: they are ready or running or, when ordered, wait for their next attempt.
CREATE TABLE job_keys (
  tenant_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  queue TEXT NOT NULL,
  key TEXT NOT NULL,
  admitted INTEGER NOT NULL,
  key_limit INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, kind, queue, key)
) STRICT, WITHOUT ROWID;

-- Settings of queues that have any. running is kept only under max_running; tat is the rate's (pace.h).
CREATE TABLE job_queues (
  tenant_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  queue TEXT NOT NULL,
  paused INTEGER NOT NULL,
  max_running INTEGER,
  rate_per_s REAL,
  burst INTEGER NOT NULL,
  running INTEGER NOT NULL DEFAULT 0,
  tat INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, kind, queue)
) STRICT, WITHOUT ROWID;

-- What happened to a bound: whoever enqueues or ends a job leaves a note, whoever leases next settles it (gates.h).
-- what: 0 a job of the key waits to be admitted, 1 a place of the key is free, 2 a place of the queue's running is free.
CREATE TABLE job_notes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  tenant_id INTEGER NOT NULL,
  queue TEXT NOT NULL,
  what INTEGER NOT NULL,
  key TEXT NOT NULL,
  key_limit INTEGER NOT NULL
) STRICT;
CREATE INDEX job_notes_by_kind ON job_notes (kind);
CREATE INDEX job_notes_by_tenant ON job_notes (tenant_id);
