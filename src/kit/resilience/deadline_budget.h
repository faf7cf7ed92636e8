// DeadlineBudget: how much time a request has left, and how to share it among the calls it makes.
//
// Between machines a deadline travels as a duration ("1.8 s from now"), since their clocks differ;
// within one it is a point in time, so that it runs down by itself:
//
//   remaining(now) ──> header ──network──> DeadlineBudget(duration, now) ── reserve() ──> share()
//
// Promises: 1. No duration that comes out is negative, or above what was put in, whatever the
//              clock does (one that steps back gives at most the whole budget again).
//           2. reserve() keeps its part for own work: calls that use their shares up entirely
//              leave it, as long as it is there at all.
//           3. n calls one after the other that each ask sequential(now, calls left) never take
//              more than the budget; what one leaves unused is shared among those that follow.
//
// A value: 16 bytes, copied freely; O(1). `now`: any clock, always the same.
// Source: the deadline propagation of gRPC; "The SRE Book" (Beyer et al., 2016), ch. 22.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/check.h"
#include "base/time.h"

namespace ashlar::kit {

class DeadlineBudget {
 public:
  // Longer ones are cut to this: what a peer sends must not overflow a clock.
  static constexpr std::chrono::nanoseconds kMax = std::chrono::hours(24 * 365);

  // A negative duration, as a peer may send one, is none.
  DeadlineBudget(std::chrono::nanoseconds duration, base::Mono now)
      : total_(std::clamp(duration, std::chrono::nanoseconds(0), kMax)), deadline_(now + total_) {}

  [[nodiscard]] std::chrono::nanoseconds remaining(base::Mono now) const {
    return std::clamp(deadline_ - now, std::chrono::nanoseconds(0), total_);
  }
  [[nodiscard]] bool expired(base::Mono now) const { return remaining(now).count() == 0; }

  // The budget without `own`, which the caller needs for its own work after the calls.
  [[nodiscard]] DeadlineBudget reserve(std::chrono::nanoseconds own, base::Mono now) const {
    const auto left = remaining(now);
    return {left - std::clamp(own, std::chrono::nanoseconds(0), left), now};
  }

  // The budget of the next of `calls_left` calls that follow each other: an equal part.
  // REQUIRES: calls_left >= 1.
  [[nodiscard]] DeadlineBudget sequential(base::Mono now, int calls_left) const {
    return share(now, 1, static_cast<std::uint32_t>(calls_left));
  }

  // Of calls at the same time each has it all.
  [[nodiscard]] DeadlineBudget parallel(base::Mono now) const { return {remaining(now), now}; }

  // A part weight/weights_left, for calls that need unequal time: weights_left sums this call's
  // weight and those of the calls to follow. REQUIRES: 1 <= weight <= weights_left.
  [[nodiscard]] DeadlineBudget share(base::Mono now, std::uint32_t weight,
                                     std::uint32_t weights_left) const {
    CHECK(weight >= 1 && weight <= weights_left);
    const auto left = static_cast<unsigned __int128>(remaining(now).count());
    const auto part = static_cast<std::int64_t>(left * weight / weights_left);
    return {std::chrono::nanoseconds(part), now};
  }

  // Never later than `other`: a call has its own timeout and its caller's deadline.
  [[nodiscard]] DeadlineBudget at_most(std::chrono::nanoseconds timeout, base::Mono now) const {
    return {std::min(remaining(now), timeout), now};
  }

 private:
  std::chrono::nanoseconds total_;
  base::Mono deadline_;
};

}  // namespace ashlar::kit
