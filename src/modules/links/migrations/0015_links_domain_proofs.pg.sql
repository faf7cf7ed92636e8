-- Whose a host is, is shown; see 0015_links_domain_proofs.sql.
ALTER TABLE links_domains ADD COLUMN proof BIGINT NOT NULL DEFAULT 1;
ALTER TABLE links_domains ALTER COLUMN proof DROP DEFAULT;
ALTER TABLE links_domains ADD COLUMN checked_at BIGINT;
ALTER TABLE links_domains ADD COLUMN check_error TEXT NOT NULL DEFAULT '';
ALTER TABLE links_domains DROP CONSTRAINT links_domains_host_key;
DROP INDEX links_domains_by_tenant;
CREATE UNIQUE INDEX links_domains_by_tenant ON links_domains (tenant_id, host);
CREATE UNIQUE INDEX links_domains_by_host ON links_domains (host) WHERE proof > 0;
CREATE INDEX links_domains_named ON links_domains (host, id);
