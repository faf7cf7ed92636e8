// Decision: what a rate limiter answers. And what all limiters of kit/rate have in common.
//
// A limiter is two values: an immutable Rule (made once, checked) and a small State (one a key).
// The operations are free functions, the same for every algorithm:
//   take(rule, state, now, cost)    takes `cost` where all of it fits, else takes nothing
//   peek(rule, state, now, cost)    what take would answer now; changes nothing
//   refund(rule, state, now, cost)  gives back what was taken and not used; never above the limit
//   charge(rule, state, now, cost)  takes all of it, whether it fits or not: for a cost that is
//                                   known only when it has been used. Answers as take does, but
//                                   with what is left after it
// `cost` 0 takes nothing and is allowed unless more than the limit is already taken (which only a
// change of the rule or of the clock brings about).
//
//   header             state        what it bounds (L: the limit, P: the period)
//   fixed_window.h     16 bytes     L in each window; 2L in some spans of P, across a window's edge
//   sliding_log.h      16 + 16n     L in every span of P, exactly (n >= L)
//   sliding_counter.h  24 bytes     L in each window; close to L in every span, below 2L at worst
//   token_bucket.h     24 bytes     capacity + rate * t in every span t
//   gcra.h             16 bytes     the same, in fewer bytes and less time; also the leaky bucket
//
// Promises of all of them:
//   1. Whole numbers only: exact for ever, no drift, the same on every machine. O(1) and no
//      allocation, but for the log's O(n).
//   2. State{} has taken nothing. States are trivially copyable, plain whole numbers: they can be
//      stored, sent and restored. Whatever the bits of a restored state, no operation overflows,
//      and none is locked out for longer than below (sliding_log.h has a condition).
//   3. `now` is in nanoseconds of a clock of the caller's choosing, a wall clock's too. Where it
//      steps back by at most one period, time stands still for the key until the clock has caught
//      up (GCRA: see there). A longer step may move the state to the new now, with all that it has
//      taken. So a step back grants nothing, and whatever the clock did, nobody waits longer for
//      what the limit allows than: 2P for a fixed window or a log, 3P for a sliding counter, P and
//      the time to fill it for a bucket. A step forward is time that passes. Beyond ±2^62 ns from
//      its origin (146 years) the clock counts as standing there.
//   4. What is charged beyond the limit is a debt that delays what comes after. Promise 3's waits
//      hold for it too, so debts are bounded: a window's ends with it, a log's entries go one after
//      the other, a sliding counter's weighs on the window after; a bucket owes what half a period
//      gains, at most. The rest of a charge is forgiven.
//   5. A state may meet another rule of the same kind at any time. Each header says what becomes
//      of what was taken.
// Pure; the caller guards the state (limiter_map.h does). Units: counts, nanoseconds.
#pragma once

#include <chrono>
#include <cstdint>

namespace ashlar::kit {

// The retry_after of what can never pass.
inline constexpr std::chrono::nanoseconds kNeverFits = std::chrono::nanoseconds::max();

struct Decision {
  bool allowed = false;
  std::uint64_t limit = 0;      // the most that can be taken at once
  std::uint64_t remaining = 0;  // what could be taken now, after this
  // 0 when allowed; else when the same cost would pass, were nothing else taken: not a nanosecond
  // earlier. kNeverFits where the cost is above the limit.
  std::chrono::nanoseconds retry_after{0};
  std::chrono::nanoseconds reset_after{0};  // until nothing counts as taken any more

  friend bool operator==(const Decision&, const Decision&) = default;
};

}  // namespace ashlar::kit
