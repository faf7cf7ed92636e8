-- Counted activity; see 0001_activity.sql for what each column is.
CREATE TABLE activity_batches (
  id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id  BIGINT NOT NULL,
  folded     BIGINT NOT NULL,
  newest     BIGINT NOT NULL,
  written_at BIGINT NOT NULL,
  data       BYTEA  NOT NULL
);
CREATE INDEX activity_batches_by_newest ON activity_batches (newest);
CREATE INDEX activity_batches_by_tenant ON activity_batches (tenant_id);
SELECT ashlar_isolate('activity_batches');
