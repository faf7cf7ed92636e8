#include "kit/resilience/deadline_budget.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "base/random.h"

namespace ashlar::kit {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr base::Mono kStart{std::chrono::seconds(1000)};

TEST(DeadlineBudgetTest, RunsDownToZeroAndNotBelow) {
  const DeadlineBudget budget(milliseconds(100), kStart);
  EXPECT_EQ(budget.remaining(kStart), milliseconds(100));
  EXPECT_EQ(budget.remaining(kStart + milliseconds(40)), milliseconds(60));
  EXPECT_FALSE(budget.expired(kStart + milliseconds(99)));
  EXPECT_TRUE(budget.expired(kStart + milliseconds(100)));
  EXPECT_EQ(budget.remaining(kStart + std::chrono::hours(1)), nanoseconds(0));
  EXPECT_EQ(budget.remaining(kStart - std::chrono::hours(1)), milliseconds(100));
}

TEST(DeadlineBudgetTest, WhatAPeerSendsIsBroughtIntoRange) {
  EXPECT_TRUE(DeadlineBudget(nanoseconds(-5), kStart).expired(kStart));
  EXPECT_TRUE(DeadlineBudget(nanoseconds::min(), kStart).expired(kStart));
  EXPECT_EQ(DeadlineBudget(nanoseconds::max(), kStart).remaining(kStart), DeadlineBudget::kMax);
}

TEST(DeadlineBudgetTest, ReserveLeavesTimeForOwnWork) {
  const DeadlineBudget budget(milliseconds(100), kStart);
  const DeadlineBudget calls = budget.reserve(milliseconds(30), kStart);
  EXPECT_EQ(calls.remaining(kStart), milliseconds(70));
  EXPECT_TRUE(calls.expired(kStart + milliseconds(70)));
  EXPECT_EQ(budget.remaining(kStart + milliseconds(70)), milliseconds(30));
  EXPECT_EQ(budget.reserve(milliseconds(200), kStart).remaining(kStart), nanoseconds(0));
  EXPECT_EQ(budget.reserve(milliseconds(-7), kStart).remaining(kStart), milliseconds(100));
}

TEST(DeadlineBudgetTest, SharesAmongCalls) {
  const DeadlineBudget budget(milliseconds(90), kStart);
  EXPECT_EQ(budget.sequential(kStart, 3).remaining(kStart), milliseconds(30));
  EXPECT_EQ(budget.parallel(kStart).remaining(kStart), milliseconds(90));
  EXPECT_EQ(budget.share(kStart, 2, 3).remaining(kStart), milliseconds(60));
  EXPECT_EQ(budget.at_most(milliseconds(20), kStart).remaining(kStart), milliseconds(20));
  EXPECT_EQ(budget.at_most(milliseconds(200), kStart).remaining(kStart), milliseconds(90));
  // The first call took 10 of its 30: the others have 40 each.
  const base::Mono later = kStart + milliseconds(10);
  EXPECT_EQ(budget.sequential(later, 2).remaining(later), milliseconds(40));
}

// Calls one after the other that take anything up to their share, with a clock that may step back:
// never more than the budget is spent, nor is anything negative or larger than what was given.
TEST(DeadlineBudgetTest, PromisesHoldOnRandomCalls) {
  const std::uint64_t seed = 11;
  SCOPED_TRACE(seed);
  base::Random random(seed);
  for (int round = 0; round < 200'000; ++round) {
    const nanoseconds total(random.below(10'000'000'000));
    const nanoseconds own(random.below(2'000'000'000));
    const DeadlineBudget budget(total, kStart);
    const DeadlineBudget calls = budget.reserve(own, kStart);
    base::Mono now = kStart;
    nanoseconds spent(0);
    const int n = 1 + static_cast<int>(random.below(6));
    for (int i = 0; i < n; ++i) {
      const auto weights = static_cast<std::uint32_t>(n - i);
      const auto share = random.chance(0.5) ? calls.sequential(now, n - i).remaining(now)
                                            : calls.share(now, 1, weights).remaining(now);
      ASSERT_GE(share.count(), 0);
      ASSERT_LE(share, total);
      const auto bound = static_cast<std::uint64_t>(share.count()) + 1;
      const nanoseconds took =
          random.chance(0.5) ? share : nanoseconds(static_cast<std::int64_t>(random.below(bound)));
      now += took;
      spent += took;
    }
    ASSERT_LE(spent, std::max(total - own, nanoseconds(0)));
    ASSERT_GE(budget.remaining(now), std::min(own, total));
    const base::Mono back = now - nanoseconds(random.below(20'000'000'000));
    ASSERT_LE(budget.remaining(back), total);
  }
}

}  // namespace
}  // namespace ashlar::kit
