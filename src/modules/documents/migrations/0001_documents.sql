-- Documents: a log of updates for each document, and snapshots so that nobody reads all of it.

-- AUTOINCREMENT: a number is never used again, so it is the document's epoch too: one that was
-- deleted and made again under the same name has another.
CREATE TABLE documents (
  no               INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id        INTEGER NOT NULL,
  name             TEXT    NOT NULL,
  seq              INTEGER NOT NULL DEFAULT 0,  -- of the last update: what a write is fenced by
  snapshot_seq     INTEGER NOT NULL DEFAULT 0,  -- the newest snapshot holds all up to here
  snapshot_bytes   INTEGER NOT NULL DEFAULT 0,
  tail_bytes       INTEGER NOT NULL DEFAULT 0,  -- of updates behind it
  announced_seq    INTEGER NOT NULL DEFAULT 0,  -- document.updated has told of all up to here
  created_at       INTEGER NOT NULL,
  created_by       TEXT    NOT NULL,
  updated_at       INTEGER NOT NULL,
  updated_by       TEXT    NOT NULL,
  deleted_at       INTEGER                      -- nobody sees it; erased after a while
) STRICT;
CREATE UNIQUE INDEX documents_by_name ON documents (tenant_id, name) WHERE deleted_at IS NULL;
CREATE INDEX documents_deleted ON documents (deleted_at) WHERE deleted_at IS NOT NULL;

-- What one user pushed in one batch: `count` updates, the last of them number `seq`, each with its
-- length before it.
CREATE TABLE documents_updates (
  document_no INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  tenant_id   INTEGER NOT NULL,
  count       INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  author      TEXT    NOT NULL,
  bytes       BLOB    NOT NULL,
  PRIMARY KEY (document_no, seq)
) STRICT, WITHOUT ROWID;

-- All of a document as one update (V1), as it was after update number `seq`.
CREATE TABLE documents_snapshots (
  document_no INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  tenant_id   INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  bytes       BLOB    NOT NULL,
  PRIMARY KEY (document_no, seq)
) STRICT;

-- Moments that somebody gave a name; each has its snapshot, kept as long as it is.
CREATE TABLE documents_versions (
  no          INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id   INTEGER NOT NULL,
  document_no INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  author      TEXT    NOT NULL,
  name        TEXT    NOT NULL
) STRICT;
CREATE INDEX documents_versions_by_document ON documents_versions (tenant_id, document_no, no);

-- What somebody may do with one document: at most that, whatever his token says.
CREATE TABLE documents_grants (
  tenant_id   INTEGER NOT NULL,
  document_no INTEGER NOT NULL,
  subject     TEXT    NOT NULL,
  access      INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, document_no, subject)
) STRICT, WITHOUT ROWID;

-- Tokens that are no longer good, until their time would have been over.
CREATE TABLE documents_revocations (
  tenant_id   INTEGER NOT NULL,
  token       INTEGER NOT NULL,
  until       INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, token)
) STRICT, WITHOUT ROWID;
CREATE INDEX documents_revocations_by_age ON documents_revocations (until);
