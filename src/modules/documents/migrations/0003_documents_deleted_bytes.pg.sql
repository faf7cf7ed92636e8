-- See 0003_documents_deleted_bytes.sql.

CREATE INDEX documents_deleted_of_tenant ON documents (tenant_id) WHERE deleted_at IS NOT NULL;
