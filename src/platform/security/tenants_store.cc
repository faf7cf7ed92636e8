#include "platform/security/tenants_store.h"

#include <array>

#include "platform/storage/database.h"

namespace ashlar::security {
namespace {

using storage::Audience;
using storage::Sql;

constexpr Sql kInsert{Audience::kPlatform,
                      "INSERT INTO tenants (name, created_at) VALUES (?1, ?2) "
                      "ON CONFLICT (name) DO NOTHING RETURNING id"};
constexpr Sql kFindByName{Audience::kPlatform,
                          "SELECT id, name, created_at FROM tenants WHERE name = ?1"};
constexpr Sql kFindById{Audience::kPlatform,
                        "SELECT id, name, created_at FROM tenants WHERE id = ?1"};
constexpr Sql kList{
    Audience::kPlatform,
    "SELECT id, name, created_at FROM tenants WHERE name > ?1 ORDER BY name LIMIT ?2"};
constexpr Sql kEraseRow{Audience::kTenant, "DELETE FROM tenants WHERE id = :tenant"};

constexpr std::array<const Sql*, 5> kStatements{&kInsert, &kFindByName, &kFindById, &kList,
                                                &kEraseRow};

Tenant tenant_of(const storage::Row& row) {
  return {base::TenantId(row.integer(0)), std::string(row.text(1)),
          base::from_micros(row.integer(2))};
}

}  // namespace

base::Result<std::optional<base::TenantId>> insert_tenant(storage::Transaction& tx,
                                                          std::string_view name, base::Time now) {
  std::optional<base::TenantId> id;
  ASHLAR_TRY(tx.query(kInsert, {name, base::to_micros(now)},
                      [&](const storage::Row& row) { id = base::TenantId(row.integer(0)); }));
  return id;
}

base::Result<std::optional<Tenant>> find_tenant(storage::Transaction& tx, std::string_view name) {
  std::optional<Tenant> found;
  ASHLAR_TRY(
      tx.query(kFindByName, {name}, [&](const storage::Row& row) { found = tenant_of(row); }));
  return found;
}

base::Result<std::optional<Tenant>> find_tenant(storage::Transaction& tx, base::TenantId id) {
  std::optional<Tenant> found;
  ASHLAR_TRY(
      tx.query(kFindById, {id.value}, [&](const storage::Row& row) { found = tenant_of(row); }));
  return found;
}

base::Result<std::vector<Tenant>> list_tenants(storage::Transaction& tx, std::string_view after,
                                               int limit) {
  std::vector<Tenant> found;
  ASHLAR_TRY(tx.query(kList, {after, std::int64_t{limit}},
                      [&](const storage::Row& row) { found.push_back(tenant_of(row)); }));
  return found;
}

base::Status erase_tenant_row(storage::Transaction& tx) {
  ASHLAR_TRY(tx.execute(kEraseRow, {}));
  return base::ok_status();
}

std::span<const storage::Sql* const> tenants_statements() { return kStatements; }

}  // namespace ashlar::security
