#include "modules/documents/log_follower.h"

#include <gtest/gtest.h>

#include <vector>

namespace ashlar::documents {
namespace {

constexpr base::Mono kStart{base::Millis{1'000'000}};

TEST(LogFollowerTest, WhatIsHeardWhileItReadsIsLookedAtBehindIt) {
  LogFollower follower;
  EXPECT_FALSE(follower.has_heard_of_more_than(0));
  follower.hear(5);
  follower.hear(3);
  EXPECT_TRUE(follower.has_heard_of_more_than(4));
  EXPECT_FALSE(follower.has_heard_of_more_than(5));
  ASSERT_TRUE(follower.begin());
  EXPECT_FALSE(follower.has_heard_of_more_than(0)) << "the read has it";
  EXPECT_FALSE(follower.begin()) << "one at a time";
  follower.hear(6);
  follower.end();
  EXPECT_TRUE(follower.has_heard_of_more_than(5));
  ASSERT_TRUE(follower.begin());
  follower.hear(kAnySeq);
  follower.end();
  EXPECT_TRUE(follower.has_heard_of_more_than(1'000'000));
}

TEST(LogFollowerTest, AFailedReadIsTriedAgainMoreAndMoreSeldomAndThenGivenUp) {
  LogFollower follower;
  base::Mono now = kStart;
  std::vector<std::int64_t> pauses;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(follower.begin());
    follower.end();
    const auto again = follower.fail(now);
    if (!again) break;
    EXPECT_FALSE(follower.begin()) << "its time has not come";
    EXPECT_TRUE(follower.has_heard_of_more_than(1'000'000));
    pauses.push_back(std::chrono::duration_cast<base::Millis>(*again - now).count());
    now = *again;
    follower.wake();
  }
  ASSERT_GE(pauses.size(), 7U);
  EXPECT_LT(pauses.size(), 20U);
  EXPECT_EQ(pauses[0], 50);
  EXPECT_EQ(pauses[1], 100);
  EXPECT_EQ(pauses.back(), 2'000);
  EXPECT_GE(now - kStart, LogFollower::kPatience);
  EXPECT_LE(now - kStart, LogFollower::kPatience + LogFollower::kLongestPause);
}

TEST(LogFollowerTest, AnAnswerBringsPatienceBack) {
  LogFollower follower;
  ASSERT_TRUE(follower.begin());
  follower.end();
  ASSERT_TRUE(follower.fail(kStart));
  follower.wake();
  ASSERT_TRUE(follower.begin());
  follower.end();
  follower.succeed();
  const auto again = follower.fail(kStart + 2 * LogFollower::kPatience);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, kStart + 2 * LogFollower::kPatience + LogFollower::kFirstPause);
}

}  // namespace
}  // namespace ashlar::documents
