#include "modules/documents/documents_store.h"

#include <array>
#include <string>

#include "modules/documents/document_columns.h"
#include "modules/documents/document_token.h"
#include "platform/security/digest.h"
#include "platform/storage/database.h"

namespace ashlar::documents::store {
namespace {

using storage::Audience;
using storage::Blob;
using storage::Param;
using storage::Row;
using storage::Sql;
using storage::Transaction;

constexpr Sql kFind{Audience::kTenant,
                    "SELECT " DOCUMENTS_COLUMNS
                    " WHERE d.tenant_id = :tenant AND d.name = ?1 AND d.deleted_at IS NULL"};

constexpr Sql kInsert{
    Audience::kTenant,
    "INSERT INTO documents (tenant_id, name, created_at, created_by, updated_at, updated_by)"
    " VALUES (:tenant, ?1, ?2, ?3, ?2, ?3)"
    " ON CONFLICT (tenant_id, name) WHERE deleted_at IS NULL DO NOTHING RETURNING no"};

constexpr Sql kList{Audience::kTenant,
                    "SELECT " DOCUMENTS_COLUMNS
                    " WHERE d.tenant_id = :tenant AND d.deleted_at IS NULL AND d.name >= ?1"
                    " AND d.name > ?2 AND substr(d.name, 1, length(?1)) = ?1"
                    " ORDER BY d.name LIMIT ?3"};

constexpr Sql kCount{
    Audience::kTenant,
    "SELECT count(*) FROM documents WHERE tenant_id = :tenant AND deleted_at IS NULL"};

constexpr Sql kRemove{Audience::kTenant,
                      "UPDATE documents SET deleted_at = ?2 WHERE tenant_id = :tenant"
                      " AND no = ?1 AND deleted_at IS NULL"};

constexpr Sql kSnapshot{Audience::kTenant,
                        "SELECT seq, at, bytes FROM documents_snapshots WHERE tenant_id = :tenant"
                        " AND document_no = ?1 AND seq <= ?2 ORDER BY seq DESC LIMIT 1"};

constexpr Sql kUpdates{Audience::kTenant,
                       "SELECT seq, count, at, author, bytes FROM documents_updates"
                       " WHERE tenant_id = :tenant AND document_no = ?1 AND seq > ?2"
                       " AND seq <= ?3 ORDER BY seq"};

constexpr Sql kHistory{Audience::kTenant,
                       "SELECT seq, count, at, author FROM documents_updates"
                       " WHERE tenant_id = :tenant AND document_no = ?1 AND seq < ?2"
                       " ORDER BY seq DESC LIMIT ?3"};

constexpr Sql kSeqAt{Audience::kTenant,
                     "SELECT seq FROM documents_updates WHERE tenant_id = :tenant"
                     " AND document_no = ?1 AND at <= ?2 ORDER BY seq DESC LIMIT 1"};

constexpr Sql kInsertVersion{
    Audience::kTenant,
    "INSERT INTO documents_versions (tenant_id, document_no, seq, at, author, name)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5) RETURNING no"};

#define VERSION_COLUMNS "v.no, v.seq, v.at, v.author, v.name FROM documents_versions AS v"

constexpr Sql kFindVersion{Audience::kTenant,
                           "SELECT " VERSION_COLUMNS
                           " WHERE v.tenant_id = :tenant AND v.document_no = ?1 AND v.no = ?2"};

constexpr Sql kListVersions{Audience::kTenant,
                            "SELECT " VERSION_COLUMNS
                            " WHERE v.tenant_id = :tenant AND v.document_no = ?1 AND v.no < ?2"
                            " ORDER BY v.no DESC LIMIT ?3"};

constexpr Sql kRemoveVersion{Audience::kTenant,
                             "DELETE FROM documents_versions WHERE tenant_id = :tenant"
                             " AND document_no = ?1 AND no = ?2"};

constexpr Sql kInsertSnapshot{
    Audience::kTenant,
    "INSERT INTO documents_snapshots (document_no, seq, tenant_id, at, bytes)"
    " VALUES (?1, ?2, :tenant, ?3, ?4) ON CONFLICT (document_no, seq) DO NOTHING"};

constexpr Sql kNoteKept{Audience::kTenant,
                        "UPDATE documents SET stored_bytes = stored_bytes + ?2"
                        " WHERE tenant_id = :tenant AND no = ?1 AND deleted_at IS NULL"};

// In two parts: each has its index.
constexpr Sql kStoredBytes{Audience::kTenant,
                           "SELECT COALESCE(sum(every.bytes), 0) FROM"
                           " (SELECT stored_bytes AS bytes FROM documents"
                           " WHERE tenant_id = :tenant AND deleted_at IS NULL UNION ALL"
                           " SELECT stored_bytes FROM documents"
                           " WHERE tenant_id = :tenant AND deleted_at IS NOT NULL) AS every"};

constexpr Sql kPutGrant{
    Audience::kTenant,
    "INSERT INTO documents_grants (tenant_id, document_no, subject, access, at)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4) ON CONFLICT (tenant_id, document_no, subject)"
    " DO UPDATE SET access = excluded.access, at = excluded.at"};

constexpr Sql kRemoveGrant{Audience::kTenant,
                           "DELETE FROM documents_grants WHERE tenant_id = :tenant"
                           " AND document_no = ?1 AND subject = ?2"};

constexpr Sql kFindGrant{Audience::kTenant,
                         "SELECT access FROM documents_grants WHERE tenant_id = :tenant"
                         " AND document_no = ?1 AND subject = ?2"};

constexpr Sql kListGrants{Audience::kTenant,
                          "SELECT subject, access, at FROM documents_grants"
                          " WHERE tenant_id = :tenant AND document_no = ?1 AND subject > ?2"
                          " ORDER BY subject LIMIT ?3"};

constexpr Sql kRevoke{Audience::kTenant,
                      "INSERT INTO documents_revocations (tenant_id, token, until)"
                      " VALUES (:tenant, ?1, ?2) ON CONFLICT (tenant_id, token) DO NOTHING"};

constexpr Sql kIsRevoked{
    Audience::kTenant,
    "SELECT 1 FROM documents_revocations WHERE tenant_id = :tenant AND token IN (?1, ?2)"};

constexpr Sql kEndTokens{Audience::kTenant,
                         "INSERT INTO documents_revocations (tenant_id, token, until)"
                         " VALUES (:tenant, ?1, ?2)"
                         " ON CONFLICT (tenant_id, token) DO UPDATE SET until = excluded.until"};

constexpr Sql kEnded{Audience::kTenant,
                     "SELECT 1 FROM documents_revocations"
                     " WHERE tenant_id = :tenant AND token = ?1 AND until >= ?2"};

constexpr std::array<const Sql*, 24> kStatements{
    &kNoteKept,    &kStoredBytes,  &kFind,          &kInsert,         &kList,      &kCount,
    &kRemove,      &kSnapshot,     &kUpdates,       &kHistory,        &kSeqAt,     &kInsertVersion,
    &kFindVersion, &kListVersions, &kRemoveVersion, &kInsertSnapshot, &kPutGrant,  &kRemoveGrant,
    &kFindGrant,   &kListGrants,   &kRevoke,        &kIsRevoked,      &kEndTokens, &kEnded};

// Below 0, where no token's number is.
std::int64_t number_of(std::string_view text) {
  const std::string digest = security::sha256(text);
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<unsigned char>(digest[i]);
  return -static_cast<std::int64_t>(number >> 1) - 1;
}

VersionRow read_version(const Row& row) {
  return {VersionNo(row.integer(0)), row.integer(1), base::from_micros(row.integer(2)),
          std::string(row.text(3)), std::string(row.text(4))};
}

base::Result<std::vector<DocumentRow>> documents_of(Transaction& tx, const Sql& sql,
                                                    std::initializer_list<Param> params) {
  std::vector<DocumentRow> all;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { all.push_back(read_document(row)); }));
  return all;
}

base::Result<std::vector<VersionRow>> versions_of(Transaction& tx, const Sql& sql,
                                                  std::initializer_list<Param> params) {
  std::vector<VersionRow> all;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { all.push_back(read_version(row)); }));
  return all;
}

base::Result<std::optional<DocumentNo>> number_of(Transaction& tx, const Sql& sql,
                                                  std::initializer_list<Param> params) {
  std::optional<DocumentNo> no;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { no = DocumentNo(row.integer(0)); }));
  return no;
}

base::Status run(Transaction& tx, const Sql& sql, std::initializer_list<Param> params) {
  ASHLAR_TRY(tx.execute(sql, params));
  return base::ok_status();
}

base::Result<bool> changed(Transaction& tx, const Sql& sql, std::initializer_list<Param> params) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(sql, params));
  return rows > 0;
}

}  // namespace

base::Result<std::optional<DocumentRow>> find(Transaction& tx, std::string_view name) {
  ASHLAR_ASSIGN(auto found, documents_of(tx, kFind, {name}));
  if (found.empty()) return std::optional<DocumentRow>();
  return std::optional(std::move(found.front()));
}

base::Result<std::optional<DocumentNo>> insert(Transaction& tx, std::string_view name,
                                               std::string_view author, base::Time now) {
  return number_of(tx, kInsert, {name, base::to_micros(now), author});
}

base::Result<std::vector<DocumentRow>> list(Transaction& tx, std::string_view prefix,
                                            std::string_view after, std::int64_t limit) {
  return documents_of(tx, kList, {prefix, after, limit});
}

base::Result<std::int64_t> stored_bytes(Transaction& tx) {
  std::int64_t bytes = 0;
  ASHLAR_TRY(tx.query(kStoredBytes, {}, [&](const Row& row) { bytes = row.integer(0); }));
  return bytes;
}

base::Result<std::int64_t> count(Transaction& tx) {
  std::int64_t count = 0;
  ASHLAR_TRY(tx.query(kCount, {}, [&](const Row& row) { count = row.integer(0); }));
  return count;
}

base::Result<bool> remove(Transaction& tx, DocumentNo no, base::Time now) {
  return changed(tx, kRemove, {no.value, base::to_micros(now)});
}

base::Result<std::optional<SnapshotRow>> snapshot(Transaction& tx, DocumentNo no, Seq seq) {
  std::optional<SnapshotRow> snapshot;
  ASHLAR_TRY(tx.query(kSnapshot, {no.value, seq}, [&](const Row& row) {
    snapshot = {row.integer(0), base::from_micros(row.integer(1)), std::string(row.blob(2))};
  }));
  return snapshot;
}

base::Result<std::int64_t> updates(Transaction& tx, DocumentNo no, Seq after, Seq until,
                                   const std::function<void(const UpdateRow&)>& take) {
  UpdateRow update;
  return tx.query(kUpdates, {no.value, after, until}, [&](const Row& row) {
    update.seq = row.integer(0);
    update.count = row.integer(1);
    update.at = base::from_micros(row.integer(2));
    update.author = row.text(3);
    update.bytes = row.blob(4);
    take(update);
  });
}

base::Result<std::vector<UpdateRow>> history(Transaction& tx, DocumentNo no, Seq before,
                                             std::int64_t limit) {
  std::vector<UpdateRow> rows;
  ASHLAR_TRY(tx.query(kHistory, {no.value, before, limit}, [&](const Row& row) {
    rows.push_back({row.integer(0),
                    row.integer(1),
                    base::from_micros(row.integer(2)),
                    std::string(row.text(3)),
                    {}});
  }));
  return rows;
}

base::Result<std::optional<Seq>> seq_at(Transaction& tx, DocumentNo no, base::Time at) {
  std::optional<Seq> seq;
  ASHLAR_TRY(tx.query(kSeqAt, {no.value, base::to_micros(at)},
                      [&](const Row& row) { seq = row.integer(0); }));
  return seq;
}

base::Result<VersionNo> insert_version(Transaction& tx, DocumentNo no, const VersionRow& version) {
  VersionNo number;
  ASHLAR_TRY(
      tx.query(kInsertVersion,
               {no.value, version.seq, base::to_micros(version.at), version.author, version.name},
               [&](const Row& row) { number = VersionNo(row.integer(0)); }));
  return number;
}

base::Result<std::optional<VersionRow>> find_version(Transaction& tx, DocumentNo document,
                                                     VersionNo no) {
  ASHLAR_ASSIGN(auto found, versions_of(tx, kFindVersion, {document.value, no.value}));
  if (found.empty()) return std::optional<VersionRow>();
  return std::optional(std::move(found.front()));
}

base::Result<std::vector<VersionRow>> list_versions(Transaction& tx, DocumentNo document,
                                                    VersionNo before, std::int64_t limit) {
  return versions_of(tx, kListVersions, {document.value, before.value, limit});
}

base::Result<bool> remove_version(Transaction& tx, DocumentNo document, VersionNo no) {
  return changed(tx, kRemoveVersion, {document.value, no.value});
}

base::Result<bool> insert_snapshot(Transaction& tx, DocumentNo no, const SnapshotRow& snapshot) {
  ASHLAR_ASSIGN(const bool is_new, changed(tx, kInsertSnapshot,
                                           {no.value, snapshot.seq, base::to_micros(snapshot.at),
                                            Blob{snapshot.bytes}}));
  const auto bytes = is_new ? static_cast<std::int64_t>(snapshot.bytes.size()) : 0;
  ASHLAR_ASSIGN(const bool alive, changed(tx, kNoteKept, {no.value, bytes}));
  if (alive) return is_new;
  return base::fail(base::Code::kNotFound, "document_not_found", "There is no such document.");
}

base::Status put_grant(Transaction& tx, DocumentNo no, const GrantRow& grant) {
  return run(tx, kPutGrant,
             {no.value, grant.subject, static_cast<std::int64_t>(grant.access),
              base::to_micros(grant.at)});
}

base::Result<bool> remove_grant(Transaction& tx, DocumentNo no, std::string_view subject) {
  return changed(tx, kRemoveGrant, {no.value, subject});
}

base::Result<std::optional<Access>> find_grant(Transaction& tx, DocumentNo no,
                                               std::string_view subject) {
  std::optional<Access> access;
  ASHLAR_TRY(tx.query(kFindGrant, {no.value, subject},
                      [&](const Row& row) { access = static_cast<Access>(row.integer(0)); }));
  return access;
}

base::Result<std::vector<GrantRow>> list_grants(Transaction& tx, DocumentNo no,
                                                std::string_view after, std::int64_t limit) {
  std::vector<GrantRow> all;
  ASHLAR_TRY(tx.query(kListGrants, {no.value, after, limit}, [&](const Row& row) {
    all.push_back({std::string(row.text(0)), static_cast<Access>(row.integer(1)),
                   base::from_micros(row.integer(2))});
  }));
  return all;
}

// No name has a control character.
std::int64_t revocation_of(std::string_view name, std::int64_t token) {
  return number_of(std::string(name) + "\n" + std::to_string(token));
}

base::Status revoke_token(Transaction& tx, std::string_view name, std::int64_t token,
                          base::Time until) {
  return run(tx, kRevoke, {revocation_of(name, token), base::to_micros(until)});
}

// All of a document's tokens end at once under its name.
base::Status end_tokens(Transaction& tx, std::string_view name, base::Time at) {
  return run(tx, kEndTokens, {number_of(name), base::to_micros(at + kLongestToken)});
}

base::Result<bool> has_ended(Transaction& tx, std::string_view name, base::Time made) {
  const std::int64_t until = base::to_micros(made + kLongestToken);
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.query(kEnded, {number_of(name), until}, [](const Row&) {}));
  return rows > 0;
}

// The bare number: what a version before this one has kept.
base::Result<bool> is_revoked(Transaction& tx, std::string_view name, std::int64_t token) {
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.query(kIsRevoked, {revocation_of(name, token), token}, [](const Row&) {}));
  return rows > 0;
}

std::span<const Sql* const> document_statements() { return kStatements; }

}  // namespace ashlar::documents::store
