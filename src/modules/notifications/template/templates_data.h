// TemplatesData: templates' share of a tenant's data, exported whole and erased in small steps.
//
// Functions run in the caller's transaction, for its tenant.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "platform/security/tenants.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::notifications {

// One line a version; which of them is live is a line of its own.
base::Status export_templates_data(storage::Transaction& tx, const security::LineSink& sink);
// Up to `limit` rows; 0: nothing is left.
base::Result<std::int64_t> erase_templates_data(storage::Transaction& tx, std::int64_t limit);

}  // namespace ashlar::notifications
