#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "modules/notifications/web/http_provider.h"
#include "modules/notifications/web/slack_provider.h"
#include "modules/notifications/web/twilio_provider.h"
#include "modules/notifications/web/web_call.h"
#include "platform/json/parse.h"

namespace ashlar::notifications {
namespace {

constexpr base::Time kNow = base::from_micros(1'800'000'000'000'000);

outbound::Answer answer(int status, std::string body, std::string retry_after = {}) {
  outbound::Answer made;
  made.status = status;
  made.body = std::move(body);
  if (!retry_after.empty()) made.headers = {{"retry-after", std::move(retry_after)}};
  return made;
}

struct Row {
  int status;
  std::string body;
  Verdict verdict;
};

TEST(TwilioTest, EachAnswerHasItsClass) {
  const std::vector<Row> rows{
      {201, R"({"sid":"SM1","status":"queued"})", Verdict::kAccepted},
      {200, "<html>portal</html>", Verdict::kAmbiguous},
      {400, R"({"code":21610,"message":"unsubscribed"})", Verdict::kSuppress},
      {400, R"({"code":21211})", Verdict::kSuppress},
      {400, R"({"code":21614})", Verdict::kSuppress},
      {400, R"({"code":21408})", Verdict::kRefused},
      {400, R"({"code":30004})", Verdict::kRefused},
      {400, R"({"code":21606})", Verdict::kCredential},
      {400, R"({"code":21602})", Verdict::kOurBug},
      {400, "no json", Verdict::kOurBug},
      {401, R"({"code":20003})", Verdict::kCredential},
      {403, "", Verdict::kCredential},
      {429, R"({"code":20429})", Verdict::kThrottled},
      {429, "", Verdict::kThrottled},
      {500, R"({"code":20500})", Verdict::kAmbiguous},
      {502, "", Verdict::kAmbiguous},
      {503, "", Verdict::kRetry},
      {302, "", Verdict::kAmbiguous},
  };
  for (const Row& row : rows) {
    const SendResult result = judge_twilio(answer(row.status, row.body), kNow);
    EXPECT_EQ(result.verdict, row.verdict) << row.status << " " << row.body;
    EXPECT_EQ(result.status, row.status);
  }
  EXPECT_EQ(judge_twilio(answer(201, R"({"sid":"SM1"})"), kNow).provider_ref, "SM1");
  EXPECT_EQ(judge_twilio(answer(400, R"({"code":21610})"), kNow).code, "21610");
  EXPECT_EQ(judge_twilio(answer(429, "", "7"), kNow).retry_after, base::Millis{7'000});
}

TEST(SlackTest, EachAnswerHasItsClass) {
  for (const Row& row : std::vector<Row>{{200, "ok", Verdict::kAccepted},
                                         {400, "invalid_payload", Verdict::kOurBug},
                                         {403, "action_prohibited", Verdict::kCredential},
                                         {404, "no_service", Verdict::kCredential},
                                         {410, "channel_is_archived", Verdict::kCredential},
                                         {429, "", Verdict::kThrottled},
                                         {500, "rollup_error", Verdict::kAmbiguous},
                                         {503, "", Verdict::kRetry}}) {
    const SendResult result = judge_slack(answer(row.status, row.body), kNow);
    EXPECT_EQ(result.verdict, row.verdict) << row.status;
  }
  EXPECT_EQ(judge_slack(answer(404, "no_service"), kNow).code, "no_service");
}

TEST(HttpProviderTest, EachAnswerHasItsClass) {
  for (const Row& row : std::vector<Row>{{200, "", Verdict::kAccepted},
                                         {204, "", Verdict::kAccepted},
                                         {301, "", Verdict::kOurBug},
                                         {400, "", Verdict::kOurBug},
                                         {401, "", Verdict::kCredential},
                                         {410, "", Verdict::kSuppress},
                                         {422, "", Verdict::kRefused},
                                         {429, "", Verdict::kThrottled},
                                         {500, "", Verdict::kAmbiguous},
                                         {502, "", Verdict::kRetry},
                                         {503, "", Verdict::kThrottled}}) {
    EXPECT_EQ(judge_http(answer(row.status, row.body), kNow).verdict, row.verdict) << row.status;
  }
  EXPECT_EQ(judge_http(answer(202, R"({"ref":"r-1"})"), kNow).provider_ref, "r-1");
}

TEST(WebCallTest, WithoutAnAnswerOnlyWhatWasBegunIsInDoubt) {
  const base::Error lost = base::fail(base::Code::kUnavailable, "dependency_unreachable", "reset");
  EXPECT_EQ(unanswered(lost, false).verdict, Verdict::kRetry);
  EXPECT_EQ(unanswered(lost, true).verdict, Verdict::kAmbiguous);
  const base::Error forbidden = base::fail(base::Code::kForbidden, "address_forbidden", "private");
  EXPECT_EQ(unanswered(forbidden, false).verdict, Verdict::kOurBug);
}

TEST(WebCallTest, FormsComeBack) {
  std::string body;
  append_form(body, "Body", "1 + 1 = 2 & ä");
  append_form(body, "To", "+4312345");
  EXPECT_EQ(body, "Body=1%20%2B%201%20%3D%202%20%26%20%C3%A4&To=%2B4312345");
  const auto fields = parse_form(body + "&empty=&a+b=c+d", 10);
  ASSERT_TRUE(fields);
  ASSERT_EQ(fields->size(), 4U);
  EXPECT_EQ((*fields)[0].second, "1 + 1 = 2 & ä");
  EXPECT_EQ((*fields)[3], std::pair(std::string("a b"), std::string("c d")));
  EXPECT_FALSE(parse_form("a=1&b=2", 1));
  EXPECT_FALSE(parse_form("a=%zz", 5));
}

// Twilio's documentation has this example.
TEST(TwilioTest, SignsAsTwilioDoes) {
  EXPECT_EQ(twilio_signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2",
                             {{"CallSid", "CA1234567890ABCDE"},
                              {"Caller", "+14158675309"},
                              {"Digits", "1234"},
                              {"From", "+14158675309"},
                              {"To", "+18005551212"}}),
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
}

class TwilioCallbackTest : public testing::Test {
 protected:
  base::Result<std::vector<Report>> hear(std::string body, std::string signature = {}) {
    const ProviderKind kind = twilio_kind();
    const auto settings = kind.check(
        *json::parse(R"({"account_sid":"AC1","auth_token":"tok","from":"+15005550006"})"));
    EXPECT_TRUE(settings.ok());
    if (signature.empty()) signature = twilio_signature("tok", kUrl, *parse_form(body, 100));
    return kind.read_callback(
        *settings,
        {.url = kUrl, .headers = {{"x-twilio-signature", signature}}, .body = body, .now = kNow});
  }
  static constexpr std::string_view kUrl = "https://example.com/v1/notification-callbacks/1/t";
};

TEST_F(TwilioCallbackTest, StatusesBecomeReports) {
  const auto delivered = hear("MessageSid=SM1&MessageStatus=delivered&New=parameter");
  ASSERT_TRUE(delivered.ok());
  ASSERT_EQ(delivered->size(), 1U);
  EXPECT_EQ(delivered->front().kind, Report::Kind::kDelivered);
  EXPECT_EQ(delivered->front().provider_ref, "SM1");
  EXPECT_EQ(delivered->front().dedupe, "SM1:delivered");
  EXPECT_EQ(hear("MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30003")->front().detail,
            "30003");
  EXPECT_TRUE(hear("MessageSid=SM1&MessageStatus=queued")->empty());
  EXPECT_EQ(hear("MessageSid=SM2&From=%2B43123&Body=STOP")->front().kind, Report::Kind::kStop);
  EXPECT_EQ(hear("MessageSid=SM2&From=%2B43123&Body=%20Stop%20")->front().address, "+43123");
  EXPECT_EQ(hear("MessageSid=SM3&From=%2B43123&OptOutType=START&Body=x")->front().kind,
            Report::Kind::kStart);
  EXPECT_TRUE(hear("MessageSid=SM4&From=%2B43123&Body=please+stop+it")->empty());
}

TEST_F(TwilioCallbackTest, WhatIsNotSignedIsRefused) {
  const auto forged = hear("MessageSid=SM1&MessageStatus=delivered", "AAAA");
  ASSERT_FALSE(forged.ok());
  EXPECT_STREQ(forged.error().reason, "callback_signature");
}

}  // namespace
}  // namespace ashlar::notifications
