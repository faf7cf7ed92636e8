-- What lies in the database of a document; see 0002_documents_stored.sql.

ALTER TABLE documents ADD COLUMN stored_bytes BIGINT NOT NULL DEFAULT 0;
SET LOCAL ROLE ashlar_platform;  -- the policies bind the owner too
UPDATE documents SET stored_bytes =
  (SELECT COALESCE(sum(length(u.bytes)), 0) FROM documents_updates AS u WHERE u.document_no = documents.no) +
  (SELECT COALESCE(sum(length(s.bytes)), 0) FROM documents_snapshots AS s WHERE s.document_no = documents.no);
RESET ROLE;
