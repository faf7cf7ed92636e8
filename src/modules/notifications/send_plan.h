// SendPlan: what follows for a delivery from what one provider answered. Pure.
//
//   accepted ──────────────────────> sent
//   retry ─────────────────────────> another provider at once; none left: later
//   throttled ─ the provider ──────> another provider at once; none left: not before retry_after
//             └ domain, address ───> not before retry_after: elsewhere they are the same
//   credential ────────────────────> as retry (the pool opens that provider's breaker)
//   ambiguous ─────────────────────> later, the same provider, the same id: never elsewhere
//   drop token ────────────────────> failed, device_gone; the device goes
//   quarantine ────────────────────> failed, token_rejected; dead; the device is put aside
//   suppress ──────────────────────> failed, suppressed; the address is suppressed
//   refused, our bug ──────────────> failed, refused or malformed; dead
//   "later" that does not fit in the time that is left: failed, attempts_used; dead. Or unknown,
//   where one of the attempts may have handed it over.
//
// A round is one attempt of the job: up to kMaxTries providers, one after the other. Before rounds
// 2 and 3 there are 5 and 15 s at most, so that three have been made within 20 s; then up to
// 1 min, 4, 16 and so on to 4 hours (mail; an hour for the rest). Each pause is drawn from all of
// its span (full jitter), after what Retry-After asks for. Mail is tried for 4.5 days, all else for
// 24 hours, and nothing beyond its expiry.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/time.h"
#include "modules/notifications/channel.h"
#include "modules/notifications/notification.h"

namespace ashlar::notifications {

inline constexpr int kMaxTries = 3;
// A delivery that has failed so many rounds no longer holds up those behind it (send_job.h).
inline constexpr std::int64_t kLaneRounds = 3;
inline constexpr base::Seconds kMailPatience{(4 * 24 + 12) * 3600};
inline constexpr base::Seconds kPatience{24 * 3600};
inline constexpr base::Seconds kMaxRetryAfter{24 * 3600};

struct SendFacts {
  Channel channel = Channel::kEmail;
  std::int64_t round = 1;  // of the delivery, from 1
  int tries = 1;           // providers asked in this round, this one too
  bool maybe_sent =
      false;  // an attempt before this one, also of this round, may have handed it over
  base::Time now{};
  base::Time since{};  // when it was to go first
  std::optional<base::Time> expires_at{};
};

// What the device or the address has to bear.
enum class Effect : std::uint8_t { kNone, kDropDevice, kQuarantineDevice, kSuppress };

struct SendPlan {
  enum class Next : std::uint8_t { kEnd, kElsewhere, kLater };
  Next next = Next::kEnd;
  // After it. kElsewhere: what it is if there is no other provider, as for kLater or kEnd.
  State state = State::kQueued;
  std::optional<base::Time> next_at{};  // state is kQueued
  std::string_view reason;              // of kFailed and kUnknown; of literals
  bool dead = false;
  Effect effect = Effect::kNone;
};

SendPlan plan_after(const SendResult& result, const SendFacts& facts, base::Random& random);

// No provider may be asked now and the wait is an attempt's: none is left in this round.
// The latest moment at which an attempt of it may begin.
base::Time last_moment(const SendFacts& facts);

// The pause before the round after `round`, longest.
base::Micros longest_pause(Channel channel, std::int64_t round);

}  // namespace ashlar::notifications
