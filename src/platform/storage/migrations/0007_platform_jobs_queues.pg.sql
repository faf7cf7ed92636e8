-- See 0007_platform_jobs_queues.sql.
ALTER TABLE job_queues ADD COLUMN key_rate_per_s DOUBLE PRECISION;
ALTER TABLE job_queues ADD COLUMN key_burst BIGINT NOT NULL DEFAULT 1;
ALTER TABLE job_queues ADD COLUMN retry TEXT NOT NULL DEFAULT '';
ALTER TABLE job_keys ADD COLUMN tat BIGINT NOT NULL DEFAULT 0;
ALTER TABLE job_keys ADD COLUMN noted_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE job_notes ADD COLUMN not_before BIGINT NOT NULL DEFAULT 0;
DROP INDEX job_notes_by_kind;
CREATE INDEX job_notes_by_kind ON job_notes (kind, not_before, id);
