-- A rate for each key of a queue (platform/jobs/gates.h) and a retry schedule of a queue. job_keys.tat is the rate's state
-- (pace.h), noted_at: when the note comes that looks at the key again. job_notes.not_before: settled from then on.
-- job_queues.retry: delays in milliseconds, with blanks between; '' where the kind's schedule holds.
ALTER TABLE job_queues ADD COLUMN key_rate_per_s REAL;
ALTER TABLE job_queues ADD COLUMN key_burst INTEGER NOT NULL DEFAULT 1;
ALTER TABLE job_queues ADD COLUMN retry TEXT NOT NULL DEFAULT '';
ALTER TABLE job_keys ADD COLUMN tat INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job_keys ADD COLUMN noted_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job_notes ADD COLUMN not_before INTEGER NOT NULL DEFAULT 0;
DROP INDEX job_notes_by_kind;
CREATE INDEX job_notes_by_kind ON job_notes (kind, not_before);
