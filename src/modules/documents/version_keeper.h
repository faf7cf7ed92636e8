// version_keeper: names a document's newest durable state, which is kept from then on as long as
// the document is, whatever becomes of its log.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "modules/documents/document_row.h"

namespace ashlar::storage {
class Database;
}

namespace ashlar::documents {

class LiveDocument;

struct KeptVersion {
  Seq seq = 0;
  std::int64_t bytes = 0;  // that it takes: LiveDocument::note_stored(), on its loop
};

// `version`: without its seq. Reads and encodes the document in one transaction and writes in
// another: for threads that may block.
// kNotFound document_not_found: it was deleted. document_storage_full, tenant_storage_full.
base::Result<KeptVersion> keep_version(storage::Database& db, const LiveDocument& live,
                                       VersionRow version);

}  // namespace ashlar::documents
