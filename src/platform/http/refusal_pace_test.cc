#include "platform/http/refusal_pace.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace ashlar::http {
namespace {

constexpr base::Mono kStart{std::chrono::seconds(10)};

TEST(RefusalPaceTest, RareRefusalsCostNoWait) {
  RefusalPace pace(1000);
  base::Mono now = kStart;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_LE(pace.turn_after(1, now), now);
    now += base::Millis{1};
  }
}

TEST(RefusalPaceTest, ABurstWaitsInLine) {
  RefusalPace pace(1000);
  base::Mono last{};
  for (int i = 1; i <= 100; ++i) {
    const base::Mono turn = pace.turn_after(1, kStart);
    EXPECT_GT(turn, last);
    EXPECT_EQ(turn, kStart - RefusalPace::kBurst + base::Millis{i});
    last = turn;
  }
}

TEST(RefusalPaceTest, ManyRefusalsOfOneConnectionWaitForAll) {
  RefusalPace pace(1000);
  EXPECT_EQ(pace.turn_after(50, kStart), kStart + base::Millis{45});
  EXPECT_EQ(pace.turn_after(1U << 31, kStart), kStart + RefusalPace::kLongestWait);
}

// Clients that come back in the very moment of their turn, each with the next request.
TEST(RefusalPaceTest, HammeringClientsGetThePaceAndWaitInOrder) {
  const std::uint64_t seed = 4;
  SCOPED_TRACE(seed);
  base::Random random(seed);
  RefusalPace pace(10'000);
  base::Mono now = kStart;
  base::Mono last{};
  constexpr std::uint32_t kRefusals = 100'000;
  for (std::uint32_t i = 0; i < kRefusals; ++i) {
    const base::Mono turn = pace.turn_after(1, now);
    EXPECT_GE(turn, last);
    EXPECT_LE(turn, now + RefusalPace::kLongestWait);
    last = turn;
    // 2,000 connections in line: the next that may speak is 200 ms old.
    now = std::max(now, turn - base::Millis{200} + base::Micros(random.below(20)));
  }
  const double seconds = std::chrono::duration<double>(last - kStart).count();
  EXPECT_NEAR(kRefusals / seconds, 10'000, 100);
}

}  // namespace
}  // namespace ashlar::http
