-- What is known of clicks beyond their number; see 0007_links_analytics.sql for what each table is.

CREATE TABLE links_analytics_counts (
  tenant_id BIGINT NOT NULL,
  subject   TEXT   COLLATE "C" NOT NULL,
  hour      BIGINT NOT NULL,
  clicks    BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, subject, hour)
) WITH (fillfactor = 80);  -- room beside a counter, so that adding to it moves nothing in the index
SELECT ashlar_isolate('links_analytics_counts');

CREATE TABLE links_analytics (
  tenant_id BIGINT   NOT NULL,
  hour      BIGINT   NOT NULL,
  grain     SMALLINT NOT NULL,
  subject   TEXT     COLLATE "C" NOT NULL,
  data      BYTEA    NOT NULL,
  PRIMARY KEY (tenant_id, subject, grain, hour)
);
CREATE INDEX links_analytics_by_age ON links_analytics (grain, hour);
SELECT ashlar_isolate('links_analytics');

CREATE TABLE links_analytics_batches (
  id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  level         BIGINT NOT NULL,
  counted_until BIGINT NOT NULL,
  data          BYTEA  NOT NULL
);
SELECT ashlar_platform_only('links_analytics_batches');
-- Reports tell up to when they are complete.
GRANT SELECT (counted_until) ON links_analytics_batches TO ashlar_app;

CREATE TABLE links_visitor_salts (
  day  BIGINT PRIMARY KEY,
  salt BYTEA  NOT NULL
);
SELECT ashlar_platform_only('links_visitor_salts');
