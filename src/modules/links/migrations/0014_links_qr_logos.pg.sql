-- Pictures in the middle of QR codes; see 0014_links_qr_logos.sql.
CREATE TABLE links_qr_logos (
  tenant_id  BIGINT NOT NULL,
  domain_id  BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  width      BIGINT NOT NULL,
  height     BIGINT NOT NULL,
  png        BYTEA  NOT NULL,
  PRIMARY KEY (tenant_id, domain_id)
);
SELECT ashlar_isolate('links_qr_logos');
