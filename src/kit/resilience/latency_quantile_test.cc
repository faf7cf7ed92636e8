#include "kit/resilience/latency_quantile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include "base/random.h"

namespace ashlar::kit {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr base::Mono kStart{seconds(1000)};

TEST(LatencyQuantileTest, BucketsHaveTheStatedWidth) {
  EXPECT_EQ(LatencyQuantile::bucket_of(nanoseconds(0)), 0U);
  EXPECT_EQ(LatencyQuantile::bucket_of(nanoseconds::max()),
            LatencyQuantile::bucket_of(LatencyQuantile::kLongest));
  EXPECT_EQ(LatencyQuantile::upper_edge(LatencyQuantile::bucket_of(LatencyQuantile::kLongest)),
            LatencyQuantile::kLongest);
  for (std::int64_t v = 1; v < LatencyQuantile::kLongest.count(); v += 1 + v / 97) {
    const std::size_t bucket = LatencyQuantile::bucket_of(nanoseconds(v));
    const std::int64_t edge = LatencyQuantile::upper_edge(bucket).count();
    ASSERT_GE(edge, v);
    ASSERT_LE(edge, v + v / 16 + 1024) << v;
    ASSERT_EQ(LatencyQuantile::bucket_of(nanoseconds(edge)), bucket);
    ASSERT_EQ(LatencyQuantile::bucket_of(nanoseconds(edge + 1)),
              std::min(bucket + 1, LatencyQuantile::bucket_of(LatencyQuantile::kLongest)));
  }
}

TEST(LatencyQuantileTest, NeedsSamplesAndForgets) {
  LatencyQuantile latency(0.5, milliseconds(800), 10, kStart);
  for (int i = 0; i < 9; ++i) latency.record(milliseconds(5), kStart);
  latency.record(milliseconds(-5), kStart + milliseconds(100));
  EXPECT_FALSE(latency.estimate()) << "nine, and one that is none";
  latency.record(milliseconds(5), kStart + milliseconds(200));
  ASSERT_TRUE(latency.estimate());
  EXPECT_GE(*latency.estimate(), milliseconds(5));
  latency.record(milliseconds(5), kStart + seconds(3));
  EXPECT_FALSE(latency.estimate()) << "all of them are old";
}

TEST(LatencyQuantileTest, AClockThatStepsBackStartsAnew) {
  LatencyQuantile latency(0.5, milliseconds(800), 5, kStart);
  base::Mono now = kStart - std::chrono::hours(1);
  for (int i = 0; i < 400; ++i) {
    now += milliseconds(10);
    latency.record(milliseconds(7), now);
  }
  ASSERT_TRUE(latency.estimate());
  EXPECT_LE(*latency.estimate(), milliseconds(8));
}

// Against sorting. Which samples a refresh looks at is replayed from promise 3: two windows' lists,
// a turn after each eight eighths.
TEST(LatencyQuantileTest, IsWithinItsBoundsOfTheSortedTruth) {
  const std::uint64_t seed = 23;
  SCOPED_TRACE(seed);
  base::Random random(seed);
  for (int round = 0; round < 40; ++round) {
    const double q = 0.5 + 0.499 * random.unit();
    const nanoseconds eighth = milliseconds(1 + random.below(300));
    LatencyQuantile latency(q, eighth * 8, 20, kStart);
    std::vector<std::int64_t> before;
    std::vector<std::int64_t> current;
    base::Mono now = kStart;
    base::Mono refreshed = kStart;
    std::int64_t passed = 0;
    const double scale = std::exp(7 + random.unit() * 14);
    for (int i = 0; i < 30'000; ++i) {
      now += nanoseconds(random.below(random.chance(0.0002) ? 3'000'000'000 : 2'000'000));
      const auto took = static_cast<std::int64_t>(-std::log(1 - random.unit()) * scale);
      latency.record(nanoseconds(took), now);
      current.push_back(took);
      if (now - refreshed < eighth) continue;
      passed += std::min<std::int64_t>((now - refreshed) / eighth, 16);
      refreshed = now;
      for (; passed >= 8; passed -= 8) before = std::exchange(current, {});
      std::vector<std::int64_t> all = before;
      all.insert(all.end(), current.begin(), current.end());
      const auto estimate = latency.estimate();
      ASSERT_EQ(estimate.has_value(), all.size() >= 20) << "sample " << i;
      if (!estimate) continue;
      const double rank = std::ceil(q * static_cast<double>(all.size()));
      const auto nth = all.begin() + static_cast<std::ptrdiff_t>(rank) - 1;
      std::nth_element(all.begin(), nth, all.end());
      ASSERT_GE(estimate->count(), *nth) << "sample " << i;
      ASSERT_LE(estimate->count(), *nth + *nth / 16 + 1024) << "sample " << i;
    }
  }
}

// In rounds, each at one time: threads with clocks of their own, one of them held up by a busy
// machine, would be a clock that steps back.
TEST(LatencyQuantileTest, ThreadsMayRecordAtOnce) {
  LatencyQuantile latency(0.95, seconds(10), 100, kStart);
  for (int round = 0; round < 4; ++round) {
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t, at = kStart + seconds(2 * round)] {
        base::Random random(t + 4 * static_cast<std::uint64_t>(round));
        for (int i = 0; i < 25'000; ++i) latency.record(nanoseconds(random.below(100'000'000)), at);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  ASSERT_TRUE(latency.estimate());
  EXPECT_GE(*latency.estimate(), milliseconds(94));
  EXPECT_LE(*latency.estimate(), milliseconds(103));
}

}  // namespace
}  // namespace ashlar::kit
