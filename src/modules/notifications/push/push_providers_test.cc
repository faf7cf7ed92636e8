// The push providers against an HTTP/2 server on loopback: what is shared, refreshed and kept.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <condition_variable>
#include <mutex>
#include <set>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/entropy.h"
#include "modules/notifications/push/apns.h"
#include "modules/notifications/push/fcm.h"
#include "modules/notifications/push/p256.h"
#include "modules/notifications/push/web_push.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/net/loop_group.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/outbound/http2_client.h"
#include "platform/outbound/outbound_client.h"
#include "platform/outbound/testing/fault_server.h"
#include "platform/outbound/testing/http2_double.h"

namespace ashlar::notifications {
namespace {

using outbound::Http2Double;
using Reply = Http2Double::Reply;
using Request = Http2Double::Request;

std::string pem_of(EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);  // NOLINT(google-runtime-int)
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(bio);
  EVP_PKEY_free(key);
  return pem;
}
const std::string& ec_pem() {
  static const std::string pem = pem_of(EVP_EC_gen("P-256"));
  return pem;
}
const std::string& rsa_pem() {
  static const std::string pem = pem_of(EVP_RSA_gen(2048));
  return pem;
}

class PushProvidersTest : public testing::Test {
 protected:
  std::unique_ptr<Provider> make(const ProviderKind& kind, const std::string& settings) {
    auto checked = kind.check(*json::parse(settings));
    EXPECT_TRUE(checked.ok()) << checked.error().detail;
    auto made = kind.make(*checked, services_);
    EXPECT_TRUE(made.ok()) << made.error().detail;
    return std::move(*made);
  }
  Outgoing outgoing(int number) {
    Outgoing message;
    message.id = "dlv_" + std::to_string(number);
    message.target.address = "abcdef";
    message.content.text = "text";
    message.deadline = clock_.mono() + base::Seconds(20);
    return message;
  }
  void send(Provider& provider, Outgoing message) {
    provider.send(std::move(message), [this](SendResult result) {
      const std::lock_guard lock(mutex_);
      results_.push_back(std::move(result));
      changed_.notify_all();
    });
  }
  std::vector<SendResult> wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return results_.size() >= count; });
    EXPECT_EQ(results_.size(), count);
    return std::exchange(results_, {});
  }
  SendResult one(Provider& provider, Outgoing message) {
    send(provider, std::move(message));
    return wait(1).at(0);
  }
  std::string seen(const Request& request, const std::string& name) {
    const std::lock_guard lock(mutex_);
    seen_[name].insert(request.field(name));
    return request.field(name);
  }
  std::size_t distinct(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return seen_[name].size();
  }

  static std::string apns_settings(const std::string& host) {
    std::string text;
    json::Writer w(text);
    w.begin_object().key("key").string(ec_pem()).key("key_id").string("KEY");
    w.key("team_id").string("TEAM").key("topic").string("net.example.app");
    w.key("host").string(host).end_object();
    return text;
  }
  static std::string fcm_settings(const std::string& host) {
    std::string text;
    json::Writer w(text);
    w.begin_object().key("service_account").begin_object();
    w.key("project_id").string("p").key("client_email").string("a@p.example.net");
    w.key("private_key").string(rsa_pem()).key("token_uri").string(host + "/token");
    w.end_object().key("host").string(host).end_object();
    return text;
  }
  static std::string host_of(const Http2Double& server) { return server.url(""); }

  base::SystemClock clock_;
  base::SystemEntropy entropy_;
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  net::LoopGroup loops_{1, "push-test", clock_};
  outbound::OutboundClient http_{{.name = "public"}, clock_, metrics_};
  outbound::OutboundClient own_http_{{.name = "own", .allow_private = true}, clock_, metrics_};
  outbound::Http2Client http2_{{.name = "public"}, clock_, metrics_};
  outbound::Http2Client own_http2_{{.name = "own", .allow_private = true}, clock_, metrics_};
  ProviderServices services_{clock_,
                             entropy_,
                             metrics_,
                             log_,
                             loops_,
                             {http_, http_.add_dependency("push", {})},
                             {own_http_, own_http_.add_dependency("own_push", {})},
                             http2_,
                             own_http2_};
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<SendResult> results_;
  std::map<std::string, std::set<std::string>> seen_;
};

TEST_F(PushProvidersTest, ApnsSharesOneTokenAndOneConnection) {
  Http2Double server({.max_streams = 50}, [&](const Request& r) {
    seen(r, "authorization");
    seen(r, "apns-id");
    return Reply{.fields = {{"apns-id", r.field("apns-id")}}};
  });
  const auto provider = make(apns_kind(), apns_settings(host_of(server)));
  for (int i = 0; i < 200; ++i) send(*provider, outgoing(i));
  for (const SendResult& result : wait(200)) {
    EXPECT_EQ(result.verdict, Verdict::kAccepted) << result.detail;
    EXPECT_EQ(result.provider_ref.size(), 36U);
  }
  EXPECT_EQ(distinct("authorization"), 1U);
  EXPECT_EQ(distinct("apns-id"), 200U);
  one(*provider, outgoing(7));  // another attempt of one that was sent
  EXPECT_EQ(distinct("apns-id"), 200U);
}

TEST_F(PushProvidersTest, ApnsLeavesDevicesAloneWhenMostTokensAreRejected) {
  Http2Double server({}, [](const Request&) {
    return Reply{.status = 400, .body = R"({"reason":"BadDeviceToken"})"};
  });
  const auto provider = make(apns_kind(), apns_settings(host_of(server)));
  std::size_t quarantined = 0;
  for (int i = 0; i < 60; ++i) {
    const SendResult result = one(*provider, outgoing(i));
    quarantined += result.verdict == Verdict::kQuarantine ? 1 : 0;
    if (i >= 40) {
      EXPECT_EQ(result.verdict, Verdict::kCredential);
    }
  }
  EXPECT_LE(quarantined, 38U);  // below 20 in each of two minutes
  EXPECT_NE(metrics_.render().find("ashlar_notifications_apns_token_bursts_total"),
            std::string::npos);
}

TEST_F(PushProvidersTest, ApnsKeepsATokenThatIsCalledExpiredTooEarly) {
  Http2Double server({}, [&](const Request& r) {
    seen(r, "authorization");
    return Reply{.status = 403, .body = R"({"reason":"ExpiredProviderToken"})"};
  });
  const auto provider = make(apns_kind(), apns_settings(host_of(server)));
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(one(*provider, outgoing(i)).verdict, Verdict::kCredential);
  }
  EXPECT_EQ(distinct("authorization"), 1U);
}

TEST_F(PushProvidersTest, TellsACertainFailureFromAnAmbiguousOne) {
  Http2Double server({}, [](const Request&) { return Reply{.act = Http2Double::Act::kClose}; });
  auto provider = make(apns_kind(), apns_settings(host_of(server)));
  EXPECT_EQ(one(*provider, outgoing(1)).verdict, Verdict::kAmbiguous);
  provider = make(apns_kind(), apns_settings("http://127.0.0.1:1"));
  EXPECT_EQ(one(*provider, outgoing(1)).verdict, Verdict::kRetry);
  Outgoing late = outgoing(2);
  late.deadline = clock_.mono();
  provider = make(apns_kind(), apns_settings(host_of(server)));
  EXPECT_EQ(one(*provider, std::move(late)).verdict, Verdict::kRetry);
}

TEST_F(PushProvidersTest, DoneIsCalledThoughTheProviderIsGone) {
  Http2Double server({}, [](const Request&) { return Reply{.act = Http2Double::Act::kHang}; });
  auto provider = make(apns_kind(), apns_settings(host_of(server)));
  Outgoing message = outgoing(1);
  message.deadline = clock_.mono() + base::Millis(300);
  send(*provider, std::move(message));
  provider.reset();
  EXPECT_EQ(wait(1).at(0).verdict, Verdict::kAmbiguous);
}

constexpr const char* kToken = R"({"access_token":"ya29.token","expires_in":3600})";

TEST_F(PushProvidersTest, FcmGetsOneTokenForAll) {
  std::atomic<int> tokens{0};
  Http2Double server({.max_streams = 50}, [&](const Request& r) {
    if (r.field(":path") == "/token") {
      ++tokens;
      return Reply{.body = kToken};
    }
    seen(r, "authorization");
    seen(r, ":path");
    return Reply{.body = R"({"name":"projects/p/messages/1"})"};
  });
  const auto provider = make(fcm_kind(), fcm_settings(host_of(server)));
  for (int i = 0; i < 200; ++i) send(*provider, outgoing(i));
  for (const SendResult& result : wait(200)) EXPECT_EQ(result.verdict, Verdict::kAccepted);
  EXPECT_EQ(tokens, 1);
  EXPECT_EQ(seen_["authorization"], std::set<std::string>{"Bearer ya29.token"});
  EXPECT_EQ(seen_[":path"], std::set<std::string>{"/v1/projects/p/messages:send"});
}

TEST_F(PushProvidersTest, FcmAnswersA401ByOneNewToken) {
  std::atomic<int> tokens{0};
  std::atomic<bool> never{false};
  Http2Double server({}, [&](const Request& r) {
    if (r.field(":path") == "/token") {
      return Reply{.body = R"({"access_token":"t)" + std::to_string(++tokens) +
                           R"(","expires_in":3600})"};
    }
    if (never || r.field("authorization") == "Bearer t1") return Reply{.status = 401};
    return Reply{};
  });
  const auto provider = make(fcm_kind(), fcm_settings(host_of(server)));
  for (int i = 0; i < 20; ++i) send(*provider, outgoing(i));
  for (const SendResult& result : wait(20)) EXPECT_EQ(result.verdict, Verdict::kAccepted);
  EXPECT_EQ(tokens, 2);
  never = true;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(one(*provider, outgoing(i)).verdict, Verdict::kCredential);
  }
  EXPECT_LE(tokens, 3);  // an account that is refused is no reason to ask again and again
}

TEST_F(PushProvidersTest, FcmTellsWhatTheTokensServerSays) {
  std::atomic<int> status{400};
  std::atomic<int> tokens{0};
  Http2Double server({}, [&](const Request&) {
    ++tokens;
    return Reply{.status = status,
                 .body = R"({"error":"invalid_grant","error_description":"no such account"})"};
  });
  auto provider = make(fcm_kind(), fcm_settings(host_of(server)));
  const SendResult refused = one(*provider, outgoing(1));
  EXPECT_EQ(refused.verdict, Verdict::kCredential);
  EXPECT_EQ(refused.code, "invalid_grant");
  EXPECT_EQ(refused.detail, "no access token: no such account");
  EXPECT_EQ(one(*provider, outgoing(2)).verdict, Verdict::kCredential);
  EXPECT_EQ(tokens, 1);  // it pauses
  status = 500;
  provider = make(fcm_kind(), fcm_settings(host_of(server)));
  EXPECT_EQ(one(*provider, outgoing(1)).verdict, Verdict::kRetry);
}

TEST_F(PushProvidersTest, WebPushReachesItsHostAloneAndFallsBackToHttp1) {
  const P256Key browser = P256Key::generate();
  const std::string keys = R"({"p256dh":")" + base::base64url_encode(browser.public_bytes()) +
                           R"(","auth":")" + base::base64url_encode("0123456789abcdef") + "\"}";
  Http2Double server({}, [&](const Request& r) {
    seen(r, "ttl");
    seen(r, "authorization");
    return Reply{.status = 201, .fields = {{"location", "https://push.example.net/m/1"}}};
  });
  outbound::FaultServer old([](const outbound::FaultServer::Request& request) {
    const bool h2 = request.head.starts_with("PRI ");
    return outbound::FaultServer::Reply{.status = h2 ? 400 : 201};
  });
  for (const std::string& host : {host_of(server), old.url("")}) {
    const auto provider = make(
        webpush_kind(), R"({"vapid":{"subject":"mailto:a@example.net"},"host":")" + host + "\"}");
    Outgoing message = outgoing(1);
    message.target.extra = keys;
    message.target.address = host + "/send/abc";
    const SendResult sent = one(*provider, message);
    EXPECT_EQ(sent.verdict, Verdict::kAccepted) << sent.detail;
    for (const std::string& other :
         {std::string("https://127.0.0.1/x"), std::string("http://push.example.net/x"),
          host + ".evil.example.net/x", std::string("https://localhost:1/x"), std::string("x")}) {
      message.target.address = other;
      EXPECT_EQ(one(*provider, message).verdict, Verdict::kQuarantine) << other;
    }
  }
  EXPECT_EQ(seen_["ttl"], std::set<std::string>{"2419200"});
}

TEST_F(PushProvidersTest, SettingsAreCheckedAndKeysMade) {
  const auto checked = webpush_kind().check(*json::parse(R"({"vapid":{"subject":"mailto:a@b"}})"));
  ASSERT_TRUE(checked.ok());
  const auto again = webpush_kind().check(*json::parse(*checked));
  ASSERT_TRUE(again.ok()) << again.error().detail;
  EXPECT_EQ(*again, *checked);
  struct Case {
    ProviderKind kind;
    std::string settings;
    std::string field;
  };
  const std::vector<Case> cases{
      {apns_kind(), "{}", "/key"},
      {apns_kind(), R"({"key":"-----BEGIN PRIVATE KEY-----\nx"})", "/key"},
      {fcm_kind(), "{}", "/service_account"},
      {fcm_kind(), R"({"service_account":"no JSON"})", "/service_account"},
      {webpush_kind(), "{}", "/vapid"},
      {webpush_kind(), R"({"vapid":{"subject":"me"}})", "/vapid/subject"},
      {webpush_kind(), R"({"vapid":{"subject":"mailto:a","private_key":"AA"}})",
       "/vapid/private_key"},
      {webpush_kind(), R"({"vapid":{"subject":"mailto:a"},"host":"ftp://x"})", "/host"},
      {webpush_kind(), R"({"vapid":{"subject":"mailto:a"},"pad_to":9999})", "/pad_to"},
  };
  for (const Case& c : cases) {
    const auto result = c.kind.check(*json::parse(c.settings));
    ASSERT_FALSE(result.ok()) << c.settings;
    ASSERT_EQ(result.error().fields.size(), 1U);
    EXPECT_EQ(result.error().fields[0].field, c.field);
  }
}

}  // namespace
}  // namespace ashlar::notifications
