// CampaignData: a tenant's campaigns, exported: each with its counts, then its recipients, a line a
// chunk; what was uploaded and not planned yet goes with neither, since it is the caller's own
// file.
#pragma once

#include "base/result.h"
#include "platform/security/tenants.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::notifications {

base::Status export_campaigns(storage::Transaction& tx, const security::LineSink& sink);

}  // namespace ashlar::notifications
