-- What lies in the database of a document, log and snapshots: for quotas, which cannot add it up each time.

ALTER TABLE documents ADD COLUMN stored_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE documents SET stored_bytes =
  (SELECT COALESCE(sum(length(u.bytes)), 0) FROM documents_updates AS u WHERE u.document_no = documents.no) +
  (SELECT COALESCE(sum(length(s.bytes)), 0) FROM documents_snapshots AS s WHERE s.document_no = documents.no);
