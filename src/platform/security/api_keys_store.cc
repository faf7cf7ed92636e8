#include "platform/security/api_keys_store.h"

#include <array>
#include <limits>

#include "platform/storage/database.h"

namespace ashlar::security {
namespace {

using storage::Audience;
using storage::Param;
using storage::Row;
using storage::Sql;

constexpr Sql kFindProof{
    Audience::kPlatform,
    "SELECT k.id, k.public_id, k.name, k.scopes, k.mode, k.created_at, k.expires_at, "
    "k.last_used_at, "
    "k.revoked_at, k.secret_hash, t.id, t.name "
    "FROM api_keys k JOIN tenants t ON t.id = k.tenant_id WHERE k.public_id = ?1"};
constexpr Sql kNoteUse{Audience::kPlatform,
                       "UPDATE api_keys SET last_used_at = ?2 "
                       "WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at < ?2)"};

constexpr Sql kInsert{
    Audience::kTenant,
    "INSERT INTO api_keys (id, tenant_id, public_id, secret_hash, name, scopes, mode, "
    "created_at, expires_at) VALUES (?1, :tenant, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"};
constexpr Sql kFind{
    Audience::kTenant,
    "SELECT id, public_id, name, scopes, mode, created_at, expires_at, last_used_at, "
    "revoked_at FROM api_keys WHERE tenant_id = :tenant AND id = ?1"};
constexpr Sql kList{
    Audience::kTenant,
    "SELECT id, public_id, name, scopes, mode, created_at, expires_at, last_used_at, "
    "revoked_at FROM api_keys WHERE tenant_id = :tenant AND (created_at, id) < (?1, ?2) "
    "ORDER BY created_at DESC, id DESC LIMIT ?3"};
// The first revocation stays: repeating it moves nothing, yet counts as found.
constexpr Sql kRevoke{Audience::kTenant,
                      "UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?2) "
                      "WHERE tenant_id = :tenant AND id = ?1"};
constexpr Sql kExport{
    Audience::kTenant,
    "SELECT id, public_id, name, scopes, mode, created_at, expires_at, last_used_at, "
    "revoked_at, secret_hash FROM api_keys WHERE tenant_id = :tenant AND id > ?1 "
    "ORDER BY id LIMIT ?2"};
constexpr Sql kErase{Audience::kTenant,
                     "DELETE FROM api_keys WHERE tenant_id = :tenant AND id IN "
                     "(SELECT id FROM api_keys WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr std::array<const Sql*, 8> kStatements{&kFindProof, &kNoteUse, &kInsert, &kFind,
                                                &kList,      &kRevoke,  &kExport, &kErase};

std::string join_scopes(const std::vector<std::string>& scopes) {
  std::string joined;
  for (const std::string& scope : scopes) {
    if (!joined.empty()) joined += ' ';
    joined += scope;
  }
  return joined;
}

std::vector<std::string> split_scopes(std::string_view joined) {
  std::vector<std::string> scopes;
  while (!joined.empty()) {
    const std::size_t end = std::min(joined.find(' '), joined.size());
    if (end > 0) scopes.emplace_back(joined.substr(0, end));
    joined.remove_prefix(std::min(end + 1, joined.size()));
  }
  return scopes;
}

std::optional<base::Time> maybe_time(const Row& row, int column) {
  const auto micros = row.maybe_integer(column);
  return micros ? std::optional(base::from_micros(*micros)) : std::nullopt;
}

// Columns 0 to 8 of every statement that reads keys.
ApiKey key_of(const Row& row) {
  ApiKey key;
  key.id = KeyId(row.integer(0));
  key.public_id = row.text(1);
  if (!row.text(2).empty()) key.name = row.text(2);
  key.scopes = split_scopes(row.text(3));
  key.mode = row.text(4);
  key.created_at = base::from_micros(row.integer(5));
  key.expires_at = maybe_time(row, 6);
  key.last_used_at = maybe_time(row, 7);
  key.revoked_at = maybe_time(row, 8);
  return key;
}

}  // namespace

base::Result<std::optional<KeyProof>> find_key_proof(storage::Transaction& tx,
                                                     std::string_view public_id) {
  std::optional<KeyProof> proof;
  ASHLAR_TRY(tx.query(kFindProof, {public_id}, [&](const Row& row) {
    proof = KeyProof{key_of(row), std::string(row.blob(9)), base::TenantId(row.integer(10)),
                     std::string(row.text(11))};
  }));
  return proof;
}

base::Status note_key_use(storage::Transaction& tx, KeyId id, base::Time at) {
  ASHLAR_TRY(tx.execute(kNoteUse, {id.value, base::to_micros(at)}));
  return base::ok_status();
}

base::Status insert_key(storage::Transaction& tx, const ApiKey& key, std::string_view secret_hash) {
  const std::string scopes = join_scopes(key.scopes);
  const std::string name = key.name.value_or("");
  const Param expires_at =
      key.expires_at ? Param(base::to_micros(*key.expires_at)) : Param(nullptr);
  ASHLAR_TRY(tx.execute(
      kInsert, {key.id.value, std::string_view(key.public_id), storage::Blob{secret_hash},
                std::string_view(name), std::string_view(scopes), std::string_view(key.mode),
                base::to_micros(key.created_at), expires_at}));
  return base::ok_status();
}

base::Result<std::optional<ApiKey>> find_key(storage::Transaction& tx, KeyId id) {
  std::optional<ApiKey> found;
  ASHLAR_TRY(tx.query(kFind, {id.value}, [&](const Row& row) { found = key_of(row); }));
  return found;
}

base::Result<std::vector<ApiKey>> list_keys(storage::Transaction& tx,
                                            std::optional<KeyPosition> after, int limit) {
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  const std::int64_t created_at = after ? base::to_micros(after->created_at) : kEnd;
  const std::int64_t id = after ? after->id.value : kEnd;
  std::vector<ApiKey> found;
  ASHLAR_TRY(tx.query(kList, {created_at, id, std::int64_t{limit}},
                      [&](const Row& row) { found.push_back(key_of(row)); }));
  return found;
}

base::Result<bool> revoke_key(storage::Transaction& tx, KeyId id, base::Time now) {
  ASHLAR_ASSIGN(const std::int64_t changed, tx.execute(kRevoke, {id.value, base::to_micros(now)}));
  return changed > 0;
}

base::Result<std::vector<StoredKey>> export_keys(storage::Transaction& tx, KeyId after, int limit) {
  std::vector<StoredKey> found;
  ASHLAR_TRY(tx.query(kExport, {after.value, std::int64_t{limit}}, [&](const Row& row) {
    found.push_back({key_of(row), std::string(row.blob(9))});
  }));
  return found;
}

base::Result<std::int64_t> erase_keys(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

std::span<const storage::Sql* const> api_keys_statements() { return kStatements; }

}  // namespace ashlar::security
