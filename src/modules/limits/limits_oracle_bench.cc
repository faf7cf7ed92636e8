// What MemoryState decides beside brute force, on ten million requests each:
//   random_batches   limits of all five algorithms with odd clocks (testing/oracle_run.h)
//   everyday         1,000 a second for each user, 2,000 at once; a million users, Zipf(1.0), two
//                    million requests a second: every decision beside a bucket in exact fractions,
//                    and the memory that a user costs
// Ends the program at the first difference. The unit tests run the first with 300,000 requests.
#include <benchmark/benchmark.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "kit/rate/testing/exact_bucket.h"
#include "kit/testing/zipf.h"
#include "modules/limits/memory_state.h"
#include "modules/limits/testing/oracle_run.h"

namespace ashlar::limits {
namespace {

constexpr std::int64_t kRequests = 10'000'000;
constexpr kit::SipKey kSeed{11, 12};

void random_batches(benchmark::State& bench) {
  const auto seed = static_cast<std::uint64_t>(bench.range(0));
  for (auto _ : bench) {
    MemoryState state({.max_keys = 1'000'000, .max_log_keys = 100'000}, kSeed);
    OracleRun run(state, seed, 2000);
    const std::string difference = run.run(static_cast<std::uint64_t>(kRequests));
    if (!difference.empty()) std::fprintf(stderr, "%s\n", difference.c_str());
    CHECK(difference.empty());
    const OracleRun::Counts& counts = run.counts();
    bench.counters["batches"] = static_cast<double>(counts.batches);
    bench.counters["refused"] = static_cast<double>(counts.refused);
    bench.counters["steps_back"] = static_cast<double>(counts.steps_back);
    constexpr std::array kNames{"window", "counter", "log", "bucket", "gcra"};
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      bench.counters[std::string("over_") + kNames[i]] = static_cast<double>(counts.over[i]);
    }
  }
  bench.SetItemsProcessed(kRequests);
}
BENCHMARK(random_batches)->ArgName("seed")->Arg(1)->Arg(2)->Iterations(1)->Unit(benchmark::kSecond);

void everyday(benchmark::State& bench, Algorithm algorithm) {
  constexpr std::uint64_t kUsers = 1'000'000;
  LimitSpec spec;
  spec.name = "per-user";
  spec.algorithm = algorithm;
  spec.amount = 1000;
  spec.period = std::chrono::seconds(1);
  spec.burst = 2000;
  const auto limit = *Limit::make(spec, "per-user");
  MemoryState state({.max_keys = kUsers * 5 / 4}, kSeed);
  std::vector<kit::ExactBucket> oracle(kUsers, kit::ExactBucket(2000, 1000, 1'000'000'000));
  base::Random random(1);
  const kit::Zipf zipf(kUsers);
  CountedBatch batch;
  std::int64_t refused = 0;
  std::int64_t now = 1'700'000'000'000'000'000;
  for (auto _ : bench) {
    for (std::int64_t i = 0; i < kRequests; ++i) {
      now += static_cast<std::int64_t>(random.below(1000));
      const std::uint64_t user = zipf.draw(random) - 1;
      const std::string key = std::to_string(user);
      batch.asks.assign(1, {limit.get(), key});
      state.decide(batch, base::Mono{std::chrono::nanoseconds{now}});
      CHECK(batch.allowed == oracle[user].take(now, 1));
      CHECK(batch.outcomes[0].decision.remaining == oracle[user].remaining(now));
      refused += batch.allowed ? 0 : 1;
    }
  }
  const kit::LimiterStats stats = state.stats().counts;
  bench.counters["refused"] = static_cast<double>(refused);
  bench.counters["users"] = static_cast<double>(stats.keys);
  bench.counters["bytes_a_user"] =
      static_cast<double>(stats.bytes) / static_cast<double>(stats.keys);
  bench.SetItemsProcessed(kRequests);
}
BENCHMARK_CAPTURE(everyday, gcra, Algorithm::kGcra)->Iterations(1)->Unit(benchmark::kSecond);
BENCHMARK_CAPTURE(everyday, token_bucket, Algorithm::kTokenBucket)
    ->Iterations(1)
    ->Unit(benchmark::kSecond);

}  // namespace
}  // namespace ashlar::limits
