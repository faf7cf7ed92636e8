// RetrySchedule: when to try again, and when to stop. One object for one call and its retries.
//
//   attempt ── fails ──> next(now) ── a delay ──> wait so long, attempt again
//                                  └─ nullopt ──> give up (attempts or time are used up)
//
// Full jitter: the delay before retry n (1, 2, …) is uniform in [0, min(cap, base * 2^(n-1))], so
// that clients which failed together do not come back together. A server's Retry-After
// (`at_least`) moves that range up by so much: never earlier than asked, still spread.
//
// Promises: 1. At most max_attempts - 1 delays.
//           2. now + delay + min_attempt <= start + budget: where less is left the range is cut,
//              and where nothing is left, or at_least does not fit, the answer is nullopt.
//           3. Deterministic by the Random's state.
// Whether an error is worth a retry, and whether a repeat is safe, the caller knows. Put a
// RetryBudget (retry_budget.h) before the delay: a schedule alone does not stop a retry storm.
//
// O(1), no allocation, 72 bytes. Not thread-safe: it belongs to one call. An earlier `now`
// counts as the latest seen, so that a clock that steps back does not prolong the budget.
// Source: M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/check.h"
#include "base/random.h"
#include "base/time.h"

namespace ashlar::kit {

struct RetryOptions {
  int max_attempts = 4;                                           // the first one among them
  std::chrono::nanoseconds base = std::chrono::milliseconds(50);  // range of the first delay
  std::chrono::nanoseconds cap = std::chrono::seconds(5);         // of the longest
  std::chrono::nanoseconds budget = std::chrono::seconds(30);     // from the start to the very end
  std::chrono::nanoseconds min_attempt = std::chrono::nanoseconds(0);  // an attempt needs so long
};

class RetrySchedule {
 public:
  // REQUIRES: max_attempts >= 1, 0 < base <= cap, budget and min_attempt not negative.
  RetrySchedule(const RetryOptions& options, base::Mono start)
      : options_(options), range_(options.base), latest_(start), start_(start) {
    CHECK(options.max_attempts >= 1);
    CHECK(options.base.count() > 0 && options.base <= options.cap);
    CHECK(options.budget.count() >= 0 && options.min_attempt.count() >= 0);
  }

  // After a failed attempt. at_least: what the server asked for, 0 if nothing; anything negative
  // counts as 0.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> next(
      base::Mono now, base::Random& random,
      std::chrono::nanoseconds at_least = std::chrono::nanoseconds(0)) {
    latest_ = std::max(latest_, now);
    if (attempts_ >= options_.max_attempts) return std::nullopt;
    // The order of the subtractions keeps them in range whatever at_least is.
    const auto room = options_.budget - std::min(options_.budget, latest_ - start_);
    if (room < options_.min_attempt) return std::nullopt;
    const auto longest = room - options_.min_attempt;
    const auto shortest = std::max(at_least, std::chrono::nanoseconds(0));
    if (shortest > longest || longest.count() == 0) return std::nullopt;
    const auto range = std::min(range_, longest - shortest);
    ++attempts_;
    range_ = range_ > options_.cap / 2 ? options_.cap : range_ * 2;
    return shortest + std::chrono::nanoseconds(static_cast<std::int64_t>(
                          random.below(static_cast<std::uint64_t>(range.count()) + 1)));
  }

  // Attempts begun so far, the first among them.
  [[nodiscard]] int attempts() const { return attempts_; }

 private:
  const RetryOptions options_;
  int attempts_ = 1;
  std::chrono::nanoseconds range_;  // of the next delay: base, doubled each time, at most cap
  base::Mono latest_;
  const base::Mono start_;
};

}  // namespace ashlar::kit
