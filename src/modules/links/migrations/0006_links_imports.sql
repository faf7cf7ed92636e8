-- Files of other shorteners that are being made into links (imports/link_import.h).
CREATE TABLE links_imports (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id  INTEGER NOT NULL,
  source     TEXT    NOT NULL,
  format     TEXT    NOT NULL,
  domain     TEXT    NOT NULL,     -- a host for all rows; '': each its own
  state      TEXT    NOT NULL,
  header     TEXT    NOT NULL DEFAULT '',  -- of a CSV file, once it has been read
  -- How far it has come: all before this byte of this chunk has become links or refusals.
  part       INTEGER NOT NULL DEFAULT 0,
  chunk      INTEGER NOT NULL DEFAULT 0,
  at_byte    INTEGER NOT NULL DEFAULT 0,
  bytes      INTEGER NOT NULL DEFAULT 0,
  bytes_done INTEGER NOT NULL DEFAULT 0,
  rows_done  INTEGER NOT NULL DEFAULT 0,
  created    INTEGER NOT NULL DEFAULT 0,
  existing   INTEGER NOT NULL DEFAULT 0,
  refused    INTEGER NOT NULL DEFAULT 0,
  error      TEXT    NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version    INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX links_imports_by_tenant ON links_imports (tenant_id);

-- The file, in pieces; they go when it is through.
CREATE TABLE links_import_chunks (
  tenant_id INTEGER NOT NULL,
  import_id INTEGER NOT NULL,
  part      INTEGER NOT NULL,
  chunk     INTEGER NOT NULL,
  data      BLOB    NOT NULL,
  PRIMARY KEY (tenant_id, import_id, part, chunk)
) STRICT, WITHOUT ROWID;

-- Rows that became no links, and why: the first so many.
CREATE TABLE links_import_refusals (
  tenant_id INTEGER NOT NULL,
  import_id INTEGER NOT NULL,
  row       INTEGER NOT NULL,
  code      TEXT    NOT NULL,
  url       TEXT    NOT NULL,
  reason    TEXT    NOT NULL,
  detail    TEXT    NOT NULL,
  PRIMARY KEY (tenant_id, import_id, row)
) STRICT, WITHOUT ROWID;

