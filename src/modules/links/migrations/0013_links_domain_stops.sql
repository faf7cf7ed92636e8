-- Domains whose pages (root_url, not_found_url) are not followed: by host, so that one which is removed and made again is stopped as
-- before.
CREATE TABLE links_domain_stops (
  tenant_id INTEGER NOT NULL,
  host      TEXT    NOT NULL,
  reason    TEXT    NOT NULL,  -- operator, denied, list
  note      TEXT    NOT NULL,
  entries   TEXT    NOT NULL,  -- JSON: what lists held of it, "" none
  at        INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, host)
) STRICT, WITHOUT ROWID;

-- The round looks at domains beside links.
ALTER TABLE links_recheck ADD COLUMN after_domain_id INTEGER NOT NULL DEFAULT 0;

-- Reporters' hashes had a key that never changed: whoever has the database could tell addresses by them.
UPDATE links_reports SET reporter = random();
CREATE INDEX links_reports_by_time ON links_reports (at);
