-- Visits on domains that led to no link: counted, and the newest kept one by one (orphans/orphan_visit.h).

CREATE TABLE links_orphan_counts (
  tenant_id INTEGER NOT NULL,
  domain_id INTEGER NOT NULL,
  kind      INTEGER NOT NULL,
  visits    INTEGER NOT NULL,
  bots      INTEGER NOT NULL,  -- of the visits
  PRIMARY KEY (tenant_id, domain_id, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE links_orphans (
  id        INTEGER PRIMARY KEY,
  tenant_id INTEGER NOT NULL,
  domain_id INTEGER NOT NULL,
  kind      INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  agent     INTEGER NOT NULL,  -- click_detail.h
  referrer  TEXT    NOT NULL,  -- host only
  path      TEXT    NOT NULL   -- without its query
) STRICT;
-- Both end with the rowid, which is id: newest first is each backwards.
CREATE INDEX links_orphans_by_tenant ON links_orphans (tenant_id);
CREATE INDEX links_orphans_by_domain ON links_orphans (tenant_id, domain_id);
