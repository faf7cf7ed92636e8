// What is said to push services and what their answers mean: tables, without a network.
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/entropy.h"
#include "modules/notifications/push/apns_message.h"
#include "modules/notifications/push/apns_token.h"
#include "modules/notifications/push/fcm_message.h"
#include "modules/notifications/push/p256.h"
#include "modules/notifications/push/push_http.h"
#include "modules/notifications/push/token_rejections.h"
#include "modules/notifications/push/vapid.h"
#include "modules/notifications/push/web_push_message.h"

namespace ashlar::notifications {
namespace {

using outbound::Answer;

// Sun, 06 Nov 1994 08:49:37 GMT.
constexpr base::Time kAnswered{base::Seconds{784'111'777}};

SendResult apns_verdict(const Answer& answer) {
  return notifications::apns_verdict(answer, kAnswered);
}
SendResult fcm_verdict(const Answer& answer) {
  return notifications::fcm_verdict(answer, kAnswered);
}
SendResult web_push_verdict(const Answer& answer) {
  return notifications::web_push_verdict(answer, kAnswered);
}

struct Row {
  int status;
  std::string body;
  Verdict verdict;
  std::string code;
  outbound::HeaderList headers = {};
};

void check(const std::vector<Row>& rows, SendResult (*verdict_of)(const Answer&)) {
  for (const Row& row : rows) {
    const SendResult result =
        verdict_of({.status = row.status, .headers = row.headers, .body = row.body});
    EXPECT_EQ(name_of(result.verdict), name_of(row.verdict)) << row.status << " " << row.body;
    EXPECT_EQ(result.code, row.code) << row.status << " " << row.body;
    EXPECT_EQ(result.status, row.status);
  }
}

std::string apple(std::string_view reason) {
  return R"({"reason":")" + std::string(reason) + "\"}";
}

TEST(PushVerdictsTest, Apns) {
  std::vector<Row> rows{
      {200, "", Verdict::kAccepted, ""},
      {404, apple("BadPath"), Verdict::kOurBug, "BadPath"},
      {405, apple("MethodNotAllowed"), Verdict::kOurBug, "MethodNotAllowed"},
      {413, apple("PayloadTooLarge"), Verdict::kOurBug, "PayloadTooLarge"},
      {500, apple("InternalServerError"), Verdict::kAmbiguous, "InternalServerError"},
      {502, "<html>", Verdict::kAmbiguous, ""},
      {503, apple("ServiceUnavailable"), Verdict::kRetry, "ServiceUnavailable"},
      {503, apple("Shutdown"), Verdict::kRetry, "Shutdown"},
      {400, apple("IdleTimeout"), Verdict::kRetry, "IdleTimeout"},
      {400, "no JSON", Verdict::kOurBug, ""},
      {400, R"({"reason":7})", Verdict::kOurBug, ""},
      {302, "", Verdict::kOurBug, ""}};
  for (const char* reason : {"BadDeviceToken", "DeviceTokenNotForTopic"}) {
    rows.push_back({400, apple(reason), Verdict::kQuarantine, reason});
  }
  for (const char* reason : {"Unregistered", "ExpiredToken"}) {
    rows.push_back({410, apple(reason), Verdict::kDropToken, reason});
  }
  for (const char* reason :
       {"BadCollapseId", "BadExpirationDate", "BadMessageId", "BadPriority", "BadTopic",
        "DuplicateHeaders", "InvalidPushType", "MissingDeviceToken", "MissingTopic", "PayloadEmpty",
        "TopicDisallowed"}) {
    rows.push_back({400, apple(reason), Verdict::kOurBug, reason});
  }
  for (const char* reason : {"BadCertificate", "BadCertificateEnvironment", "ExpiredProviderToken",
                             "Forbidden", "InvalidProviderToken", "MissingProviderToken",
                             "UnrelatedKeyIdInToken", "BadEnvironmentKeyIdInToken"}) {
    rows.push_back({403, apple(reason), Verdict::kCredential, reason});
  }
  for (const char* reason : {"TooManyProviderTokenUpdates", "TooManyRequests"}) {
    rows.push_back({429, apple(reason), Verdict::kThrottled, reason});
  }
  check(rows, apns_verdict);
}

TEST(PushVerdictsTest, ApnsTellsWhomItThrottlesAndSinceWhenATokenIsGone) {
  EXPECT_EQ(apns_verdict({.status = 429, .body = apple("TooManyRequests")}).scope,
            ThrottleScope::kAddress);
  EXPECT_EQ(apns_verdict({.status = 429, .body = apple("TooManyProviderTokenUpdates")}).scope,
            ThrottleScope::kProvider);
  EXPECT_EQ(apns_verdict({.status = 429}).retry_after, base::Millis(60'000));
  EXPECT_EQ(apns_verdict({.status = 429, .headers = {{"retry-after", "7"}}}).retry_after,
            base::Millis(7'000));
  const auto gone = apns_verdict(
      {.status = 410, .body = R"({"reason":"Unregistered","timestamp":1789516800123})"});
  EXPECT_EQ(gone.gone_since, base::from_micros(1'789'516'800'123'000));
  EXPECT_FALSE(apns_verdict({.status = 410, .body = apple("Unregistered")}).gone_since);
  const auto ok = apns_verdict({.status = 200, .headers = {{"apns-id", "abc"}}});
  EXPECT_EQ(ok.provider_ref, "abc");
}

std::string google(std::string_view status, std::string_view details) {
  return R"({"error":{"code":400,"message":"m","status":")" + std::string(status) +
         R"(","details":[)" + std::string(details) + "]}}";
}
std::string fcm_error(std::string_view code) {
  return R"({"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":")" +
         std::string(code) + "\"}";
}
std::string violation(std::string_view field) {
  return R"({"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":")" +
         std::string(field) + R"(","description":"d"}]})";
}

TEST(PushVerdictsTest, Fcm) {
  check({{200, R"({"name":"projects/p/messages/1"})", Verdict::kAccepted, ""},
         {404, google("NOT_FOUND", fcm_error("UNREGISTERED")), Verdict::kDropToken, "UNREGISTERED"},
         {404, google("NOT_FOUND", ""), Verdict::kOurBug, "NOT_FOUND"},
         {404, "<html>", Verdict::kOurBug, ""},
         {400,
          google("INVALID_ARGUMENT",
                 violation("message.token") + "," + fcm_error("INVALID_ARGUMENT")),
          Verdict::kDropToken, "INVALID_ARGUMENT"},
         {400,
          google("INVALID_ARGUMENT",
                 fcm_error("INVALID_ARGUMENT") + "," + violation("message.data[0].value")),
          Verdict::kOurBug, "INVALID_ARGUMENT"},
         {400, google("INVALID_ARGUMENT", fcm_error("INVALID_ARGUMENT")), Verdict::kOurBug,
          "INVALID_ARGUMENT"},
         {403, google("PERMISSION_DENIED", fcm_error("SENDER_ID_MISMATCH")), Verdict::kDropToken,
          "SENDER_ID_MISMATCH"},
         {403, google("PERMISSION_DENIED", ""), Verdict::kCredential, "PERMISSION_DENIED"},
         {401, google("UNAUTHENTICATED", fcm_error("THIRD_PARTY_AUTH_ERROR")), Verdict::kCredential,
          "THIRD_PARTY_AUTH_ERROR"},
         {401, google("UNAUTHENTICATED", ""), Verdict::kCredential, "UNAUTHENTICATED"},
         {429, google("RESOURCE_EXHAUSTED", fcm_error("QUOTA_EXCEEDED")), Verdict::kThrottled,
          "QUOTA_EXCEEDED"},
         {500, google("INTERNAL", fcm_error("INTERNAL")), Verdict::kAmbiguous, "INTERNAL"},
         {502, "<html><title>502</title></html>", Verdict::kAmbiguous, ""},
         {503, google("UNAVAILABLE", fcm_error("UNAVAILABLE")), Verdict::kRetry, "UNAVAILABLE"},
         {400, R"({"error":[1]})", Verdict::kOurBug, ""}},
        fcm_verdict);
  EXPECT_EQ(fcm_verdict({.status = 429}).retry_after, base::Millis(60'000));
  EXPECT_EQ(fcm_verdict({.status = 429, .headers = {{"retry-after", "5"}}}).retry_after,
            base::Millis(5'000));
  EXPECT_EQ(fcm_verdict({.status = 503, .headers = {{"retry-after", "9"}}}).retry_after,
            base::Millis(9'000));
  EXPECT_EQ(fcm_verdict({.status = 200, .body = R"({"name":"n"})"}).provider_ref, "n");
}

TEST(PushVerdictsTest, WebPush) {
  check({{201, "", Verdict::kAccepted, ""},
         {202, "", Verdict::kAccepted, ""},
         {404, "", Verdict::kDropToken, ""},
         {410, "", Verdict::kDropToken, ""},
         {401, "", Verdict::kQuarantine, ""},
         {403, "", Verdict::kQuarantine, ""},
         {413, "", Verdict::kRefused, "payload_too_large"},
         {429, "", Verdict::kThrottled, ""},
         {503, "", Verdict::kThrottled, ""},
         {500, "", Verdict::kAmbiguous, ""},
         {400, "", Verdict::kOurBug, ""}},
        web_push_verdict);
  // As a date, too; one that is past, or none, says nothing.
  const auto at = [](const char* value) {
    return fcm_verdict({.status = 503, .headers = {{"retry-after", value}}}).retry_after;
  };
  EXPECT_EQ(at("Sun, 06 Nov 1994 08:51:37 GMT"), base::Millis(120'000));
  EXPECT_FALSE(at("Sun, 06 Nov 1994 08:49:00 GMT"));
  EXPECT_FALSE(at("soon"));
  EXPECT_FALSE(at("0"));
  EXPECT_EQ(at("99999999"), base::Millis(24 * 3600 * 1000));
  const auto slow = web_push_verdict({.status = 429, .headers = {{"retry-after", "30"}}});
  EXPECT_EQ(slow.retry_after, base::Millis(30'000));
  EXPECT_EQ(slow.scope, ThrottleScope::kAddress);
  EXPECT_EQ(web_push_verdict({.status = 500}).scope, ThrottleScope::kAddress);
  EXPECT_EQ(web_push_silence({}).scope, ThrottleScope::kAddress);
}

TEST(PushVerdictsTest, DetailsAreCutAtACharacter) {
  std::string long_text(511, 'x');
  long_text += "ä and more";
  EXPECT_EQ(detail_of(long_text).size(), 511U);
}

Outgoing outgoing() {
  Outgoing message;
  message.id = "dlv_1";
  message.target.address = "aB12";
  message.content.subject = "Hello \"you\"";
  message.content.text = "A text";
  return message;
}
std::string field(const std::vector<outbound::Http2Field>& fields, std::string_view name) {
  for (const auto& f : fields) {
    if (f.name == name) return f.value;
  }
  return "-";
}
const base::Time kNow = base::from_micros(1'789'516'800'000'000);

TEST(PushMessagesTest, Apns) {
  Outgoing message = outgoing();
  message.category = "orders";
  message.content.url = "https://example.net/o/1";
  message.content.data = R"({"order":7,"aps":{"badge":3,"sound":"ping"}})";
  message.urgent = true;
  message.expires_at = kNow + base::Seconds(60);
  message.collapse_key = "order 7";
  const auto made = apns_message(message, "net.example.app", kNow);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->payload,
            R"({"aps":{"alert":{"title":"Hello \"you\"","body":"A text"},"thread-id":"orders",)"
            R"("badge":3,"sound":"ping"},"order":7,"url":"https://example.net/o/1"})");
  EXPECT_EQ(made->path, "/3/device/aB12");
  EXPECT_EQ(field(made->fields, "apns-topic"), "net.example.app");
  EXPECT_EQ(field(made->fields, "apns-push-type"), "alert");
  EXPECT_EQ(field(made->fields, "apns-priority"), "10");
  EXPECT_EQ(field(made->fields, "apns-expiration"), "1789516860");
  EXPECT_EQ(field(made->fields, "apns-collapse-id").size(), 43U);  // it has a blank: its hash
  EXPECT_EQ(field(made->fields, "apns-id"), made->id);
  EXPECT_EQ(made->id, apns_message(message, "other", kNow + base::Seconds(9))->id);
  EXPECT_EQ(made->id.size(), 36U);
  EXPECT_NE(made->id, uuid_of("dlv_2"));
}

TEST(PushMessagesTest, ApnsBackgroundAndRefusals) {
  Outgoing message = outgoing();
  message.content = {};
  message.content.data = R"({"sync":true})";
  message.urgent = true;
  auto made = apns_message(message, "t", kNow);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->payload, R"({"aps":{"content-available":1},"sync":true})");
  EXPECT_EQ(field(made->fields, "apns-push-type"), "background");
  EXPECT_EQ(field(made->fields, "apns-priority"), "5");
  EXPECT_EQ(field(made->fields, "apns-collapse-id"), "-");

  message.content.data = "[1]";
  EXPECT_STREQ(apns_message(message, "t", kNow).error().reason, "push_data");
  message.content.data.clear();
  message.content.text.assign(4096, 'x');
  EXPECT_STREQ(apns_message(message, "t", kNow).error().reason, "payload_too_large");
  for (const char* token : {"", "xyz", "ab/../cd", "ab\r\nx: y"}) {
    message.target.address = token;
    EXPECT_STREQ(apns_message(message, "t", kNow).error().reason, "device_token") << token;
  }
}

TEST(PushMessagesTest, Fcm) {
  Outgoing message = outgoing();
  message.content.data = R"({"n":7,"s":"t","o":{"a":[1]}})";
  message.content.url = "https://example.net/";
  message.urgent = true;
  message.expires_at = kNow + base::Seconds(60);
  message.collapse_key = "c";
  EXPECT_EQ(
      fcm_message(message, kNow).value(),
      R"({"message":{"token":"aB12","notification":{"title":"Hello \"you\"","body":"A text"},)"
      R"("data":{"n":"7","s":"t","o":"{\"a\":[1]}","url":"https://example.net/"},)"
      R"("android":{"priority":"HIGH","ttl":"60s","collapse_key":"c"},)"
      R"("apns":{"headers":{"apns-priority":"10","apns-expiration":"1789516860"}},)"
      R"("webpush":{"headers":{"TTL":"60","Urgency":"high"},)"
      R"("fcm_options":{"link":"https://example.net/"}}}})");
  message.content.text.assign(4096, 'x');
  EXPECT_STREQ(fcm_message(message, kNow).error().reason, "payload_too_large");
  message.content.data = "{";
  EXPECT_STREQ(fcm_message(message, kNow).error().reason, "push_data");
}

TEST(PushMessagesTest, WebPush) {
  const P256Key browser = P256Key::generate();
  base::SystemEntropy entropy;
  Outgoing message = outgoing();
  message.target.extra = R"({"p256dh":")" + base::base64url_encode(browser.public_bytes()) +
                         R"(=","auth":")" + base::base64url_encode("0123456789abcdef") + "\"}";
  message.collapse_key = "order 7";
  message.expires_at = kNow - base::Seconds(5);
  const auto made = web_push_message(message, kNow, 0, entropy);
  ASSERT_TRUE(made.ok()) << made.error().detail;
  EXPECT_EQ(field(made->fields, "ttl"), "0");
  EXPECT_EQ(field(made->fields, "urgency"), "normal");
  EXPECT_EQ(field(made->fields, "topic").size(), 32U);
  EXPECT_EQ(field(made->fields, "content-encoding"), "aes128gcm");
  const auto again = web_push_message(message, kNow, 0, entropy);
  EXPECT_NE(made->body.substr(0, 16), again->body.substr(0, 16));    // salt
  EXPECT_NE(made->body.substr(21, 65), again->body.substr(21, 65));  // key
  message.content.text.assign(3993, 'x');
  EXPECT_STREQ(web_push_message(message, kNow, 0, entropy).error().reason, "payload_too_large");
  message.content.text.clear();
  for (const char* extra : {"", "{}", "[]", R"({"p256dh":"AA","auth":"AA"})"}) {
    message.target.extra = extra;
    EXPECT_STREQ(web_push_message(message, kNow, 0, entropy).error().reason, "device_token");
  }
}

TEST(ApnsTokenTest, IsMintedEach50MinutesAndAfterARefusalNoSoonerThan20) {
  base::ManualClock clock;
  ApnsToken token(P256Key::generate(), "KEY", "TEAM", clock);
  const std::string first = token.bearer();
  ASSERT_TRUE(first.starts_with("bearer "));
  const std::string header = first.substr(7, first.find('.') - 7);
  EXPECT_EQ(base::base64url_decode(header), R"({"alg":"ES256","kid":"KEY"})");
  clock.advance(base::Seconds(19 * 60));
  EXPECT_EQ(token.bearer(), first);
  EXPECT_FALSE(token.expired(first));
  EXPECT_EQ(token.bearer(), first);
  clock.advance(base::Seconds(60));
  EXPECT_TRUE(token.expired(first));
  const std::string second = token.bearer();
  EXPECT_NE(second, first);
  EXPECT_TRUE(token.expired(first));  // of before: there is another one already
  EXPECT_EQ(token.bearer(), second);
  clock.advance(base::Seconds(50 * 60 - 1));
  EXPECT_EQ(token.bearer(), second);
  clock.advance(base::Seconds(1));
  EXPECT_NE(token.bearer(), second);
}

TEST(TokenRejectionsTest, ABurstIsOurFaultASingleOneIsNot) {
  TokenRejections rejections;
  base::Mono now{std::chrono::hours(1)};
  for (int i = 0; i < 19; ++i) EXPECT_FALSE(rejections.record(true, now));
  EXPECT_TRUE(rejections.record(true, now));
  now += std::chrono::minutes(3);
  EXPECT_FALSE(rejections.record(true, now));
  for (int i = 0; i < 1000; ++i) {
    rejections.record(false, now);
    EXPECT_FALSE(rejections.record(i % 2 == 0, now) && i % 2 == 1);
  }
  EXPECT_FALSE(rejections.record(true, now));
}

TEST(VapidTest, IsKeptForAnOriginAndBounded) {
  base::ManualClock clock;
  Vapid vapid(P256Key::generate(), "mailto:a@example.net", clock);
  const std::string first = vapid.authorization("https://push.example.net");
  EXPECT_TRUE(first.starts_with("vapid t="));
  EXPECT_EQ(vapid.authorization("https://push.example.net"), first);
  EXPECT_NE(vapid.authorization("https://other.example.net"), first);
  const std::size_t dot = first.find('.');
  const std::string claims =
      base::base64url_decode(first.substr(dot + 1, first.find('.', dot + 1) - dot - 1)).value();
  EXPECT_EQ(claims, R"({"aud":"https://push.example.net","exp":)" +
                        std::to_string(1'700'000'000 + 12 * 3600) +
                        R"(,"sub":"mailto:a@example.net"})");
  clock.advance(base::Seconds(6 * 3600));
  EXPECT_NE(vapid.authorization("https://push.example.net"), first);
}

}  // namespace
}  // namespace ashlar::notifications
