-- By which links to the same URL are found: 32 bits of a keyed hash of domain and URL (code_space.h). NULL: made before there were
-- hashes; url_hashes.h gives them one.
ALTER TABLE links ADD COLUMN url_hash INTEGER;

-- Newest first is this index backwards.
CREATE INDEX links_by_url ON links (tenant_id, url_hash) WHERE url_hash IS NOT NULL;

-- Of those that still wait; empty in a database that begins here.
CREATE INDEX links_unhashed ON links (id) WHERE url_hash IS NULL;
