// Cache: one operation of the concurrent cache, locks taken and a TTL on every entry; keys and
// values of 8 bytes, 64 stripes. Each for Lru and S3Fifo.
//
//   hit     all keys are there; asked for by Zipf(1.0) of 100,000 or uniformly of 1 million
//   put     replaces (Zipf, 100,000), or inserts into a full cache, so that each evicts
//   mixed   a get, and a put where it missed: Zipf over 1 million keys, room for 100,000
//   tail    as `hit`, two threads, each call timed alone: percentiles, the clock's cost within them
//
// What is asked for is drawn before the clock runs. `now` moves on by 100 ns an operation and is
// not read from a clock: reading one costs more than a hit on most machines, and callers mostly
// have it.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "kit/cache/cache.h"
#include "kit/cache/lru.h"
#include "kit/cache/s3_fifo.h"
#include "kit/testing/zipf.h"

namespace ashlar::kit {
namespace {

constexpr std::size_t kDraws = std::size_t{1} << 20;
constexpr std::chrono::nanoseconds kTtl = std::chrono::minutes(10);
constexpr std::chrono::nanoseconds kStep{100};
constexpr base::Mono kStart{std::chrono::hours(1)};

enum class Draw : std::uint8_t { kUniform, kZipf };

std::vector<std::uint64_t> draw(Draw how, std::uint64_t keys, std::uint64_t seed) {
  base::Random random(seed);
  const Zipf zipf(keys);
  std::vector<std::uint64_t> drawn(kDraws);
  for (auto& key : drawn) {
    // A popular key lies anywhere in the slab, not at its beginning.
    key = how == Draw::kZipf ? zipf.draw(random) * 7'919 % keys : random.below(keys);
  }
  return drawn;
}

template <class Policy>
using Numbers = Cache<std::uint64_t, std::uint64_t, Policy>;

// With room to spare, so that each of `keys` is there although stripes fill unevenly.
template <class Policy>
std::unique_ptr<Numbers<Policy>> filled(std::uint64_t keys) {
  auto cache = std::make_unique<Numbers<Policy>>(
      CacheOptions{.capacity = keys + keys / 8, .stripes = 64, .seed = 42});
  for (std::uint64_t key = 0; key < keys; ++key) cache->put(key, key, kStart, kTtl);
  CHECK(cache->stats().entries == keys);
  return cache;
}

template <class Policy>
std::unique_ptr<Numbers<Policy>> shared;

template <class Policy>
void set_up(const benchmark::State& state) {
  shared<Policy> = filled<Policy>(static_cast<std::uint64_t>(state.range(0)));
}
template <class Policy>
void tear_down(const benchmark::State&) {
  shared<Policy>.reset();
}

template <class Policy, Draw kHow>
void hit(benchmark::State& state) {
  const auto keys = draw(kHow, static_cast<std::uint64_t>(state.range(0)),
                         static_cast<std::uint64_t>(state.thread_index()) + 1);
  Numbers<Policy>& cache = *shared<Policy>;
  base::Mono now = kStart;
  std::size_t at = 0;
  std::uint64_t found = 0;
  for (auto _ : state) {
    const auto value = cache.get(keys[at], now);
    found += value.has_value() ? 1 : 0;
    at = (at + 1) % kDraws;
    now += kStep;
  }
  CHECK(found == static_cast<std::uint64_t>(state.iterations()));
  const CacheStats stats = cache.stats();
  state.counters["overhead_bytes"] =
      benchmark::Counter(static_cast<double>(stats.bytes) / static_cast<double>(stats.entries) - 16,
                         benchmark::Counter::kAvgThreads);
}

template <class Policy>
void put_replacing(benchmark::State& state) {
  constexpr std::uint64_t kKeys = 100'000;
  const auto keys = draw(Draw::kZipf, kKeys, 1);
  const auto cache = filled<Policy>(kKeys);
  base::Mono now = kStart;
  std::size_t at = 0;
  for (auto _ : state) {
    cache->put(keys[at], at, now, kTtl);
    at = (at + 1) % kDraws;
    now += kStep;
  }
}
BENCHMARK(put_replacing<Lru>);
BENCHMARK(put_replacing<S3Fifo>);

template <class Policy>
void put_evicting(benchmark::State& state) {
  const auto capacity = static_cast<std::uint64_t>(state.range(0));
  Numbers<Policy> cache({.capacity = capacity, .stripes = 64, .seed = 42});
  std::uint64_t key = 0;
  for (; key < 2 * capacity; ++key) cache.put(key, key, kStart, kTtl);
  base::Mono now = kStart;
  for (auto _ : state) {
    cache.put(key, key, now, kTtl);
    ++key;
    now += kStep;
  }
}
BENCHMARK(put_evicting<Lru>)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(put_evicting<S3Fifo>)->Arg(100'000)->Arg(1'000'000);

template <class Policy>
void mixed(benchmark::State& state) {
  const auto keys = draw(Draw::kZipf, 1'000'000, 1);
  Numbers<Policy> cache({.capacity = 100'000, .stripes = 64, .seed = 42});
  base::Mono now = kStart;
  std::size_t at = 0;
  for (auto _ : state) {
    if (!cache.get(keys[at], now)) cache.put(keys[at], at, now, kTtl);
    at = (at + 1) % kDraws;
    now += kStep;
  }
  const CacheStats stats = cache.stats();
  state.counters["miss_ratio"] =
      static_cast<double>(stats.misses) / static_cast<double>(stats.hits + stats.misses);
}
BENCHMARK(mixed<Lru>);
BENCHMARK(mixed<S3Fifo>);

// Durations in buckets of an eighth of their power of two.
class Durations {
 public:
  void add(std::int64_t nanos) { ++counts_[bucket_of(static_cast<std::uint64_t>(nanos))]; }
  // The upper end of the bucket that holds it.
  [[nodiscard]] double percentile(double share) const {
    const auto total = std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
    auto rest = static_cast<std::uint64_t>(static_cast<double>(total) * share);
    std::size_t bucket = 0;
    while (bucket + 1 < counts_.size() && rest >= counts_[bucket]) rest -= counts_[bucket++];
    return static_cast<double>((8 + bucket % 8 + 1) << (bucket / 8)) / 8;
  }

 private:
  static std::size_t bucket_of(std::uint64_t nanos) {
    const std::uint64_t value = std::max<std::uint64_t>(nanos, 1) * 8;
    const int shift = static_cast<int>(std::bit_width(value)) - 4;
    return std::min<std::size_t>(static_cast<std::size_t>(shift) * 8 + (value >> shift) - 8, 319);
  }

  std::array<std::uint64_t, 320> counts_{};
};

template <class Policy>
void tail(benchmark::State& state) {
  const auto keys = draw(Draw::kZipf, static_cast<std::uint64_t>(state.range(0)),
                         static_cast<std::uint64_t>(state.thread_index()) + 1);
  Numbers<Policy>& cache = *shared<Policy>;
  const base::SystemClock clock;
  Durations durations;
  std::size_t at = 0;
  base::Mono before = clock.mono();
  for (auto _ : state) {
    benchmark::DoNotOptimize(cache.get(keys[at], kStart));
    const base::Mono after = clock.mono();
    durations.add((after - before).count());
    before = after;
    at = (at + 1) % kDraws;
  }
  for (const auto& [name, share] : {std::pair{"p50", 0.5}, {"p99", 0.99}, {"p99_9", 0.999}}) {
    state.counters[name] =
        benchmark::Counter(durations.percentile(share), benchmark::Counter::kAvgThreads);
  }
}

template <class Policy>
void concurrent(benchmark::internal::Benchmark* of) {
  of->Setup(set_up<Policy>)->Teardown(tear_down<Policy>)->ThreadRange(1, 2)->UseRealTime();
}

BENCHMARK(hit<Lru, Draw::kZipf>)->Apply(concurrent<Lru>)->Arg(100'000);
BENCHMARK(hit<S3Fifo, Draw::kZipf>)->Apply(concurrent<S3Fifo>)->Arg(100'000);
BENCHMARK(hit<Lru, Draw::kUniform>)->Apply(concurrent<Lru>)->Arg(1'000'000);
BENCHMARK(hit<S3Fifo, Draw::kUniform>)->Apply(concurrent<S3Fifo>)->Arg(1'000'000);
BENCHMARK(tail<Lru>)->Apply(concurrent<Lru>)->Arg(100'000);
BENCHMARK(tail<S3Fifo>)->Apply(concurrent<S3Fifo>)->Arg(100'000);

}  // namespace
}  // namespace ashlar::kit
