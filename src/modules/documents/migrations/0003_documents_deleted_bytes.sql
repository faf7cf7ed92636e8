-- What deleted documents have lying here until they are erased counts for their tenant too.

CREATE INDEX documents_deleted_of_tenant ON documents (tenant_id) WHERE deleted_at IS NOT NULL;
