#include "modules/webhooks/endpoint_health.h"

#include <gtest/gtest.h>

namespace ashlar::webhooks {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;
using Seen = EndpointHealth::Seen;

constexpr EndpointId kA{1};
constexpr EndpointId kB{2};

class EndpointHealthTest : public testing::Test {
 protected:
  bool attempt(EndpointId id, Seen seen, nanoseconds throttle = nanoseconds{0}) {
    const auto admission = health_.admit(id, now_);
    if (!admission.ticket) return false;
    health_.record(id, *admission.ticket, seen, seconds(1), throttle, now_);
    return true;
  }

  EndpointHealth health_{1};
  base::Mono now_{seconds(1'000)};
};

TEST_F(EndpointHealthTest, ADeadEndpointIsLeftAloneAndFoundAgain) {
  int made = 0;
  for (int i = 0; i < 100; ++i) made += attempt(kA, Seen::kTrouble) ? 1 : 0;
  EXPECT_EQ(made, 10);
  EXPECT_EQ(health_.open(), 1U);
  EXPECT_GE(health_.admit(kA, now_).wait, seconds(1));
  EXPECT_TRUE(attempt(kB, Seen::kAnswer));  // not the other's trouble
  now_ += seconds(40);
  EXPECT_TRUE(attempt(kA, Seen::kAnswer));  // the probe
  EXPECT_TRUE(attempt(kA, Seen::kAnswer));
  EXPECT_EQ(health_.open(), 0U);
}

TEST_F(EndpointHealthTest, OneThatAnswersNowAndThenStaysKnown) {
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(attempt(kA, i % 5 == 0 ? Seen::kAnswer : Seen::kTrouble)) << i;
  }
}

TEST_F(EndpointHealthTest, WhoAsksToBeLeftAloneIs) {
  EXPECT_TRUE(attempt(kA, Seen::kTrouble, seconds(30)));
  const auto refused = health_.admit(kA, now_ + seconds(10));
  EXPECT_FALSE(refused.ticket);
  EXPECT_EQ(refused.wait, seconds(20));
  EXPECT_TRUE(health_.admit(kA, now_ + seconds(30)).ticket);
  health_.forget(kA);
  EXPECT_TRUE(health_.admit(kA, now_).ticket);
}

TEST_F(EndpointHealthTest, WhatSaysNothingCountsForNothing) {
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(attempt(kA, Seen::kNothing));
}

TEST_F(EndpointHealthTest, ItsMemoryIsBounded) {
  for (std::int64_t i = 1; i <= 3 * static_cast<std::int64_t>(EndpointHealth::kMaxEndpoints); ++i) {
    attempt(EndpointId(i), Seen::kAnswer);
  }
  EXPECT_EQ(health_.known(), EndpointHealth::kMaxEndpoints);
}

}  // namespace
}  // namespace ashlar::webhooks
