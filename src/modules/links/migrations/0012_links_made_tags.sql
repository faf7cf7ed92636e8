-- Tags that were made for themselves, as clients of other shorteners do: they are there before a link has them, and have a colour.
CREATE TABLE links_made_tags (
  tenant_id  INTEGER NOT NULL,
  tag        TEXT    NOT NULL,
  color      TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, tag)
) STRICT, WITHOUT ROWID;
