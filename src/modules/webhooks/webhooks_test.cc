// Endpoints, fan-out and the log, from the API to the receiver and back, on both engines.
#include "modules/webhooks/webhooks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/encoding.h"
#include "modules/webhooks/testing/webhooks_fixture.h"
#include "platform/outbound/standard_webhooks.h"
#include "platform/storage/database.h"

namespace ashlar::webhooks {
namespace {

using base::Seconds;
using http::Method;
using outbound::SigningKey;
using Reply = outbound::FaultServer::Reply;
using Got = Receiver::Got;

class WebhooksTest : public WebhooksFixture {};

INSTANTIATE_TEST_SUITE_P(Storage, WebhooksTest, storage::both_engines(), storage::engine_name);

TEST_P(WebhooksTest, TheSecretIsShownOnceAndKeptSealed) {
  const Answer made =
      post("/v1/webhooks", R"({"url":"https://example.com/h","event_types":["*"]})");
  ASSERT_EQ(made.status, 201);
  const std::string secret = made.text({"secret"});
  ASSERT_TRUE(secret.starts_with("whsec_"));
  EXPECT_EQ(made.header("Cache-Control"), "no-store");
  EXPECT_EQ(made.header("Location"), "/v1/webhooks/" + made.text({"id"}));
  const Answer again = get("/v1/webhooks/" + made.text({"id"}));
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.at({"secret"}), nullptr);
  EXPECT_EQ(again.text({"signature"}), "hmac");
  EXPECT_EQ(get("/v1/webhooks").at({"data", "0", "secret"}), nullptr);
  const std::string hex = base::hex_encode(SigningKey::parse(secret)->bytes);
  static constexpr storage::Sql kSecrets{storage::Audience::kPlatform,
                                         "SELECT lower(hex(secrets)) FROM webhooks_endpoints",
                                         "SELECT encode(secrets, 'hex') FROM webhooks_endpoints"};
  const auto rows = dump(kSecrets);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].find(hex), std::string::npos);
  EXPECT_EQ(rows[0].find(base::hex_encode(secret)), std::string::npos);
}

TEST_P(WebhooksTest, OfAKeyPairOnlyThePublicHalfIsShown) {
  const Answer made =
      post("/v1/webhooks",
           R"({"url":"https://example.com/h","event_types":["*"],"signature":"ed25519"})");
  ASSERT_EQ(made.status, 201);
  EXPECT_EQ(made.at({"secret"}), nullptr);
  EXPECT_TRUE(made.text({"public_keys", "0"}).starts_with("whpk_"));
  const Answer again = get("/v1/webhooks/" + made.text({"id"}));
  EXPECT_EQ(again.text({"public_keys", "0"}), made.text({"public_keys", "0"}));
  EXPECT_EQ(again.text({"signature"}), "ed25519");
}

TEST_P(WebhooksTest, WhatIsGivenIsChecked) {
  const auto refused = [&](const std::string& body) {
    const Answer answer = post("/v1/webhooks", body);
    EXPECT_EQ(answer.status, 422) << body;
    return answer.text({"errors", "0", "field"}) + " " + answer.text({"reason"});
  };
  const std::string ok = R"("url":"https://example.com/h","event_types":["*"])";
  EXPECT_EQ(refused(R"({"url":"ftp://example.com","event_types":["*"]})"), "/url target_scheme");
  EXPECT_EQ(refused(R"({"url":"https://a@example.com","event_types":["*"]})"),
            "/url target_credentials");
  EXPECT_EQ(refused(R"({"url":"https://example.com","event_types":["Link.*"]})"),
            "/event_types/0 event_type_malformed");
  EXPECT_EQ(refused(R"({"url":"https://example.com","event_types":["a","link.*.b"]})"),
            "/event_types/1 event_type_malformed");
  EXPECT_EQ(refused(R"({"url":"https://example.com","event_types":[]})"),
            "/event_types invalid_request");
  EXPECT_EQ(refused("{" + ok + R"(,"rate_per_s":0})"), "/rate_per_s rate_invalid");
  EXPECT_EQ(refused("{" + ok + R"(,"max_running":0})"), "/max_running invalid_request");
  EXPECT_EQ(refused("{" + ok + R"(,"secret":"whsec_short"})"), "/secret secret_malformed");
  EXPECT_EQ(refused("{" + ok + R"(,"signature":"md5"})"), "/signature invalid_request");
  EXPECT_EQ(get("/v1/webhooks").at({"data"})->if_array()->size(), 0U);
}

TEST_P(WebhooksTest, OnePrivateTargetAfterTheOtherIsRefusedUnlessAllowed) {
  const auto guarded = make_module(false);
  routes_ = webhooks_routes(*guarded, *cursors_);
  for (const char* url : {"http://127.0.0.1:3000/", "http://localhost/", "http://2130706433/",
                          "http://[::ffff:10.0.0.1]/", "http://169.254.169.254/"}) {
    const Answer answer =
        post("/v1/webhooks", R"({"url":")" + std::string(url) + R"(","event_types":["*"]})");
    EXPECT_EQ(answer.status, 422) << url;
    EXPECT_EQ(answer.text({"reason"}), "target_forbidden") << url;
  }
  const Answer made = post("/v1/webhooks", R"({"url":"https://example.com/","event_types":["*"]})");
  EXPECT_EQ(send(Method::kPatch, "/v1/webhooks/" + made.text({"id"}), R"({"url":"http://0x7f.1/"})")
                .text({"reason"}),
            "target_forbidden");
}

TEST_P(WebhooksTest, EachEventGoesOnceToEachEndpointThatWantsIt) {
  const std::string all = make_webhook("*", "", "/all");
  make_webhook("link.*", "", "/links");
  make_webhook("link.created", "", "/created");
  const std::string bobs = make_webhook("*", "", "/bob", kBob);
  publish("link.created", R"({"n":1})");
  publish("link.deleted", R"({"n":2})");
  publish("linked.created", R"({"n":3})");
  work();
  std::multiset<std::string> got;
  for (const Got& one : receiver_.got()) got.insert(one.target);
  EXPECT_EQ(got.count("/all"), 3U);
  EXPECT_EQ(got.count("/links"), 2U);
  EXPECT_EQ(got.count("/created"), 1U);
  EXPECT_EQ(got.count("/bob"), 0U);
  EXPECT_EQ(work(), 0);
  EXPECT_EQ(count(all), 3);
  EXPECT_EQ(count(all, "&event_type=link.deleted"), 1);
  EXPECT_EQ(count(all, "&state=delivered"), 3);
  EXPECT_EQ(count(all, "&state=failed"), 0);
  EXPECT_EQ(count(all, "&event_id=" + newest(all, "event_id")), 1);
  EXPECT_EQ(get("/v1/webhooks/" + bobs).status, 404);  // to Alice
}

TEST_P(WebhooksTest, RotationSignsWithBothUntilTheOverlapIsOver) {
  const Answer made =
      post("/v1/webhooks", R"({"url":")" + receiver_.url("/") + R"(","event_types":["*"]})");
  const std::string path = "/v1/webhooks/" + made.text({"id"});
  const Answer rotated = post(path + "/rotate-secret", R"({"overlap_s":3600})");
  ASSERT_EQ(rotated.status, 200);
  EXPECT_EQ(rotated.header("Cache-Control"), "no-store");
  const std::string before = made.text({"secret"});
  const std::string after = rotated.text({"secret"});
  ASSERT_TRUE(after.starts_with("whsec_"));
  EXPECT_NE(before, after);
  publish("a.b");
  work();
  advance(Seconds{3'600});
  publish("a.b");
  work();
  const std::vector<Got> got = receiver_.got();
  ASSERT_EQ(got.size(), 2U);
  EXPECT_TRUE(verifies(got[0], before));
  EXPECT_TRUE(verifies(got[0], after));
  EXPECT_FALSE(verifies(got[1], before));
  EXPECT_TRUE(verifies(got[1], after));
  // To the other kind of key.
  const Answer pair = post(path + "/rotate-secret", R"({"overlap_s":60,"signature":"ed25519"})");
  EXPECT_EQ(pair.at({"secret"}), nullptr);
  EXPECT_TRUE(pair.text({"public_keys", "0"}).starts_with("whpk_"));
  publish("a.b");
  work();
  EXPECT_TRUE(receiver_.got()[2].signature.starts_with("v1a,"));
  EXPECT_NE(receiver_.got()[2].signature.find(" v1,"), std::string::npos);
}

TEST_P(WebhooksTest, ATestGoesAlsoToADisabledEndpointOnce) {
  const std::string id = make_webhook("link.*", R"(,"ordered":true)");
  send(Method::kPatch, "/v1/webhooks/" + id, R"({"enabled":false})");
  receiver_.answer_always(500);
  const Answer sent = post("/v1/webhooks/" + id + "/test");
  ASSERT_EQ(sent.status, 202);
  EXPECT_EQ(sent.text({"state"}), "pending");
  EXPECT_EQ(work(), 1);
  const Answer ended = get(sent.header("Location"));
  EXPECT_EQ(ended.text({"state"}), "failed");
  EXPECT_EQ(ended.number({"history", "0", "status"}), 500);
  EXPECT_EQ(get("/v1/webhooks/" + id).text({"failing_since"}), "");  // a test says nothing of it
  advance(Seconds{100'000});
  EXPECT_EQ(work(), 0);
  receiver_.answer_always(200);
  const Answer own =
      post("/v1/webhooks/" + id + "/test", R"({"event_type":"link.created","data":{"code":"x"}})");
  work();
  EXPECT_EQ(get(own.header("Location")).text({"state"}), "delivered");
  EXPECT_NE(receiver_.got().back().body.find(R"("data":{"code":"x"})"), std::string::npos);
  EXPECT_EQ(post("/v1/webhooks/" + id + "/test", R"({"event_type":"link.*"})").status, 422);
}

TEST_P(WebhooksTest, ADeletedEndpointIsToldNothingMore) {
  const std::string id = make_webhook("*");
  receiver_.answer_always(500);
  publish("a.b");
  work();
  EXPECT_EQ(send(Method::kDelete, "/v1/webhooks/" + id).status, 204);
  EXPECT_EQ(send(Method::kDelete, "/v1/webhooks/" + id).status, 404);
  publish("a.c");
  advance(Seconds{600});
  work();
  EXPECT_EQ(receiver_.got().size(), 1U);
  EXPECT_EQ(get("/v1/webhooks/" + id + "/deliveries").status, 404);
}

TEST_P(WebhooksTest, AChangeHoldsFromTheNextAttemptOn) {
  const std::string id = make_webhook("*", "", "/old");
  const std::string path = "/v1/webhooks/" + id;
  receiver_.answer_with({Reply{.status = 500}});
  publish("a.b");
  work();
  const std::string etag = get(path).header("ETag");
  EXPECT_EQ(
      send(Method::kPatch, path, R"({"url":")" + receiver_.url("/new") + "\"}", kAlice, "\"v0\"")
          .status,
      412);
  const Answer changed = send(Method::kPatch, path,
                              R"({"url":")" + receiver_.url("/new") +
                                  R"(","description":"moved","rate_per_s":2.5,"max_running":3})",
                              kAlice, etag);
  ASSERT_EQ(changed.status, 200);
  EXPECT_NE(changed.header("ETag"), etag);
  EXPECT_EQ(changed.text({"description"}), "moved");
  EXPECT_EQ(changed.number({"max_running"}), 3);
  advance(Seconds{6});
  work();
  EXPECT_EQ(receiver_.got().back().target, "/new");
}

TEST_P(WebhooksTest, ADeletedWebhookLeavesNoSettingsOfItsQueue) {
  static constexpr storage::Sql kQueues{storage::Audience::kPlatform,
                                        "SELECT kind FROM job_queues"};
  const std::string id = make_webhook("*", R"(,"rate_per_s":5)");
  make_webhook("*");
  EXPECT_EQ(dump(kQueues).size(), 2U);
  EXPECT_EQ(send(Method::kDelete, "/v1/webhooks/" + id).status, 204);
  EXPECT_EQ(dump(kQueues).size(), 1U);
}

TEST_P(WebhooksTest, ListsArePagedToTheEnd) {
  for (int i = 0; i < 5; ++i) make_webhook("a.b");
  publish("a.b");
  const std::string one = get("/v1/webhooks?limit=1").text({"data", "0", "id"});
  for (int i = 0; i < 6; ++i) publish("a.b");
  for (const std::string& list :
       {std::string("/v1/webhooks"), "/v1/webhooks/" + one + "/deliveries"}) {
    std::set<std::string> seen;
    std::string query = "?limit=2";
    for (int page = 0; page < 10; ++page) {
      const Answer answer = get(list + query);
      for (const json::Value& item : *answer.at({"data"})->if_array()) {
        EXPECT_TRUE(seen.insert(*item.find("id")->if_string()).second);
      }
      if (answer.text({"next_cursor"}).empty()) break;
      query = "?limit=2&cursor=" + answer.text({"next_cursor"});
    }
    EXPECT_EQ(seen.size(), list == "/v1/webhooks" ? 5U : 7U) << list;
  }
}

TEST_P(WebhooksTest, ATenantsDataIsExportedWithoutSecretsAndErasedWhole) {
  const Answer made =
      post("/v1/webhooks", R"({"url":")" + receiver_.url("/") + R"(","event_types":["*"]})");
  make_webhook("*", "", "/bob", kBob);
  publish("a.b");
  publish("a.b", "{}", kBob);
  work();
  const security::TenantData data = webhooks_tenant_data();
  std::string lines;
  const auto context = storage::Context::tenant(kAlice);
  ASSERT_TRUE(db().read(context,
                        [&](storage::Transaction& tx) {
                          lines.clear();
                          return data.export_to(tx, [&](std::string_view line) {
                            lines.append(line).append("\n");
                            return base::ok_status();
                          });
                        })
                  .ok());
  EXPECT_EQ(std::ranges::count(lines, '\n'), 2);
  EXPECT_EQ(lines.find("whsec_"), std::string::npos);
  EXPECT_EQ(lines.find("/bob"), std::string::npos);
  for (int i = 0; i < 10; ++i) {
    const auto erased =
        db().write(context, [&](storage::Transaction& tx) { return data.erase(tx, 1); });
    ASSERT_TRUE(erased.ok());
    if (*erased == 0) break;
  }
  static constexpr storage::Sql kTenants{
      storage::Audience::kPlatform,
      "SELECT 'e' || tenant_id FROM webhooks_endpoints UNION ALL"
      " SELECT 'd' || tenant_id FROM webhooks_deliveries UNION ALL"
      " SELECT 'm' || tenant_id FROM webhooks_messages UNION ALL"
      " SELECT 'a' || tenant_id FROM webhooks_attempts"};
  std::vector<std::string> rows = dump(kTenants);
  std::ranges::sort(rows);
  EXPECT_EQ(rows, (std::vector<std::string>{"a2", "d2", "e2", "m2"}));
}

TEST_P(WebhooksTest, TheLogIsKeptForItsTime) {
  const std::string id = make_webhook("*");
  publish("a.b");
  work();
  advance(WebhooksModule::kKeep - Seconds{1});
  publish("a.c");
  work();
  ASSERT_TRUE(module_->tend().ok());
  EXPECT_EQ(count(id), 2);
  advance(Seconds{2});
  ASSERT_TRUE(module_->tend().ok());
  EXPECT_EQ(count(id), 1);
  static constexpr storage::Sql kLeft{storage::Audience::kPlatform,
                                      "SELECT type FROM webhooks_messages UNION ALL"
                                      " SELECT 'attempt' FROM webhooks_attempts"};
  EXPECT_EQ(dump(kLeft).size(), 2U);
}

TEST_P(WebhooksTest, CloudEventsWhereTheyAreWanted) {
  make_webhook("*", R"(,"format":"cloudevents")");
  publish("link.created", R"({"code":"x"})");
  work();
  const Got got = receiver_.got().at(0);
  EXPECT_EQ(got.content_type, "application/cloudevents+json");
  EXPECT_NE(got.body.find(R"("specversion":"1.0")"), std::string::npos);
  EXPECT_NE(got.body.find(R"("source":"https://ashlar.example")"), std::string::npos);
  EXPECT_NE(got.body.find(R"("id":")" + got.id + "\""), std::string::npos);
}

}  // namespace
}  // namespace ashlar::webhooks
