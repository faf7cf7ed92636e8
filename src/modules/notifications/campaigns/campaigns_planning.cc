// The job of campaigns: an audience becomes chunks; what is cancelled is wound up.
#include <charconv>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/failpoint.h"
#include "modules/notifications/campaigns/campaign_audience.h"
#include "modules/notifications/campaigns/campaign_chunk_store.h"
#include "modules/notifications/campaigns/campaigns.h"
#include "platform/json/parse.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

constexpr base::Millis kWorkedElsewhere{500};  // until chunks that are in work have seen the end
constexpr base::Seconds kTurn{20};             // of one attempt, then others have theirs
constexpr std::int64_t kWindUpChunks = 20;     // a commit
constexpr std::int64_t kDroppedParts = 200;    // a commit

struct PlanJob {
  CampaignId campaign;
  std::string act;
};
std::optional<PlanJob> plan_job_of(std::string_view payload) {
  const base::Result<json::Value> value = json::parse(payload);
  if (!value.ok()) return std::nullopt;
  const json::Value* campaign = value->find("campaign");
  const json::Value* act = value->find("act");
  if (campaign == nullptr || campaign->if_string() == nullptr || act == nullptr ||
      act->if_string() == nullptr) {
    return std::nullopt;
  }
  PlanJob job{{}, *act->if_string()};
  const std::string& id = *campaign->if_string();
  const auto read = std::from_chars(id.data(), id.data() + id.size(), job.campaign.value);
  if (read.ec != std::errc() || read.ptr != id.data() + id.size()) return std::nullopt;
  return job;
}

jobs::Outcome failed(const base::Error& error) {
  return jobs::Outcome::failed(std::string(error.reason) + ": " + error.detail);
}

bool must_end(const jobs::Attempt& attempt, base::Mono began, base::Mono now) {
  return attempt.cancel_asked() || now - began >= kTurn;
}

}  // namespace

jobs::KindOptions Campaigns::plan_kind() {
  jobs::KindOptions options;
  options.kind = kCampaignPlanJob;
  options.handler = jobs::Handler([this](const jobs::Attempt& attempt) { return work(attempt); });
  options.concurrency = 2;
  options.prefetch = 2;
  options.retry = {.delays = {base::Millis{500}, base::Millis{2'000}, base::Millis{10'000}}};
  return options;
}

jobs::Outcome Campaigns::work(const jobs::Attempt& attempt) {
  const std::optional<PlanJob> job = plan_job_of(attempt.job.payload);
  if (!job) return jobs::Outcome::dead("not a campaign's plan");
  if (job->act == "wind_up") return wind_up(attempt.job.tenant, job->campaign, attempt);
  return plan(attempt.job.tenant, job->campaign, attempt);
}

base::Result<std::optional<Campaign>> Campaigns::begin_planning(base::TenantId tenant,
                                                                CampaignId id) {
  using Begun = base::Result<std::optional<Campaign>>;
  return db_.write(storage::Context::tenant(tenant), [&](storage::Transaction& tx) -> Begun {
    ASHLAR_ASSIGN(std::optional<Campaign> campaign, store::lock_campaign(tx, id));
    if (!campaign) return campaign;
    const base::Time now = clock_.now();
    if (campaign->state == CampaignState::kScheduled && *campaign->send_at <= now) {
      campaign->state = CampaignState::kPlanning;
      campaign->updated_at = now;
      ASHLAR_TRY(store::update_campaign(tx, *campaign));
    }
    if (campaign->state != CampaignState::kPlanning) campaign.reset();
    return campaign;
  });
}

// False: another planner was faster, or the campaign is not planned any more.
base::Result<bool> Campaigns::write_batch(Campaign& campaign, std::span<const Member> members,
                                          std::int64_t duplicates, bool last) {
  std::optional<Campaign> written;
  ASHLAR_TRY(db_.write(
      storage::Context::tenant(campaign.tenant), [&](storage::Transaction& tx) -> base::Status {
        written.reset();
        ASHLAR_ASSIGN(std::optional<Campaign> now, store::lock_campaign(tx, campaign.id));
        if (!now || now->state != CampaignState::kPlanning ||
            now->plan_cursor != campaign.plan_cursor) {
          return base::ok_status();
        }
        std::span<const Member> rest = members;
        while (!rest.empty()) {
          const auto chunk = rest.first(std::min(kChunkMembers, rest.size()));
          ASHLAR_TRY(store::insert_chunk(tx, *now, ++now->chunks, chunk));
          rest = rest.subspan(chunk.size());
        }
        now->audience += static_cast<std::int64_t>(members.size());
        now->duplicates += duplicates;
        if (!members.empty()) now->plan_cursor = members.back().key();
        now->updated_at = clock_.now();
        if (last) {
          now->planned = true;
          now->state = CampaignState::kRunning;
        }
        ASHLAR_TRY(store::update_campaign(tx, *now));
        if (last) {
          ASHLAR_TRY(feed_.feed(tx, *now));
          ASHLAR_TRY(feed_.settle(tx, *now));
        }
        written = std::move(now);
        return base::ok_status();
      }));
  if (!written) return false;
  planned_.add(members.size());
  campaign = *std::move(written);
  return true;
}

// What cannot be read now will not be read later: a person must look.
jobs::Outcome Campaigns::give_up(const Campaign& campaign, const base::Error& error) {
  log_.error("campaign not planned",
             {{"campaign", campaign.id.to_string()}, {"reason", error.reason}});
  const base::Status stopped = db_.write(
      storage::Context::tenant(campaign.tenant), [&](storage::Transaction& tx) -> base::Status {
        ASHLAR_ASSIGN(std::optional<Campaign> now, store::lock_campaign(tx, campaign.id));
        if (!now || now->state != CampaignState::kPlanning) return base::ok_status();
        now->stopped_reason = error.reason;
        ASHLAR_TRY(put(tx, *std::move(now), CampaignState::kStopped));
        return base::ok_status();
      });
  if (!stopped.ok()) return failed(stopped.error());
  return jobs::Outcome::dead(std::string(error.reason) + ": " + error.detail);
}

jobs::Outcome Campaigns::plan(base::TenantId tenant, CampaignId id, const jobs::Attempt& attempt) {
  base::Result<std::optional<Campaign>> begun = begin_planning(tenant, id);
  if (!begun.ok()) return failed(begun.error());
  if (!*begun) return jobs::Outcome::done();
  Campaign campaign = **std::move(begun);
  CampaignAudience audience(db_, campaign);
  const base::Mono began = clock_.mono();
  while (!must_end(attempt, began, clock_.mono())) {
    base::Result<CampaignAudience::Page> page = audience.next(kPlanBatch);
    if (!page.ok()) {
      return page.error().code == base::Code::kInternal ? give_up(campaign, page.error())
                                                        : failed(page.error());
    }
    const base::Result<bool> written =
        write_batch(campaign, page->members, page->duplicates, page->last);
    if (!written.ok()) return failed(written.error());
    if (!*written) return jobs::Outcome::done();
    base::failpoint(base::Failpoint::kAfterCommit);
    if (!page->last) continue;
    const base::Status dropped = drop_uploads(tenant, id);
    if (!dropped.ok()) {
      // They go with the campaign.
      log_.warn("a campaign's uploads stay", {{"reason", dropped.error().reason}});
    }
    return jobs::Outcome::done();
  }
  return jobs::Outcome::snoozed(clock_.now());
}

base::Status Campaigns::drop_uploads(base::TenantId tenant, CampaignId id) {
  while (true) {
    ASHLAR_ASSIGN(const std::int64_t gone,
                  db_.write(storage::Context::tenant(tenant), [&](storage::Transaction& tx) {
                    return store::drop_uploads(tx, id, kDroppedParts);
                  }));
    if (gone < kDroppedParts) return base::ok_status();
  }
}

base::Result<std::size_t> Campaigns::wind_up_some(storage::Transaction& tx,
                                                  const Campaign& campaign) const {
  ASHLAR_ASSIGN(const std::vector<std::int64_t> resting,
                store::list_resting(tx, campaign.id, 0, kWindUpChunks));
  for (const std::int64_t no : resting) {
    const ChunkRef ref{campaign.id, no};
    ASHLAR_ASSIGN(const auto taken, store::take_resting(tx, ref));
    ASHLAR_ASSIGN(auto chunk, store::load_chunk(tx, ref));
    if (!taken || !chunk) continue;
    chunk->outcomes.cancel("campaign_cancelled");
    ASHLAR_TRY(store::save_chunk(
        tx, {.ref = ref, .fence = taken->fence, .state = ChunkState::kDone}, chunk->outcomes,
        store::variants_of(campaign, chunk->members), campaign.variants.size()));
  }
  return resting.size();
}

jobs::Outcome Campaigns::wind_up(base::TenantId tenant, CampaignId id,
                                 const jobs::Attempt& attempt) {
  const base::Mono began = clock_.mono();
  std::optional<Campaign> campaign;
  while (!must_end(attempt, began, clock_.mono())) {
    const base::Result<std::size_t> wound =
        db_.write(storage::Context::tenant(tenant),
                  [&](storage::Transaction& tx) -> base::Result<std::size_t> {
                    ASHLAR_ASSIGN(campaign, store::lock_campaign(tx, id));
                    if (!campaign || campaign->state != CampaignState::kCancelling)
                      return std::size_t{0};
                    ASHLAR_ASSIGN(const std::size_t some, wind_up_some(tx, *campaign));
                    if (some == 0) ASHLAR_TRY(feed_.settle(tx, *campaign));
                    return some;
                  });
    if (!wound.ok()) return failed(wound.error());
    if (!campaign || campaign->state != CampaignState::kCancelling) return jobs::Outcome::done();
    // The rest is in work: it ends by itself.
    if (*wound == 0) return jobs::Outcome::snoozed(clock_.now() + kWorkedElsewhere);
  }
  return jobs::Outcome::snoozed(clock_.now());
}

}  // namespace ashlar::notifications
