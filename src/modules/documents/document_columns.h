// The columns of a document, as every statement that reads one names them, and how they are read.
#pragma once

#include "modules/documents/document_row.h"
#include "platform/storage/database.h"

namespace ashlar::documents::store {

#define DOCUMENTS_COLUMNS                                                                         \
  "d.no, d.tenant_id, d.name, d.seq, d.snapshot_seq, d.snapshot_bytes, d.tail_bytes, "            \
  "d.announced_seq, d.created_at, d.created_by, d.updated_at, d.updated_by, d.stored_bytes FROM " \
  "documents"                                                                                     \
  " AS d"

inline DocumentRow read_document(const storage::Row& row) {
  DocumentRow document;
  document.no = DocumentNo(row.integer(0));
  document.tenant = base::TenantId(row.integer(1));
  document.name = row.text(2);
  document.seq = row.integer(3);
  document.snapshot_seq = row.integer(4);
  document.snapshot_bytes = row.integer(5);
  document.tail_bytes = row.integer(6);
  document.announced_seq = row.integer(7);
  document.created_at = base::from_micros(row.integer(8));
  document.created_by = row.text(9);
  document.updated_at = base::from_micros(row.integer(10));
  document.updated_by = row.text(11);
  document.stored_bytes = row.integer(12);
  return document;
}

}  // namespace ashlar::documents::store
