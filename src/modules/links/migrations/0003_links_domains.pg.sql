-- Hosts on which links are followed; see 0003_links_domains.sql.
CREATE TABLE links_domains (
  id            INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id     BIGINT  NOT NULL,
  host          TEXT    COLLATE "C" NOT NULL UNIQUE,
  root_url      TEXT    NOT NULL,
  not_found_url TEXT    NOT NULL,
  created_at    BIGINT  NOT NULL,
  updated_at    BIGINT  NOT NULL,
  version       INTEGER NOT NULL
);
CREATE INDEX links_domains_by_tenant ON links_domains (tenant_id, host);
SELECT ashlar_isolate('links_domains');
