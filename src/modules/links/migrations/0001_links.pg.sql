-- Links and their clicks; see 0001_links.sql for what each table is.

CREATE SEQUENCE links_id_seq;
GRANT USAGE ON SEQUENCE links_id_seq TO ashlar_app, ashlar_platform;

-- Wide columns first: PostgreSQL pads to their size.
CREATE TABLE links (
  id         BIGINT   PRIMARY KEY,
  tenant_id  BIGINT   NOT NULL,
  created_at BIGINT   NOT NULL,
  updated_at BIGINT,
  expires_at BIGINT,
  domain_id  INTEGER  NOT NULL DEFAULT 0,
  version    INTEGER  NOT NULL DEFAULT 1,
  status     SMALLINT NOT NULL,
  enabled    SMALLINT NOT NULL DEFAULT 1,
  code       TEXT     COLLATE "C" NOT NULL,
  url        TEXT     NOT NULL,
  UNIQUE (domain_id, code)
);
CREATE INDEX links_by_tenant ON links (tenant_id, id);
SELECT ashlar_isolate('links');

CREATE TABLE links_clicks_hourly (
  tenant_id BIGINT NOT NULL,
  link_id   BIGINT NOT NULL,
  hour      BIGINT NOT NULL,
  clicks    BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, link_id, hour)
) WITH (fillfactor = 80);  -- room beside a counter, so that adding to it moves nothing in the index
SELECT ashlar_isolate('links_clicks_hourly');

CREATE TABLE links_click_batches (
  id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  level         BIGINT NOT NULL,
  counted_until BIGINT NOT NULL,
  pairs         BIGINT NOT NULL,
  data          BYTEA  NOT NULL
);
SELECT ashlar_platform_only('links_click_batches');
-- Statistics tell up to when they are complete.
GRANT SELECT (counted_until) ON links_click_batches TO ashlar_app;

CREATE TABLE links_click_writers (
  writer BIGINT PRIMARY KEY,
  seq    BIGINT NOT NULL,
  at     BIGINT NOT NULL
);
SELECT ashlar_platform_only('links_click_writers');

CREATE TABLE links_clicks (
  id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id BIGINT NOT NULL,
  link_id   BIGINT NOT NULL,
  at        BIGINT NOT NULL,
  agent     BIGINT NOT NULL,
  referrer  TEXT
);
CREATE INDEX links_clicks_by_link ON links_clicks (tenant_id, link_id, id);
SELECT ashlar_isolate('links_clicks');
