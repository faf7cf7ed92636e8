-- What was counted, as it came: one row a request or a second of our own traffic, folded into one a
-- minute later (activity_log.h). Rows older than the longest window go.
-- AUTOINCREMENT: an id names one batch for ever, and instances read on from the last one.
CREATE TABLE activity_batches (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id  INTEGER NOT NULL,   -- 0: Ashlar's own requests
  folded     INTEGER NOT NULL,   -- 0: as it came; 1: several, whole minutes
  newest     INTEGER NOT NULL,   -- the latest second in it, Unix time
  written_at INTEGER NOT NULL,   -- microseconds since 1970
  data       BLOB    NOT NULL    -- tally.h
) STRICT;
CREATE INDEX activity_batches_by_newest ON activity_batches (newest);
CREATE INDEX activity_batches_by_tenant ON activity_batches (tenant_id);
