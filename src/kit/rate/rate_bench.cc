// One decision: of each limiter on a state that nobody shares; in the map on one key, on 1 million
// keys drawn uniformly and by Zipf(1.0), by one thread and by two; with and without the hashing of
// the key; and a batch of three keys.
//
// Keys are drawn before the clock runs. Time goes on by 100 ns a decision, so that limits fill,
// deny and let pass. The map is sized for a quarter more keys than it holds.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "kit/rate/fixed_window.h"
#include "kit/rate/gcra.h"
#include "kit/rate/limiter_map.h"
#include "kit/rate/sliding_counter.h"
#include "kit/rate/sliding_log.h"
#include "kit/rate/token_bucket.h"
#include "kit/testing/zipf.h"

namespace ashlar::kit {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr base::Mono kStart{seconds(1'700'000'000)};
constexpr std::size_t kDraws = std::size_t{1} << 20;
constexpr std::uint64_t kKeys = 1'000'000;

template <class Rule, class State>
void decide(benchmark::State& bench, const Rule& rule, State state) {
  base::Mono now = kStart;
  std::uint64_t allowed = 0;
  for (auto _ : bench) {
    now += nanoseconds(100);
    benchmark::DoNotOptimize(state);
    const Decision decision = take(rule, state, now, 1);
    benchmark::DoNotOptimize(decision);
    allowed += decision.allowed ? 1 : 0;
  }
  bench.counters["allowed"] =
      static_cast<double>(allowed) / static_cast<double>(bench.iterations());
}

void fixed_window(benchmark::State& bench) {
  decide(bench, *FixedWindowRule::make(1'000'000, seconds(1)), FixedWindowState{});
}
BENCHMARK(fixed_window);
void sliding_counter(benchmark::State& bench) {
  decide(bench, *SlidingCounterRule::make(1'000'000, seconds(1)), SlidingCounterState{});
}
BENCHMARK(sliding_counter);
void token_bucket(benchmark::State& bench) {
  decide(bench, *TokenBucketRule::make(100, 5'000'000, seconds(1)), TokenBucketState{});
}
BENCHMARK(token_bucket);
void gcra(benchmark::State& bench) {
  decide(bench, *GcraRule::make(100, 5'000'000, seconds(1)), GcraState{});
}
BENCHMARK(gcra);
void sliding_log_exact(benchmark::State& bench) {
  decide(bench, *SlidingLogRule::make(64, nanoseconds(12'000), 64), SlidingLogState<64>{});
}
BENCHMARK(sliding_log_exact);
void sliding_log_grains(benchmark::State& bench) {
  decide(bench, *SlidingLogRule::make(1'000'000, seconds(1), 64), SlidingLogState<64>{});
}
BENCHMARK(sliding_log_grains);

LimiterKey key_of(std::uint64_t number) {
  static const LimiterKeyHasher hasher(SipKey{11, 12});
  return hasher(1, std::to_string(number));
}

// 10 a second and 20 at once: who is asked for now and then is never denied.
const GcraRule& per_key() {
  static const GcraRule rule = *GcraRule::make(20, 10, seconds(3600));
  return rule;
}

LimiterMap<GcraState>& shared_map() {
  static const std::unique_ptr<LimiterMap<GcraState>> map = [] {
    auto made = std::make_unique<LimiterMap<GcraState>>(kKeys * 5 / 4);
    for (std::uint64_t i = 0; i < kKeys; ++i) {
      made->with(key_of(i), kStart,
                 [](GcraState& state) { return take(per_key(), state, kStart, 1); });
    }
    CHECK(made->stats().keys == kKeys);
    return made;
  }();
  return *map;
}

enum class Draw : std::uint8_t { kOne, kUniform, kZipf };

void map_decide(benchmark::State& bench, Draw how) {
  LimiterMap<GcraState>& map = shared_map();
  base::Random random(static_cast<std::uint64_t>(bench.thread_index()) + 1);
  const Zipf zipf(kKeys);
  std::vector<LimiterKey> keys(kDraws);
  for (LimiterKey& key : keys) {
    if (how == Draw::kOne) key = key_of(static_cast<std::uint64_t>(bench.thread_index()));
    if (how == Draw::kUniform) key = key_of(random.below(kKeys));
    if (how == Draw::kZipf) key = key_of(zipf.draw(random) - 1);
  }
  base::Mono now = kStart;
  std::size_t at = 0;
  for (auto _ : bench) {
    now += nanoseconds(100);
    const Decision decision =
        map.with(keys[at], now, [&](GcraState& state) { return take(per_key(), state, now, 1); });
    benchmark::DoNotOptimize(decision);
    at = (at + 1) % kDraws;
  }
  bench.SetItemsProcessed(static_cast<std::int64_t>(bench.iterations()));  // of all threads
  if (bench.thread_index() == 0) {
    const LimiterStats stats = map.stats();
    bench.counters["bytes_a_key"] =
        static_cast<double>(stats.bytes) / static_cast<double>(stats.keys);
  }
}
BENCHMARK_CAPTURE(map_decide, one_key_a_thread, Draw::kOne)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK_CAPTURE(map_decide, uniform_1M, Draw::kUniform)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK_CAPTURE(map_decide, zipf_1M, Draw::kZipf)->Threads(1)->Threads(2)->UseRealTime();

void map_decide_hashing(benchmark::State& bench) {
  LimiterMap<GcraState>& map = shared_map();
  const LimiterKeyHasher hasher(SipKey{11, 12});
  base::Random random(1);
  std::vector<std::string> keys(kDraws);
  for (std::string& key : keys) key = std::to_string(random.below(kKeys));
  base::Mono now = kStart;
  std::size_t at = 0;
  for (auto _ : bench) {
    now += nanoseconds(100);
    const Decision decision = map.with(
        hasher(1, keys[at]), now, [&](GcraState& state) { return take(per_key(), state, now, 1); });
    benchmark::DoNotOptimize(decision);
    at = (at + 1) % kDraws;
  }
}
BENCHMARK(map_decide_hashing);

// Keys that come once: each is an insertion, which sweeps. They are idle, a slot's rounding
// included, after some million others.
void map_insert(benchmark::State& bench) {
  LimiterMap<GcraState> map(10'000'000);
  const GcraRule rule = *GcraRule::make(1, 10, seconds(1));
  base::Random random(1);
  base::Mono now = kStart;
  for (auto _ : bench) {
    now += nanoseconds(1000);
    const Decision decision =
        map.with({random.next(), static_cast<std::uint32_t>(random.next())}, now,
                 [&](GcraState& state) { return take(rule, state, now, 1); });
    benchmark::DoNotOptimize(decision);
  }
  bench.counters["keys"] = static_cast<double>(map.stats().keys);
}
BENCHMARK(map_insert);

void map_take_all_of_three(benchmark::State& bench) {
  LimiterMap<GcraState>& map = shared_map();
  base::Random random(1);
  std::vector<std::array<LimiterKey, 3>> batches(kDraws / 8);
  for (auto& batch : batches) {
    for (LimiterKey& key : batch) key = key_of(random.below(kKeys));
  }
  base::Mono now = kStart;
  std::size_t at = 0;
  std::array<Decision, 3> decisions;
  for (auto _ : bench) {
    now += nanoseconds(100);
    const bool all = map.take_all(batches[at], now, decisions, [&](std::size_t, GcraState& state) {
      return take(per_key(), state, now, 1);
    });
    benchmark::DoNotOptimize(all);
    at = (at + 1) % batches.size();
  }
}
BENCHMARK(map_take_all_of_three);

}  // namespace
}  // namespace ashlar::kit
