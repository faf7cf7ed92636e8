#include "platform/security/idempotency_store.h"

#include <array>

#include "platform/storage/database.h"

namespace ashlar::security {
namespace {

using storage::Audience;
using storage::Blob;
using storage::Sql;

constexpr Sql kFind{
    Audience::kTenant,
    "SELECT route, request_hash, status, headers, body, created_at FROM idempotency_keys "
    "WHERE tenant_id = :tenant AND mode = ?1 AND key = ?2"};
constexpr Sql kPut{
    Audience::kTenant,
    "INSERT INTO idempotency_keys (tenant_id, mode, key, route, request_hash, status, headers, "
    "body, created_at) VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
    "ON CONFLICT (tenant_id, mode, key) DO UPDATE SET route = excluded.route, "
    "request_hash = excluded.request_hash, status = excluded.status, "
    "headers = excluded.headers, body = excluded.body, created_at = excluded.created_at"};
constexpr Sql kErase{Audience::kTenant,
                     "DELETE FROM idempotency_keys WHERE tenant_id = :tenant AND (mode, key) IN "
                     "(SELECT mode, key FROM idempotency_keys WHERE tenant_id = :tenant LIMIT ?1)"};
constexpr Sql kSweep{Audience::kPlatform,
                     "DELETE FROM idempotency_keys WHERE (tenant_id, mode, key) IN "
                     "(SELECT tenant_id, mode, key FROM idempotency_keys WHERE created_at < ?1 "
                     "ORDER BY created_at LIMIT ?2)"};

constexpr Sql kFindPlatform{
    Audience::kPlatform,
    "SELECT route, request_hash, status, headers, body, created_at FROM platform_idempotency_keys "
    "WHERE mode = ?1 AND key = ?2"};
constexpr Sql kPutPlatform{
    Audience::kPlatform,
    "INSERT INTO platform_idempotency_keys (mode, key, route, request_hash, status, headers, "
    "body, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
    "ON CONFLICT (mode, key) DO UPDATE SET route = excluded.route, "
    "request_hash = excluded.request_hash, status = excluded.status, "
    "headers = excluded.headers, body = excluded.body, created_at = excluded.created_at"};
constexpr Sql kSweepPlatform{Audience::kPlatform,
                             "DELETE FROM platform_idempotency_keys WHERE (mode, key) IN "
                             "(SELECT mode, key FROM platform_idempotency_keys "
                             "WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)"};

constexpr std::array<const Sql*, 7> kStatements{
    &kFind, &kPut, &kErase, &kSweep, &kFindPlatform, &kPutPlatform, &kSweepPlatform};

}  // namespace

base::Result<std::optional<IdempotencyRecord>> find_idempotency_record(storage::Transaction& tx,
                                                                       std::string_view mode,
                                                                       std::string_view key) {
  std::optional<IdempotencyRecord> found;
  const Sql& find = tx.context().is_tenant() ? kFind : kFindPlatform;
  ASHLAR_TRY(tx.query(find, {mode, key}, [&](const storage::Row& row) {
    found = IdempotencyRecord{std::string(row.text(0)),         std::string(row.blob(1)),
                              static_cast<int>(row.integer(2)), std::string(row.text(3)),
                              std::string(row.blob(4)),         base::from_micros(row.integer(5))};
  }));
  return found;
}

base::Status put_idempotency_record(storage::Transaction& tx, std::string_view mode,
                                    std::string_view key, const IdempotencyRecord& record) {
  const Sql& put = tx.context().is_tenant() ? kPut : kPutPlatform;
  ASHLAR_TRY(tx.execute(put, {mode, key, std::string_view(record.route), Blob{record.request_hash},
                              std::int64_t{record.status}, std::string_view(record.headers),
                              Blob{record.body}, base::to_micros(record.created_at)}));
  return base::ok_status();
}

base::Result<std::int64_t> erase_idempotency_records(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

base::Result<std::int64_t> sweep_idempotency_records(storage::Transaction& tx,
                                                     base::Time created_before,
                                                     std::int64_t limit) {
  ASHLAR_ASSIGN(const std::int64_t tenants,
                tx.execute(kSweep, {base::to_micros(created_before), limit}));
  ASHLAR_ASSIGN(const std::int64_t own,
                tx.execute(kSweepPlatform, {base::to_micros(created_before), limit - tenants}));
  return tenants + own;
}

std::span<const storage::Sql* const> idempotency_statements() { return kStatements; }

}  // namespace ashlar::security
