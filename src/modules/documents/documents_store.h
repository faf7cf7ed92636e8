// The SQL of a tenant's documents, and no rule. log_store.h has what is written for many tenants at
// once. Errors are storage's; transactions are the tenant's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/documents/document_row.h"
#include "platform/storage/sql.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::documents::store {

base::Result<std::optional<DocumentRow>> find(storage::Transaction& tx, std::string_view name);
// None: one of that name is there already.
base::Result<std::optional<DocumentNo>> insert(storage::Transaction& tx, std::string_view name,
                                               std::string_view author, base::Time now);
// Those whose name begins with `prefix`, by name, after `after`.
base::Result<std::vector<DocumentRow>> list(storage::Transaction& tx, std::string_view prefix,
                                            std::string_view after, std::int64_t limit);
base::Result<std::int64_t> count(storage::Transaction& tx);
// Of log and snapshots of all, those too that are deleted and not erased yet.
base::Result<std::int64_t> stored_bytes(storage::Transaction& tx);
base::Result<bool> remove(storage::Transaction& tx, DocumentNo no, base::Time now);

// The newest at or before `seq`.
base::Result<std::optional<SnapshotRow>> snapshot(storage::Transaction& tx, DocumentNo no, Seq seq);
// Rows with after < seq <= until, in order. Each is valid during the call.
base::Result<std::int64_t> updates(storage::Transaction& tx, DocumentNo no, Seq after, Seq until,
                                   const std::function<void(const UpdateRow&)>& take);
// Who wrote when, newest first, without the bytes: before `before`, at most `limit`.
base::Result<std::vector<UpdateRow>> history(storage::Transaction& tx, DocumentNo no, Seq before,
                                             std::int64_t limit);
// The last update at or before `at`; none: all are later.
base::Result<std::optional<Seq>> seq_at(storage::Transaction& tx, DocumentNo no, base::Time at);

base::Result<VersionNo> insert_version(storage::Transaction& tx, DocumentNo no,
                                       const VersionRow& version);
base::Result<std::optional<VersionRow>> find_version(storage::Transaction& tx, DocumentNo document,
                                                     VersionNo no);
base::Result<std::vector<VersionRow>> list_versions(storage::Transaction& tx, DocumentNo document,
                                                    VersionNo before, std::int64_t limit);
base::Result<bool> remove_version(storage::Transaction& tx, DocumentNo document, VersionNo no);
// False: there is one of that number. kNotFound document_not_found: it was deleted meanwhile.
base::Result<bool> insert_snapshot(storage::Transaction& tx, DocumentNo no,
                                   const SnapshotRow& snapshot);

base::Status put_grant(storage::Transaction& tx, DocumentNo no, const GrantRow& grant);
base::Result<bool> remove_grant(storage::Transaction& tx, DocumentNo no, std::string_view subject);
base::Result<std::optional<Access>> find_grant(storage::Transaction& tx, DocumentNo no,
                                               std::string_view subject);
base::Result<std::vector<GrantRow>> list_grants(storage::Transaction& tx, DocumentNo no,
                                                std::string_view after, std::int64_t limit);

// A token of that document: another document's of the same number is none of its.
base::Status revoke_token(storage::Transaction& tx, std::string_view name, std::int64_t token,
                          base::Time until);
base::Result<bool> is_revoked(storage::Transaction& tx, std::string_view name, std::int64_t token);
// Under what that is kept.
std::int64_t revocation_of(std::string_view name, std::int64_t token);
// The tokens of a document that is deleted at `at`, all that were made until then.
base::Status end_tokens(storage::Transaction& tx, std::string_view name, base::Time at);
base::Result<bool> has_ended(storage::Transaction& tx, std::string_view name, base::Time made);

// For the test that runs each of them.
std::span<const storage::Sql* const> document_statements();

}  // namespace ashlar::documents::store
