#include "modules/documents/log_store.h"

#include <array>
#include <string>

#include "modules/documents/document_columns.h"
#include "platform/storage/database.h"

namespace ashlar::documents::store {
namespace {

using storage::Audience;
using storage::Blob;
using storage::Param;
using storage::Row;
using storage::Sql;
using storage::Transaction;

// The fence: who believes that another update was the last one writes nothing.
constexpr Sql kAdvance{Audience::kPlatform,
                       "UPDATE documents SET seq = ?3, tail_bytes = tail_bytes + ?4,"
                       " stored_bytes = stored_bytes + ?4,"
                       " updated_at = ?5, updated_by = ?6"
                       " WHERE no = ?1 AND seq = ?2 AND deleted_at IS NULL"};

constexpr Sql kAppend{
    Audience::kPlatform,
    "INSERT INTO documents_updates (document_no, seq, tenant_id, count, at, author, bytes)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"};

constexpr Sql kThin{Audience::kPlatform,
                    "DELETE FROM documents_snapshots WHERE document_no = ?1 AND seq < ?2"
                    " AND at > ?3 AND NOT EXISTS (SELECT 1 FROM documents_versions AS v"
                    " WHERE v.document_no = ?1 AND v.seq = documents_snapshots.seq)"
                    " RETURNING length(bytes)"};

constexpr Sql kNoteStored{Audience::kPlatform,
                          "UPDATE documents SET stored_bytes = stored_bytes + ?2 WHERE no = ?1"};

// Also what a snapshot alone is fenced by: nobody erases the document before that is committed.
constexpr Sql kNoteSnapshotBytes{Audience::kPlatform,
                                 "UPDATE documents SET stored_bytes = stored_bytes + ?2"
                                 " WHERE no = ?1 AND deleted_at IS NULL"};

constexpr Sql kPutSnapshot{
    Audience::kPlatform,
    "INSERT INTO documents_snapshots (document_no, seq, tenant_id, at, bytes)"
    " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (document_no, seq) DO NOTHING"};

constexpr Sql kNoteSnapshot{
    Audience::kPlatform,
    "UPDATE documents SET snapshot_seq = ?2, snapshot_bytes = ?3, tail_bytes ="
    " (SELECT COALESCE(sum(length(u.bytes)), 0) FROM documents_updates AS u"
    " WHERE u.document_no = ?1 AND u.seq > ?2) WHERE no = ?1 AND snapshot_seq < ?2"};

constexpr Sql kAnnounce{
    Audience::kPlatform,
    "UPDATE documents SET announced_seq = ?2 WHERE no = ?1 AND announced_seq < ?2"
    " AND deleted_at IS NULL"};

// What was written up to the newest snapshot that is old enough.
constexpr Sql kTrimUpdates{
    Audience::kPlatform,
    "DELETE FROM documents_updates WHERE document_no = ?1 AND seq IN (SELECT u.seq"
    " FROM documents_updates AS u WHERE u.document_no = ?1 AND u.seq <="
    " (SELECT max(s.seq) FROM documents_snapshots AS s WHERE s.document_no = ?1 AND s.at <= ?2)"
    " ORDER BY u.seq LIMIT ?3) RETURNING length(bytes)"};

constexpr Sql kTrimSnapshots{
    Audience::kPlatform,
    "DELETE FROM documents_snapshots WHERE document_no = ?1 AND seq <"
    " (SELECT max(s.seq) FROM documents_snapshots AS s WHERE s.document_no = ?1 AND s.at <= ?2)"
    " AND NOT EXISTS (SELECT 1 FROM documents_versions AS v WHERE v.document_no = ?1"
    " AND v.seq = documents_snapshots.seq) RETURNING length(bytes)"};

constexpr Sql kNumbersAfter{Audience::kPlatform,
                            "SELECT no FROM documents WHERE no > ?1 AND deleted_at IS NULL"
                            " ORDER BY no LIMIT ?2"};

constexpr Sql kDeletedBefore{Audience::kPlatform,
                             "SELECT no FROM documents WHERE deleted_at IS NOT NULL"
                             " AND deleted_at < ?1 ORDER BY deleted_at LIMIT 1"};

constexpr Sql kEraseUpdates{Audience::kPlatform,
                            "DELETE FROM documents_updates WHERE document_no = ?1 AND seq IN"
                            " (SELECT u.seq FROM documents_updates AS u WHERE u.document_no = ?1"
                            " ORDER BY u.seq LIMIT ?2)"};

constexpr Sql kEraseSnapshots{Audience::kPlatform,
                              "DELETE FROM documents_snapshots WHERE document_no = ?1"};

constexpr Sql kEraseVersions{Audience::kPlatform,
                             "DELETE FROM documents_versions WHERE document_no = ?1"};

constexpr Sql kEraseGrants{Audience::kPlatform,
                           "DELETE FROM documents_grants WHERE document_no = ?1"};

constexpr Sql kEraseDocument{Audience::kPlatform,
                             "DELETE FROM documents WHERE no = ?1 AND deleted_at IS NOT NULL"};

constexpr Sql kSweepRevocations{Audience::kPlatform,
                                "DELETE FROM documents_revocations WHERE until < ?1"};

// --- A whole tenant -----------------------------------------------------------------------------

constexpr Sql kExport{Audience::kTenant,
                      "SELECT " DOCUMENTS_COLUMNS
                      " WHERE d.tenant_id = :tenant AND d.no > ?1 AND d.deleted_at IS NULL"
                      " ORDER BY d.no LIMIT ?2"};

constexpr Sql kEraseAllDocuments{Audience::kTenant,
                                 "DELETE FROM documents WHERE tenant_id = :tenant AND no IN"
                                 " (SELECT no FROM documents WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kEraseAllUpdates{
    Audience::kTenant,
    "DELETE FROM documents_updates WHERE tenant_id = :tenant AND (document_no, seq) IN"
    " (SELECT document_no, seq FROM documents_updates WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kEraseAllSnapshots{
    Audience::kTenant,
    "DELETE FROM documents_snapshots WHERE tenant_id = :tenant AND (document_no, seq) IN"
    " (SELECT document_no, seq FROM documents_snapshots WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kEraseAllVersions{
    Audience::kTenant,
    "DELETE FROM documents_versions WHERE tenant_id = :tenant AND no IN"
    " (SELECT no FROM documents_versions WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kEraseAllGrants{
    Audience::kTenant,
    "DELETE FROM documents_grants WHERE tenant_id = :tenant AND (document_no, subject) IN"
    " (SELECT document_no, subject FROM documents_grants WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kEraseAllRevocations{
    Audience::kTenant,
    "DELETE FROM documents_revocations WHERE tenant_id = :tenant AND token IN"
    " (SELECT token FROM documents_revocations WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr std::array<const Sql*, 25> kStatements{&kAdvance,
                                                 &kNoteStored,
                                                 &kNoteSnapshotBytes,
                                                 &kAppend,
                                                 &kThin,
                                                 &kPutSnapshot,
                                                 &kNoteSnapshot,
                                                 &kAnnounce,
                                                 &kTrimUpdates,
                                                 &kTrimSnapshots,
                                                 &kNumbersAfter,
                                                 &kDeletedBefore,
                                                 &kEraseUpdates,
                                                 &kEraseSnapshots,
                                                 &kEraseVersions,
                                                 &kEraseGrants,
                                                 &kEraseDocument,
                                                 &kSweepRevocations,
                                                 &kExport,
                                                 &kEraseAllDocuments,
                                                 &kEraseAllUpdates,
                                                 &kEraseAllSnapshots,
                                                 &kEraseAllVersions,
                                                 &kEraseAllGrants,
                                                 &kEraseAllRevocations};

base::Status run(Transaction& tx, const Sql& sql, std::initializer_list<Param> params) {
  ASHLAR_TRY(tx.execute(sql, params));
  return base::ok_status();
}

base::Result<bool> changed(Transaction& tx, const Sql& sql, std::initializer_list<Param> params) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(sql, params));
  return rows > 0;
}

// Rows that went, and their bytes.
struct Removed {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
};
base::Result<Removed> remove(Transaction& tx, const Sql& sql, std::initializer_list<Param> params) {
  Removed removed;
  ASHLAR_ASSIGN(removed.rows,
                tx.query(sql, params, [&](const Row& row) { removed.bytes += row.integer(0); }));
  return removed;
}

}  // namespace

base::Result<bool> advance(Transaction& tx, DocumentNo no, Seq from, const UpdateRow& last,
                           std::int64_t bytes) {
  return changed(tx, kAdvance,
                 {no.value, from, last.seq, bytes, base::to_micros(last.at), last.author});
}

base::Status append(Transaction& tx, base::TenantId tenant, DocumentNo no,
                    const UpdateRow& update) {
  return run(tx, kAppend,
             {no.value, update.seq, tenant.value, update.count, base::to_micros(update.at),
              update.author, Blob{update.bytes}});
}

base::Result<bool> put_snapshot(Transaction& tx, base::TenantId tenant, DocumentNo no,
                                const SnapshotRow& snapshot, base::Time thin_since) {
  const auto bytes = static_cast<std::int64_t>(snapshot.bytes.size());
  ASHLAR_ASSIGN(const bool alive, changed(tx, kNoteSnapshotBytes, {no.value, bytes}));
  if (!alive) return false;
  ASHLAR_ASSIGN(const Removed thinned,
                remove(tx, kThin, {no.value, snapshot.seq, base::to_micros(thin_since)}));
  ASHLAR_ASSIGN(const bool is_new, changed(tx, kPutSnapshot,
                                           {no.value, snapshot.seq, tenant.value,
                                            base::to_micros(snapshot.at), Blob{snapshot.bytes}}));
  const std::int64_t less = thinned.bytes + (is_new ? 0 : bytes);
  if (less > 0) ASHLAR_TRY(run(tx, kNoteStored, {no.value, -less}));
  ASHLAR_TRY(run(tx, kNoteSnapshot, {no.value, snapshot.seq, bytes}));
  return true;
}

base::Result<bool> announce(Transaction& tx, DocumentNo no, Seq seq) {
  return changed(tx, kAnnounce, {no.value, seq});
}

base::Result<std::int64_t> trim(Transaction& tx, DocumentNo no, base::Time keep_since,
                                std::int64_t limit) {
  const std::int64_t since = base::to_micros(keep_since);
  ASHLAR_ASSIGN(const Removed updates, remove(tx, kTrimUpdates, {no.value, since, limit}));
  ASHLAR_ASSIGN(const Removed snapshots, remove(tx, kTrimSnapshots, {no.value, since}));
  const std::int64_t bytes = updates.bytes + snapshots.bytes;
  if (bytes > 0) ASHLAR_TRY(run(tx, kNoteStored, {no.value, -bytes}));
  return updates.rows + snapshots.rows;
}

base::Result<std::vector<DocumentNo>> numbers_after(Transaction& tx, DocumentNo after,
                                                    std::int64_t limit) {
  std::vector<DocumentNo> all;
  ASHLAR_TRY(tx.query(kNumbersAfter, {after.value, limit},
                      [&](const Row& row) { all.emplace_back(row.integer(0)); }));
  return all;
}

base::Result<std::optional<DocumentNo>> deleted_before(Transaction& tx, base::Time before) {
  std::optional<DocumentNo> no;
  ASHLAR_TRY(tx.query(kDeletedBefore, {base::to_micros(before)},
                      [&](const Row& row) { no = DocumentNo(row.integer(0)); }));
  return no;
}

base::Result<std::int64_t> erase_deleted(Transaction& tx, DocumentNo no, std::int64_t limit) {
  ASHLAR_ASSIGN(const std::int64_t updates, tx.execute(kEraseUpdates, {no.value, limit}));
  if (updates > 0) return updates;
  ASHLAR_TRY(tx.execute(kEraseSnapshots, {no.value}));
  ASHLAR_TRY(tx.execute(kEraseVersions, {no.value}));
  ASHLAR_TRY(tx.execute(kEraseGrants, {no.value}));
  return tx.execute(kEraseDocument, {no.value});
}

base::Result<std::int64_t> sweep_revocations(Transaction& tx, base::Time now) {
  return tx.execute(kSweepRevocations, {base::to_micros(now)});
}

base::Result<std::vector<DocumentRow>> export_documents(Transaction& tx, DocumentNo after,
                                                        std::int64_t limit) {
  std::vector<DocumentRow> all;
  ASHLAR_TRY(tx.query(kExport, {after.value, limit},
                      [&](const Row& row) { all.push_back(read_document(row)); }));
  return all;
}

base::Result<std::int64_t> erase_all(Transaction& tx, std::int64_t limit) {
  for (const Sql* sql : {&kEraseAllDocuments, &kEraseAllUpdates, &kEraseAllSnapshots,
                         &kEraseAllVersions, &kEraseAllGrants, &kEraseAllRevocations}) {
    ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(*sql, {limit}));
    if (rows > 0) return rows;
  }
  return 0;
}

std::span<const Sql* const> log_statements() { return kStatements; }

}  // namespace ashlar::documents::store
