// Campaigns: make, fill, start, pause, resume, cancel, try again; and the job that writes an
// audience down in chunks. campaign.h has the states; who sends is campaign_runner.h.
//
//   start ──> job kCampaignPlanJob ── pages of CampaignAudience ──> chunks, a batch a commit ──> …
//        … all of them ──> running: CampaignFeed::feed()
//   cancel ──> the same job: chunks that rest are wound up, what waits in them is skipped
//
// Promises
//  1. What a call answered with has committed with the job that makes it go on.
//  2. Planning leaves nobody out and writes nobody down twice, whenever it is killed, and by
//     however many planners: the cursor, the chunks and their number commit together, and who finds
//     another cursor than its own has been overtaken and stops.
//  3. A dedupe_key lives as long as its campaign is kept: a second one with it is not made.
//
// Functions with a Transaction run in the caller's, for its tenant, which may run again. Any
// thread.
//
// Errors beside storage's: kInvalid invalid_request with the field; kNotFound campaign_not_found,
// template_not_found, topic_not_found, segment_not_found; kConflict campaign_state,
// too_many_campaigns, too_many_uploads, audience_not_uploaded.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/campaigns/campaign.h"
#include "modules/notifications/campaigns/campaign_feed.h"
#include "modules/notifications/campaigns/campaign_store.h"
#include "modules/notifications/campaigns/campaign_upload.h"
#include "platform/jobs/runner.h"

namespace ashlar::obs {
class Counter;
class Log;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::notifications {

class CampaignAudience;
class Templates;

class Campaigns {
 public:
  static constexpr std::int64_t kMaxLive = 1'000;  // of a tenant: drafts, and what has not ended
  static constexpr std::int64_t kMaxUploads = 200;
  static constexpr std::int64_t kMaxUsers = 10'000;  // given with the campaign itself
  static constexpr std::int64_t kPlanBatch = 5'000;  // members a commit

  // All outlive it.
  Campaigns(storage::Database& db, jobs::Jobs& jobs, Templates& templates, const CampaignFeed& feed,
            const base::Clock& clock, obs::Registry& metrics, obs::Log& log);

  // `users` where audience_kind is kUsers.
  base::Result<store::MadeCampaign> create(storage::Transaction& tx, Campaign wanted,
                                           std::span<const std::string> users) const;
  base::Result<Campaign> upload(storage::Transaction& tx, CampaignId id,
                                const CampaignUpload& upload) const;
  // `send_at`: instead of the campaign's own.
  base::Result<Campaign> start(storage::Transaction& tx, CampaignId id,
                               std::optional<base::Time> send_at = {}) const;
  base::Result<Campaign> pause(storage::Transaction& tx, CampaignId id) const;
  base::Result<Campaign> resume(storage::Transaction& tx, CampaignId id) const;
  base::Result<Campaign> cancel(storage::Transaction& tx, CampaignId id) const;
  base::Result<Campaign> retry_failed(storage::Transaction& tx, CampaignId id,
                                      bool unknown_too) const;

  static base::Result<Campaign> existing(storage::Transaction& tx, CampaignId id);

  // Of kCampaignPlanJob.
  jobs::KindOptions plan_kind();
  jobs::Outcome work(const jobs::Attempt& attempt);

 private:
  static base::Result<Campaign> locked(storage::Transaction& tx, CampaignId id);
  base::Status accept_messages(storage::Transaction& tx, Campaign& campaign) const;
  base::Status accept_message(storage::Transaction& tx, const Campaign& campaign,
                              CampaignMessage& message) const;
  static base::Status resolve_audience(storage::Transaction& tx, Campaign& campaign);
  base::Status go_on(storage::Transaction& tx, const Campaign& campaign) const;
  base::Status enqueue(storage::Transaction& tx, const Campaign& campaign, std::string_view act,
                       base::Time at) const;
  base::Result<Campaign> put(storage::Transaction& tx, Campaign campaign, CampaignState next) const;

  jobs::Outcome plan(base::TenantId tenant, CampaignId id, const jobs::Attempt& attempt);
  // nullopt: nothing to plan, for this planner.
  base::Result<std::optional<Campaign>> begin_planning(base::TenantId tenant, CampaignId id);
  base::Result<bool> write_batch(Campaign& campaign, std::span<const Member> members,
                                 std::int64_t duplicates, bool last);
  jobs::Outcome give_up(const Campaign& campaign, const base::Error& error);
  jobs::Outcome wind_up(base::TenantId tenant, CampaignId id, const jobs::Attempt& attempt);
  base::Result<std::size_t> wind_up_some(storage::Transaction& tx, const Campaign& campaign) const;
  base::Status drop_uploads(base::TenantId tenant, CampaignId id);

  storage::Database& db_;
  jobs::Jobs& jobs_;
  Templates& templates_;
  const CampaignFeed& feed_;
  const base::Clock& clock_;
  obs::Log& log_;
  obs::Counter& started_;
  obs::Counter& planned_;
};

}  // namespace ashlar::notifications
