#include "kit/resilience/limit_algorithm.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "base/random.h"

namespace ashlar::kit {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(VegasLimitTest, FollowsItsTable) {
  base::Random random(1);
  struct Case {
    const char* what;
    int rtt_ms;
    std::uint32_t in_flight;
    bool dropped;
    std::uint32_t after;
  };
  // From a limit of 200 and a no-load time of 100 ms: step = 2, queue = ceil(200 (1 - 100 / rtt)).
  for (const Case& c : {
           Case{"no queue", 100, 200, false, 212},
           Case{"a queue of the step", 101, 200, false, 212},
           Case{"below three steps", 102, 200, false, 202},
           Case{"between", 103, 200, false, 200},
           Case{"six steps", 106, 200, false, 200},
           Case{"above six steps", 107, 200, false, 198},
           Case{"dropped", 100, 200, true, 198},
           Case{"half idle", 100, 99, false, 200},
           Case{"half idle and dropped", 100, 99, true, 198},
       }) {
    VegasLimit limit({.bounds = {.initial = 200}});
    limit.update(milliseconds(100), 200, false, random);  // the least time, which changes nothing
    ASSERT_EQ(limit.limit(), 200U);
    limit.update(milliseconds(c.rtt_ms), c.in_flight, c.dropped, random);
    EXPECT_EQ(limit.limit(), c.after) << c.what;
  }
}

TEST(VegasLimitTest, LooksAtTheNoLoadTimeAnew) {
  base::Random random(1);
  VegasLimit slower({.bounds = {.initial = 10, .min = 1, .max = 1000}, .probe_multiplier = 3});
  slower.update(milliseconds(1), 10, false, random);
  // The dependency is ten times slower from now on: first that looks like a queue, then it is
  // what it is.
  for (int i = 0; i < 10; ++i) slower.update(milliseconds(10), 10, false, random);
  EXPECT_LT(slower.limit(), 10U);
  for (int i = 0; i < 30; ++i) slower.update(milliseconds(10), 1000, false, random);
  EXPECT_GT(slower.limit(), 10U);
}

TEST(Gradient2LimitTest, FollowsItsFormula) {
  base::Random random(1);
  Gradient2Limit limit({.bounds = {.initial = 100, .min = 1, .max = 1000}, .queue = 4});
  limit.update(milliseconds(10), 100, false, random);
  EXPECT_EQ(limit.limit(), 100U);  // 0.8 * 100 + 0.2 * (1 * 100 + 4) = 100.8
  limit.update(milliseconds(10), 100, false, random);
  EXPECT_EQ(limit.limit(), 101U);  // 101.6
  limit.update(milliseconds(10), 50, false, random);
  EXPECT_EQ(limit.limit(), 101U);  // half idle
  for (int i = 0; i < 20; ++i) limit.update(milliseconds(10), 1000, false, random);
  const double before = limit.limit();
  limit.update(milliseconds(1000), 1000, false, random);
  EXPECT_NEAR(limit.limit(), before * 0.9 + 0.8, 1.5);  // the gradient is at least 0.5
}

TEST(AimdLimitTest, AddsOneAndTakesATenth) {
  base::Random random(1);
  AimdLimit limit({.bounds = {.initial = 100, .min = 20, .max = 101},
                   .backoff = 0.9,
                   .timeout = milliseconds(100)});
  limit.update(milliseconds(10), 49, false, random);
  EXPECT_EQ(limit.limit(), 100U);
  limit.update(milliseconds(10), 50, false, random);
  limit.update(milliseconds(10), 101, false, random);
  EXPECT_EQ(limit.limit(), 101U);
  limit.update(milliseconds(10), 0, true, random);
  EXPECT_EQ(limit.limit(), 90U);
  limit.update(milliseconds(100), 0, false, random);
  EXPECT_EQ(limit.limit(), 81U);
  for (int i = 0; i < 100; ++i) limit.update(milliseconds(100), 0, true, random);
  EXPECT_EQ(limit.limit(), 20U);
}

template <class Algorithm>
void stays_in_its_bounds(std::uint64_t seed) {
  SCOPED_TRACE(seed);
  base::Random random(seed);
  for (int round = 0; round < 50; ++round) {
    typename Algorithm::Options options;
    options.bounds.min = static_cast<std::uint32_t>(1 + random.below(50));
    options.bounds.initial = options.bounds.min + static_cast<std::uint32_t>(random.below(50));
    options.bounds.max = options.bounds.initial + static_cast<std::uint32_t>(random.below(500));
    Algorithm limit(options);
    EXPECT_EQ(limit.limit(), options.bounds.initial);
    for (int i = 0; i < 10'000; ++i) {
      const std::uint64_t magnitude = std::uint64_t{1} << random.below(62);
      limit.update(nanoseconds(1 + random.below(magnitude)),
                   static_cast<std::uint32_t>(random.below(2 * options.bounds.max)),
                   random.chance(0.2), random);
      ASSERT_GE(limit.limit(), options.bounds.min);
      ASSERT_LE(limit.limit(), options.bounds.max);
    }
  }
}

TEST(LimitAlgorithmTest, AllStayInTheirBoundsWhateverComes) {
  stays_in_its_bounds<VegasLimit>(31);
  stays_in_its_bounds<Gradient2Limit>(32);
  stays_in_its_bounds<AimdLimit>(33);
}

}  // namespace
}  // namespace ashlar::kit
