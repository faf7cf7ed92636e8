// Updates a second of the counters: 10M updates of Zipf(1.0) over 1M keys, one core. Run it pinned:
//   taskset -c 0 count_bench --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
// The keys are drawn before. Strings are "user-" and the rank, as an access log would have them.
// Windows: 300 s in 60 buckets; the 10M updates are spread over 600 s, so that buckets also leave.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "kit/count/count_min.h"
#include "kit/count/exact_top_k.h"
#include "kit/count/hyper_log_log.h"
#include "kit/count/misra_gries.h"
#include "kit/count/ranked_heap.h"
#include "kit/count/space_saving.h"
#include "kit/count/top_k.h"
#include "kit/count/windowed_exact.h"
#include "kit/count/windowed_sketch.h"
#include "kit/testing/zipf.h"

namespace ashlar::kit {
namespace {

constexpr std::size_t kUpdates = 10'000'000;
constexpr std::uint64_t kKeys = 1'000'000;

const std::vector<std::uint64_t>& ranks() {
  static const std::vector<std::uint64_t> drawn = [] {
    base::Random random(1);
    const Zipf zipf(kKeys);
    std::vector<std::uint64_t> all(kUpdates);
    for (std::uint64_t& rank : all) rank = zipf.draw(random);
    return all;
  }();
  return drawn;
}

template <class Key>
const std::vector<typename StoredKey<Key>::View>& keys();
template <>
const std::vector<std::uint64_t>& keys<std::uint64_t>() {
  static const std::vector<std::uint64_t> all = [] {
    std::vector<std::uint64_t> scattered = ranks();
    for (std::uint64_t& key : scattered) key *= 0x9e3779b97f4a7c15;
    return scattered;
  }();
  return all;
}
template <>
const std::vector<std::string_view>& keys<std::string>() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all(kKeys + 1);
    for (std::uint64_t rank = 0; rank <= kKeys; ++rank) all[rank] = "user-" + std::to_string(rank);
    return all;
  }();
  static const std::vector<std::string_view> all = [] {
    std::vector<std::string_view> views;
    views.reserve(kUpdates);
    for (const std::uint64_t rank : ranks()) views.emplace_back(names[rank]);
    return views;
  }();
  return all;
}

base::Mono when(std::size_t i) {
  return base::Mono{std::chrono::nanoseconds{static_cast<std::int64_t>(i) * 60'000}};
}
WindowClock five_minutes() { return {std::chrono::seconds(300), 60, std::chrono::hours(24)}; }

void report(benchmark::State& state, std::size_t bytes) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kUpdates));
  state.counters["bytes"] = static_cast<double>(bytes);
}

template <class Key>
void space_saving(benchmark::State& state) {
  const auto& stream = keys<Key>();
  std::size_t bytes = 0;
  double error = 0;
  for (auto _ : state) {
    SpaceSaving<Key> sketch(static_cast<std::size_t>(state.range(0)), 7);
    for (const auto& key : stream) sketch.add(key);
    bytes = sketch.bytes();
    error = 100.0 * static_cast<double>(sketch.floor()) / kUpdates;
  }
  report(state, bytes);
  state.counters["floor_percent"] = error;
}
BENCHMARK(space_saving<std::uint64_t>)->Arg(768)->Arg(1024)->Arg(3072)->Arg(12288);
BENCHMARK(space_saving<std::string>)->Arg(768)->Arg(1024)->Arg(3072)->Arg(12288);

template <class Key>
void space_saving_batch(benchmark::State& state) {
  const auto& stream = keys<Key>();
  std::size_t bytes = 0;
  for (auto _ : state) {
    SpaceSaving<Key> sketch(static_cast<std::size_t>(state.range(0)), 7);
    sketch.add_batch(stream);
    bytes = sketch.bytes();
  }
  report(state, bytes);
}
BENCHMARK(space_saving_batch<std::uint64_t>)->Arg(3072);
BENCHMARK(space_saving_batch<std::string>)->Arg(3072);

template <class Key>
void misra_gries(benchmark::State& state) {
  const auto& stream = keys<Key>();
  std::size_t bytes = 0;
  double error = 0;
  for (auto _ : state) {
    MisraGries<Key> sketch(static_cast<std::size_t>(state.range(0)), 7);
    for (const auto& key : stream) sketch.add(key);
    bytes = sketch.bytes();
    error = 100.0 * static_cast<double>(sketch.error()) / kUpdates;
  }
  report(state, bytes);
  state.counters["error_percent"] = error;
}
BENCHMARK(misra_gries<std::uint64_t>)->Arg(384)->Arg(1536)->Arg(6144);
BENCHMARK(misra_gries<std::string>)->Arg(1536);

template <class Key>
void windowed_sketch(benchmark::State& state) {
  const auto& stream = keys<Key>();
  std::size_t bytes = 0;
  for (auto _ : state) {
    WindowedSketch<Key> window(five_minutes(), static_cast<std::size_t>(state.range(0)), 7);
    for (std::size_t i = 0; i < stream.size(); ++i) window.add(when(i), stream[i]);
    bytes = window.bytes();
  }
  report(state, bytes);
}
BENCHMARK(windowed_sketch<std::uint64_t>)->Arg(1024)->Arg(3072);
BENCHMARK(windowed_sketch<std::string>)->Arg(1024)->Arg(3072);

template <class Key>
void windowed_sketch_query(benchmark::State& state) {
  const auto& stream = keys<Key>();
  WindowedSketch<Key> window(five_minutes(), static_cast<std::size_t>(state.range(0)), 7);
  for (std::size_t i = 0; i < stream.size(); ++i) window.add(when(i), stream[i]);
  for (auto _ : state) benchmark::DoNotOptimize(window.top(10));
}
BENCHMARK(windowed_sketch_query<std::string>)->Arg(1024)->Arg(3072)->Unit(benchmark::kMillisecond);

template <class Key>
void exact(benchmark::State& state) {
  const auto& stream = keys<Key>();
  std::size_t bytes = 0;
  for (auto _ : state) {
    ExactTopK<Key> counts(1000, 7);
    counts.add_batch(stream);
    bytes = counts.bytes();
  }
  report(state, bytes);
}
BENCHMARK(exact<std::uint64_t>);
BENCHMARK(exact<std::string>);

template <class Key>
void windowed_exact(benchmark::State& state) {
  const auto& stream = keys<Key>();
  std::size_t bytes = 0;
  for (auto _ : state) {
    WindowedExact<Key> window(five_minutes(), 1000, 7);
    for (std::size_t i = 0; i < stream.size(); ++i) window.add(when(i), stream[i]);
    bytes = window.bytes();
  }
  report(state, bytes);
}
BENCHMARK(windowed_exact<std::uint64_t>);
BENCHMARK(windowed_exact<std::string>);

void windowed_exact_query(benchmark::State& state) {
  const auto& stream = keys<std::uint64_t>();
  WindowedExact<std::uint64_t> window(five_minutes(), 1000, 7);
  for (std::size_t i = 0; i < stream.size(); ++i) window.add(when(i), stream[i]);
  for (auto _ : state) {
    benchmark::DoNotOptimize(window.top(static_cast<std::size_t>(state.range(0))));
  }
}
BENCHMARK(windowed_exact_query)->Arg(10)->Arg(1000);

// The facade: 1 GiB keeps it exact, 16 MiB makes it sketch.
void top_k(benchmark::State& state) {
  const auto& stream = keys<std::string>();
  std::size_t bytes = 0;
  for (auto _ : state) {
    TopK top({.max_bytes = static_cast<std::size_t>(state.range(0)) << 20, .seed = 7});
    for (std::size_t i = 0; i < stream.size(); ++i) top.add(when(i), stream[i]);
    bytes = top.bytes();
  }
  report(state, bytes);
}
BENCHMARK(top_k)->Arg(1024)->Arg(16);

void count_min(benchmark::State& state) {
  const auto& stream = keys<std::uint64_t>();
  std::size_t bytes = 0;
  for (auto _ : state) {
    CountMin<std::uint64_t> sketch({.conservative = state.range(0) == 1, .seed = 7});
    for (const std::uint64_t key : stream) sketch.add(key);
    bytes = sketch.bytes();
  }
  report(state, bytes);
}
BENCHMARK(count_min)->Arg(0)->Arg(1);

void hyper_log_log(benchmark::State& state) {
  const auto& stream = keys<std::uint64_t>();
  std::size_t bytes = 0;
  for (auto _ : state) {
    HyperLogLog<std::uint64_t> sketch(14, 7);
    for (const std::uint64_t key : stream) sketch.add(key);
    bytes = sketch.bytes();
  }
  report(state, bytes);
}
BENCHMARK(hyper_log_log);

void ranked_heap(benchmark::State& state) {
  std::size_t found = 0;
  for (auto _ : state) {
    RankedHeap heap(1000);
    std::vector<std::uint64_t> counts(kKeys + 1);
    for (const std::uint64_t rank : ranks()) {
      heap.set(static_cast<std::uint32_t>(rank), ++counts[rank]);
    }
    heap.top(10, [&](auto, auto) { ++found; });
  }
  benchmark::DoNotOptimize(found);
  report(state, 0);
}
BENCHMARK(ranked_heap);

}  // namespace
}  // namespace ashlar::kit
