// The windows against the cache traces: one key a tick, replayed by brute force for every question.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "kit/count/testing/heavy_checks.h"
#include "kit/count/windowed_exact.h"
#include "kit/count/windowed_sketch.h"
#include "kit/testing/traces.h"

namespace ashlar::kit {
namespace {

using std::chrono::nanoseconds;

base::Mono tick(std::size_t i) { return base::Mono{nanoseconds{static_cast<std::int64_t>(i)}}; }

// What a window of `window` ticks in `buckets` buckets covers when tick `last` was the newest.
TrueWeights<std::uint64_t> replay(const std::vector<std::uint64_t>& keys, std::size_t last,
                                  std::size_t width, std::size_t buckets) {
  const std::size_t head = last / width;
  TrueWeights<std::uint64_t> truth;
  for (std::size_t i = head < buckets ? 0 : (head - buckets) * width; i <= last; ++i) {
    truth.add(keys[i], 1);
  }
  return truth;
}

class Traces : public testing::TestWithParam<const char*> {};

TEST_P(Traces, EveryIntervalHoldsAndTheTopIsFound) {
  const std::vector<std::uint64_t> keys = read_trace(GetParam());
  if (keys.empty()) {
    GTEST_SKIP() << "../shared/data/traces/" << GetParam()
                 << " is not there or cannot be unpacked: the replay of this trace was NOT run";
  }
  constexpr std::size_t kBuckets = 20;
  const std::size_t window = keys.size() / 4 / kBuckets * kBuckets;
  const WindowClock clock(nanoseconds(window), kBuckets, nanoseconds::max());
  WindowedExact<std::uint64_t> exact(clock, 100, 1);
  for (const std::size_t counters : {256, 1024, 4096}) {
    SCOPED_TRACE(counters);
    WindowedSketch<std::uint64_t> sketch(clock, counters, 1);
    std::size_t asked = 0, found10 = 0, found100 = 0, in_order = 0, guaranteed = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      ASSERT_EQ(sketch.add(tick(i), keys[i]), WindowAdd::kAdded);
      if (counters == 256) {
        ASSERT_EQ(exact.add(tick(i), keys[i]), WindowAdd::kAdded);
      }
      if (i % (keys.size() / 12) != keys.size() / 13) continue;
      const TrueWeights<std::uint64_t> truth = replay(keys, i, window / kBuckets, kBuckets);
      ASSERT_EQ(sketch.total(), truth.total());
      if (counters == 256) expect_exact_rows(truth, exact.top(100), 100);
      expect_intervals(truth, sketch, ~std::uint64_t{0});
      const auto top10 = sketch.top(10);
      const auto top100 = sketch.top(100);
      expect_heavy_rows(truth, top10, 10);
      expect_heavy_rows(truth, top100, 100);
      if (testing::Test::HasFatalFailure()) return;
      ++asked;
      found10 += found_of_top(truth, top10, 10);
      found100 += found_of_top(truth, top100, 100);
      const auto true10 = truth.top(10);
      for (std::size_t n = 0; n < 10; ++n) {
        in_order += top10[n].key == true10[n].first ? 1 : 0;
        guaranteed += top10[n].guaranteed ? 1 : 0;
      }
    }
    RecordProperty("asked_" + std::to_string(counters), static_cast<int>(asked));
    std::printf(
        "%s, %zu counters a bucket: recall@10 %.3f, recall@100 %.3f, of 10 in their place "
        "%.2f, guaranteed %.2f (%zu questions)\n",
        GetParam(), counters, double(found10) / double(10 * asked),
        double(found100) / double(100 * asked), double(in_order) / double(asked),
        double(guaranteed) / double(asked), asked);
    ASSERT_GE(asked, 10U);
  }
}

INSTANTIATE_TEST_SUITE_P(Of, Traces, testing::ValuesIn(kTraces), [](const auto& trace) {
  return std::string(trace.param).substr(0, std::string(trace.param).find('.'));
});

}  // namespace
}  // namespace ashlar::kit
