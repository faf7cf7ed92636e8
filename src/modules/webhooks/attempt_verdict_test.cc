// What each answer comes to, and the plan of retries.
#include "modules/webhooks/attempt_verdict.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

namespace ashlar::webhooks {
namespace {

using base::Seconds;
using outbound::Answer;

constexpr base::Time kNow{Seconds{1'800'000'000}};

AttemptVerdict verdict_of(const base::Result<Answer>& result, AttemptFacts facts = {}) {
  base::Random random(1);
  facts.now = kNow;
  return judge(result, facts, random);
}

Answer answer(int status, outbound::HeaderList headers = {}) {
  return Answer{.status = status, .headers = std::move(headers), .body = "body"};
}

TEST(AttemptVerdictTest, OnlyTwoHundredsDeliver) {
  for (int status = 200; status < 300; ++status) {
    const AttemptVerdict verdict = verdict_of(answer(status));
    EXPECT_EQ(verdict.state, DeliveryState::kDelivered) << status;
    EXPECT_EQ(verdict.error, "") << status;
  }
  for (const int status : {100, 199, 300, 301, 302, 304, 307, 308, 400, 401, 403, 404,
                           409, 410, 413, 418, 429, 500, 501, 502, 503, 504, 599}) {
    EXPECT_NE(verdict_of(answer(status)).state, DeliveryState::kDelivered) << status;
    EXPECT_NE(verdict_of(answer(status)).error, "") << status;
  }
  EXPECT_NE(verdict_of(answer(302)).error.find("redirect"), std::string::npos);
}

TEST(AttemptVerdictTest, GoneEndsItAtOnce) {
  const AttemptVerdict verdict = verdict_of(answer(410));
  EXPECT_EQ(verdict.state, DeliveryState::kFailed);
  EXPECT_TRUE(verdict.gone);
  EXPECT_FALSE(verdict.next_at);
  EXPECT_FALSE(verdict_of(answer(404)).gone);
  EXPECT_NE(verdict.error.find("was disabled"), std::string::npos);
  // A test send disables nothing.
  const AttemptVerdict of_test = verdict_of(answer(410), {.number = 1, .last = true});
  EXPECT_EQ(of_test.error.find("was disabled"), std::string::npos) << of_test.error;
}

TEST(AttemptVerdictTest, ThePlanIsThatOfStandardWebhooks) {
  const std::int64_t pauses[] = {5,         5 * 60,     30 * 60,    2 * 3'600, 5 * 3'600,
                                 10 * 3600, 14 * 3'600, 20 * 3'600, 24 * 3'600};
  for (int number = 1; number <= 9; ++number) {
    const AttemptVerdict verdict = verdict_of(answer(500), {.number = number});
    EXPECT_EQ(verdict.state, DeliveryState::kPending);
    ASSERT_TRUE(verdict.next_at) << number;
    const auto pause = *verdict.next_at - kNow;
    EXPECT_GE(pause, Seconds{pauses[number - 1]}) << number;
    EXPECT_LE(pause, Seconds{pauses[number - 1]} * 1.1) << number;
  }
  EXPECT_EQ(verdict_of(answer(500), {.number = 10}).state, DeliveryState::kFailed);
  EXPECT_EQ(verdict_of(answer(500), {.number = 11}).state, DeliveryState::kFailed);
  EXPECT_EQ(verdict_of(answer(500), {.number = 1, .last = true}).state, DeliveryState::kFailed);
}

TEST(AttemptVerdictTest, WhatFailedTogetherDoesNotComeBackTogether) {
  base::Random random(1);
  std::set<base::Time> times;
  for (int i = 0; i < 100; ++i) {
    times.insert(*judge(answer(500), {.number = 3, .now = kNow}, random).next_at);
  }
  EXPECT_GT(times.size(), 90U);
}

TEST(AttemptVerdictTest, RetryAfterIsHeededWhereTheEndpointIsOverloaded) {
  for (const int status : {429, 502, 503, 504}) {
    const AttemptVerdict asked = verdict_of(answer(status, {{"retry-after", "600"}}));
    ASSERT_TRUE(asked.next_at) << status;
    EXPECT_GE(*asked.next_at, kNow + Seconds{600}) << status;
    EXPECT_LE(*asked.next_at, kNow + Seconds{660}) << status;
    EXPECT_EQ(asked.throttle_until, kNow + Seconds{600}) << status;
    const AttemptVerdict silent = verdict_of(answer(status));
    EXPECT_EQ(silent.throttle_until, kNow + kThrottle) << status;
    // Never sooner than the plan.
    EXPECT_GE(*verdict_of(answer(status, {{"retry-after", "1"}}), {.number = 3}).next_at,
              kNow + Seconds{1'800})
        << status;
  }
  EXPECT_FALSE(verdict_of(answer(500, {{"retry-after", "600"}})).throttle_until);
  EXPECT_FALSE(verdict_of(answer(200, {{"retry-after", "600"}})).throttle_until);
}

TEST(AttemptVerdictTest, NoAnswerIsTriedAgain) {
  for (const char* reason : {"dependency_timeout", "dependency_unreachable", "answer_too_large",
                             "address_forbidden", "keys_damaged"}) {
    const base::Result<Answer> result = base::fail(base::Code::kUnavailable, reason, "detail");
    EXPECT_FALSE(was_not_sent(result)) << reason;
    const AttemptVerdict verdict = verdict_of(result);
    EXPECT_EQ(verdict.state, DeliveryState::kPending) << reason;
    EXPECT_FALSE(verdict.status) << reason;
    EXPECT_NE(verdict.error, "") << reason;
  }
  for (const char* reason : {"client_stopping", "too_many_calls", "bulkhead_full"}) {
    EXPECT_TRUE(was_not_sent(base::fail(base::Code::kUnavailable, reason, "detail"))) << reason;
  }
  EXPECT_FALSE(was_not_sent(answer(503)));
}

TEST(AttemptVerdictTest, OfAnAnswerTheBeginningIsKeptAsText) {
  const auto kept = [](std::string body) {
    return *verdict_of(Answer{.status = 200, .body = std::move(body)}).answer;
  };
  EXPECT_EQ(kept("ok"), "ok");
  EXPECT_EQ(kept(std::string(9'000, 'x')), std::string(kMaxAnswerBytes, 'x'));
  EXPECT_EQ(kept(std::string("a\0b", 3)), "a?b");
  EXPECT_EQ(kept("\xff\xfe\x80"), "???");
  // A character that is cut in two goes whole.
  EXPECT_EQ(kept(std::string(kMaxAnswerBytes - 1, 'x') + "\xe2\x82\xac"),
            std::string(kMaxAnswerBytes - 1, 'x'));
  EXPECT_FALSE(verdict_of(Answer{.status = 200}).answer);
  EXPECT_FALSE(verdict_of(answer(200), {.keep_answer = false}).answer);
}

}  // namespace
}  // namespace ashlar::webhooks
