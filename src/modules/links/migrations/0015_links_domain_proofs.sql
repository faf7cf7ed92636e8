-- Whose a host is, is shown: several tenants may name one, and one of them has it. proof: 0 none, so nothing is served there; 1 first
-- come; 2 the operator's word; 3 a TXT record. What there was came first.
--
-- The table is made anew, since the host was unique in it by its definition. Ids go on where they were: each names a domain for ever.
CREATE TABLE links_domains_anew (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,  -- never 0, which is our own
  tenant_id     INTEGER NOT NULL,
  host          TEXT    NOT NULL,                   -- lower case, ASCII, no port, no dot at the end
  root_url      TEXT    NOT NULL,                   -- '': none
  not_found_url TEXT    NOT NULL,                   -- '': none
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  version       INTEGER NOT NULL,
  proof         INTEGER NOT NULL,
  checked_at    INTEGER,                            -- when the record was last looked for
  check_error   TEXT    NOT NULL DEFAULT ''         -- what was found then; '': the record
) STRICT;
INSERT INTO links_domains_anew (id, tenant_id, host, root_url, not_found_url, created_at, updated_at, version, proof)
  SELECT id, tenant_id, host, root_url, not_found_url, created_at, updated_at, version, 1 FROM links_domains;
DELETE FROM sqlite_sequence WHERE name = 'links_domains_anew';
INSERT INTO sqlite_sequence (name, seq) SELECT 'links_domains_anew', seq FROM sqlite_sequence WHERE name = 'links_domains';
DROP TABLE links_domains;
ALTER TABLE links_domains_anew RENAME TO links_domains;
CREATE UNIQUE INDEX links_domains_by_tenant ON links_domains (tenant_id, host);
CREATE UNIQUE INDEX links_domains_by_host ON links_domains (host) WHERE proof > 0;
CREATE INDEX links_domains_named ON links_domains (host, id);
