-- Tags that were made for themselves; see 0012_links_made_tags.sql.
CREATE TABLE links_made_tags (
  created_at BIGINT NOT NULL,
  tenant_id  BIGINT NOT NULL,
  tag        TEXT   COLLATE "C" NOT NULL,
  color      TEXT   NOT NULL,
  PRIMARY KEY (tenant_id, tag)
);
SELECT ashlar_isolate('links_made_tags');
