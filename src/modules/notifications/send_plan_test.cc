// What follows from each answer, as a table; and when the next attempt is.
#include "modules/notifications/send_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace ashlar::notifications {
namespace {

using base::Seconds;
using Next = SendPlan::Next;

constexpr base::Time kNow{Seconds{1'800'000'000}};

SendFacts facts_of(Channel channel) {
  SendFacts facts;
  facts.channel = channel;
  facts.now = facts.since = kNow;
  return facts;
}

SendResult result_of(Verdict verdict) {
  SendResult result;
  result.verdict = verdict;
  return result;
}

struct Row {
  Verdict verdict;
  ThrottleScope scope;
  Next next;
  State state;
  std::string_view reason;
  bool dead;
  Effect effect;
};

TEST(SendPlanTest, WhatFollowsFromEachVerdict) {
  using V = Verdict;
  using S = State;
  using T = ThrottleScope;
  const std::vector<Row> table{
      {V::kAccepted, T::kProvider, Next::kEnd, S::kSent, "", false, Effect::kNone},
      {V::kRetry, T::kProvider, Next::kElsewhere, S::kQueued, "", false, Effect::kNone},
      {V::kThrottled, T::kProvider, Next::kElsewhere, S::kQueued, "", false, Effect::kNone},
      {V::kThrottled, T::kDomain, Next::kLater, S::kQueued, "", false, Effect::kNone},
      {V::kThrottled, T::kAddress, Next::kLater, S::kQueued, "", false, Effect::kNone},
      {V::kAmbiguous, T::kProvider, Next::kLater, S::kQueued, "", false, Effect::kNone},
      {V::kCredential, T::kProvider, Next::kElsewhere, S::kQueued, "", false, Effect::kNone},
      {V::kDropToken, T::kProvider, Next::kEnd, S::kFailed, "device_gone", false,
       Effect::kDropDevice},
      {V::kQuarantine, T::kProvider, Next::kEnd, S::kFailed, "token_rejected", true,
       Effect::kQuarantineDevice},
      {V::kSuppress, T::kProvider, Next::kEnd, S::kFailed, "suppressed", false, Effect::kSuppress},
      {V::kRefused, T::kProvider, Next::kEnd, S::kFailed, "refused", true, Effect::kNone},
      {V::kOurBug, T::kProvider, Next::kEnd, S::kFailed, "malformed", true, Effect::kNone},
  };
  base::Random random(1);
  for (const Row& row : table) {
    SCOPED_TRACE(name_of(row.verdict));
    SendResult result = result_of(row.verdict);
    result.scope = row.scope;
    const SendPlan plan = plan_after(result, facts_of(Channel::kSms), random);
    EXPECT_EQ(plan.next, row.next);
    EXPECT_EQ(plan.state, row.state);
    EXPECT_EQ(plan.reason, row.reason);
    EXPECT_EQ(plan.dead, row.dead);
    EXPECT_EQ(plan.effect, row.effect);
    EXPECT_EQ(plan.next_at.has_value(), row.state == State::kQueued);
  }
}

TEST(SendPlanTest, WhatMayHaveBeenSentGoesNowhereElse) {
  base::Random random(2);
  for (const Verdict verdict : {Verdict::kRetry, Verdict::kThrottled, Verdict::kCredential}) {
    SendFacts facts = facts_of(Channel::kEmail);
    EXPECT_EQ(plan_after(result_of(verdict), facts, random).next, Next::kElsewhere);
    facts.tries = kMaxTries;
    EXPECT_EQ(plan_after(result_of(verdict), facts, random).next, Next::kLater);
    facts.tries = 1;
    facts.maybe_sent = true;
    EXPECT_EQ(plan_after(result_of(verdict), facts, random).next, Next::kLater);
  }
}

TEST(SendPlanTest, ThreeAttemptsWithinTwentySeconds) {
  base::Random random(3);
  base::Micros longest{0};
  base::Micros shortest{base::Seconds{20}};
  for (int i = 0; i < 10'000; ++i) {
    SendFacts facts = facts_of(Channel::kPush);
    for (facts.round = 1; facts.round < 3; ++facts.round) {
      facts.now = *plan_after(result_of(Verdict::kRetry), facts, random).next_at;
    }
    longest = std::max(longest, facts.now - kNow);
    shortest = std::min(shortest, facts.now - kNow);
  }
  EXPECT_LE(longest, Seconds{20});
  EXPECT_GT(longest, Seconds{18});  // drawn from all of it
  EXPECT_LT(shortest, Seconds{2});
}

struct End {
  Channel channel;
  Seconds patience;
};

TEST(SendPlanTest, MailIsTriedForDaysTheRestForOne) {
  base::Random random(4);
  for (const End& end : {End{Channel::kEmail, kMailPatience}, End{Channel::kSms, kPatience},
                         End{Channel::kPush, kPatience}, End{Channel::kHttp, kPatience}}) {
    SendFacts facts = facts_of(end.channel);
    SendPlan plan;
    for (facts.round = 1; facts.round < 500; ++facts.round) {
      plan = plan_after(result_of(Verdict::kRetry), facts, random);
      if (!plan.next_at) break;
      EXPECT_LE(*plan.next_at - facts.now, longest_pause(end.channel, facts.round));
      facts.now = *plan.next_at;
    }
    EXPECT_EQ(plan.state, State::kQueued) << "the last moment itself is in time";
    facts.now += base::Micros{1};
    plan = plan_after(result_of(Verdict::kRetry), facts, random);
    EXPECT_EQ(facts.now - base::Micros{1}, kNow + end.patience);
    EXPECT_EQ(plan.state, State::kFailed);
    EXPECT_EQ(plan.reason, "attempts_used");
    EXPECT_TRUE(plan.dead);
    facts.maybe_sent = true;
    plan = plan_after(result_of(Verdict::kRetry), facts, random);
    EXPECT_EQ(plan.state, State::kUnknown);
    EXPECT_FALSE(plan.dead);
  }
}

TEST(SendPlanTest, RetryAfterIsKeptAndSpread) {
  base::Random random(5);
  SendResult result = result_of(Verdict::kThrottled);
  result.retry_after = base::Millis{60'000};
  std::vector<base::Time> times;
  for (int i = 0; i < 1'000; ++i) {
    times.push_back(*plan_after(result, facts_of(Channel::kPush), random).next_at);
  }
  const auto [first, last] = std::ranges::minmax(times);
  EXPECT_GE(first, kNow + Seconds{60});
  EXPECT_LE(last, kNow + Seconds{65});
  EXPECT_GT(last - first, Seconds{4});
}

TEST(SendPlanTest, NothingIsPlannedBeyondItsExpiry) {
  base::Random random(6);
  SendFacts facts = facts_of(Channel::kPush);
  facts.expires_at = kNow + Seconds{3};
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_LE(*plan_after(result_of(Verdict::kRetry), facts, random).next_at, *facts.expires_at);
  }
  SendResult result = result_of(Verdict::kThrottled);
  result.retry_after = base::Millis{4'000};
  const SendPlan plan = plan_after(result, facts, random);
  EXPECT_EQ(plan.state, State::kExpired);
  EXPECT_EQ(plan.next, Next::kElsewhere) << "another one may take it yet";
}

}  // namespace
}  // namespace ashlar::notifications
