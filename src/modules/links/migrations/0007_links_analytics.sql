-- What is known of clicks beyond their number, added up: by hour at first, later by day and month.

-- What a subject (a tenant's links, those of a tag, a domain, an owner: analytics/subject.h) was
-- clicked in an hour; links have theirs in links_clicks_hourly.
CREATE TABLE links_analytics_counts (
  tenant_id INTEGER NOT NULL,
  subject   TEXT    NOT NULL,
  hour      INTEGER NOT NULL,  -- since 1970, UTC
  clicks    INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, subject, hour)
) STRICT, WITHOUT ROWID;

-- Visitors and values (analytics/rollup.h has the form of `data`). With a rowid, since rows are long.
CREATE TABLE links_analytics (
  id        INTEGER PRIMARY KEY,
  tenant_id INTEGER NOT NULL,
  subject   TEXT    NOT NULL,
  grain     INTEGER NOT NULL,  -- 0 an hour, 1 a day, 2 a month, all of UTC
  hour      INTEGER NOT NULL,  -- the first of it
  data      BLOB    NOT NULL,
  UNIQUE (tenant_id, subject, grain, hour)
) STRICT;
-- What is old enough to be rolled up.
CREATE INDEX links_analytics_by_age ON links_analytics (grain, hour);

-- What waits to be added to both. AUTOINCREMENT: an id names one batch for ever.
CREATE TABLE links_analytics_batches (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  level         INTEGER NOT NULL,  -- analytics_store.h, Level
  counted_until INTEGER NOT NULL,  -- all clicks up to here are added already or in earlier batches
  data          BLOB    NOT NULL
) STRICT;

-- The key by which visitors of one day are told apart; gone two days later.
CREATE TABLE links_visitor_salts (
  day  INTEGER PRIMARY KEY,  -- since 1970, UTC
  salt BLOB    NOT NULL
) STRICT;
