// Webhooks from the API to the receiver and back, on both engines.
#include "modules/webhooks/webhooks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <set>
#include <string>

#include "base/encoding.h"
#include "modules/webhooks/testing/webhooks_fixture.h"
#include "platform/json/writer.h"
#include "platform/outbound/standard_webhooks.h"
#include "platform/storage/database.h"

namespace ashlar::webhooks {
namespace {

using base::Seconds;
using http::Method;
using outbound::SigningKey;
using Reply = outbound::FaultServer::Reply;
using Got = Receiver::Got;

class WebhooksTest : public WebhooksFixture {
 protected:
  // Of the webhook's newest delivery.
  std::string newest(const std::string& webhook, std::string_view member) {
    return get("/v1/webhooks/" + webhook + "/deliveries").text({"data", "0", member});
  }
  std::int64_t count(const std::string& webhook, const std::string& query = {}) {
    const Answer list = get("/v1/webhooks/" + webhook + "/deliveries?limit=100" + query);
    const json::Value* data = list.at({"data"});
    return data == nullptr ? -1 : static_cast<std::int64_t>(data->if_array()->size());
  }
  static bool verifies(const Got& got, const std::string& secret) {
    const auto key = SigningKey::parse(secret);
    const base::Time at{Seconds{std::stoll(got.timestamp)}};
    const std::string signature = outbound::sign({&*key, 1}, got.id, at, got.body);
    return (" " + got.signature + " ").find(" " + signature + " ") != std::string::npos;
  }
};

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
  const std::string links = make_webhook("link.*", "", "/links");
  const std::string created = make_webhook("link.created", "", "/created");
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

TEST_P(WebhooksTest, IdStaysAndTimeAndSignatureAreThoseOfTheAttempt) {
  const Answer made = post(
      "/v1/webhooks", R"({"url":")" + receiver_.url("/") + R"(","event_types":["link.created"]})");
  receiver_.answer_with({Reply{.status = 500}, Reply{.status = 404}, Reply{.status = 204}});
  publish("link.created", R"({"code":"spring"})");
  EXPECT_EQ(work(), 1);
  advance(Seconds{6});
  EXPECT_EQ(work(), 1);
  advance(Seconds{331});
  EXPECT_EQ(work(), 1);
  const std::vector<Got> got = receiver_.got();
  ASSERT_EQ(got.size(), 3U);
  std::set<std::string> times;
  for (const Got& one : got) {
    EXPECT_EQ(one.id, got[0].id);
    EXPECT_EQ(one.body, got[0].body);
    EXPECT_EQ(one.content_type, "application/json");
    EXPECT_TRUE(verifies(one, made.text({"secret"})));
    times.insert(one.timestamp);
  }
  EXPECT_EQ(times.size(), 3U);
  EXPECT_NE(got[0].body.find(R"("type":"link.created")"), std::string::npos);
  EXPECT_NE(got[0].body.find(R"("data":{"code":"spring"})"), std::string::npos);
  const std::string id = made.text({"id"});
  EXPECT_EQ(newest(id, "state"), "delivered");
  EXPECT_EQ(newest(id, "event_id"), got[0].id);
  const Answer one = get("/v1/webhooks/" + id + "/deliveries/" + newest(id, "id"));
  EXPECT_EQ(one.number({"attempts"}), 3);
  EXPECT_EQ(one.number({"history", "0", "status"}), 204);
  EXPECT_EQ(one.number({"history", "1", "status"}), 404);
  EXPECT_EQ(one.number({"history", "2", "status"}), 500);
  EXPECT_EQ(one.number({"history", "2", "number"}), 1);
  EXPECT_TRUE(one.at({"history", "0", "error"})->is_null());
}

TEST_P(WebhooksTest, ThePlanIsKeptToItsEnd) {
  const std::string id = make_webhook("*");
  receiver_.answer_always(500);
  publish("a.b");
  int attempts = work();
  // Each pause of the plan, and no sooner.
  for (const Seconds pause : kRetryPauses) {
    advance(pause - Seconds{1});
    EXPECT_EQ(work(), 0) << pause.count();
    EXPECT_EQ(newest(id, "state"), "pending");
    advance(Seconds{1} + pause / 10 + Seconds{1});
    attempts += work();
  }
  EXPECT_EQ(attempts, kMaxAttempts);
  EXPECT_EQ(newest(id, "state"), "failed");
  advance(Seconds{200'000});
  EXPECT_EQ(work(), 0);
  EXPECT_EQ(receiver_.got().size(), static_cast<std::size_t>(kMaxAttempts));
}

TEST_P(WebhooksTest, ARedirectIsAFailure) {
  const std::string id = make_webhook("*");
  receiver_.answer_with(
      {Reply{.status = 307, .headers = "Location: " + receiver_.url("/elsewhere") + "\r\n"}});
  publish("a.b");
  work();
  ASSERT_EQ(receiver_.got().size(), 1U);
  const Answer list = get("/v1/webhooks/" + id + "/deliveries");
  EXPECT_EQ(list.text({"data", "0", "state"}), "pending");
  EXPECT_EQ(list.number({"data", "0", "status"}), 307);
  EXPECT_NE(list.text({"data", "0", "error"}).find("redirect"), std::string::npos);
}

// The check when the URL was given is one thing; what is connected to is judged at each attempt.
TEST_P(WebhooksTest, APrivateAddressIsNotCalledWhateverStandsInTheTable) {
  const std::string id = make_webhook("*");  // while it was allowed
  publish("a.b");
  const auto guarded = make_module(false);
  EXPECT_EQ(work_with(*guarded), 1);
  EXPECT_EQ(receiver_.got().size(), 0U);
  const Answer list = get("/v1/webhooks/" + id + "/deliveries");
  EXPECT_EQ(list.text({"data", "0", "state"}), "pending");
  EXPECT_NE(list.text({"data", "0", "error"}).find("private"), std::string::npos);
}

TEST_P(WebhooksTest, GoneDisablesAndIsToldToOthers) {
  const std::string gone = make_webhook("*", "", "/gone");
  const std::string watcher = make_webhook("webhook.*", "", "/watcher");
  receiver_.answer_with({Reply{.status = 410}});
  publish("a.b");
  work();
  const Answer now = get("/v1/webhooks/" + gone);
  EXPECT_EQ(now.at({"enabled"})->if_boolean()[0], false);
  EXPECT_EQ(now.text({"disabled_reason"}), "gone");
  EXPECT_EQ(newest(gone, "state"), "failed");
  fan_out();
  work();
  const std::vector<Got> got = receiver_.got();
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[1].target, "/watcher");
  EXPECT_NE(got[1].body.find(R"("type":"webhook.disabled")"), std::string::npos);
  EXPECT_NE(got[1].body.find(R"("webhook_id":")" + gone + "\""), std::string::npos);
  EXPECT_NE(got[1].body.find(R"("reason":"gone")"), std::string::npos);
  EXPECT_EQ(count(gone), 1);  // not of its own disabling
  EXPECT_EQ(metric(R"(ashlar_webhooks_disabled_total{reason="gone"})"), 1);
  // What happens meanwhile is written down, for later.
  publish("a.c", R"({"late":1})");
  EXPECT_EQ(work(), 0);
  EXPECT_EQ(newest(gone, "state"), "failed");
  EXPECT_EQ(newest(gone, "error"), kDisabledError);
  EXPECT_EQ(post("/v1/webhooks/" + gone + "/replay").status, 409);
  EXPECT_EQ(post("/v1/webhooks/" + gone + "/enable").status, 200);
  EXPECT_EQ(post("/v1/webhooks/" + gone + "/replay").number({"replayed"}), 2);
  EXPECT_EQ(work(), 2);
  EXPECT_EQ(count(gone, "&state=delivered"), 2);
}

TEST_P(WebhooksTest, FiveDaysOfNothingButFailuresDisable) {
  const std::string id = make_webhook("*");
  receiver_.answer_always(500);
  publish("a.b");
  work();
  const std::string since = get("/v1/webhooks/" + id).text({"failing_since"});
  EXPECT_NE(since, "");
  advance(Seconds{4 * 86'400});
  publish("a.b");
  work();
  EXPECT_EQ(get("/v1/webhooks/" + id).text({"failing_since"}), since);
  EXPECT_EQ(get("/v1/webhooks/" + id).text({"disabled_reason"}), "");
  advance(Seconds{86'400 + 1});
  publish("a.b");
  work();
  EXPECT_EQ(get("/v1/webhooks/" + id).text({"disabled_reason"}), "failing");
  EXPECT_EQ(metric(R"(ashlar_webhooks_disabled_total{reason="failing"})"), 1);
  // What was on its way ends without another request.
  const std::size_t requests = receiver_.got().size();
  advance(Seconds{2 * 86'400});
  work();
  EXPECT_EQ(receiver_.got().size(), requests);
  EXPECT_EQ(count(id, "&state=pending"), 0);
}

TEST_P(WebhooksTest, ASuccessBetweenEndsTheCount) {
  const std::string id = make_webhook("*");
  for (int day = 0; day < 12; ++day) {
    receiver_.answer_always(day % 4 == 3 ? 200 : 500);
    publish("a.b");
    work();
    advance(Seconds{86'400});
  }
  EXPECT_EQ(get("/v1/webhooks/" + id).text({"disabled_reason"}), "");
  EXPECT_EQ(get("/v1/webhooks/" + id).text({"failing_since"}), "");
}

TEST_P(WebhooksTest, AnOrderedEndpointIsToldInOrderAlsoThroughRetries) {
  const std::string id = make_webhook("*", R"(,"ordered":true)");
  receiver_.answer_with({Reply{.status = 500}, Reply{.status = 500}});
  for (int i = 0; i < 5; ++i) {
    publish("a.b", R"({"n":)" + std::to_string(i) + "}", kAlice, std::to_string(i));
  }
  EXPECT_EQ(work(), 1);  // the others wait for the first
  advance(Seconds{6});
  EXPECT_EQ(work(), 1);
  advance(Seconds{331});
  EXPECT_EQ(work(), 5);
  std::string order;
  for (const Got& got : receiver_.got()) order += got.body[got.body.find(R"("n":)") + 4];
  EXPECT_EQ(order, "0001234");
}

TEST_P(WebhooksTest, WhoAsksToBeLeftAloneIsByAllItsDeliveries) {
  const std::string busy = make_webhook("*", "", "/busy");
  const std::string other = make_webhook("*", "", "/other");
  receiver_.answer_with({});
  publish("a.b");
  work();
  receiver_.answer_always(429);
  receiver_.answer_with({Reply{.status = 429, .headers = "Retry-After: 600\r\n"},
                         Reply{.status = 429, .headers = "Retry-After: 600\r\n"}});
  publish("a.b");
  work();
  const std::size_t requests = receiver_.got().size();
  receiver_.answer_always(200);
  publish("a.b");  // another event, for the same two
  work();
  EXPECT_EQ(receiver_.got().size(), requests);  // nobody was asked
  EXPECT_EQ(metric("ashlar_webhooks_postponed_total"), 2);
  advance(Seconds{661});
  work();
  EXPECT_EQ(receiver_.got().size(), requests + 4);
  EXPECT_EQ(count(busy, "&state=delivered"), 3);
  EXPECT_EQ(count(other, "&state=delivered"), 3);
}

TEST_P(WebhooksTest, ADeadEndpointCostsFewRequestsAndNoAttemptsOfWhatWaits) {
  const std::string id = make_webhook("*");
  receiver_.answer_always(500);
  for (int i = 0; i < 50; ++i) publish("a.b");
  work();
  const std::size_t requests = receiver_.got().size();
  EXPECT_GE(requests, 10U);
  EXPECT_LE(requests, 50U);
  receiver_.answer_always(200);
  for (int i = 0; i < 60; ++i) {
    advance(Seconds{30});
    work();
  }
  EXPECT_EQ(count(id, "&state=delivered"), 50);
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

TEST_P(WebhooksTest, ReplayOfATimeOfEventsAndOfAll) {
  const std::string id = make_webhook("*");
  const std::string path = "/v1/webhooks/" + id;
  std::vector<std::string> times;
  for (int i = 0; i < 6; ++i) {
    receiver_.answer_always(i % 2 == 0 ? 410 : 200);
    times.push_back(base::format_rfc3339(clock_.now()));
    publish("a.b", R"({"n":)" + std::to_string(i) + "}");
    work();
    post(path + "/enable");
    advance(Seconds{60});
  }
  receiver_.answer_always(200);
  ASSERT_EQ(count(id, "&state=failed"), 3);
  const std::size_t before = receiver_.got().size();
  EXPECT_EQ(post(path + "/replay", R"({"from":")" + times[1] + R"(","to":")" + times[3] + "\"}")
                .number({"replayed"}),
            1);
  work();
  EXPECT_EQ(count(id, "&state=failed"), 2);
  EXPECT_EQ(receiver_.got().back().id, receiver_.got()[2].id);  // the same webhook-id
  EXPECT_EQ(post(path + "/replay").number({"replayed"}), 2);
  EXPECT_EQ(post(path + "/replay").number({"replayed"}), 0);  // they are on their way
  work();
  EXPECT_EQ(receiver_.got().size(), before + 3);
  EXPECT_EQ(post(path + "/replay").number({"replayed"}), 0);
  EXPECT_EQ(post(path + "/replay", R"({"only":"all"})").number({"replayed"}), 6);
  work();
  EXPECT_EQ(receiver_.got().size(), before + 9);
  const std::string event = newest(id, "event_id");
  EXPECT_EQ(post(path + "/replay", R"({"event_ids":[")" + event + R"("],"only":"all"})")
                .number({"replayed"}),
            1);
  EXPECT_EQ(post(path + "/replay", R"({"event_ids":["nobody"],"only":"all"})").number({"replayed"}),
            0);
  work();
  EXPECT_EQ(receiver_.got().back().id, event);
  EXPECT_EQ(post(path + "/replay", R"({"from":")" + times[3] + R"(","to":")" + times[1] + "\"}")
                .text({"reason"}),
            "range_invalid");
}

TEST_P(WebhooksTest, AReplayOfManyGoesOnWhereItStopped) {
  const std::string id = make_webhook("*");
  const std::string path = "/v1/webhooks/" + id;
  send(Method::kPatch, path, R"({"enabled":false})");
  const int many = static_cast<int>(Webhooks::kReplayBatch) + 7;
  const auto written =
      db().write(storage::Context::tenant(kAlice), [&](storage::Transaction& tx) -> base::Status {
        for (int i = 0; i < many; ++i) {
          ASHLAR_TRY(outbox_->append(tx, {"a.b", "thing", std::to_string(i), "{}", {}}));
        }
        return base::ok_status();
      });
  ASSERT_TRUE(written.ok());
  fan_out();
  post(path + "/enable");
  const Answer first = post(path + "/replay");
  EXPECT_EQ(first.number({"replayed"}), Webhooks::kReplayBatch);
  const Answer second =
      post(path + "/replay", R"({"cursor":")" + first.text({"next_cursor"}) + "\"}");
  EXPECT_EQ(second.number({"replayed"}), 7);
  EXPECT_TRUE(second.at({"next_cursor"})->is_null());
  EXPECT_EQ(work(), many);
  EXPECT_EQ(receiver_.got().size(), static_cast<std::size_t>(many));
}

TEST_P(WebhooksTest, RetryStartsAFailedOneAnewAndHurriesAPendingOne) {
  const std::string id = make_webhook("*");
  const std::string path = "/v1/webhooks/" + id;
  receiver_.answer_always(500);
  publish("a.b");
  work();
  const std::string delivery = path + "/deliveries/" + newest(id, "id");
  EXPECT_EQ(post(delivery + "/retry").status, 202);
  EXPECT_EQ(work(), 1);  // without waiting for the plan
  receiver_.answer_always(410);
  post(delivery + "/retry");
  work();
  EXPECT_EQ(get(delivery).text({"state"}), "failed");
  EXPECT_EQ(post(delivery + "/retry").text({"reason"}), "webhook_disabled");
  post(path + "/enable");
  receiver_.answer_always(500);
  EXPECT_EQ(post(delivery + "/retry").text({"state"}), "pending");
  work();
  // The plan begins anew: 5 s again, though it is the fourth attempt.
  advance(Seconds{6});
  receiver_.answer_always(200);
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(get(delivery).text({"state"}), "delivered");
  EXPECT_EQ(get(delivery).number({"attempts"}), 5);
  EXPECT_EQ(post(delivery + "/retry").text({"reason"}), "delivery_delivered");
  EXPECT_EQ(post(path + "/deliveries/999/retry").status, 404);
}

// A job whose end was lost comes again; what was recorded as delivered is not sent twice.
TEST_P(WebhooksTest, WhatWasDeliveredIsNotSentAgainThoughItsJobComesBack) {
  make_webhook("*");
  publish("a.b");
  for (int round = 0; round < 2; ++round) {
    const auto leased = jobs_->lease({.kind = kDeliverJob, .max = 10, .worker = "test"});
    ASSERT_TRUE(leased.ok());
    ASSERT_EQ(leased->size(), 1U);
    std::promise<jobs::Outcome> outcome;
    module_->sender.attempt(jobs::Attempt{leased->front(), clock_.mono() + Seconds{60}},
                            [&](jobs::Outcome given) { outcome.set_value(std::move(given)); });
    const auto kind = outcome.get_future().get().kind;
    EXPECT_EQ(kind, round == 0 ? jobs::Outcome::Kind::kDone : jobs::Outcome::Kind::kCancelled);
    advance(Seconds{60});  // the lease runs out: the process died before it could say so
  }
  EXPECT_EQ(receiver_.got().size(), 1U);
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
