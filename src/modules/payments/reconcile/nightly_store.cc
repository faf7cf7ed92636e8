#include "modules/payments/reconcile/nightly_store.h"

#include <array>
#include <chrono>

#include "platform/storage/database.h"

namespace ashlar::payments::reconcile::store {
namespace {

using storage::Audience;
using storage::Sql;

// From tenant to tenant, and of each its day's entries by their time: of all tenants together they
// would be looked for among all that there ever were.
constexpr Sql kUnreconciled{
    Audience::kPlatform,
    "WITH RECURSIVE walk(tenant_id) AS (SELECT min(tenant_id) FROM payment_entries UNION ALL"
    " SELECT (SELECT min(n.tenant_id) FROM payment_entries AS n WHERE n.tenant_id > w.tenant_id)"
    " FROM walk AS w WHERE w.tenant_id IS NOT NULL)"
    " SELECT b.tenant_id FROM walk AS b WHERE b.tenant_id IS NOT NULL AND EXISTS"
    " (SELECT 1 FROM payment_entries AS e WHERE e.tenant_id = b.tenant_id AND e.provider = ?1"
    " AND e.at >= ?2 AND e.at < ?3) AND NOT EXISTS"
    " (SELECT 1 FROM reconcile_runs AS r WHERE r.tenant_id = b.tenant_id AND r.provider = ?1"
    " AND r.day = ?2 AND r.state <> 2 AND r.at >= ?3)"
    " ORDER BY b.tenant_id LIMIT 10000"};
constexpr std::array<const Sql*, 1> kStatements{&kUnreconciled};

}  // namespace

base::Result<std::vector<base::TenantId>> unreconciled(storage::Database& db,
                                                       std::string_view provider, Day day) {
  const auto context = storage::Context::platform(storage::PlatformUse::kPayments);
  const std::int64_t from = base::to_micros(start_of(day));
  const std::int64_t to = base::to_micros(start_of(day + std::chrono::days{1}));
  std::vector<base::TenantId> tenants;
  ASHLAR_TRY(db.read(context, [&](storage::Transaction& tx) -> base::Status {
    tenants.clear();
    ASHLAR_TRY(tx.query(kUnreconciled, {provider, from, to},
                        [&](const storage::Row& row) { tenants.emplace_back(row.integer(0)); }));
    return base::ok_status();
  }));
  return tenants;
}

std::span<const Sql* const> nightly_statements() { return kStatements; }

}  // namespace ashlar::payments::reconcile::store
