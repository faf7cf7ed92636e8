-- Links and their clicks. Built for many small rows: what is usually the same takes no byte (SQLite
-- stores 0, 1 and NULL in the header alone), and there is no index that a query does not need.

-- The counter of link ids: dense, given once, shared by all tenants.
CREATE TABLE links_ids (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  next INTEGER NOT NULL
) STRICT;
INSERT INTO links_ids (one, next) VALUES (1, 0);

CREATE TABLE links (
  id         INTEGER PRIMARY KEY,
  tenant_id  INTEGER NOT NULL,
  domain_id  INTEGER NOT NULL DEFAULT 0,  -- 0: the installation's own
  code       TEXT    NOT NULL,
  url        TEXT    NOT NULL,
  status     INTEGER NOT NULL,
  enabled    INTEGER NOT NULL DEFAULT 1,
  expires_at INTEGER,                     -- times are microseconds since 1970
  created_at INTEGER NOT NULL,
  updated_at INTEGER,                     -- NULL: never changed
  version    INTEGER NOT NULL DEFAULT 1,
  UNIQUE (domain_id, code)
) STRICT;
-- An index of SQLite ends with the rowid, which is id: newest first is this index backwards.
CREATE INDEX links_by_tenant ON links (tenant_id);

-- Clicks per link and hour (hours since 1970, UTC). Hour 0 holds the link's total: it lies beside the
-- link's other rows, so that keeping it dirties no other page.
CREATE TABLE links_clicks_hourly (
  tenant_id INTEGER NOT NULL,
  link_id   INTEGER NOT NULL,
  hour      INTEGER NOT NULL,
  clicks    INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, link_id, hour)
) STRICT, WITHOUT ROWID;

-- Click counts that wait to be added to links_clicks_hourly (click_batch.h has the form of `data`).
-- AUTOINCREMENT: an id names one batch for ever; whoever removes a batch that he has read knows that
-- it was this one.
CREATE TABLE links_click_batches (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  level     INTEGER NOT NULL,  -- 0: as flushed; 1: sorted and cut by ClickFolder
  counted_until INTEGER NOT NULL,  -- all clicks up to here are in the counters or in earlier batches
  pairs     INTEGER NOT NULL,
  data      BLOB    NOT NULL
) STRICT;

-- The last flush of each process, so that none is done twice when the answer to its commit was lost.
CREATE TABLE links_click_writers (
  writer INTEGER PRIMARY KEY,
  seq    INTEGER NOT NULL,
  at     INTEGER NOT NULL
) STRICT;

-- The newest clicks of each link, one by one, as far as there was room for them.
CREATE TABLE links_clicks (
  id        INTEGER PRIMARY KEY,
  tenant_id INTEGER NOT NULL,
  link_id   INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  agent     INTEGER NOT NULL,  -- click_detail.h
  referrer  TEXT               -- host only
) STRICT;
CREATE INDEX links_clicks_by_link ON links_clicks (tenant_id, link_id);
