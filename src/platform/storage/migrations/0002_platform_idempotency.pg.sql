-- Records of Idempotency-Keys of what the administrator creates outside any tenant: tenants.
CREATE TABLE platform_idempotency_keys (
  mode TEXT NOT NULL,
  key TEXT NOT NULL,
  route TEXT NOT NULL,
  request_hash BYTEA NOT NULL,
  status BIGINT NOT NULL,
  headers TEXT NOT NULL,
  body BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (mode, key)
);
CREATE INDEX platform_idempotency_keys_by_age ON platform_idempotency_keys (created_at);
SELECT ashlar_platform_only('platform_idempotency_keys');
