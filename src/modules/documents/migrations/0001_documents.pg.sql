-- Documents; see 0001_documents.sql for what each table is.

CREATE TABLE documents (
  no               BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id        BIGINT NOT NULL,
  name             TEXT   COLLATE "C" NOT NULL,
  seq              BIGINT NOT NULL DEFAULT 0,
  snapshot_seq     BIGINT NOT NULL DEFAULT 0,
  snapshot_bytes   BIGINT NOT NULL DEFAULT 0,
  tail_bytes       BIGINT NOT NULL DEFAULT 0,
  announced_seq    BIGINT NOT NULL DEFAULT 0,
  created_at       BIGINT NOT NULL,
  created_by       TEXT   NOT NULL,
  updated_at       BIGINT NOT NULL,
  updated_by       TEXT   NOT NULL,
  deleted_at       BIGINT
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX documents_by_name ON documents (tenant_id, name) WHERE deleted_at IS NULL;
CREATE INDEX documents_deleted ON documents (deleted_at) WHERE deleted_at IS NOT NULL;
SELECT ashlar_isolate('documents');

CREATE TABLE documents_updates (
  document_no BIGINT NOT NULL,
  seq         BIGINT NOT NULL,
  tenant_id   BIGINT NOT NULL,
  count       BIGINT NOT NULL,
  at          BIGINT NOT NULL,
  author      TEXT   NOT NULL,
  bytes       BYTEA  NOT NULL,
  PRIMARY KEY (document_no, seq)
);
SELECT ashlar_isolate('documents_updates');

-- Already dense: the server's own compression would only cost time.
CREATE TABLE documents_snapshots (
  document_no BIGINT NOT NULL,
  seq         BIGINT NOT NULL,
  tenant_id   BIGINT NOT NULL,
  at          BIGINT NOT NULL,
  bytes       BYTEA  NOT NULL,
  PRIMARY KEY (document_no, seq)
);
ALTER TABLE documents_snapshots ALTER COLUMN bytes SET STORAGE EXTERNAL;
SELECT ashlar_isolate('documents_snapshots');

CREATE TABLE documents_versions (
  no          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id   BIGINT NOT NULL,
  document_no BIGINT NOT NULL,
  seq         BIGINT NOT NULL,
  at          BIGINT NOT NULL,
  author      TEXT   NOT NULL,
  name        TEXT   NOT NULL
);
CREATE INDEX documents_versions_by_document ON documents_versions (tenant_id, document_no, no);
SELECT ashlar_isolate('documents_versions');

CREATE TABLE documents_grants (
  tenant_id   BIGINT NOT NULL,
  document_no BIGINT NOT NULL,
  subject     TEXT   COLLATE "C" NOT NULL,
  access      BIGINT NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, document_no, subject)
);
SELECT ashlar_isolate('documents_grants');

CREATE TABLE documents_revocations (
  tenant_id   BIGINT NOT NULL,
  token       BIGINT NOT NULL,
  until       BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, token)
);
CREATE INDEX documents_revocations_by_age ON documents_revocations (until);
SELECT ashlar_isolate('documents_revocations');
