// HedgePolicy: when to send a request a second time because the first answer is late, so that a
// slow tail costs about the usual latency. The first answer counts, the other call is given up.
//
//   send ── begin(now) ─ delay d ─> wait d ── no answer yet ── try_hedge(now) ─ true ─> send again
//   answer to the first, or it is given up ── record(time since it was sent, now)
//
// Promises: 1. d is the observed quantile (p95) of recent first requests by LatencyQuantile: not
//              below the true one and at most 1/16 above it, then clamped to [min, max_delay].
//              nullopt until min_samples are known: no hedging.
//           2. Second requests are at most `share` of the first ones over the budget window: when
//              everything becomes slow, hedges do not double the load (RetryBudget's promise 1,
//              without a reserve).
// The caller promises that the request is idempotent, and at most one hedge each.
// Where the first call is given up because the hedge won, its time so far is recorded: a lower
// bound, so that the quantile errs low while many hedges win; the budget bounds what that costs.
//
// begin(): a division, a CAS, a load. try_hedge(): see RetryBudget. record(): an increment.
// Memory: 4 kB. Any thread. Clocks: see latency_quantile.h and retry_budget.h.
// Source: J. Dean and L. A. Barroso, "The Tail at Scale", CACM 56(2), 2013.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/check.h"
#include "base/time.h"
#include "kit/resilience/latency_quantile.h"
#include "kit/resilience/retry_budget.h"

namespace ashlar::kit {

struct HedgeOptions {
  double quantile = 0.95;  // between 0 and 1
  double share = 0.05;     // hedges per request, 0 to 1
  std::chrono::nanoseconds min_delay = std::chrono::milliseconds(1);
  std::chrono::nanoseconds max_delay = std::chrono::seconds(10);
  std::uint32_t min_samples = 100;
  std::chrono::nanoseconds window = std::chrono::seconds(10);  // of the quantile and the budget
};

class HedgePolicy {
 public:
  // REQUIRES: min_delay <= max_delay, window 1 s to 60 s, the rest as above.
  HedgePolicy(const HedgeOptions& options, base::Mono now)
      : min_delay_(options.min_delay),
        max_delay_(options.max_delay),
        latency_(options.quantile, options.window, options.min_samples, now),
        budget_({.ratio = options.share, .min_per_second = 0, .window = options.window}, now) {
    CHECK(options.min_delay <= options.max_delay);
  }

  // Once for each first request. After how long to hedge; nullopt: not at all.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> begin(base::Mono now) {
    budget_.deposit(now);
    const std::optional<std::chrono::nanoseconds> late = latency_.estimate();
    if (!late) return std::nullopt;
    return std::clamp(*late, min_delay_, max_delay_);
  }

  // When the delay is over and there is no answer; false: go on waiting.
  [[nodiscard]] bool try_hedge(base::Mono now) { return budget_.withdraw(now); }

  // Once for each first request that ends: answered, failed or given up.
  void record(std::chrono::nanoseconds took, base::Mono now) { latency_.record(took, now); }

 private:
  const std::chrono::nanoseconds min_delay_;
  const std::chrono::nanoseconds max_delay_;
  LatencyQuantile latency_;
  RetryBudget budget_;
};

}  // namespace ashlar::kit
