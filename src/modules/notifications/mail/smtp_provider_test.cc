#include "modules/notifications/mail/smtp_provider.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/entropy.h"
#include "modules/notifications/mail/smtp_settings.h"
#include "modules/notifications/mail/testing/mail_double.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/net/loop_group.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/outbound/http2_client.h"
#include "platform/outbound/outbound_client.h"
#include "platform/security/hmac.h"

namespace ashlar::notifications {
namespace {

base::Result<std::string> check(const std::string& json) {
  return smtp_kind().check(*json::parse(json));
}

TEST(SmtpSettings, AreCompletedAndComeBack) {
  const auto text = check(R"({"host":"mail.example","from":"shop@example.com"})");
  ASSERT_TRUE(text.ok()) << text.error().detail;
  const auto settings = SmtpSettings::read_text(*text);
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->port, 587);
  EXPECT_EQ(settings->tls, "starttls");
  EXPECT_TRUE(settings->verify);
  EXPECT_EQ(*check(*text), *text);
  EXPECT_EQ(SmtpSettings::read_text(*check(R"({"host":"m","from":"a@b","tls":"none"})"))->port, 25);
  EXPECT_EQ(SmtpSettings::read_text(*check(R"({"host":"::1","from":"a@b","tls":"tls"})"))->port,
            465);
}

TEST(SmtpSettings, EachWrongMemberIsNamed) {
  struct Case {
    const char* json;
    const char* field;
    const char* reason;
  };
  const Case cases[] = {
      {R"({"from":"a@b"})", "/host", "required"},
      {R"({"host":"m"})", "/from", "required"},
      {R"({"host":"m","from":"a@b","tsl":"none"})", "/tsl", "unknown_field"},
      {R"({"host":"m","from":"a@b","tls":"maybe"})", "/tls", "not_allowed"},
      {R"({"host":"m:25","from":"a@b"})", "/host", "host_invalid"},
      {R"({"host":"m\r\nQUIT","from":"a@b"})", "/host", "host_invalid"},
      {R"({"host":"m","from":"a@b\r\nBcc: c@d"})", "/from", "mail_address"},
      {R"({"host":"m","from":"Anna <a@b>"})", "/from", "mail_address"},
      {R"({"host":"m","from":"a@b","from_name":"x\nBcc: y"})", "/from_name", "mail_header"},
      {R"({"host":"m","from":"a@b","reply_to":"x"})", "/reply_to", "mail_address"},
      {R"({"host":"m","from":"a@b","return_path":"x y"})", "/return_path", "domain_invalid"},
      {R"({"host":"m","from":"a@b","tls":"none","username":"u","password":"p"})", "/tls",
       "password_in_the_clear"},
      {R"({"host":"m","from":"a@b","username":"u\r\nx","password":"p"})", "/username",
       "mail_header"},
      {R"({"host":"m","from":"a@b","ca":"no pem"})", "/ca", "ca_invalid"},
      {R"({"host":"m","from":"a@b","dkim":{"domain":"b","selector":"s","private_key":"x"}})",
       "/dkim/private_key", "dkim_private_key"},
      {R"({"host":"m","from":"a@b","dkim":{"domain":"b","selector":"s;","private_key":"x"}})",
       "/dkim/selector", "dkim_selector"},
      {R"({"host":"m","from":"a@b","port":70000})", "/port", "out_of_range"},
  };
  for (const Case& c : cases) {
    const auto text = check(c.json);
    ASSERT_FALSE(text.ok()) << c.json;
    ASSERT_FALSE(text.error().fields.empty()) << c.json;
    EXPECT_EQ(text.error().fields[0].field, c.field) << c.json;
    EXPECT_STREQ(text.error().fields[0].reason, c.reason) << c.json;
  }
  EXPECT_TRUE(
      check(R"({"host":"127.0.0.1","from":"a@b","tls":"none","username":"u","password":"p"})")
          .ok());
}

class SmtpProviderTest : public testing::Test {
 protected:
  SmtpProviderTest() { loops_.start(); }
  ~SmtpProviderTest() override {
    provider_.reset();
    loops_.stop();
  }

  void use(const MailDouble& server, const std::string& more = "", bool private_hosts = true) {
    const auto settings =
        check(R"({"host":"127.0.0.1","tls":"none","from":"shop@example.com","from_name":"Shop",)"
              R"("return_path":"bounces.example.com","port":)" +
              std::to_string(server.port()) + more + "}");
    ASSERT_TRUE(settings.ok()) << settings.error().detail;
    outbound::Dependency& dependency = http_.add_dependency("test", {});
    auto made = smtp_kind().make(*settings, {.clock = clock_,
                                             .entropy = entropy_,
                                             .metrics = metrics_,
                                             .log = log_,
                                             .loops = loops_,
                                             .http = {http_, dependency},
                                             .own_http = {http_, dependency},
                                             .http2 = http2_,
                                             .own_http2 = http2_,
                                             .private_hosts = private_hosts});
    ASSERT_TRUE(made.ok()) << made.error().detail;
    provider_ = std::move(made).value();
  }
  SendResult send(Outgoing message) {
    message.deadline = clock_.mono() + base::Seconds{10};
    std::promise<SendResult> promise;
    auto result = promise.get_future();
    provider_->send(std::move(message), [&](SendResult r) { promise.set_value(std::move(r)); });
    return result.get();
  }
  static Outgoing outgoing() {
    Outgoing message;
    message.id = "n42";
    message.target.address = "anna@example.org";
    message.content.subject = "Your order";
    message.content.text = "Shipped.";
    return message;
  }

  base::SystemClock clock_;
  base::SystemEntropy entropy_;
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  net::LoopGroup loops_{1, "mail", clock_};
  outbound::OutboundClient http_{{.name = "test"}, clock_, metrics_};
  outbound::Http2Client http2_{{}, clock_, metrics_};
  std::unique_ptr<Provider> provider_;
};

TEST_F(SmtpProviderTest, AMailArrivesWhole) {
  MailDouble server({});
  use(server);
  EXPECT_EQ(name_of(send(outgoing()).verdict), "accepted");
  const auto lines = server.lines();
  EXPECT_EQ(lines.at(0), "EHLO example.com");
  EXPECT_EQ(lines.at(1), "MAIL FROM:<b+n42@bounces.example.com> RET=HDRS ENVID=n42");
  EXPECT_EQ(lines.at(2), "RCPT TO:<anna@example.org> NOTIFY=FAILURE,DELAY");
  const std::string mail = server.mails().at(0);
  EXPECT_NE(mail.find("From: Shop <shop@example.com>\r\n"), std::string::npos);
  EXPECT_NE(mail.find("Message-ID: <n42@example.com>\r\n"), std::string::npos);
  EXPECT_TRUE(mail.ends_with("\r\n\r\nShipped.\r\n")) << mail;
}

TEST_F(SmtpProviderTest, WhereItMayNotAPrivateAddressIsNotConnected) {
  MailDouble server({});
  use(server, "", false);
  const SendResult result = send(outgoing());
  EXPECT_EQ(name_of(result.verdict), "retry");
  EXPECT_NE(result.detail.find("no public address"), std::string::npos) << result.detail;
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(SmtpProviderTest, TheSameMessageIsTheSameMail) {
  MailDouble server({});
  use(server);
  Outgoing message = outgoing();
  message.created_at = base::from_micros(1'763'805'600'000'000);
  EXPECT_EQ(name_of(send(message).verdict), "accepted");
  EXPECT_EQ(name_of(send(message).verdict), "accepted");
  EXPECT_EQ(server.mails().at(0), server.mails().at(1));
}

TEST_F(SmtpProviderTest, WhatCannotBeAMailIsRefusedUnsent) {
  MailDouble server({});
  use(server);
  Outgoing message = outgoing();
  message.content.subject = "x\r\nBcc: evil@example.net";
  SendResult result = send(message);
  EXPECT_EQ(name_of(result.verdict), "refused");
  EXPECT_EQ(result.code, "mail_header");
  message = outgoing();
  message.target.address = "anna@example.org>\r\nRCPT TO:<evil@example.net";
  result = send(message);
  EXPECT_EQ(name_of(result.verdict), "refused");
  EXPECT_EQ(result.code, "mail_address");
  EXPECT_EQ(server.connections(), 0);
}

constexpr const char* kBounce =
    "To: b+n42@bounces.example.com\r\nContent-Type: multipart/report; boundary=x\r\n\r\n--x\r\n"
    "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; m\r\n\r\n"
    "Final-Recipient: rfc822; anna@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--x--\r\n";

std::string signature_of(std::string_view body) {
  return base::hex_encode(security::hmac_sha256("key", {body}));
}

TEST(SmtpCallback, ABounceIsPostedAsItCame) {
  const std::string settings =
      *check(R"({"host":"m","from":"shop@example.com","return_path":"bounces.example.com",
              "callback_secret":"key"})");
  Callback callback;
  callback.body = kBounce;
  callback.headers = {{"content-type", "message/rfc822; charset=utf-8"},
                      {"ashlar-signature", signature_of(kBounce)}};
  const auto reports = smtp_kind().read_callback(settings, callback);
  ASSERT_TRUE(reports.ok()) << reports.error().detail;
  ASSERT_EQ(reports->size(), 1U);
  EXPECT_EQ(reports->at(0).message_id, "n42");
  EXPECT_EQ(static_cast<int>(reports->at(0).kind), static_cast<int>(Report::Kind::kHardBounce));
  callback.headers[0].second = "application/json";
  EXPECT_STREQ(smtp_kind().read_callback(settings, callback).error().reason, "callback_malformed");
}

TEST(SmtpCallback, WithoutASecretNoneIsTaken) {
  const std::string settings = *check(R"({"host":"m","from":"shop@example.com"})");
  Callback callback;
  callback.body = kBounce;
  for (const std::string& signature : {std::string(), signature_of(kBounce)}) {
    callback.headers = {{"content-type", "message/rfc822"}, {"ashlar-signature", signature}};
    EXPECT_STREQ(smtp_kind().read_callback(settings, callback).error().reason,
                 "callback_signature");
  }
}

TEST(SmtpCallback, WithASecretItIsSigned) {
  const std::string settings =
      *check(R"({"host":"m","from":"shop@example.com","callback_secret":"key"})");
  Callback callback;
  callback.body = "The quick brown fox jumps over the lazy dog";
  const std::string good = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
  for (const std::string& signature : {std::string(), std::string("00"), good.substr(1) + "0"}) {
    callback.headers = {{"content-type", "message/rfc822"}, {"ashlar-signature", signature}};
    EXPECT_STREQ(smtp_kind().read_callback(settings, callback).error().reason,
                 "callback_signature");
  }
  callback.headers = {{"content-type", "message/rfc822"}, {"ashlar-signature", good}};
  EXPECT_TRUE(smtp_kind().read_callback(settings, callback).ok());
}

}  // namespace
}  // namespace ashlar::notifications
