-- What a link has beyond target, status and expiry. Most have none of it: they have no row here, and
-- their own stays as it was.

-- `data` is JSON (settings_json.h): all settings. Beside it what lists are filtered by.
CREATE TABLE links_settings (
  link_id   INTEGER PRIMARY KEY,
  tenant_id INTEGER NOT NULL,
  archived  INTEGER NOT NULL DEFAULT 0,
  owner     TEXT,
  data      TEXT NOT NULL
) STRICT;

-- The same tags as in `data`, to be found by.
CREATE TABLE links_tags (
  tenant_id INTEGER NOT NULL,
  tag       TEXT    NOT NULL,
  link_id   INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, tag, link_id)
) STRICT, WITHOUT ROWID;

-- How many visitors have passed a link that lets only so many pass. A row of its own: visits write it,
-- the settings they only read.
CREATE TABLE links_click_limits (
  link_id    INTEGER PRIMARY KEY,
  tenant_id  INTEGER NOT NULL,
  max_clicks INTEGER NOT NULL,
  used       INTEGER NOT NULL DEFAULT 0
) STRICT;
