-- Domains whose pages are not followed, and reports without what tells addresses; see 0013_links_domain_stops.sql.
CREATE TABLE links_domain_stops (
  tenant_id BIGINT NOT NULL,
  at        BIGINT NOT NULL,
  host      TEXT   COLLATE "C" NOT NULL,
  reason    TEXT   NOT NULL,
  note      TEXT   NOT NULL,
  entries   TEXT   NOT NULL,
  PRIMARY KEY (tenant_id, host)
);
SELECT ashlar_isolate('links_domain_stops');

ALTER TABLE links_recheck ADD COLUMN after_domain_id BIGINT NOT NULL DEFAULT 0;

UPDATE links_reports SET reporter = (random() * 9007199254740992)::bigint;
CREATE INDEX links_reports_by_time ON links_reports (at);
