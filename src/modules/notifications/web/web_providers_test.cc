#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "modules/notifications/web/aws_signature.h"
#include "modules/notifications/web/http_provider.h"
#include "modules/notifications/web/ses_provider.h"
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

TEST(SesTest, EachAnswerHasItsClass) {
  const auto typed = [](int status, const std::string& type) {
    outbound::Answer made = answer(status, R"({"message":"x"})");
    made.headers = {{"x-amzn-errortype", type}};
    return made;
  };
  EXPECT_EQ(judge_ses(answer(200, R"({"MessageId":"0100"})"), kNow).provider_ref, "0100");
  for (const Row& row :
       std::vector<Row>{{200, R"({"MessageId":"0100"})", Verdict::kAccepted},
                        {200, "{}", Verdict::kAmbiguous},
                        {200, "<html>portal</html>", Verdict::kAmbiguous},
                        {302, "", Verdict::kAmbiguous},
                        {400, "", Verdict::kOurBug},
                        {400, R"({"__type":"MessageRejected"})", Verdict::kRefused},
                        {401, "", Verdict::kCredential},
                        {403, "", Verdict::kCredential},
                        {404, "", Verdict::kCredential},
                        {413, "", Verdict::kOurBug},
                        {429, "", Verdict::kThrottled},
                        {500, "", Verdict::kAmbiguous},
                        {502, "", Verdict::kAmbiguous},
                        {503, "", Verdict::kRetry},
                        {504, "", Verdict::kAmbiguous}}) {
    EXPECT_EQ(judge_ses(answer(row.status, row.body), kNow).verdict, row.verdict)
        << row.status << " " << row.body;
  }
  struct TypedRow {
    int status;
    const char* type;
    Verdict verdict;
  };
  for (const TypedRow& row : {TypedRow{400, "MessageRejected", Verdict::kRefused},
                              {400, "BadRequestException", Verdict::kOurBug},
                              {400, "AccountSuspendedException", Verdict::kCredential},
                              {400, "SendingPausedException", Verdict::kCredential},
                              {400, "MailFromDomainNotVerifiedException", Verdict::kCredential},
                              {404, "NotFoundException", Verdict::kCredential},
                              {403, "SignatureDoesNotMatch", Verdict::kCredential},
                              {400, "ExpiredTokenException", Verdict::kCredential},
                              {400, "LimitExceededException", Verdict::kThrottled},
                              {429, "TooManyRequestsException", Verdict::kThrottled},
                              {400, "Throttling", Verdict::kThrottled},
                              {500, "MessageRejected", Verdict::kAmbiguous},
                              {500, "InternalFailure", Verdict::kAmbiguous}}) {
    EXPECT_EQ(judge_ses(typed(row.status, row.type), kNow).verdict, row.verdict) << row.type;
  }
  const SendResult shown = judge_ses(typed(400, "com.amazonaws#MessageRejected:http://x/"), kNow);
  EXPECT_EQ(shown.code, "MessageRejected");
  EXPECT_EQ(shown.verdict, Verdict::kRefused);
  EXPECT_EQ(judge_ses(answer(429, "", "7"), kNow).retry_after, base::Millis{7'000});
}

// Amazon's published examples.
TEST(AwsSignatureTest, IsThatOfThePublishedExamples) {
  AwsKey key{.access_key_id = "AKIDEXAMPLE",
             .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
             .session_token = {},
             .region = "us-east-1",
             .service = "iam"};
  const base::Time at = base::from_micros(1'440'938'160'000'000);  // 2015-08-30T12:36:00Z
  const auto signature = [&](const AwsRequest& request) {
    const std::string text = aws_headers(key, request, at).back().second;
    return text.substr(text.rfind('=') + 1);
  };
  const AwsRequest users{
      .method = "GET",
      .host = "iam.amazonaws.com",
      .path = "/",
      .query = "Action=ListUsers&Version=2010-05-08",
      .headers = {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}},
      .body = {}};
  EXPECT_EQ(aws_headers(key, users, at).back().second,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date, "
            "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
  key.service = "service";
  EXPECT_EQ(signature({.method = "GET", .host = "example.amazonaws.com"}),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(signature({.method = "POST", .host = "example.amazonaws.com"}),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  key.session_token = "token";
  EXPECT_EQ(aws_headers(key, users, at)[1].first, "X-Amz-Security-Token");
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
                                         {410, "", Verdict::kCredential},
                                         {422, "", Verdict::kRefused},
                                         {429, "", Verdict::kThrottled},
                                         {500, "", Verdict::kAmbiguous},
                                         {502, "", Verdict::kThrottled},
                                         {503, "", Verdict::kThrottled},
                                         {504, "", Verdict::kThrottled}}) {
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
    if (signature.empty()) signature = signature_of(kUrl, body);
    return hear_at(kUrl, std::move(body), signature);
  }
  static std::string signature_of(std::string_view url, const std::string& body) {
    return twilio_signature("tok", url, *parse_form(body, 100));
  }
  base::Result<std::vector<Report>> hear_at(std::string_view url, std::string body,
                                            const std::string& signature) {
    const ProviderKind kind = twilio_kind();
    const auto settings = kind.check(*json::parse(R"({"account_sid":"AC1","auth_token":"tok",)"
                                                  R"("from":"+15005550006","status_callback":")" +
                                                  std::string(kTold) + "\"}"));
    EXPECT_TRUE(settings.ok());
    return kind.read_callback(
        *settings,
        {.url = url, .headers = {{"x-twilio-signature", signature}}, .body = body, .now = kNow});
  }
  static constexpr std::string_view kUrl = "https://example.com/v1/notification-callbacks/1/t";
  static constexpr std::string_view kTold = "https://front.example.com/sms/1?a=b";
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

// What the URL says counts only where it is signed.
TEST_F(TwilioCallbackTest, TheSignedUrlSaysWhichMessage) {
  const std::string url(kUrl);
  const std::string told(kTold);
  const std::string body = "MessageSid=SM1&MessageStatus=delivered";
  struct Case {
    std::string called, of, message;
  };
  const std::vector<Case> cases{
      {url + "?m=n12", url + "?m=n12", "n12"},
      {url + "?a=b&m=c1-2-3", url + "?a=b&m=c1-2-3", "c1-2-3"},
      {url + "?m=own&m=n12", url + "?m=own&m=n12", "n12"},
      {url + "?mm=n12&x=m=n1", url + "?mm=n12&x=m=n1", ""},
      {url + "?m=n%31", url + "?m=n%31", ""},
      {url + "?m=" + std::string(65, 'n'), url + "?m=" + std::string(65, 'n'), ""},
      {url + "?m=", url + "?m=", ""},
      // Behind a proxy.
      {url + "?a=b&m=n12", told + "&m=n12", "n12"},
      {url, told, ""},
      {url + "?m=n13", told, ""},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.called);
    const auto heard = hear_at(one.called, body, signature_of(one.of, body));
    ASSERT_TRUE(heard.ok());
    EXPECT_EQ(heard->at(0).message_id, one.message);
    EXPECT_EQ(heard->at(0).provider_ref, "SM1");
  }
  EXPECT_FALSE(hear_at(url + "?m=n13", body, signature_of(url + "?m=n12", body)).ok());
  EXPECT_FALSE(hear_at(url + "?a=b&m=n13", body, signature_of(told + "&m=n12", body)).ok());
  EXPECT_FALSE(hear_at(url + "?m=n13", body, signature_of(url, body)).ok());
  const std::string stop = "MessageSid=SM2&From=%2B43123&Body=STOP";
  EXPECT_EQ(hear_at(url + "?m=n12", stop, signature_of(url + "?m=n12", stop))->at(0).message_id,
            "");
}

}  // namespace
}  // namespace ashlar::notifications
