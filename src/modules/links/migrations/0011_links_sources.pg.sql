-- Lists by domain and by owner, newest first; see 0011_links_sources.sql.
CREATE INDEX links_by_domain ON links (domain_id, id) WHERE domain_id > 0;
CREATE INDEX links_settings_by_owner ON links_settings (tenant_id, owner, link_id) WHERE owner IS NOT NULL;
