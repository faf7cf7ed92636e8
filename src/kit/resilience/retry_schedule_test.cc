#include "kit/resilience/retry_schedule.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "base/random.h"

namespace ashlar::kit {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr base::Mono kStart{seconds(1000)};

TEST(RetryScheduleTest, EndsWithTheAttempts) {
  base::Random random(1);
  RetrySchedule schedule({.max_attempts = 3}, kStart);
  EXPECT_TRUE(schedule.next(kStart, random));
  EXPECT_TRUE(schedule.next(kStart, random));
  EXPECT_FALSE(schedule.next(kStart, random));
  EXPECT_EQ(schedule.attempts(), 3);
  RetrySchedule once({.max_attempts = 1}, kStart);
  EXPECT_FALSE(once.next(kStart, random));
}

TEST(RetryScheduleTest, EndsWithTheBudget) {
  base::Random random(1);
  const RetryOptions options{
      .max_attempts = 100, .budget = milliseconds(200), .min_attempt = milliseconds(50)};
  RetrySchedule schedule(options, kStart);
  const auto delay = schedule.next(kStart + milliseconds(149), random);
  ASSERT_TRUE(delay);
  EXPECT_LE(*delay, milliseconds(1));
  EXPECT_FALSE(schedule.next(kStart + milliseconds(150), random));
  EXPECT_FALSE(schedule.next(kStart, random)) << "a clock that steps back gives no time back";
}

TEST(RetryScheduleTest, RetryAfterIsKeptOrRefused) {
  base::Random random(1);
  const RetryOptions options{.max_attempts = 100, .base = milliseconds(10), .budget = seconds(10)};
  RetrySchedule schedule(options, kStart);
  for (int i = 0; i < 5; ++i) {
    const auto delay = schedule.next(kStart, random, seconds(2));
    ASSERT_TRUE(delay);
    EXPECT_GE(*delay, seconds(2));
    EXPECT_LE(*delay, seconds(2) + milliseconds(10) * (1 << i));
  }
  EXPECT_TRUE(schedule.next(kStart, random, nanoseconds::min()));
  EXPECT_FALSE(schedule.next(kStart, random, seconds(11)));
  EXPECT_FALSE(schedule.next(kStart, random, nanoseconds::max()));
}

// The delays before retry n are spread evenly over [0, min(cap, base * 2^(n-1))]: each tenth of the
// range gets a tenth of them.
TEST(RetryScheduleTest, FullJitterIsUniform) {
  base::Random random(42);
  const RetryOptions options{.max_attempts = 7,
                             .base = milliseconds(100),
                             .cap = milliseconds(1600),
                             .budget = std::chrono::hours(1)};
  constexpr int kCalls = 20'000;
  std::vector<std::vector<int>> tenths(6, std::vector<int>(10));
  for (int call = 0; call < kCalls; ++call) {
    RetrySchedule schedule(options, kStart);
    for (std::size_t n = 0; n < 6; ++n) {
      const nanoseconds range = std::min<nanoseconds>(options.cap, options.base * (1 << n));
      const auto delay = schedule.next(kStart, random);
      ASSERT_TRUE(delay);
      ASSERT_GE(delay->count(), 0);
      ASSERT_LE(*delay, range);
      ++tenths[n][static_cast<std::size_t>(std::min<std::int64_t>(9, *delay * 10 / range))];
    }
  }
  for (const auto& row : tenths) {
    for (const int count : row) {
      EXPECT_GT(count, kCalls / 10 - 220);  // 5 standard deviations are 212
      EXPECT_LT(count, kCalls / 10 + 220);
    }
  }
}

TEST(RetryScheduleTest, PromisesHoldOnRandomOptionsAndClocks) {
  const std::uint64_t seed = 9;
  SCOPED_TRACE(seed);
  base::Random random(seed);
  for (int round = 0; round < 100'000; ++round) {
    RetryOptions options;
    options.max_attempts = 1 + static_cast<int>(random.below(70));
    options.base = nanoseconds(1 + random.below(1'000'000'000));
    options.cap = random.chance(0.1) ? nanoseconds::max()
                                     : options.base + nanoseconds(random.below(100'000'000'000));
    options.budget =
        random.chance(0.1) ? nanoseconds::max() : nanoseconds(random.below(60'000'000'000));
    options.min_attempt = nanoseconds(random.chance(0.5) ? 0 : random.below(1'000'000'000));
    RetrySchedule schedule(options, kStart);
    base::Mono now = kStart;
    base::Mono latest = now;
    int delays = 0;
    while (true) {
      now += nanoseconds(static_cast<std::int64_t>(random.below(2'000'000'000)) - 500'000'000);
      latest = std::max(latest, now);
      const nanoseconds at_least(random.chance(0.8) ? 0 : random.below(5'000'000'000));
      const auto delay = schedule.next(now, random, at_least);
      if (!delay) break;
      ++delays;
      ASSERT_GE(*delay, at_least);
      if (options.budget != nanoseconds::max()) {
        ASSERT_LE(latest - kStart + *delay + options.min_attempt, options.budget);
      }
      now += std::min<nanoseconds>(*delay, seconds(60));
    }
    ASSERT_LT(delays, options.max_attempts);
  }
}

}  // namespace
}  // namespace ashlar::kit
