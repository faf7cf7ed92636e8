// The half of CampaignRun that chooses whom a window begins with.
#include <algorithm>
#include <array>
#include <utility>

#include "base/clock.h"
#include "modules/notifications/campaigns/campaign_run.h"
#include "modules/notifications/campaigns/campaign_services.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using std::chrono::nanoseconds;

constexpr base::Millis kPoolAway{1'000};
constexpr double kSpread = 0.5;
// Of a pace: a window is a quarter of a second's worth.
constexpr std::int64_t kTurnsOfASecond = 4;

// When the first attempt of one that was tried so often can have been, at the latest.
base::Time first_attempt_of(Channel channel, std::int64_t rounds, base::Time now) {
  base::Time since = now;
  for (std::int64_t round = 1; round <= rounds; ++round) since -= longest_pause(channel, round);
  return since;
}

SendPlan plan_of(State state, std::string_view reason) {
  SendPlan plan;
  plan.state = state;
  plan.reason = reason;
  return plan;
}

SendPlan later_plan(base::Time at) {
  SendPlan plan;
  plan.next = SendPlan::Next::kLater;
  plan.next_at = at;
  return plan;
}

}  // namespace

// The next turns of the campaign's pace, where none are in hand.
base::Status CampaignRun::take_turn() {
  const std::int64_t pace = scene_->campaign().pace_per_s;
  const bool wants = ending_ == Ending::kNone && !held_until_ && has_more();
  if (pace == 0 || turns_left_ > 0 || !wants) return base::ok_status();
  const std::int64_t turns =
      std::clamp<std::int64_t>(pace / kTurnsOfASecond, 1, static_cast<std::int64_t>(kWindow));
  const base::Time now = services_.clock.now();
  base::Time at{};
  ASHLAR_TRY(services_.db.write(storage::Context::tenant(start_.tenant).read_committed(),
                                [&](storage::Transaction& tx) -> base::Status {
                                  ASHLAR_ASSIGN(at, store::take_pace(tx, scene_->campaign().id,
                                                                     turns, pace, now));
                                  return base::ok_status();
                                }));
  turns_left_ = turns;
  if (at > now) not_before_ = services_.clock.mono() + (at - now);
  return base::ok_status();
}

// Who was passed over, or comes after a hold, may go now.
void CampaignRun::look_again() {
  held_until_.reset();
  due_again_.reset();
  next_ = 0;
}

void CampaignRun::note_due(base::Time at) { due_again_ = std::min(due_again_.value_or(at), at); }

void CampaignRun::fill() {
  fill_waves();
  if (ending_ != Ending::kNone || services_.clock.mono() < not_before_) return;
  const base::Time now = services_.clock.now();
  const bool paced = scene_->campaign().pace_per_s > 0;
  std::size_t room = kWindow;
  if (paced) room = std::min(room, static_cast<std::size_t>(turns_left_));
  const std::size_t before = window_.size();
  while (has_more() && !held_until_ && window_.size() - before < room &&
         aboard_.size() + boarding_.size() < kUnderWay) {
    if (!fill_one(next_, now)) break;
    ++next_;
  }
  if (paced) turns_left_ -= static_cast<std::int64_t>(window_.size() - before);
}

// False: nobody can be begun now, this one either.
bool CampaignRun::fill_one(std::size_t member, base::Time now) {
  if (!outcomes_.waits(member) || outcomes_.begun(member)) return true;
  const std::optional<base::Time> not_before = outcomes_.not_before(member);
  if (not_before && *not_before > now) {
    note_due(*not_before);
    return true;
  }
  const base::Result<CampaignScene::Look> look = scene_->look(member, now);
  if (!look.ok()) {
    fail_now(member, look.error().reason);
    return true;
  }
  const Decision& decision = look->decision;
  switch (decision.act) {
    case Decision::Act::kSend:
      return board_fresh(member, look->reached, now);
    case Decision::Act::kSkip:
      if (outcomes_.in_doubt(member)) {
        fail_now(member, name_of(decision.reason));
      } else {
        outcomes_.skip(member, name_of(decision.reason));
        changed_ = true;
      }
      return true;
    case Decision::Act::kDefer:
    case Decision::Act::kDigest:
      outcomes_.put_off(member, name_of(decision.reason), decision.until);
      note_due(decision.until);
      changed_ = true;
      return true;
  }
  return true;
}

// What may have been handed over before has not failed for all we know.
void CampaignRun::fail_now(std::size_t member, std::string_view reason) {
  outcomes_.fail(member, reason, outcomes_.in_doubt(member));
  changed_ = true;
}

CampaignFlight CampaignRun::flight_of(std::size_t member, const ChunkAudience::Reached& reached,
                                      base::Time now) const {
  CampaignFlight::Start start;
  start.channel = reached.channel;
  start.parts = reached.parts;
  start.in_doubt = outcomes_.in_doubt(member);
  start.provider = outcomes_.provider(member);
  start.rounds = outcomes_.rounds(member);
  start.since = first_attempt_of(reached.channel, start.rounds, now);
  start.expires_at = scene_->campaign().expires_at;
  return CampaignFlight(std::move(start));
}

CampaignRun::Room CampaignRun::find_room(CampaignFlight& flight,
                                         CampaignWindow::Boarding& boarding) {
  using Kind = ProviderPool::Choice::Kind;
  for (const std::size_t i : flight.wanted()) {
    const CampaignFlight::Part& part = flight.part(i);
    ProviderPool::Wanted wanted;
    wanted.tenant = start_.tenant;
    wanted.channel = flight.channel();
    wanted.priority = Priority::kBulk;
    wanted.type = part.type;
    wanted.domain = part.domain;
    wanted.exclude = flight.excluded();
    wanted.only = boarding.leases.empty() ? flight.only() : boarding.provider;
    const base::Result<ProviderPool::Choice> chosen = services_.pool.choose(wanted);
    if (chosen.ok() && chosen->kind == Kind::kLease) {
      boarding.provider = chosen->lease->provider();
      boarding.parts.push_back(i);
      boarding.leases.push_back(chosen->lease);
      continue;
    }
    if (!boarding.leases.empty()) break;  // the rest goes in another wave
    if (!chosen.ok()) return {Room::Kind::kWait, kPoolAway, Hold::kNone};
    if (chosen->kind == Kind::kWait) return {Room::Kind::kWait, chosen->wait, chosen->hold};
    if (flight.repeats()) {
      // Who is in doubt is of another platform; or gone.
      return flight.pass_over() ? find_room(flight, boarding) : Room{Room::Kind::kSpent, {}, {}};
    }
    if (chosen->kind == Kind::kNone) return {Room::Kind::kNone, {}, {}};
    return {chosen->kind == Kind::kUnfit ? Room::Kind::kUnfit : Room::Kind::kSpent, {}, {}};
  }
  return {Room::Kind::kBoarded, {}, {}};
}

bool CampaignRun::board_fresh(std::size_t member, const ChunkAudience::Reached& reached,
                              base::Time now) {
  if (reached.channel == Channel::kInbox) return take_local(member, reached, window_.entries);
  CampaignFlight flight = flight_of(member, reached, now);
  CampaignWindow::Boarding boarding{.member = member};
  while (true) {
    const Room room = find_room(flight, boarding);
    if (room.kind == Room::Kind::kBoarded) break;
    if (room.kind == Room::Kind::kWait) return wait_for_room(member, room, now);
    if (room.kind == Room::Kind::kNone && services_.options.catches) {
      return take_local(member, reached, window_.caught);
    }
    if (flight.repeats()) {
      fail_now(member, "provider_gone");
      return true;
    }
    flight.give_up(plan_of(State::kFailed, "no_provider"));
    if (!flight.wanted().empty()) continue;  // of another platform
    fail_now(member, "no_provider");
    return true;
  }
  base::Result<Rendered> content = scene_->render(member, reached);
  if (!content.ok()) {
    fail_now(member, content.error().reason);
    return true;
  }
  Aboard aboard{.flight = std::move(flight),
                .content = *std::move(content),
                .unsubscribe_url = scene_->unsubscribe_url(member, reached, services_.links)};
  boarding_.emplace(member, std::move(aboard));
  window_.boardings.push_back(std::move(boarding));
  return true;
}

bool CampaignRun::take_local(std::size_t member, const ChunkAudience::Reached& reached,
                             std::vector<CampaignWindow::Local>& into) {
  base::Result<Rendered> content = scene_->render(member, reached);
  if (!content.ok()) {
    fail_now(member, content.error().reason);
    return true;
  }
  into.push_back(
      {member, reached.channel, reached.parts.front().target.address, *std::move(content)});
  return true;
}

// False: it holds for all. A slow domain holds up its own alone.
bool CampaignRun::wait_for_room(std::size_t member, const Room& room, base::Time now) {
  const double stretch =
      1 + kSpread * services_.with_chance([](base::Random& random) { return random.unit(); });
  const nanoseconds wait{
      static_cast<std::int64_t>(static_cast<double>(room.wait.count()) * stretch)};
  const base::Time until = now + std::chrono::ceil<base::Micros>(wait);
  if (room.hold == Hold::kDomain) {
    outcomes_.put_off(member, name_of(room.hold), until);
    note_due(until);
    changed_ = true;
    return true;
  }
  if (wait <= kShortWait) {
    not_before_ = services_.clock.mono() + wait;
  } else {
    held_until_ = until;
  }
  return false;
}

// --- Those that are aboard already ---------------------------------------------------------------

void CampaignRun::fill_waves() {
  const base::Mono now = services_.clock.mono();
  const std::vector<std::size_t> waves = std::exchange(waves_, {});
  for (const std::size_t member : waves) {
    Aboard& aboard = aboard_.at(member);
    const bool waits = ending_ == Ending::kNone && aboard.retry_at > now;
    if (waits || !board_wave(member, aboard)) waves_.push_back(member);
  }
}

// False: it waits for its turn still.
bool CampaignRun::board_wave(std::size_t member, Aboard& aboard) {
  CampaignFlight& flight = aboard.flight;
  const base::Time now = services_.clock.now();
  while (!flight.wanted().empty()) {
    if (ending_ != Ending::kNone) {
      flight.give_up(later_plan(now));
      continue;
    }
    CampaignWindow::Boarding boarding{.member = member, .fresh = false};
    const Room room = find_room(flight, boarding);
    if (room.kind == Room::Kind::kBoarded) {
      window_.boardings.push_back(std::move(boarding));
      return true;
    }
    const bool is_failover = flight.is_failover();
    if (room.kind == Room::Kind::kWait && !is_failover && room.wait <= kShortWait) {
      aboard.retry_at = services_.clock.mono() + room.wait;
      return false;
    }
    flight.give_up(room.kind == Room::Kind::kWait
                       ? later_plan(now + std::chrono::ceil<base::Micros>(room.wait))
                       : plan_of(State::kFailed, "no_provider"));
  }
  conclude(member);
  return true;
}

}  // namespace ashlar::notifications
