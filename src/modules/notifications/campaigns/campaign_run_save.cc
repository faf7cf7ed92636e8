// The half of CampaignRun that writes down: what was heard, and whom the next window begins with.
#include <utility>

#include "base/clock.h"
#include "modules/notifications/campaigns/campaign_run.h"
#include "modules/notifications/campaigns/campaign_services.h"
#include "modules/notifications/campaigns/campaign_store.h"
#include "modules/notifications/inbox.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

constexpr std::string_view kErrorRate = "error_rate";

}  // namespace

base::Status CampaignRun::hold_by_caps(storage::Transaction& tx, CampaignWindow::Held& held) {
  const base::Micros longest = scene_->rules().longest_cap();
  if (longest.count() == 0) return base::ok_status();
  std::vector<std::size_t> asked;
  std::vector<std::string> users;
  const auto ask = [&](std::size_t member) {
    const Member& who = scene_->members()[member];
    // Who was begun before is counted already.
    if (who.kind != Member::Kind::kUser || outcomes_.in_doubt(member)) return;
    if (outcomes_.rounds(member) > 0) return;
    asked.push_back(member);
    users.push_back(who.address);
  };
  for (const auto& one : window_.boardings) {
    if (one.fresh) ask(one.member);
  }
  for (const auto& one : window_.entries) ask(one.member);
  for (const auto& one : window_.caught) ask(one.member);
  const base::Time now = services_.clock.now();
  const std::string& category = scene_->campaign().category;
  ASHLAR_ASSIGN(const store::SentTimes sent, store::sent_among(tx, users, category, now - longest));
  std::vector<std::string> marked;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const auto found = sent.find(users[i]);
    const std::span<const base::Time> times =
        found == sent.end() ? std::span<const base::Time>() : found->second;
    ASHLAR_ASSIGN(const Decision decision, scene_->capped(asked[i], times, now));
    if (decision.act == Decision::Act::kSend) {
      marked.push_back(users[i]);
    } else {
      held.emplace(asked[i], decision);
    }
  }
  return store::mark_sent(tx, start_.fed.ref.campaign, marked, category, now);
}

base::Status CampaignRun::write_window(storage::Transaction& tx, CampaignOutcomes& next,
                                       CampaignWindow::Held& held) {
  ASHLAR_TRY(hold_by_caps(tx, held));
  window_.apply(next, held);
  for (const CampaignWindow::Local& local : window_.entries) {
    if (held.contains(local.member)) continue;
    InboxEntry entry;
    entry.user_id = local.address;
    entry.delivery = store::inbox_delivery_of(start_.fed.ref, local.member);
    entry.category = scene_->campaign().category;
    entry.title = local.content.subject;
    entry.body = local.content.text;
    entry.url = local.content.url;
    entry.data = local.content.data;
    entry.created_at = services_.clock.now();
    ASHLAR_ASSIGN(const bool put, store::put_campaign_entry(tx, entry));
    if (put) tx.notify(kInboxNotices, inbox_notice(start_.tenant, local.address));
  }
  return base::ok_status();
}

// Too many have failed: it stops itself.
base::Result<bool> CampaignRun::stops_by_errors(storage::Transaction& tx, bool failed_more) {
  if (!failed_more || scene_->campaign().stop_on.failed_percent <= 0) return false;
  const CampaignId id = start_.fed.ref.campaign;
  ASHLAR_ASSIGN(std::optional<Campaign> campaign, store::lock_campaign(tx, id));
  if (!campaign || campaign->state != CampaignState::kRunning) return false;
  ASHLAR_ASSIGN(const CampaignCounts counts, store::count_campaign(tx, id));
  if (!should_stop(*campaign, counts)) return false;
  campaign->state = CampaignState::kStopped;
  campaign->stopped_reason = kErrorRate;
  campaign->updated_at = services_.clock.now();
  ASHLAR_TRY(store::update_campaign(tx, *campaign));
  return true;
}

base::Status CampaignRun::save() {
  ASHLAR_TRY(services_.effects.apply(start_.tenant, effects_));
  effects_.clear();
  const bool failed_more = outcomes_.counts().failed > saved_.failed;
  // A cap that is read and then counted wants both at once.
  const auto context = scene_->rules().longest_cap().count() > 0
                           ? storage::Context::tenant(start_.tenant)
                           : storage::Context::tenant(start_.tenant).read_committed();
  CampaignOutcomes next;
  CampaignWindow::Held held;
  CampaignState state{};
  bool stops = false;
  ASHLAR_TRY(services_.db.write(context, [&](storage::Transaction& tx) -> base::Status {
    next = outcomes_;
    held.clear();
    ASHLAR_ASSIGN(const auto now, store::campaign_state(tx, start_.fed.ref.campaign));
    state = now.value_or(CampaignState::kCancelled);
    if (state == CampaignState::kRunning) ASHLAR_TRY(write_window(tx, next, held));
    ASHLAR_TRY(store::save_chunk(tx, {.ref = start_.fed.ref, .fence = fence_}, next,
                                 scene_->variants(), scene_->campaign().variants.size()));
    ASHLAR_TRY(store::put_refs(tx, refs_));
    ASHLAR_ASSIGN(stops, stops_by_errors(tx, failed_more));
    return base::ok_status();
  }));
  written(std::move(next));
  for (const auto& [member, decision] : held) {
    if (decision.act != Decision::Act::kSkip) note_due(decision.until);
  }
  if (state == CampaignState::kRunning) {
    launch(held);
  } else {
    give_back();
    ending_ = state == CampaignState::kCancelling ? Ending::kCancelled : Ending::kPaused;
  }
  if (stops) ending_ = Ending::kPaused;
  return base::ok_status();
}

// Counted once it is sure.
void CampaignRun::written(CampaignOutcomes now) {
  const CampaignCounts is = now.counts();
  const auto add = [](obs::Counter& counter, std::int64_t more) {
    if (more > 0) counter.add(static_cast<std::uint64_t>(more));
  };
  add(services_.sent, is.sent - saved_.sent);
  add(services_.skipped, is.skipped - saved_.skipped);
  add(services_.failed, is.failed - saved_.failed);
  add(services_.unknown, is.unknown - saved_.unknown);
  add(services_.repeated, is.repeated - saved_.repeated);
  saved_ = is;
  outcomes_ = std::move(now);
  changed_ = false;
  refs_.clear();
}

// Reports that came while it was worked have left their marks alone (campaign_callbacks.cc).
base::Status CampaignRun::find_arrived(storage::Transaction& tx, CampaignOutcomes& last) {
  if (last.counts().unknown == 0) return base::ok_status();
  ASHLAR_ASSIGN(const auto reports, store::lock_reports(tx, start_.fed.ref));
  for (std::size_t i = 0; reports && i < last.size(); ++i) {
    const bool arrived = reports->has(CampaignReports::Kind::kDelivered, i);
    if (arrived && last.unknown(i)) last.found_sent(i);
  }
  return base::ok_status();
}

}  // namespace ashlar::notifications
