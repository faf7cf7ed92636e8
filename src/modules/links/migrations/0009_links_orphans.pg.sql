-- Visits on domains that led to no link; see 0009_links_orphans.sql.

CREATE TABLE links_orphan_counts (
  tenant_id BIGINT   NOT NULL,
  domain_id BIGINT   NOT NULL,
  kind      SMALLINT NOT NULL,
  visits    BIGINT   NOT NULL,
  bots      BIGINT   NOT NULL,
  PRIMARY KEY (tenant_id, domain_id, kind)
) WITH (fillfactor = 80);  -- room beside a counter, so that adding to it moves nothing in the index
SELECT ashlar_isolate('links_orphan_counts');

CREATE TABLE links_orphans (
  id        BIGINT   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id BIGINT   NOT NULL,
  domain_id BIGINT   NOT NULL,
  kind      SMALLINT NOT NULL,
  at        BIGINT   NOT NULL,
  agent     SMALLINT NOT NULL,
  referrer  TEXT     NOT NULL,
  path      TEXT     NOT NULL
);
CREATE INDEX links_orphans_by_tenant ON links_orphans (tenant_id, id);
CREATE INDEX links_orphans_by_domain ON links_orphans (tenant_id, domain_id, id);
SELECT ashlar_isolate('links_orphans');
