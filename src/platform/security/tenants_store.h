// The SQL of tenants. Statements on the list of tenants run under PlatformUse::kTenantAdmin, those
// on one tenant's rows in that tenant's context.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/security/tenants.h"

namespace ashlar::storage {
struct Sql;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::security {

// nullopt: the name is taken.
base::Result<std::optional<base::TenantId>> insert_tenant(storage::Transaction& tx,
                                                          std::string_view name, base::Time now);
base::Result<std::optional<Tenant>> find_tenant(storage::Transaction& tx, std::string_view name);
base::Result<std::optional<Tenant>> find_tenant(storage::Transaction& tx, base::TenantId id);
base::Result<std::vector<Tenant>> list_tenants(storage::Transaction& tx, std::string_view after,
                                               int limit);

// In the tenant's context: its own row.
base::Status erase_tenant_row(storage::Transaction& tx);

std::span<const storage::Sql* const> tenants_statements();

}  // namespace ashlar::security
