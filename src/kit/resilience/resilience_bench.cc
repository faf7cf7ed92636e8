// The calls of kit/resilience and Snowflake that every request makes: one thread, and two that
// share the object. Time moves on by 100 ns a call without a clock being read, so that what is
// measured is the call alone.
#include <benchmark/benchmark.h>

#include <cstdint>

#include "base/random.h"
#include "kit/id/snowflake.h"
#include "kit/resilience/adaptive_limit.h"
#include "kit/resilience/bulkhead.h"
#include "kit/resilience/circuit_breaker.h"
#include "kit/resilience/deadline_budget.h"
#include "kit/resilience/hedge_policy.h"
#include "kit/resilience/retry_budget.h"
#include "kit/resilience/retry_schedule.h"

namespace ashlar::kit {
namespace {

constexpr base::Mono kStart{std::chrono::seconds(1000)};
constexpr std::chrono::nanoseconds kStep(100);

void breaker_closed(benchmark::State& state) {
  static CircuitBreaker breaker({}, 1, kStart);
  base::Mono now = kStart;
  for (auto _ : state) {
    const auto ticket = breaker.allow(now += kStep);
    breaker.record(*ticket, CircuitBreaker::Outcome::kSuccess, kStep, now);
  }
}
BENCHMARK(breaker_closed)->ThreadRange(1, 2)->UseRealTime();

// One call in ten fails, below the rate that would open it.
void breaker_closed_with_failures(benchmark::State& state) {
  static CircuitBreaker breaker({}, 1, kStart);
  base::Mono now = kStart;
  int call = 0;
  for (auto _ : state) {
    const auto ticket = breaker.allow(now += kStep);
    const bool fails = ++call % 10 == 0;
    breaker.record(*ticket,
                   fails ? CircuitBreaker::Outcome::kFailure : CircuitBreaker::Outcome::kSuccess,
                   kStep, now);
  }
}
BENCHMARK(breaker_closed_with_failures);

void breaker_open(benchmark::State& state) {
  CircuitBreaker breaker({.min_calls = 1, .open_time = std::chrono::hours(24)}, 1, kStart);
  breaker.record(*breaker.allow(kStart), CircuitBreaker::Outcome::kFailure, kStep, kStart);
  base::Mono now = kStart;
  for (auto _ : state) benchmark::DoNotOptimize(breaker.allow(now += kStep));
}
BENCHMARK(breaker_open);

void bulkhead_enter_release(benchmark::State& state) {
  static Bulkhead bulkhead(64, 64);
  for (auto _ : state) {
    auto permit = bulkhead.try_enter();
    benchmark::DoNotOptimize(permit->release());
  }
}
BENCHMARK(bulkhead_enter_release)->ThreadRange(1, 2)->UseRealTime();

void retry_budget_deposit(benchmark::State& state) {
  static RetryBudget budget({}, kStart);
  base::Mono now = kStart;
  for (auto _ : state) budget.deposit(now += kStep);
}
BENCHMARK(retry_budget_deposit)->ThreadRange(1, 2)->UseRealTime();

void retry_budget_withdraw(benchmark::State& state) {
  RetryBudget budget({.ratio = 1, .min_per_second = 1000}, kStart);
  base::Mono now = kStart;
  for (auto _ : state) {
    budget.deposit(now += kStep);
    benchmark::DoNotOptimize(budget.withdraw(now));
  }
}
BENCHMARK(retry_budget_withdraw);

void retry_budget_refuse(benchmark::State& state) {
  RetryBudget budget({.ratio = 0, .min_per_second = 0}, kStart);
  base::Mono now = kStart;
  for (auto _ : state) benchmark::DoNotOptimize(budget.withdraw(now += kStep));
}
BENCHMARK(retry_budget_refuse);

void retry_schedule_next(benchmark::State& state) {
  base::Random random(1);
  for (auto _ : state) {
    RetrySchedule schedule({}, kStart);
    benchmark::DoNotOptimize(schedule.next(kStart, random));
  }
}
BENCHMARK(retry_schedule_next);

// A request's budget shared among three calls, with a part kept for own work.
void deadline_three_calls(benchmark::State& state) {
  base::Mono now = kStart;
  for (auto _ : state) {
    const DeadlineBudget request(std::chrono::seconds(1), now += kStep);
    const DeadlineBudget calls = request.reserve(std::chrono::milliseconds(50), now);
    for (int left = 3; left > 0; --left) benchmark::DoNotOptimize(calls.sequential(now, left));
  }
}
BENCHMARK(deadline_three_calls);

void hedge_begin_record(benchmark::State& state) {
  static HedgePolicy hedges({}, kStart);
  base::Random random(1);
  base::Mono now = kStart;
  for (auto _ : state) {
    benchmark::DoNotOptimize(hedges.begin(now += kStep));
    hedges.record(std::chrono::nanoseconds(random.next() >> 38), now);
  }
}
BENCHMARK(hedge_begin_record)->ThreadRange(1, 2)->UseRealTime();

void adaptive_limit_call(benchmark::State& state) {
  static AdaptiveLimit<VegasLimit> limit({}, 1, kStart);
  base::Mono now = kStart;
  for (auto _ : state) {
    auto permit = limit.acquire(now += kStep);
    permit->succeeded(now + kStep);
  }
}
BENCHMARK(adaptive_limit_call)->ThreadRange(1, 2)->UseRealTime();

// A millisecond passes every 4,000 ids, as it would at full speed, so that none must wait.
void snowflake_next(benchmark::State& state) {
  static Snowflake ids({}, 1, base::Millis(1'000'000'000));
  base::Time now = SnowflakeLayout{}.epoch + base::Seconds(1'000);
  std::uint64_t call = 0;
  for (auto _ : state) {
    if (++call % 4'000 == 0) now += base::Millis(1);
    benchmark::DoNotOptimize(ids.next(now));
  }
}
BENCHMARK(snowflake_next)->ThreadRange(1, 2)->UseRealTime();

}  // namespace
}  // namespace ashlar::kit
