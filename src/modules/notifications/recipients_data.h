// RecipientsData: this part's share of a tenant's data: recipients, devices, topics, segments,
// suppressions, categories and providers (without their settings), exported whole and erased in
// small steps.
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

base::Status export_recipients_data(storage::Transaction& tx, const security::LineSink& sink);
// Up to `limit` rows; 0: nothing is left.
base::Result<std::int64_t> erase_recipients_data(storage::Transaction& tx, std::int64_t limit);

}  // namespace ashlar::notifications
