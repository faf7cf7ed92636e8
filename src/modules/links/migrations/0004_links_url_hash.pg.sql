-- By which links to the same URL are found; see 0004_links_url_hash.sql.
ALTER TABLE links ADD COLUMN url_hash INTEGER;
CREATE INDEX links_by_url ON links (tenant_id, url_hash, id) WHERE url_hash IS NOT NULL;
CREATE INDEX links_unhashed ON links (id) WHERE url_hash IS NULL;
