#include "modules/notifications/campaigns/campaign_feed.h"

#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "modules/notifications/campaigns/campaign_chunk_store.h"
#include "modules/notifications/campaigns/campaign_store.h"
#include "modules/notifications/notification.h"
#include "platform/jobs/jobs.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {

base::Status CampaignFeed::feed(storage::Transaction& tx, const Campaign& campaign) const {
  // What is being cancelled is wound up where it rests (campaigns.h), not by jobs.
  if (campaign.state != CampaignState::kRunning) return base::ok_status();
  ASHLAR_ASSIGN(std::int64_t alive, store::count_fed(tx, campaign.id, kAlive));
  std::vector<jobs::NewJob> jobs;
  for (; alive < kAlive; ++alive) {
    ASHLAR_ASSIGN(const std::optional<FedChunk> fed, store::feed_chunk(tx, campaign.id));
    if (!fed) break;
    jobs::NewJob job;
    job.kind = kCampaignChunkJob;
    job.queue = kCampaignQueue;
    job.payload = to_payload(*fed);
    job.priority = -10;  // below what one person waits for
    job.max_attempts = jobs::kMaxAttempts;
    job.timeout = kChunkTimeout;
    job.traceparent = campaign.traceparent;
    jobs.push_back(std::move(job));
  }
  if (jobs.empty()) return base::ok_status();
  ASHLAR_TRY(jobs_.enqueue_many(tx, tx.context().tenant_id(), jobs));
  return base::ok_status();
}

base::Status CampaignFeed::settle(storage::Transaction& tx, Campaign& campaign) const {
  if (!is_worked(campaign.state)) return base::ok_status();
  ASHLAR_ASSIGN(const bool done, store::all_done(tx, campaign.id));
  if (!done) return base::ok_status();
  campaign.state = campaign.state == CampaignState::kCancelling ? CampaignState::kCancelled
                                                                : CampaignState::kFinished;
  campaign.updated_at = clock_.now();
  campaign.finished_at = campaign.updated_at;
  return store::update_campaign(tx, campaign);
}

base::Result<Campaign> CampaignFeed::rested(storage::Transaction& tx, CampaignId id) const {
  ASHLAR_ASSIGN(std::optional<Campaign> campaign, store::lock_campaign(tx, id));
  if (!campaign) {
    return base::fail(base::Code::kConflict, "chunk_lost", "The campaign is gone.");
  }
  ASHLAR_TRY(feed(tx, *campaign));
  ASHLAR_TRY(settle(tx, *campaign));
  return *std::move(campaign);
}

}  // namespace ashlar::notifications
