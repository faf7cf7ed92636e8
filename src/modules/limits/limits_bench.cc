// Decisions through MemoryState: a hot key under each algorithm; a million keys, uniform and
// Zipf(1.0), by one thread and by two; batches; 1,000 rules; and what a snapshot of a million keys
// costs.
//
// Keys are drawn before the clock runs, and their text lies in the order in which it is asked for,
// as in a buffer from the network. Time goes on by 100 ns a decision.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "kit/testing/zipf.h"
#include "modules/limits/batch.h"
#include "modules/limits/memory_state.h"
#include "modules/limits/state_bytes.h"

namespace ashlar::limits {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr base::Mono kStart{seconds(1'700'000'000)};
constexpr std::size_t kDraws = std::size_t{1} << 20;
constexpr std::uint64_t kKeys = 1'000'000;
constexpr kit::SipKey kSeed{11, 12};

struct BenchBatch final : Batch {
  void on_decided() override {}
};

std::shared_ptr<const Limit> limit_of(Algorithm algorithm, const std::string& name,
                                      bool phase_per_key = false) {
  LimitSpec spec;
  spec.name = name;
  spec.algorithm = algorithm;
  spec.amount = algorithm == Algorithm::kSlidingLog ? 64 : 1000;
  spec.period = seconds(3600);
  spec.burst = 2000;
  spec.phase_per_key = phase_per_key;
  return *Limit::make(spec, name);
}

// Texts one after the other.
class Texts {
 public:
  template <class Draw>
  explicit Texts(Draw draw) {
    std::vector<std::size_t> ends;
    for (std::size_t i = 0; i < kDraws; ++i) {
      text_ += "user-" + std::to_string(draw());
      ends.push_back(text_.size());
    }
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
      keys_.push_back(std::string_view(text_).substr(begin, end - begin));
      begin = end;
    }
  }
  [[nodiscard]] std::string_view operator[](std::size_t i) const { return keys_[i % kDraws]; }

 private:
  std::string text_;
  std::vector<std::string_view> keys_;
};

void hot_key(benchmark::State& bench, Algorithm algorithm, bool phase_per_key) {
  MemoryState state({}, kSeed);
  const auto limit = limit_of(algorithm, "hot", phase_per_key);
  BenchBatch batch;
  batch.asks = {{limit.get(), "tenant-1234/user-5678"}};
  base::Mono now = kStart;
  for (auto _ : bench) {
    now += nanoseconds(100);
    state.decide(batch, now);
    benchmark::DoNotOptimize(batch.allowed);
  }
}
BENCHMARK_CAPTURE(hot_key, fixed_window, Algorithm::kFixedWindow, false);
BENCHMARK_CAPTURE(hot_key, fixed_window_phased, Algorithm::kFixedWindow, true);
BENCHMARK_CAPTURE(hot_key, sliding_counter, Algorithm::kSlidingCounter, false);
BENCHMARK_CAPTURE(hot_key, sliding_log, Algorithm::kSlidingLog, false);
BENCHMARK_CAPTURE(hot_key, token_bucket, Algorithm::kTokenBucket, false);
BENCHMARK_CAPTURE(hot_key, gcra, Algorithm::kGcra, false);

struct Million {
  Million() : state({.max_keys = kKeys * 5 / 4}, kSeed), limit(limit_of(Algorithm::kGcra, "user")) {
    BenchBatch batch;
    for (std::uint64_t i = 0; i < kKeys; ++i) {
      const std::string key = "user-" + std::to_string(i);
      batch.asks = {{limit.get(), key}};
      state.decide(batch, kStart);
    }
  }
  MemoryState state;
  std::shared_ptr<const Limit> limit;
};
Million& million() {
  static const auto shared = std::make_unique<Million>();
  return *shared;
}

enum class Draw : std::uint8_t { kUniform, kZipf };

void million_keys(benchmark::State& bench, Draw how, std::size_t asks) {
  Million& shared = million();
  base::Random random(static_cast<std::uint64_t>(bench.thread_index()) + 1);
  const kit::Zipf zipf(kKeys);
  const Texts keys(
      [&] { return how == Draw::kZipf ? zipf.draw(random) - 1 : random.below(kKeys); });
  BenchBatch batch;
  batch.asks.resize(asks);
  base::Mono now = kStart;
  std::size_t at = 0;
  for (auto _ : bench) {
    now += nanoseconds(100);
    for (Ask& ask : batch.asks) ask = {shared.limit.get(), keys[at++]};
    shared.state.decide(batch, now);
    benchmark::DoNotOptimize(batch.allowed);
  }
  bench.SetItemsProcessed(static_cast<std::int64_t>(bench.iterations()));
  if (bench.thread_index() == 0) {
    const kit::LimiterStats stats = shared.state.stats().counts;
    bench.counters["bytes_a_key"] =
        static_cast<double>(stats.bytes) / static_cast<double>(stats.keys);
  }
}
BENCHMARK_CAPTURE(million_keys, uniform, Draw::kUniform, 1)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK_CAPTURE(million_keys, zipf, Draw::kZipf, 1)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK_CAPTURE(million_keys, zipf_3_asks, Draw::kZipf, 3);
BENCHMARK_CAPTURE(million_keys, zipf_10_asks, Draw::kZipf, 10);

// The same million of states, of one rule or of a thousand.
void rules_by_keys(benchmark::State& bench) {
  const auto rules = static_cast<std::uint64_t>(bench.range(0));
  const std::uint64_t keys = 100'000;
  MemoryState state({.max_keys = kKeys * 5 / 4}, kSeed);
  std::vector<std::shared_ptr<const Limit>> limits;
  for (std::uint64_t i = 0; i < rules; ++i) {
    limits.push_back(limit_of(Algorithm::kGcra, "rule-" + std::to_string(i)));
  }
  base::Random random(1);
  const Texts texts([&] { return random.below(rules == 1 ? kKeys : keys); });
  std::vector<const Limit*> drawn(kDraws);
  for (const Limit*& limit : drawn) limit = limits[random.below(rules)].get();
  BenchBatch batch;
  batch.asks.resize(1);
  base::Mono now = kStart;
  std::size_t at = 0;
  const auto decide = [&] {
    now += nanoseconds(100);
    batch.asks[0] = {drawn[at % kDraws], texts[at]};
    ++at;
    state.decide(batch, now);
  };
  for (std::size_t i = 0; i < kDraws; ++i) decide();
  for (auto _ : bench) {
    decide();
    benchmark::DoNotOptimize(batch.allowed);
  }
  const kit::LimiterStats stats = state.stats().counts;
  bench.counters["keys"] = static_cast<double>(stats.keys);
  bench.counters["bytes_a_key"] =
      static_cast<double>(stats.bytes) / static_cast<double>(stats.keys);
}
BENCHMARK(rules_by_keys)->Arg(1)->Arg(1000);

void sliding_logs(benchmark::State& bench) {
  constexpr std::uint64_t kLogs = 50'000;
  MemoryState state({.max_keys = 1, .max_log_keys = kLogs * 5 / 4}, kSeed);
  const auto limit = limit_of(Algorithm::kSlidingLog, "log");
  base::Random random(1);
  const Texts keys([&] { return random.below(kLogs); });
  BenchBatch batch;
  batch.asks.resize(1);
  base::Mono now = kStart;
  std::size_t at = 0;
  for (auto _ : bench) {
    now += nanoseconds(100);
    batch.asks[0] = {limit.get(), keys[at++]};
    state.decide(batch, now);
    benchmark::DoNotOptimize(batch.allowed);
  }
  const kit::LimiterStats stats = state.stats().logs;
  bench.counters["bytes_a_key"] =
      static_cast<double>(stats.bytes) / static_cast<double>(stats.keys);
}
BENCHMARK(sliding_logs);

// Without the disk.
void snapshot_of_a_million(benchmark::State& bench) {
  Million& shared = million();
  std::uint64_t bytes = 0;
  const StateSink sink = [&bytes](std::string_view piece) {
    bytes += piece.size();
    return base::ok_status();
  };
  std::vector<kit::LimiterSlot<KeyState>> copied;
  for (auto _ : bench) {
    StateWriter writer(shared.state.seed(), kStart);
    for (std::size_t i = 0; i < shared.state.counts().stripe_count(); ++i) {
      copied.clear();
      shared.state.counts().copy_stripe(i, kStart, copied);
      benchmark::DoNotOptimize(writer.add(copied, sink).ok());
    }
    benchmark::DoNotOptimize(writer.finish(sink).ok());
  }
  bench.counters["bytes"] = static_cast<double>(bytes) / static_cast<double>(bench.iterations());
}
BENCHMARK(snapshot_of_a_million)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ashlar::limits
