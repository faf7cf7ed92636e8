-- Files of other shorteners that are being made into links; see the .sql file of the same number for what each table is.

CREATE TABLE links_imports (
  id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id  BIGINT NOT NULL,
  source     TEXT   NOT NULL,
  format     TEXT   NOT NULL,
  domain     TEXT   NOT NULL,
  state      TEXT   NOT NULL,
  header     TEXT   NOT NULL DEFAULT '',
  part       BIGINT NOT NULL DEFAULT 0,
  chunk      BIGINT NOT NULL DEFAULT 0,
  at_byte    BIGINT NOT NULL DEFAULT 0,
  bytes      BIGINT NOT NULL DEFAULT 0,
  bytes_done BIGINT NOT NULL DEFAULT 0,
  rows_done  BIGINT NOT NULL DEFAULT 0,
  created    BIGINT NOT NULL DEFAULT 0,
  existing   BIGINT NOT NULL DEFAULT 0,
  refused    BIGINT NOT NULL DEFAULT 0,
  error      TEXT   NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version    BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX links_imports_by_tenant ON links_imports (tenant_id, id);
SELECT ashlar_isolate('links_imports');

CREATE TABLE links_import_chunks (
  tenant_id BIGINT NOT NULL,
  import_id BIGINT NOT NULL,
  part      BIGINT NOT NULL,
  chunk     BIGINT NOT NULL,
  data      BYTEA  NOT NULL,
  PRIMARY KEY (tenant_id, import_id, part, chunk)
);
SELECT ashlar_isolate('links_import_chunks');

CREATE TABLE links_import_refusals (
  tenant_id BIGINT NOT NULL,
  import_id BIGINT NOT NULL,
  row       BIGINT NOT NULL,
  code      TEXT   NOT NULL,
  url       TEXT   NOT NULL,
  reason    TEXT   NOT NULL,
  detail    TEXT   NOT NULL,
  PRIMARY KEY (tenant_id, import_id, row)
);
SELECT ashlar_isolate('links_import_refusals');

