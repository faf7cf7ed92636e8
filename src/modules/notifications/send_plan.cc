#include "modules/notifications/send_plan.h"

#include <algorithm>
#include <array>

namespace ashlar::notifications {
namespace {

constexpr std::array<base::Seconds, 7> kPauses{
    base::Seconds{5},   base::Seconds{15},    base::Seconds{60},    base::Seconds{240},
    base::Seconds{960}, base::Seconds{3'840}, base::Seconds{14'400}};
constexpr base::Seconds kLongestElse{3'600};
// Where somebody asks to be left alone and does not say for how long.
constexpr base::Seconds kThrottled{2};

base::Micros asked_pause(const SendResult& result) {
  const bool throttled = result.verdict == Verdict::kThrottled;
  const base::Micros asked =
      result.retry_after.value_or(throttled ? base::Millis{kThrottled} : base::Millis{0});
  return std::clamp<base::Micros>(asked, base::Micros{0}, kMaxRetryAfter);
}

SendPlan ended(State state, std::string_view reason, bool dead, Effect effect = Effect::kNone) {
  return {SendPlan::Next::kEnd, state, {}, reason, dead, effect};
}

// Later, or its end where there is no later.
SendPlan retried(const SendResult& result, const SendFacts& facts, base::Random& random) {
  const base::Micros span = longest_pause(facts.channel, facts.round);
  const base::Time earliest = facts.now + asked_pause(result);
  const base::Time last = last_moment(facts);
  if (earliest > last) {
    const bool maybe = facts.maybe_sent || result.verdict == Verdict::kAmbiguous;
    if (maybe) return ended(State::kUnknown, "no_certain_answer", false);
    const bool expired = facts.expires_at && last == *facts.expires_at;
    if (expired) return ended(State::kExpired, "expired", false);
    return ended(State::kFailed, "attempts_used", true);
  }
  const base::Micros room = std::min(span, last - earliest);
  const auto drawn =
      static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(room.count()) + 1));
  return {SendPlan::Next::kLater, State::kQueued, earliest + base::Micros{drawn}, {}, false,
          Effect::kNone};
}

bool goes_elsewhere(const SendResult& result, const SendFacts& facts) {
  if (facts.maybe_sent || facts.tries >= kMaxTries) return false;
  switch (result.verdict) {
    case Verdict::kRetry:
    case Verdict::kCredential:
      return true;
    case Verdict::kThrottled:
      return result.scope == ThrottleScope::kProvider;
    default:
      return false;
  }
}

}  // namespace

base::Micros longest_pause(Channel channel, std::int64_t round) {
  const auto index = static_cast<std::size_t>(
      std::clamp<std::int64_t>(round - 1, 0, static_cast<std::int64_t>(kPauses.size()) - 1));
  const base::Seconds pause = kPauses[index];
  return channel == Channel::kEmail ? pause : std::min(pause, kLongestElse);
}

base::Time last_moment(const SendFacts& facts) {
  const base::Time end =
      facts.since + (facts.channel == Channel::kEmail ? kMailPatience : kPatience);
  return facts.expires_at ? std::min(end, *facts.expires_at) : end;
}

SendPlan plan_after(const SendResult& result, const SendFacts& facts, base::Random& random) {
  switch (result.verdict) {
    case Verdict::kAccepted:
      // In an inbox of ours it is there; from anywhere else a receipt has to say so.
      return ended(facts.channel == Channel::kInbox ? State::kDelivered : State::kSent, {}, false);
    case Verdict::kDropToken:
      return ended(State::kFailed, "device_gone", false, Effect::kDropDevice);
    case Verdict::kQuarantine:
      return ended(State::kFailed, "token_rejected", true, Effect::kQuarantineDevice);
    case Verdict::kSuppress:
      return ended(State::kFailed, "suppressed", false, Effect::kSuppress);
    case Verdict::kRefused:
      return ended(State::kFailed, "refused", true);
    case Verdict::kOurBug:
      return ended(State::kFailed, "malformed", true);
    case Verdict::kRetry:
    case Verdict::kThrottled:
    case Verdict::kCredential:
    case Verdict::kAmbiguous:
      break;
  }
  SendPlan plan = retried(result, facts, random);
  if (goes_elsewhere(result, facts)) plan.next = SendPlan::Next::kElsewhere;
  return plan;
}

}  // namespace ashlar::notifications
