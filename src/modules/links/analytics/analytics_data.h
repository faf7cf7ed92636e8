// analytics_data: the analytics' share of a tenant's data: exported whole, erased in small steps.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "platform/security/tenants.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::links::analytics {

base::Status export_analytics(storage::Transaction& tx, const security::LineSink& sink);

// REQUIRES: no link of the tenant is left, so that what is erased does not come back.
base::Result<std::int64_t> erase_analytics(storage::Transaction& tx, std::int64_t limit);

}  // namespace ashlar::links::analytics
