// What a target's answer means for a push task. (The rest is shown by test/clients.)
#include "modules/tasks/push.h"

#include <gtest/gtest.h>

#include <string>

#include "modules/tasks/push_headers.h"
#include "platform/json/parse.h"
#include "platform/outbound/retry_after.h"

namespace ashlar::tasks {
namespace {

using Kind = jobs::Outcome::Kind;

const base::Time kNow = *base::parse_rfc3339("2026-11-22T10:00:00Z");

outbound::Answer answer(int status, std::string body = {}, std::string retry_after = {}) {
  outbound::Answer out;
  out.status = status;
  out.body = std::move(body);
  if (!retry_after.empty()) out.headers.emplace_back("retry-after", std::move(retry_after));
  return out;
}

PushTarget giving_up_on(std::vector<std::int64_t> statuses) {
  PushTarget target;
  target.give_up_on = std::move(statuses);
  return target;
}

// Where targets may be private their answers are not for those who make tasks to read.
TEST(PushOutcome, APrivateTargetsAnswerIsNotShown) {
  for (const int status : {200, 500, 410}) {
    const auto outcome = outcome_of(answer(status, "secret"), giving_up_on({410}), kNow, false);
    EXPECT_EQ((outcome.result + outcome.error).find("secret"), std::string::npos) << status;
    EXPECT_NE((outcome.result + outcome.error).find(std::to_string(status)), std::string::npos);
  }
}

TEST(PushOutcome, OnlySuccessIsDone) {
  for (const int status : {200, 201, 204, 299}) {
    EXPECT_EQ(outcome_of(answer(status), {}, kNow).kind, Kind::kDone) << status;
  }
  for (const int status : {100, 302, 304, 400, 404, 408, 410, 422, 425, 429, 500, 503, 599}) {
    EXPECT_EQ(outcome_of(answer(status), {}, kNow).kind, Kind::kFailed) << status;
  }
}

TEST(PushOutcome, SomeStatusesEndItAtOnceWhereTheTargetSaysSo) {
  const PushTarget target = giving_up_on({410, 422});
  EXPECT_EQ(outcome_of(answer(410, "gone"), target, kNow).kind, Kind::kDead);
  EXPECT_EQ(outcome_of(answer(410, "gone"), target, kNow).error, "HTTP 410: gone");
  EXPECT_EQ(outcome_of(answer(404), target, kNow).kind, Kind::kFailed);
}

TEST(PushOutcome, RetryAfterCountsForTooManyAndUnavailable) {
  EXPECT_EQ(outcome_of(answer(429, "", "120"), {}, kNow).run_at, kNow + base::Seconds{120});
  EXPECT_EQ(outcome_of(answer(503, "", "Sun, 22 Nov 2026 10:05:00 GMT"), {}, kNow).run_at,
            kNow + base::Seconds{300});
  EXPECT_FALSE(outcome_of(answer(500, "", "120"), {}, kNow).run_at.has_value());
  EXPECT_EQ(outcome_of(answer(429, "", "99999999999999999"), {}, kNow).run_at,
            kNow + outbound::kMaxRetryAfter);
  EXPECT_EQ(outcome_of(answer(429, "", "Fri, 31 Dec 9999 23:59:59 GMT"), {}, kNow).run_at,
            kNow + outbound::kMaxRetryAfter);
  for (const char* odd :
       {"soon", "-1", "1.5", "Sun, 22 Nov 2026 10:05:00", "Sun, 22 Xxx 2026 10:05:00 GMT",
        "Sun, 32 Nov 2026 10:05:00 GMT", "99999999999999999999999"}) {
    EXPECT_FALSE(outcome_of(answer(429, "", odd), {}, kNow).run_at.has_value()) << odd;
  }
}

TEST(PushOutcome, ResultsAndErrorsKeepWhatFits) {
  for (const std::string& body :
       {std::string(100'000, 'x'), std::string(100'000, '"'), std::string(5'000, '\x01'),
        std::string(999, 'x') + "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
                                "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
        std::string("\xff\xfe\x00 no text", 11), std::string()}) {
    const jobs::Outcome done = outcome_of(answer(200, body), {}, kNow);
    EXPECT_LE(done.result.size(), kMaxResultBytes);
    const auto value = json::parse(done.result);
    ASSERT_TRUE(value.ok()) << done.result;
    EXPECT_EQ(*value->find("status")->if_integer(), 200);
    const jobs::Outcome failed = outcome_of(answer(500, body), {}, kNow);
    EXPECT_LE(failed.error.size(), jobs::kMaxErrorBytes);
    EXPECT_EQ(failed.error.find('\0'), std::string::npos);
  }
}

TEST(PushHeaders, OursAndThoseOfTheConnectionCannotBeSet) {
  const auto reason = [](std::string name, std::string value) -> std::string {
    const auto status = check_push_headers({{std::move(name), std::move(value)}}, "/h");
    return status.ok() ? "" : status.error().reason;
  };
  EXPECT_EQ(reason("X-Shard", "7"), "");
  EXPECT_EQ(reason("Authorization", "Bearer x"), "");
  EXPECT_EQ(reason("content-type", "text/plain"), "");
  for (const char* name : {"Host", "CONTENT-LENGTH", "Transfer-Encoding", "Connection",
                           "Webhook-Id", "Ashlar-Attempt", "traceparent", "Expect"}) {
    EXPECT_EQ(reason(name, "x"), "header_forbidden") << name;
  }
  for (const char* name : {"", "a b", "a:b", "a\r\n", "ü"}) {
    EXPECT_EQ(reason(name, "x"), "header_malformed") << name;
  }
  for (const char* value : {"a\r\nb", "a\nb", "ü", "\x7f"}) {
    EXPECT_EQ(reason("X-A", value), "header_malformed") << value;
  }
  std::vector<std::pair<std::string, std::string>> many(kMaxPushHeaders + 1, {"X-A", "1"});
  EXPECT_FALSE(check_push_headers(many, "/h").ok());
}

}  // namespace
}  // namespace ashlar::tasks
