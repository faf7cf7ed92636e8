#include "modules/notifications/campaigns/campaign_watch.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/clock.h"
#include "modules/notifications/campaigns/campaign_chunk_store.h"
#include "modules/notifications/campaigns/campaign_store.h"
#include "modules/notifications/campaigns/campaigns_json.h"
#include "platform/http/event_stream.h"
#include "platform/json/writer.h"
#include "platform/security/key_notice.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

std::string data_of(const Campaign& campaign, const CampaignCounts& counts, base::Time now) {
  const CampaignJson shown = render(campaign, counts, now);
  std::string data;
  json::Writer w(data);
  w.begin_object().key("id").string(campaign.id.to_string()).key("state").string(shown.state);
  w.key("counts");
  campaign_counts_schema().write(w, shown.counts);
  w.key("rate_per_s").real(shown.rate_per_s).end_object();
  return data;
}

bool has_ended(CampaignState state) {
  return state == CampaignState::kFinished || state == CampaignState::kCancelled;
}

}  // namespace

CampaignWatch::CampaignWatch(storage::Database& db, const base::Clock& clock)
    : db_(db), clock_(clock) {
  db.subscribe(std::string(security::kKeysChannel),
               [this](const storage::Database::Notice& notice) {
                 const auto ended = security::parse_key_notice(notice.payload);
                 if (notice.resync || !ended) {
                   end_streams([](const Watcher&) { return true; });
                 } else if (const auto* key = std::get_if<security::KeyId>(&*ended)) {
                   end_streams([&](const Watcher& watcher) { return watcher.key == *key; });
                 } else {
                   const auto tenant = std::get<base::TenantId>(*ended);
                   end_streams([&](const Watcher& watcher) { return watcher.tenant == tenant; });
                 }
               });
}

CampaignWatch::~CampaignWatch() { stop(); }

template <class Ends>
void CampaignWatch::end_streams(const Ends& ends) {
  const std::lock_guard lock(mutex_);
  for (const Watcher& watcher : watchers_) {
    if (ends(watcher)) watcher.stream->close();
  }
  std::erase_if(watchers_, ends);
}

base::Status CampaignWatch::watch(const security::Principal& who, CampaignId campaign,
                                  std::shared_ptr<http::EventStream> stream) {
  const std::lock_guard lock(mutex_);
  std::erase_if(watchers_, [](const Watcher& watcher) { return !watcher.stream->is_open(); });
  const auto of_tenant = std::ranges::count(watchers_, who.tenant, &Watcher::tenant);
  if (closed_ || watchers_.size() >= kMaxWatchers ||
      of_tenant >= static_cast<std::ptrdiff_t>(kMaxWatchersPerTenant)) {
    return base::fail(base::Code::kTooMany, "too_many_streams",
                      "Too many campaigns are watched; close a stream.");
  }
  watchers_.push_back({.tenant = who.tenant,
                       .key = who.key,
                       .campaign = campaign,
                       .ends_at = clock_.mono() + kMaxAge,
                       .stream = std::move(stream)});
  if (rounds_) rounds_->wake();
  return base::ok_status();
}

void CampaignWatch::start() {
  const std::lock_guard lock(mutex_);
  rounds_.emplace("notify-watch", kInterval, [this] { round(); });
}

void CampaignWatch::stop() {
  if (rounds_) rounds_->stop();
}

void CampaignWatch::close() {
  end_streams([](const Watcher&) { return true; });
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

// Each campaign once.
std::vector<CampaignWatch::Seen> CampaignWatch::wanted() {
  const std::lock_guard lock(mutex_);
  const base::Mono now = clock_.mono();
  std::erase_if(watchers_, [now](const Watcher& watcher) {
    if (now >= watcher.ends_at) watcher.stream->close();
    return now >= watcher.ends_at || !watcher.stream->is_open();
  });
  std::vector<Seen> campaigns;
  for (const Watcher& watcher : watchers_) {
    const bool known = std::ranges::any_of(campaigns, [&](const Seen& seen) {
      return seen.campaign == watcher.campaign && seen.tenant == watcher.tenant;
    });
    if (!known) campaigns.push_back({.tenant = watcher.tenant, .campaign = watcher.campaign});
  }
  return campaigns;
}

void CampaignWatch::look(Seen& seen) {
  const base::Status read = db_.read(
      storage::Context::tenant(seen.tenant), [&](storage::Transaction& tx) -> base::Status {
        ASHLAR_ASSIGN(const auto campaign, store::find_campaign(tx, seen.campaign));
        seen.ended = !campaign;
        if (!campaign) return base::ok_status();
        ASHLAR_ASSIGN(const CampaignCounts counts, store::count_campaign(tx, seen.campaign));
        seen.data = data_of(*campaign, counts, clock_.now());
        seen.ended = has_ended(campaign->state);
        return base::ok_status();
      });
  // Not now, then with the next round.
  if (!read.ok()) seen = {.tenant = seen.tenant, .campaign = seen.campaign};
}

void CampaignWatch::tell(const Seen& seen) {
  const std::lock_guard lock(mutex_);
  for (Watcher& watcher : watchers_) {
    if (watcher.campaign != seen.campaign || watcher.tenant != seen.tenant) continue;
    if (!seen.data.empty() && watcher.told != seen.data) {
      watcher.told = seen.data;
      static_cast<void>(watcher.stream->push("campaign", seen.data));
    }
    if (seen.ended) watcher.stream->close();
  }
  if (!seen.ended) return;
  std::erase_if(watchers_, [&](const Watcher& watcher) {
    return watcher.campaign == seen.campaign && watcher.tenant == seen.tenant;
  });
}

void CampaignWatch::round() {
  for (Seen& seen : wanted()) {
    look(seen);
    tell(seen);
  }
}

}  // namespace ashlar::notifications
