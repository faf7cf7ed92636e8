// The SQL of the log of documents: what the log writer and house-keeping do for all tenants
// (platform transactions), and what is done with a whole tenant (its own). No rule.
//
// Errors are storage's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "modules/documents/document_row.h"
#include "platform/storage/sql.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::documents::store {

// Moves the document from `from` to `to`. False: it is not at `from` any more, or was deleted.
base::Result<bool> advance(storage::Transaction& tx, DocumentNo no, Seq from, const UpdateRow& last,
                           std::int64_t bytes);
base::Status append(storage::Transaction& tx, base::TenantId tenant, DocumentNo no,
                    const UpdateRow& update);
// Of a document that is at `snapshot.seq` or later. Those before it that are younger than
// `thin_since` go, named versions excepted. False: it was deleted, nothing is written.
base::Result<bool> put_snapshot(storage::Transaction& tx, base::TenantId tenant, DocumentNo no,
                                const SnapshotRow& snapshot, base::Time thin_since);
// False: somebody has told of that much already.
base::Result<bool> announce(storage::Transaction& tx, DocumentNo no, Seq seq);

// Of one document what nobody needs who asks for no moment before `keep_since`; rows that went, at
// most about `limit`.
base::Result<std::int64_t> trim(storage::Transaction& tx, DocumentNo no, base::Time keep_since,
                                std::int64_t limit);
base::Result<std::vector<DocumentNo>> numbers_after(storage::Transaction& tx, DocumentNo after,
                                                    std::int64_t limit);
base::Result<std::optional<DocumentNo>> deleted_before(storage::Transaction& tx, base::Time before);
// A deleted document's rows, its own last; 0: nothing was left.
base::Result<std::int64_t> erase_deleted(storage::Transaction& tx, DocumentNo no,
                                         std::int64_t limit);
base::Result<std::int64_t> sweep_revocations(storage::Transaction& tx, base::Time now);

// Of the tenant whose transaction it is.
base::Result<std::vector<DocumentRow>> export_documents(storage::Transaction& tx, DocumentNo after,
                                                        std::int64_t limit);
// Documents first, so that nothing is written any more; 0: nothing is left.
base::Result<std::int64_t> erase_all(storage::Transaction& tx, std::int64_t limit);

// For the test that runs each of them.
std::span<const storage::Sql* const> log_statements();

}  // namespace ashlar::documents::store
