-- What stands in the middle of QR codes: a PNG that was decoded and written again. domain_id 0: of all of the tenant's links whose
-- domain has none of its own.
CREATE TABLE links_qr_logos (
  tenant_id  INTEGER NOT NULL,
  domain_id  INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  width      INTEGER NOT NULL,
  height     INTEGER NOT NULL,
  png        BLOB    NOT NULL,
  PRIMARY KEY (tenant_id, domain_id)
) STRICT;
