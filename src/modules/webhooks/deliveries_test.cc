// Deliveries: the plan of retries, order, disabling, what is sent again, on both engines.
#include "modules/webhooks/delivery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <set>
#include <string>

#include "modules/webhooks/testing/webhooks_fixture.h"
#include "platform/storage/database.h"

namespace ashlar::webhooks {
namespace {

using base::Seconds;
using http::Method;
using Reply = outbound::FaultServer::Reply;
using Got = Receiver::Got;

class DeliveriesTest : public WebhooksFixture {};

INSTANTIATE_TEST_SUITE_P(Storage, DeliveriesTest, storage::both_engines(), storage::engine_name);

TEST_P(DeliveriesTest, IdStaysAndTimeAndSignatureAreThoseOfTheAttempt) {
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

TEST_P(DeliveriesTest, ThePlanIsKeptToItsEnd) {
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

// The attempt is recorded, and the process dies before its job's end commits: another takes the
// job.
TEST_P(DeliveriesTest, ACrashAfterAnAttemptDoesNotShortenThePlan) {
  const std::string id = make_webhook("*");
  receiver_.answer_always(500);
  publish("a.b");
  EXPECT_EQ(work(), 1);
  advance(Seconds{6});
  const auto leased = jobs_->lease({.kind = kDeliverJob, .max = 1, .worker = "dies"});
  ASSERT_TRUE(leased.ok());
  ASSERT_EQ(leased->size(), 1U);
  std::promise<void> recorded;
  module_->sender.attempt({leased->front(), clock_.mono() + Seconds{60}},
                          [&](const jobs::Outcome&) { recorded.set_value(); });
  recorded.get_future().wait();
  advance(Seconds{60});
  work();
  EXPECT_EQ(receiver_.got().size(), 2U) << "the next is due after five minutes";
  advance(Seconds{300});
  work();
  EXPECT_EQ(receiver_.got().size(), 3U);
  EXPECT_EQ(newest(id, "state"), "pending");
  // Whoever asks for it by hand does not wait.
  const std::string path = "/v1/webhooks/" + id + "/deliveries/" + newest(id, "id") + "/retry";
  EXPECT_EQ(post(path).status, 202);
  work();
  EXPECT_EQ(receiver_.got().size(), 4U);
}

TEST_P(DeliveriesTest, ARedirectIsAFailure) {
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
TEST_P(DeliveriesTest, APrivateAddressIsNotCalledWhateverStandsInTheTable) {
  const std::string id = make_webhook("*");  // while it was allowed
  publish("a.b");
  const auto guarded = make_module(false);
  EXPECT_EQ(work_with(*guarded), 1);
  EXPECT_EQ(receiver_.got().size(), 0U);
  const Answer list = get("/v1/webhooks/" + id + "/deliveries");
  EXPECT_EQ(list.text({"data", "0", "state"}), "pending");
  EXPECT_NE(list.text({"data", "0", "error"}).find("private"), std::string::npos);
}

TEST_P(DeliveriesTest, GoneDisablesAndIsToldToOthers) {
  const std::string gone = make_webhook("*", "", "/gone");
  make_webhook("webhook.*", "", "/watcher");
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

TEST_P(DeliveriesTest, FiveDaysOfNothingButFailuresDisable) {
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

TEST_P(DeliveriesTest, ASuccessBetweenEndsTheCount) {
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

TEST_P(DeliveriesTest, AnOrderedEndpointIsToldInOrderAlsoThroughRetries) {
  make_webhook("*", R"(,"ordered":true)");
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

TEST_P(DeliveriesTest, ARateHoldsBackWhatIsTooMuchAndLosesNothing) {
  const std::string id = make_webhook("*", R"(,"rate_per_s":1)");
  for (int i = 0; i < 5; ++i) publish("a.b");
  std::size_t most = 0;
  for (int second = 1; second <= 8; ++second) {
    work();
    most = std::max(most, receiver_.got().size());
    EXPECT_LE(receiver_.got().size(), static_cast<std::size_t>(second));
    advance(Seconds{1});
  }
  EXPECT_EQ(most, 5U);
  EXPECT_EQ(count(id, "&state=delivered"), 5);
}

TEST_P(DeliveriesTest, NoMoreAreUnderWayThanMayBe) {
  make_webhook("*", R"(,"max_running":2)");
  for (int i = 0; i < 5; ++i) publish("a.b");
  const auto leased = jobs_->lease({.kind = kDeliverJob, .max = 100, .worker = "test"});
  ASSERT_TRUE(leased.ok());
  EXPECT_EQ(leased->size(), 2U);
  const auto more = jobs_->lease({.kind = kDeliverJob, .max = 100, .worker = "test"});
  ASSERT_TRUE(more.ok());
  EXPECT_EQ(more->size(), 0U);
}

TEST_P(DeliveriesTest, WhoAsksToBeLeftAloneIsByAllItsDeliveries) {
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

TEST_P(DeliveriesTest, ADeadEndpointCostsFewRequestsAndNoAttemptsOfWhatWaits) {
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

TEST_P(DeliveriesTest, ReplayOfATimeOfEventsAndOfAll) {
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

TEST_P(DeliveriesTest, AReplayOfManyGoesOnWhereItStopped) {
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

TEST_P(DeliveriesTest, RetryStartsAFailedOneAnewAndHurriesAPendingOne) {
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
TEST_P(DeliveriesTest, WhatWasDeliveredIsNotSentAgainThoughItsJobComesBack) {
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

}  // namespace
}  // namespace ashlar::webhooks
