-- Lists by domain and by owner, newest first (each index ends with the rowid: the link's id). Most links have neither, and no entry.
CREATE INDEX links_by_domain ON links (domain_id) WHERE domain_id > 0;
CREATE INDEX links_settings_by_owner ON links_settings (tenant_id, owner) WHERE owner IS NOT NULL;
