// The windows against the cache traces: one key a tick, replayed by brute force for every question.
// How well the sketches do is in the test's properties (--gtest_output=xml).
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <iterator>
#include <string>
#include <vector>

#include "kit/count/testing/heavy_checks.h"
#include "kit/count/top_k.h"
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

constexpr std::size_t kMostAccesses = 1'000'000;  // w106 has five times as many
constexpr std::size_t kCounters[] = {256, 1024, 4096};

struct Found {
  int questions = 0;
  double of_10 = 0;
  double of_100 = 0;
  double in_place = 0;
  double guaranteed = 0;
};

void ask(const TrueWeights<std::uint64_t>& truth, const WindowedSketch<std::uint64_t>& sketch,
         Found& found) {
  ASSERT_EQ(sketch.total(), truth.total());
  expect_intervals(truth, sketch, ~std::uint64_t{0});
  const auto top10 = sketch.top(10);
  const auto top100 = sketch.top(100);
  expect_heavy_rows(truth, top10, 10);
  expect_heavy_rows(truth, top100, 100);
  ++found.questions;
  found.of_10 += static_cast<double>(found_of_top(truth, top10, 10));
  found.of_100 += static_cast<double>(found_of_top(truth, top100, 100));
  const auto true10 = truth.top(10);
  for (std::size_t n = 0; n < top10.size(); ++n) {
    found.in_place += top10[n].key == true10[n].first ? 1 : 0;
    found.guaranteed += top10[n].guaranteed ? 1 : 0;
  }
}

class Traces : public testing::TestWithParam<const char*> {};

TEST_P(Traces, EveryIntervalHoldsAndTheTopIsFound) {
  std::vector<std::uint64_t> keys = read_trace(GetParam());
  if (keys.empty()) {
    GTEST_SKIP() << "../shared/data/traces/" << GetParam()
                 << " is not there or cannot be unpacked: the replay of this trace was NOT run";
  }
  keys.resize(std::min(keys.size(), kMostAccesses));
  constexpr std::size_t kBuckets = 20;
  const std::size_t window = keys.size() / 4 / kBuckets * kBuckets;
  const WindowClock clock(nanoseconds(window), kBuckets, nanoseconds::max());
  WindowedExact<std::uint64_t> exact(clock, 100, 1);
  std::deque<WindowedSketch<std::uint64_t>> sketches;
  std::vector<Found> found(std::size(kCounters));
  for (const std::size_t counters : kCounters) sketches.emplace_back(clock, counters, 1);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    ASSERT_EQ(exact.add(tick(i), keys[i]), WindowAdd::kAdded);
    for (auto& sketch : sketches) ASSERT_EQ(sketch.add(tick(i), keys[i]), WindowAdd::kAdded);
    if (i % (keys.size() / 12) != keys.size() / 13) continue;
    const TrueWeights<std::uint64_t> truth = replay(keys, i, window / kBuckets, kBuckets);
    expect_exact_rows(truth, exact.top(100), 100);
    for (std::size_t n = 0; n < sketches.size(); ++n) {
      SCOPED_TRACE(kCounters[n]);
      ask(truth, sketches[n], found[n]);
      if (HasFatalFailure()) return;
    }
  }
  for (std::size_t n = 0; n < found.size(); ++n) {
    ASSERT_GE(found[n].questions, 10);
    const double questions = found[n].questions;
    const auto record = [&](const std::string& what, double value) {
      RecordProperty(what + "_with_" + std::to_string(kCounters[n]), std::to_string(value));
    };
    record("recall_at_10", found[n].of_10 / questions / 10);
    record("recall_at_100", found[n].of_100 / questions / 100);
    record("of_10_in_their_place", found[n].in_place / questions);
    record("of_10_guaranteed", found[n].guaranteed / questions);
    EXPECT_GE(found[n].of_10 / questions, n == 0 ? 9.0 : 9.9);
    EXPECT_GE(found[n].of_100 / questions, n == 0 ? 85 : 98);
  }
}

// The same through the facade: keys as text, with room for all and with room for few.
TEST_P(Traces, TopKHoldsItsPromisesInBothForms) {
  std::vector<std::uint64_t> keys = read_trace(GetParam());
  if (keys.empty()) GTEST_SKIP() << GetParam() << ": the replay of this trace was NOT run";
  keys.resize(std::min(keys.size(), kMostAccesses));
  constexpr std::size_t kBuckets = 20;
  const std::size_t width = keys.size() / 4 / kBuckets;
  TopK::Options options{.window = nanoseconds(width * kBuckets),
                        .buckets = kBuckets,
                        .max_bytes = std::size_t{256} << 20,
                        .max_k = 100,
                        .max_ahead = nanoseconds::max(),
                        .seed = 1};
  TopK exact(options);
  options.max_bytes = std::size_t{512} << 10;
  TopK sketch(options);
  int questions = 0;
  std::size_t of_10 = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string key = std::to_string(keys[i]);
    ASSERT_EQ(exact.add(tick(i), key), WindowAdd::kAdded);
    ASSERT_EQ(sketch.add(tick(i), key), WindowAdd::kAdded);
    if (i % (keys.size() / 4) != keys.size() / 5) continue;
    const TrueWeights<std::uint64_t> by_number = replay(keys, i, width, kBuckets);
    TrueWeights<std::string> truth;
    for (const auto& [number, weight] : by_number.all()) {
      truth.add(std::to_string(number), weight);
    }
    ASSERT_TRUE(exact.exact());
    ASSERT_EQ(exact.total(), truth.total());
    expect_exact_rows(truth, exact.top(100), 100);
    ASSERT_FALSE(sketch.exact());
    ASSERT_EQ(sketch.total(), truth.total());
    ASSERT_LE(sketch.bytes(), options.max_bytes);
    expect_intervals(truth, sketch, std::string("never"));
    expect_heavy_rows(truth, sketch.top(100), 100);
    of_10 += found_of_top(truth, sketch.top(10), 10);
    if (HasFatalFailure()) return;
    ++questions;
  }
  EXPECT_EQ(questions, 4);
  RecordProperty("of_10_named", std::to_string(of_10));
  EXPECT_GE(of_10, 25U) << "of 40, with " << sketch.counters() << " counters a bucket";
}

INSTANTIATE_TEST_SUITE_P(Of, Traces, testing::ValuesIn(kTraces), [](const auto& trace) {
  return std::string(trace.param).substr(0, std::string(trace.param).find('.'));
});

}  // namespace
}  // namespace ashlar::kit
