// RetryBudget: lets retries be a share of the requests, so that a dependency in trouble gets at
// most that share more load, not max_attempts times as much (a retry storm).
//
//   first attempt ── deposit() ──> + ratio tokens ┐
//                                                 ├── the last `window`: reserve + deposits −
//                                                 retries
//   retry wanted ─── withdraw() ─> − 1 token ─────┘   below 1: false, do not retry
//
// Promises, for every retry that is let through at t, over the window that ends at t (the last ten
// slices, the one under way among them):
//   1. retries <= reserve + ratio * first attempts, where reserve = min_per_second * window: a
//      client that sends little may still retry.
//   2. Never more by racing: withdrawals are one after the other.
// So over a long time at a steady rate at most ratio * requests + min_per_second retries a second.
// What is not used is lost with its slice; withdrawals fall out of the window likewise.
//
// deposit: a division and a CAS. withdraw: 10 loads and, if granted, a mutex (there are few
// retries). Memory: 160 bytes. Any thread. A deposit or withdrawal is exact to 1/1000 token.
// A slice saturates at two million tokens; beyond that fewer retries are let through, never more.
// `now`: any clock, always the same; an earlier one counts as the latest seen.
//
// Source: RetryBudget of Finagle (token bucket that leaks by a windowed sum; its defaults are the
// ones here). gRPC's retryThrottling (tokens that failures take) differs: it also limits when a
// server fails without anybody retrying.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <mutex>

#include "base/check.h"
#include "base/time.h"
#include "kit/resilience/sliding_sum.h"

namespace ashlar::kit {

struct RetryBudgetOptions {
  double ratio = 0.2;          // retries per request, 0 to 1
  double min_per_second = 10;  // retries that need no requests, 0 to 1000
  std::chrono::nanoseconds window = std::chrono::seconds(10);  // 1 s to 60 s
};

class RetryBudget {
 public:
  // REQUIRES: options within the ranges given above.
  RetryBudget(const RetryBudgetOptions& options, base::Mono now)
      : clock_(now, options.window / kSlices),
        deposit_(static_cast<std::int32_t>(std::lround(options.ratio * kToken))),
        reserve_(std::llround(options.min_per_second * kToken *
                              std::chrono::duration<double>(options.window).count())) {
    CHECK(options.ratio >= 0 && options.ratio <= 1);
    CHECK(options.min_per_second >= 0 && options.min_per_second <= 1000);
    CHECK(options.window >= std::chrono::seconds(1) && options.window <= std::chrono::seconds(60));
  }

  // Once for each request, not for its retries.
  void deposit(base::Mono now) { tokens_.add(clock_.at(now), deposit_); }

  // Once before each retry; false: give the failure to the caller instead.
  [[nodiscard]] bool withdraw(base::Mono now) {
    const std::uint64_t slice = clock_.at(now);
    if (balance(slice) < kToken) return false;  // the common answer in a storm needs no lock
    const std::lock_guard lock(mutex_);
    if (balance(slice) < kToken) return false;
    tokens_.add(slice, -kToken);
    return true;
  }

  // Retries that would be let through now, for a gauge.
  [[nodiscard]] double available(base::Mono now) {
    return std::max(0.0, static_cast<double>(balance(clock_.at(now))) / kToken);
  }

 private:
  static constexpr std::int32_t kToken = 1000;
  static constexpr int kSlices = 10;

  [[nodiscard]] std::int64_t balance(std::uint64_t slice) const {
    return reserve_ + tokens_.sum(slice);
  }

  SliceClock clock_;
  const std::int32_t deposit_;
  const std::int64_t reserve_;
  SlidingSum<kSlices> tokens_;
  std::mutex mutex_;  // held to take tokens, so that two do not take the same one
};

}  // namespace ashlar::kit
