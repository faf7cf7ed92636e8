// CampaignFeed: whose turn it is: keeps at most kAlive chunks of a campaign in work, and sees when
// there is nothing left to do.
//
//   planned, resumed, retried ──> feed ──> jobs of kCampaignChunkJob ──> … ──> rested ──> the next
//                                                                          └── none left: finished
// Functions run in the caller's transaction, for its tenant, which may run again. Immutable; any
// thread. Errors: storage's; kConflict chunk_lost where the campaign is gone.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "modules/notifications/campaigns/campaign.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::jobs {
class Jobs;
}
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::notifications {

class CampaignFeed {
 public:
  static constexpr std::int64_t kAlive = 16;
  static constexpr base::Millis kChunkTimeout{10 * 60'000};  // of one attempt of a chunk's job

  // Both outlive it.
  CampaignFeed(jobs::Jobs& jobs, const base::Clock& clock) : jobs_(jobs), clock_(clock) {}

  // As many as may be, while it is running. REQUIRES: `campaign` is locked here.
  base::Status feed(storage::Transaction& tx, const Campaign& campaign) const;

  // After store::save_chunk() made one done, later or idle, in the same transaction: another one
  // is fed, or the campaign has come to its end. The campaign as it is then.
  base::Result<Campaign> rested(storage::Transaction& tx, CampaignId id) const;

  // Where everything is done: finished, or cancelled. REQUIRES: `campaign` is locked here.
  base::Status settle(storage::Transaction& tx, Campaign& campaign) const;

 private:
  jobs::Jobs& jobs_;
  const base::Clock& clock_;
};

}  // namespace ashlar::notifications
