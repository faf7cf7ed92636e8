-- What a link has beyond target, status and expiry; see 0002_links_settings.sql for what each table is.

CREATE TABLE links_settings (
  link_id   BIGINT   PRIMARY KEY,
  tenant_id BIGINT   NOT NULL,
  archived  SMALLINT NOT NULL DEFAULT 0,
  owner     TEXT     COLLATE "C",
  data      TEXT     NOT NULL
);
CREATE INDEX links_settings_by_tenant ON links_settings (tenant_id, link_id);
SELECT ashlar_isolate('links_settings');

CREATE TABLE links_tags (
  tenant_id BIGINT NOT NULL,
  link_id   BIGINT NOT NULL,
  tag       TEXT   COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant_id, tag, link_id)
);
SELECT ashlar_isolate('links_tags');

CREATE TABLE links_click_limits (
  link_id    BIGINT PRIMARY KEY,
  tenant_id  BIGINT NOT NULL,
  max_clicks BIGINT NOT NULL,
  used       BIGINT NOT NULL DEFAULT 0
) WITH (fillfactor = 50);  -- room beside a counter, so that adding to it moves nothing in the index
SELECT ashlar_isolate('links_click_limits');
