#include "modules/notifications/campaigns/campaign_run.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/failpoint.h"
#include "modules/notifications/campaigns/campaign_feed.h"
#include "modules/notifications/campaigns/campaign_services.h"
#include "modules/notifications/campaigns/campaign_store.h"
#include "modules/notifications/delivery_store.h"
#include "modules/notifications/inbox.h"
#include "modules/notifications/kept_text.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

constexpr base::Seconds kTroublePause{1};
constexpr int kMaxTroubles = 20;
constexpr base::Millis kRecordingTakes{5'000};
constexpr base::Seconds kLook{1};  // whether it is paused, where nothing is answered
constexpr std::string_view kCancelled = "campaign_cancelled";
constexpr base::Millis kYieldPause{1'000};  // the runner that stops leases still
constexpr std::size_t kMaxCodeBytes = 64;
constexpr std::size_t kMaxRefBytes = 255;

}  // namespace

CampaignRun::CampaignRun(CampaignServices& services, Start start)
    : services_(services), start_(std::move(start)) {}

// --- From its beginning to its end ---------------------------------------------------------------

base::Status CampaignRun::open() {
  const auto context = storage::Context::tenant(start_.tenant);
  ASHLAR_ASSIGN(const auto taken,
                services_.db.write(context.read_committed(), [&](storage::Transaction& tx) {
                  return store::take_chunk(tx, start_.fed);
                }));
  if (!taken) return base::fail(base::Code::kConflict, "chunk_lost", "It is not this job's.");
  fence_ = taken->fence;
  CampaignOutcomes outcomes;
  CampaignReports reports;
  const base::Status read =
      services_.db.read(context, [&](storage::Transaction& tx) -> base::Status {
        const ChunkRef& ref = start_.fed.ref;
        ASHLAR_ASSIGN(std::optional<Campaign> campaign, store::find_campaign(tx, ref.campaign));
        ASHLAR_ASSIGN(std::optional<store::LoadedChunk> chunk, store::load_chunk(tx, ref));
        if (!campaign || !chunk) {
          return base::fail(base::Code::kConflict, "chunk_lost", "The campaign is gone.");
        }
        outcomes = std::move(chunk->outcomes);
        reports = std::move(chunk->reports);
        ASHLAR_ASSIGN(CampaignScene scene,
                      CampaignScene::read(tx, services_.templates, services_.zones,
                                          *std::move(campaign), std::move(chunk->members)));
        scene_.emplace(std::move(scene));
        return base::ok_status();
      });
  ASHLAR_TRY(base::Status(read));
  outcomes_ = std::move(outcomes);
  if (taken->retry > 0) changed_ = outcomes_.retry_failed(taken->retry == 2) > 0;
  saved_ = outcomes_.counts();
  changed_ = outcomes_.lose() > 0 || changed_;
  // Whoever is known to have it is not asked again.
  for (std::size_t i = 0; i < outcomes_.size(); ++i) {
    if (!outcomes_.in_doubt(i) || !reports.has(CampaignReports::Kind::kDelivered, i)) continue;
    outcomes_.sent(i);
    changed_ = true;
  }
  opened_ = true;
  const CampaignState state = scene_->campaign().state;
  if (state != CampaignState::kRunning) {
    ending_ = state == CampaignState::kCancelling ? Ending::kCancelled : Ending::kPaused;
  }
  return base::ok_status();
}

std::optional<base::Mono> CampaignRun::over(jobs::Outcome outcome) {
  give_back();
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
    answers_.clear();
  }
  start_.done(std::move(outcome));
  return std::nullopt;
}

std::optional<base::Mono> CampaignRun::trouble(const base::Error& error) {
  if (std::string_view(error.reason) == "chunk_lost") {
    if (opened_) services_.lost.add();
    return over(jobs::Outcome::done(std::string(error.reason)));
  }
  services_.log.warn("campaign's chunk not worked", {{"campaign", start_.fed.ref.campaign.value},
                                                     {"chunk", start_.fed.ref.no},
                                                     {"reason", error.reason}});
  give_back();
  if (++troubles_ == kMaxTroubles) return over(jobs::Outcome::failed(std::string(error.reason)));
  not_before_ = services_.clock.mono() + kTroublePause;
  return not_before_;
}

std::optional<base::Mono> CampaignRun::turn(bool stopping) {
  if (!opened_) {
    const base::Status opened = open();
    if (!opened.ok()) return trouble(opened.error());
  }
  const base::Mono now = services_.clock.mono();
  if (ending_ == Ending::kNone &&
      (stopping || now + kSendTimeout + kRecordingTakes > start_.deadline)) {
    ending_ = Ending::kYields;
  }
  hear();
  const base::Time at = services_.clock.now();
  if ((held_until_ && *held_until_ <= at) || (due_again_ && *due_again_ <= at)) look_again();
  if (now >= not_before_) {
    const base::Status turn = take_turn();
    if (!turn.ok()) return trouble(turn.error());
    fill();
  }
  const bool idle = aboard_.empty() && window_.empty();
  if (idle && (ending_ != Ending::kNone || held_until_ || !has_more())) return rest();
  return go_on();
}

std::optional<base::Mono> CampaignRun::go_on() {
  if (changed_ || !window_.empty()) {
    const base::Status saved = save();
    if (!saved.ok()) return trouble(saved.error());
    troubles_ = 0;
  }
  return next_turn();
}

std::optional<base::Mono> CampaignRun::next_turn() {
  const base::Mono now = services_.clock.mono();
  if (aboard_.empty()) return std::max(now, not_before_);
  base::Mono next = now + kLook;
  if (ending_ == Ending::kNone && has_more() && aboard_.size() < kUnderWay && !held_until_) {
    next = std::min(next, not_before_);
  }
  if (ending_ == Ending::kNone && due_again_ && !held_until_) {
    const base::Mono due = now + (*due_again_ - services_.clock.now());
    next = std::min(next, std::max(due, not_before_));
  }
  for (const std::size_t member : waves_) {
    next = std::min(next, std::max(aboard_.at(member).retry_at, not_before_));
  }
  return std::max(next, now);
}

// --- What was answered ---------------------------------------------------------------------------

void CampaignRun::answered(std::size_t member, std::size_t part, SendResult result) {
  base::failpoint(base::Failpoint::kAfterAnswer);
  bool now = false;
  bool soon = false;
  {
    const std::lock_guard lock(mutex_);
    --unanswered_;
    if (over_) return;
    answers_.push_back({member, part, std::move(result)});
    now = unanswered_ == 0 || answers_.size() == kWindow / 2;
    soon = answers_.size() == 1;
  }
  if (now || soon) start_.wake(services_.clock.mono() + (now ? base::Millis{0} : kGather));
}

std::size_t CampaignRun::under_way() {
  const std::lock_guard lock(mutex_);
  return unanswered_;
}

void CampaignRun::hear() {
  std::vector<Answer> heard;
  {
    const std::lock_guard lock(mutex_);
    heard.swap(answers_);
  }
  const base::Time now = services_.clock.now();
  for (Answer& answer : heard) hear_one(answer, now);
}

void CampaignRun::hear_one(Answer& answer, base::Time now) {
  Aboard& aboard = aboard_.at(answer.member);
  CampaignFlight& flight = aboard.flight;
  const SendResult& result = answer.result;
  const bool complete = services_.with_chance(
      [&](base::Random& random) { return flight.answered(answer.part, result, now, random); });
  aboard.verdict = name_of(result.verdict);
  const CampaignFlight::Part& part = flight.part(answer.part);
  const SendPlan& plan = flight.plan_of(answer.part);
  if (plan.effect != Effect::kNone) {
    effects_.push_back(
        {plan.effect, flight.channel(), part.target.address, part.device, aboard.provider,
         aboard.provider_name, kept_text(result.code, kMaxCodeBytes),
         kept_text(result.detail, Outgoing::kMaxDetailBytes), result.gone_since, now});
  }
  const bool told = flight.channel() == Channel::kSms && !result.provider_ref.empty() &&
                    result.verdict == Verdict::kAccepted;
  if (told) {
    const ChunkRef& ref = start_.fed.ref;
    refs_.push_back({aboard.provider,
                     kept_text(result.provider_ref, kMaxRefBytes),
                     {ref.campaign, ref.no, static_cast<std::int64_t>(answer.member)}});
  }
  if (!complete) return;
  if (flight.wanted().empty()) return conclude(answer.member);
  waves_.push_back(answer.member);
}

void CampaignRun::conclude(std::size_t member) {
  using Kind = CampaignFlight::Result::Kind;
  const auto found = aboard_.find(member);
  const CampaignFlight::Result result = found->second.flight.result();
  switch (result.kind) {
    case Kind::kSent:
      outcomes_.sent(member);
      break;
    case Kind::kLater:
      outcomes_.later(member, found->second.verdict, *result.next_at, result.maybe_sent);
      note_due(*result.next_at);
      break;
    case Kind::kFailed:
    case Kind::kUnknown:
      outcomes_.fail(member, result.reason, result.kind == Kind::kUnknown);
      break;
  }
  aboard_.erase(found);
  changed_ = true;
}

// --- Its end, for now ----------------------------------------------------------------------------

std::optional<base::Mono> CampaignRun::rest() {
  const base::Time now = services_.clock.now();
  CampaignOutcomes last = outcomes_;
  if (ending_ == Ending::kCancelled) last.cancel(kCancelled);
  store::ChunkSave save{.ref = start_.fed.ref, .fence = fence_};
  jobs::Outcome outcome = jobs::Outcome::done();
  const std::optional<base::Time> due = last.next_due();
  if (!due) {
    save.state = ChunkState::kDone;
  } else if (ending_ == Ending::kYields) {
    outcome = jobs::Outcome::snoozed(now + kYieldPause);
  } else if (ending_ == Ending::kPaused) {
    save.state = ChunkState::kIdle;
  } else {
    save.state = ChunkState::kLater;
    save.next_at = std::max(*due, held_until_.value_or(now));
    if (*save.next_at <= now) {  // they have become due meanwhile
      look_again();
      return go_on();
    }
    outcome = jobs::Outcome::snoozed(*save.next_at);
  }
  const base::Status effects = services_.effects.apply(start_.tenant, effects_);
  if (!effects.ok()) return trouble(effects.error());
  effects_.clear();
  const base::Status saved =
      services_.db.write(storage::Context::tenant(start_.tenant).read_committed(),
                         [&](storage::Transaction& tx) -> base::Status {
                           ASHLAR_TRY(find_arrived(tx, last));
                           ASHLAR_TRY(store::save_chunk(tx, save, last, scene_->variants(),
                                                        scene_->campaign().variants.size()));
                           ASHLAR_TRY(store::put_refs(tx, refs_));
                           if (save.state == ChunkState::kFed) return base::ok_status();
                           ASHLAR_TRY(stops_by_errors(tx, last.counts().failed > saved_.failed));
                           ASHLAR_TRY(services_.feed.rested(tx, start_.fed.ref.campaign));
                           return base::ok_status();
                         });
  if (!saved.ok()) return trouble(saved.error());
  written(std::move(last));
  return over(std::move(outcome));
}

// --- The window goes -----------------------------------------------------------------------------

void CampaignRun::launch(const CampaignWindow::Held& held) {
  base::failpoint(base::Failpoint::kAfterAttempt);
  if (!window_.empty()) services_.windows.add();
  CampaignWindow window = std::exchange(window_, {});
  std::unordered_map<std::size_t, Aboard> fresh = std::exchange(boarding_, {});
  keep_caught(window.caught, held);
  for (CampaignWindow::Boarding& one : window.boardings) {
    if (held.contains(one.member)) continue;
    if (one.fresh) aboard_.emplace(one.member, std::move(fresh.at(one.member)));
  }
  // All are aboard before the first is answered.
  for (CampaignWindow::Boarding& one : window.boardings) {
    if (!held.contains(one.member)) launch_one(one);
  }
}

void CampaignRun::launch_one(CampaignWindow::Boarding& boarding) {
  Aboard& aboard = aboard_.at(boarding.member);
  const Campaign& campaign = scene_->campaign();
  if (aboard.flight.is_failover()) services_.failovers.add();
  aboard.provider = boarding.provider;
  aboard.provider_name = boarding.leases.front()->name();
  aboard.flight.launched(boarding.parts, boarding.provider);
  {
    const std::lock_guard lock(mutex_);
    unanswered_ += boarding.parts.size();
  }
  const auto self = shared_from_this();
  for (std::size_t i = 0; i < boarding.parts.size(); ++i) {
    const std::size_t part = boarding.parts[i];
    const CampaignFlight::Part& to = aboard.flight.part(part);
    Outgoing out;
    out.id = to_text(
        {campaign.id, start_.fed.ref.no, static_cast<std::int64_t>(boarding.member), to.device});
    out.target = to.target;
    out.content = aboard.content;
    out.created_at = campaign.started_at.value_or(campaign.created_at);
    out.expires_at = campaign.expires_at;
    out.unsubscribe_url = aboard.unsubscribe_url;
    out.category = campaign.category;
    out.traceparent = campaign.traceparent;
    out.deadline = services_.clock.mono() + kSendTimeout;
    boarding.leases[i]->send(std::move(out),
                             [self, member = boarding.member, part](SendResult result) {
                               self->answered(member, part, std::move(result));
                             });
  }
}

// Nobody of the window was handed over: who was to go on to another provider stays with what the
// last one said.
void CampaignRun::give_back() {
  for (const CampaignWindow::Boarding& one : window_.boardings) {
    if (!one.fresh) waves_.push_back(one.member);
  }
  for (const auto& one : window_.boardings) {
    if (one.fresh) next_ = std::min(next_, one.member);
  }
  for (const auto* locals : {&window_.entries, &window_.caught}) {
    for (const auto& one : *locals) next_ = std::min(next_, one.member);
  }
  window_.clear();
  boarding_.clear();
}

// For the developer who looks: what is lost of it by a crash is no loss.
void CampaignRun::keep_caught(std::vector<CampaignWindow::Local>& caught,
                              const CampaignWindow::Held& held) {
  if (caught.empty()) return;
  const base::Time now = services_.clock.now();
  const base::Status kept = services_.db.write(
      storage::Context::platform(storage::PlatformUse::kNotifications).read_committed(),
      [&](storage::Transaction& tx) -> base::Status {
        for (const CampaignWindow::Local& one : caught) {
          if (held.contains(one.member)) continue;
          store::Caught kept_one;
          kept_one.channel = one.channel;
          kept_one.address = one.address;
          kept_one.content = one.content;
          kept_one.at = now;
          ASHLAR_TRY(store::record_caught(tx, start_.tenant, kept_one));
        }
        return base::ok_status();
      });
  if (!kept.ok()) services_.log.warn("not caught", {{"reason", kept.error().reason}});
}

}  // namespace ashlar::notifications
