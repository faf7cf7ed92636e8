// What an HTTP answer means to a saga; and one call over a real connection.
#include "platform/sagas/http_call.h"

#include <gtest/gtest.h>

#include <future>

#include "base/clock.h"
#include "platform/observability/metrics.h"
#include "platform/outbound/outbound_client.h"
#include "platform/outbound/testing/fault_server.h"

namespace ashlar::sagas {
namespace {

Answer read(int status, std::string body = {}, outbound::HeaderList headers = {}) {
  outbound::Answer answer;
  answer.status = status;
  answer.body = std::move(body);
  answer.headers = std::move(headers);
  return read_answer(answer, "charge", base::from_micros(1'000'000));
}

TEST(HttpCall, StatusesAsATable) {
  using Kind = Answer::Kind;
  for (const int done : {200, 201, 202, 204}) EXPECT_EQ(read(done).kind, Kind::kDone) << done;
  for (const int failed : {408, 409, 425, 429, 500, 502, 503, 504}) {
    EXPECT_EQ(read(failed).kind, Kind::kFailed) << failed;
  }
  for (const int refused : {301, 307, 400, 401, 402, 403, 404, 410, 422}) {
    EXPECT_EQ(read(refused).kind, Kind::kRefused) << refused;
  }
}

TEST(HttpCall, AnObjectIsAddedUnderTheStepsName) {
  const Answer answer = read(200, R"({"id":"ch_1"})");
  ASSERT_EQ(answer.add.size(), 1U);
  EXPECT_EQ(answer.add[0].first, "charge");
  EXPECT_NE(answer.add[0].second.find("id"), nullptr);
  EXPECT_TRUE(read(200, "[1]").add.empty());
  EXPECT_TRUE(read(200, "not JSON").add.empty());
}

TEST(HttpCall, RetryAfterIsHeeded) {
  EXPECT_EQ(read(503, {}, {{"retry-after", "30"}}).retry_at, base::from_micros(31'000'000));
  EXPECT_EQ(read(503, {}, {{"retry-after", "soon"}}).retry_at, std::nullopt);
  EXPECT_EQ(read(503, {}, {{"retry-after", "999999999"}}).retry_at,
            base::from_micros(1'000'000) + base::Seconds(24 * 3600));
}

TEST(HttpCall, CarriesTheKeyAndIsAnswered) {
  const base::SystemClock clock;
  obs::Registry metrics;
  outbound::OutboundClient client({.allow_private = true}, clock, metrics);
  outbound::FaultServer server([](const outbound::FaultServer::Request& request) {
    return outbound::FaultServer::Reply{
        .status = 200, .body = "{\"key\":\"" + request.field("Idempotency-Key") + "\"}"};
  });
  auto& dependency = client.add_dependency("bank", {});
  const CallStep step = http_call(client, dependency, clock, [&](const StepCall& call) {
    return outbound::Request{.method = "POST", .url = server.url("/" + std::string(call.step))};
  });
  const json::Value data{json::Value::Object{}};
  const StepCall call{.saga = SagaId(3),
                      .tenant = base::TenantId(1),
                      .correlation = "order 1",
                      .step = "charge",
                      .deadline = clock.mono() + base::Millis(5'000),
                      .idempotency_key = "saga-3-a-charge",
                      .traceparent = {},
                      .data = data};
  std::promise<Answer> answered;
  step(call, [&](Answer answer) { answered.set_value(std::move(answer)); });
  const Answer answer = answered.get_future().get();
  ASSERT_EQ(answer.kind, Answer::Kind::kDone) << answer.error;
  const json::Value* key = answer.add.at(0).second.find("key");
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(*key->if_string(), "saga-3-a-charge");
}

}  // namespace
}  // namespace ashlar::sagas
