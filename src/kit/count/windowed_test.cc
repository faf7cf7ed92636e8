// WindowedExact and WindowedSketch against a list of all events, replayed for every question.
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "kit/count/testing/heavy_checks.h"
#include "kit/count/testing/windowed_checks.h"
#include "kit/count/windowed_exact.h"
#include "kit/count/windowed_sketch.h"
#include "kit/testing/zipf.h"

namespace ashlar::kit {
namespace {

using std::chrono::nanoseconds;

template <class Key>
class WindowedOf : public testing::Test {};
using Keys = testing::Types<std::uint64_t, std::string>;
TYPED_TEST_SUITE(WindowedOf, Keys);

TYPED_TEST(WindowedOf, ExactAndSketchKeepTheirPromisesOnRandomStreams) {
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    base::Random random(seed);
    const auto buckets = static_cast<std::uint32_t>(1 + random.below(12));
    const std::int64_t window = static_cast<std::int64_t>(1000 + random.below(100'000));
    const WindowClock clock(nanoseconds(window), buckets, nanoseconds::max());
    const std::size_t counters = 5 + random.below(100);
    WindowedExact<TypeParam> exact(clock, 20, seed);
    WindowedSketch<TypeParam> sketch(clock, counters, seed);
    EventLog<TypeParam> log;
    RandomTime time(random, window);
    Rules rules{clock.width(), buckets};
    const Zipf zipf(1 + random.below(2000));
    for (int i = 0; i < 12'000; ++i) {
      const std::int64_t when = time.next();
      const TypeParam key = test_key<TypeParam>(zipf.draw(random) + (i / 3000) * 7);
      const std::uint64_t weight = random.below(4);
      const WindowAdd expected = rules.take(when) ? WindowAdd::kAdded : WindowAdd::kLate;
      ASSERT_EQ(exact.add(at(when), key, weight), expected);
      ASSERT_EQ(sketch.add(at(when), key, weight), expected);
      if (expected == WindowAdd::kAdded) log.add(when, key, weight);
      if (random.chance(0.002)) {
        exact.advance(at(when + window / 7));
        sketch.advance(at(when + window / 7));
        rules.newest = std::max(rules.newest, when + window / 7);
      }
      if (i % 500 != 0) continue;
      ASSERT_EQ(exact.clock().since(), at(rules.oldest()));
      const TrueWeights<TypeParam> truth = log.since(rules.oldest());
      ASSERT_EQ(exact.total(), truth.total());
      ASSERT_EQ(sketch.total(), truth.total());
      ASSERT_EQ(exact.size(), truth.all().size());
      expect_exact_rows(truth, exact.top(20), 20);
      expect_heavy_rows(truth, sketch.top(10), 10);
      expect_intervals(truth, sketch, test_key<TypeParam>(1'000'000));
      for (const auto& row : sketch.top(1000)) {
        ASSERT_LE(row.upper - row.lower, truth.total() / counters);
        ASSERT_EQ(sketch.estimate(row.key), (WeightInterval{row.lower, row.upper}));
      }
      // A part of the window.
      const auto some = static_cast<std::uint32_t>(1 + random.below(buckets + 1));
      const TrueWeights<TypeParam> part =
          log.since((rules.floor(rules.newest) - some + 1) * clock.width());
      expect_exact_rows(part, std::as_const(exact).top(15, some), 15);
      expect_heavy_rows(part, sketch.top(15, some), 15);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

TYPED_TEST(WindowedOf, MergedInstancesKeepTheirPromises) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    base::Random random(seed);
    const std::int64_t window = 10'000;
    const WindowClock clock(nanoseconds(window), 8, nanoseconds::max());
    const std::size_t counters = 10 + random.below(50);
    std::deque<WindowedExact<TypeParam>> exact;
    std::deque<WindowedSketch<TypeParam>> sketches;
    for (std::uint64_t i = 0; i < 3; ++i) {
      exact.emplace_back(clock, 20, seed + i);
      sketches.emplace_back(clock, counters, seed + i);
    }
    EventLog<TypeParam> log;
    const Zipf zipf(1 + random.below(500));
    std::int64_t newest = 0;
    for (int i = 0; i < 6000; ++i) {
      // Each instance has seen another stretch of time.
      const std::size_t n = random.below(3);
      const std::int64_t when = i * 2 + static_cast<std::int64_t>(n) * 2500;
      const TypeParam key = test_key<TypeParam>(zipf.draw(random) + n * 20);
      ASSERT_EQ(exact[n].add(at(when), key), WindowAdd::kAdded);
      ASSERT_EQ(sketches[n].add(at(when), key), WindowAdd::kAdded);
      log.add(when, key, 1);
      newest = std::max(newest, when);
    }
    ASSERT_TRUE(exact[0].merge(exact[1]) && exact[0].merge(exact[2]));
    ASSERT_TRUE(sketches[1].merge(sketches[2]) && sketches[0].merge(sketches[1]));
    ASSERT_EQ(exact[0].clock().newest(), at(newest));
    const Rules rules{clock.width(), 8, true, newest};
    const TrueWeights<TypeParam> truth = log.since(rules.oldest());
    ASSERT_EQ(exact[0].total(), truth.total());
    ASSERT_EQ(sketches[0].total(), truth.total());
    expect_exact_rows(truth, exact[0].top(20), 20);
    expect_heavy_rows(truth, sketches[0].top(10), 10);
    expect_intervals(truth, sketches[0], test_key<TypeParam>(1'000'000));
    for (const auto& row : sketches[0].top(1000)) {
      ASSERT_LE(row.upper - row.lower, truth.total() / counters);
    }
  }
}

TEST(WindowedSketch, FindsAKeyThatIsNowhereFirst) {
  // In each of 20 buckets ten other keys are heavier than the one that is everywhere.
  const WindowClock clock(nanoseconds(20'000), 20, nanoseconds::max());
  WindowedSketch<std::string> sketch(clock, 64);
  for (int bucket = 0; bucket < 20; ++bucket) {
    for (int i = 0; i < 10; ++i) {
      sketch.add(at(bucket * 1000), std::to_string(bucket) + "-" + std::to_string(i), 50);
    }
    sketch.add(at(bucket * 1000), "everywhere", 40);
  }
  const auto rows = sketch.top(1);
  EXPECT_EQ(rows[0], (Heavy<std::string>{"everywhere", 800, 800, 800, true}));
}

TEST(WindowedExact, AlternatingBucketsDoNotGrowTheirLists) {
  const WindowClock clock(nanoseconds(2000), 2, nanoseconds::max());
  WindowedExact<std::uint64_t> exact(clock, 10);
  for (int i = 0; i < 200'000; ++i) {
    exact.add(at(i % 2 == 0 ? 500 : 1500), static_cast<std::uint64_t>(i / 2 % 5));
  }
  EXPECT_LT(exact.bytes(), 20'000U);
  EXPECT_EQ(exact.count(3), 40'000U);
  exact.advance(at(3100));
  EXPECT_EQ(exact.count(3), 20'000U);
  exact.advance(at(4000));
  EXPECT_EQ(exact.size(), 0U);
}

TEST(WindowClock, TellsLateAheadAndImpossible) {
  WindowClock clock(nanoseconds(1000), 10, nanoseconds(500));
  std::int64_t bucket = 0;
  EXPECT_EQ(clock.place(at(-12'345), bucket), WindowAdd::kAdded);  // the first is never ahead
  EXPECT_EQ(bucket, -124);
  EXPECT_EQ(clock.place(at(-12'345 + 501), bucket), WindowAdd::kAhead);
  EXPECT_EQ(clock.newest(), at(-12'345));
  EXPECT_EQ(clock.place(at(-12'345 + 500), bucket), WindowAdd::kAdded);
  EXPECT_EQ(clock.newest(), at(-11'845));
  EXPECT_EQ(clock.since(), at(-12'900));
  EXPECT_EQ(clock.place(at(-12'900), bucket), WindowAdd::kAdded);
  EXPECT_EQ(clock.place(at(-12'901), bucket), WindowAdd::kLate);
  EXPECT_EQ(clock.newest(), at(-11'845));
  clock.advance(at(-20'000));  // a clock that steps backward
  EXPECT_EQ(clock.newest(), at(-11'845));
  clock.advance(at(5'000'000));  // time may pass in silence, whatever the distance
  EXPECT_EQ(clock.place(at(5'000'400), bucket), WindowAdd::kAdded);
  EXPECT_EQ(bucket, 50'004);
  for (const std::int64_t far :
       {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    EXPECT_EQ(clock.place(at(far), bucket), WindowAdd::kRefused);
    clock.advance(at(far));
    EXPECT_EQ(clock.newest(), at(5'000'400));
  }
}

TEST(WindowClock, CountsTheBucketsThatCoverAPartOfTheWindow) {
  const WindowClock clock(nanoseconds(1000), 10, nanoseconds(0));
  EXPECT_EQ(clock.buckets_for(nanoseconds(0)), 1U);
  EXPECT_EQ(clock.buckets_for(nanoseconds(1)), 2U);
  EXPECT_EQ(clock.buckets_for(nanoseconds(100)), 2U);
  EXPECT_EQ(clock.buckets_for(nanoseconds(101)), 3U);
  EXPECT_EQ(clock.buckets_for(nanoseconds(1000)), 11U);
  EXPECT_EQ(clock.buckets_for(nanoseconds::max()), 11U);
  EXPECT_EQ(clock.buckets_for(nanoseconds(-5)), 1U);
}

TEST(Windows, RefuseToMergeWithOtherBuckets) {
  const WindowClock clock(nanoseconds(1000), 10, nanoseconds(0));
  const WindowClock other(nanoseconds(1000), 5, nanoseconds(0));
  WindowedExact<std::uint64_t> exact(clock, 10);
  WindowedSketch<std::uint64_t> sketch(clock, 10);
  EXPECT_FALSE(exact.merge(WindowedExact<std::uint64_t>(other, 10)));
  EXPECT_FALSE(sketch.merge(WindowedSketch<std::uint64_t>(other, 10)));
}

}  // namespace
}  // namespace ashlar::kit
