// Which tenants have a day to reconcile: asked over all of them.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "modules/payments/reconcile/day.h"

namespace ashlar::storage {
class Database;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::payments::reconcile::store {

// Those that have moved money with the provider on the day and have no run of it that was made
// after the day was over. At most 10,000; the next round finds the others.
base::Result<std::vector<base::TenantId>> unreconciled(storage::Database& db,
                                                       std::string_view provider, Day day);

std::span<const storage::Sql* const> nightly_statements();

}  // namespace ashlar::payments::reconcile::store
