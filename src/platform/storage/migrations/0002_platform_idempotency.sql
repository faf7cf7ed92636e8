-- Records of Idempotency-Keys of what the administrator creates outside any tenant: tenants.
CREATE TABLE platform_idempotency_keys (
  mode TEXT NOT NULL,
  key TEXT NOT NULL,
  route TEXT NOT NULL,
  request_hash BLOB NOT NULL,
  status INTEGER NOT NULL,
  headers TEXT NOT NULL,
  body BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (mode, key)
) STRICT;
CREATE INDEX platform_idempotency_keys_by_age ON platform_idempotency_keys (created_at);
