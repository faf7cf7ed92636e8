-- Hosts on which links are followed, each with a code space of its own: links.domain_id names one. A
-- host is one tenant's, in the whole installation.
CREATE TABLE links_domains (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,  -- names one for ever; never 0, which is our own
  tenant_id     INTEGER NOT NULL,
  host          TEXT    NOT NULL UNIQUE,            -- lower case, ASCII, no port, no dot at the end
  root_url      TEXT    NOT NULL,                   -- '': none
  not_found_url TEXT    NOT NULL,                   -- '': none
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  version       INTEGER NOT NULL
) STRICT;
CREATE INDEX links_domains_by_tenant ON links_domains (tenant_id, host);
