#include "platform/grpc/server.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "platform/grpc/testing/grpc_client.h"
#include "platform/grpc/testing/grpc_fixture.h"
#include "platform/grpc/timeout.h"

namespace ashlar::grpc {
namespace {

using GrpcServer = GrpcFixture;

TEST_F(GrpcServer, AnswersUnaryCalls) {
  start();
  GrpcClient client(port());
  for (const std::size_t size : {0, 1, 5, 1000, 70'000, 4 * 1024 * 1024}) {
    const std::string message(size, 'm');
    const auto answer = client.call("/test.T/Echo", message);
    EXPECT_TRUE(answer.is(Code::kOk)) << answer.grpc_status << answer.grpc_message;
    EXPECT_EQ(answer.http_status, "200");
    EXPECT_EQ(answer.content_type, "application/grpc");
    EXPECT_EQ(answer.grpc_message, "");
    ASSERT_EQ(answer.messages.size(), 1U);
    EXPECT_EQ(answer.messages[0], message);
    EXPECT_EQ(answer.reset, 0U);
  }
  EXPECT_EQ(counted("/test.T/Echo", Code::kOk), 6U);
  EXPECT_FALSE(client.closed());
}

TEST_F(GrpcServer, AnswersManyAtOnce) {
  start();
  GrpcClient client(port());
  constexpr std::uint64_t kSeed = 4;
  SCOPED_TRACE(kSeed);
  base::Random random(kSeed);
  std::vector<std::pair<std::int32_t, std::string>> calls;
  for (int i = 0; i < 900; ++i) {
    const std::string message = std::to_string(i) + std::string(random.below(200), '.');
    const char* path = i % 90 == 0 ? "/test.T/Later" : "/test.T/Echo";
    const std::int32_t id = client.begin(path);
    const std::string bytes = framed(message);
    const std::size_t cut = random.below(bytes.size());
    client.send(id, bytes.substr(0, cut), false);
    client.flush();
    client.send(id, bytes.substr(cut), true);
    calls.emplace_back(id, message);
  }
  for (const auto& [id, message] : calls) {
    const auto& answer = client.wait_for(id);
    ASSERT_TRUE(answer.is(Code::kOk));
    ASSERT_EQ(answer.messages.at(0), message);
  }
}

TEST_F(GrpcServer, TellsErrors) {
  start();
  GrpcClient client(port());
  const auto failed = client.call("/test.T/Fail", "x");
  EXPECT_TRUE(failed.is(Code::kFailedPrecondition));
  EXPECT_EQ(failed.grpc_message, "n%C3%B6: 100%25");
  EXPECT_TRUE(failed.messages.empty());
  EXPECT_TRUE(client.call("/test.T/Drop", "x").is(Code::kInternal));
  EXPECT_TRUE(client.call("/test.T/NotThere", "x").is(Code::kUnimplemented));
  EXPECT_TRUE(client.call("/", "x").is(Code::kUnimplemented));
  EXPECT_EQ(counted("unknown", Code::kUnimplemented), 2U);
  EXPECT_EQ(counted("/test.T/Drop", Code::kInternal), 1U);
}

TEST_F(GrpcServer, TakesOnlyGrpc) {
  start();
  GrpcClient client(port());
  const auto with = [&](const GrpcClient::Headers& headers) {
    return client.call("/test.T/Echo", "x", headers);
  };
  EXPECT_EQ(with({{"content-type", "application/json"}}).http_status, "415");
  EXPECT_EQ(with({{"content-type", ""}}).http_status, "415");
  EXPECT_EQ(with({{"content-type", "application/grpc-web"}}).http_status, "415");
  EXPECT_EQ(with({{":method", "GET"}}).http_status, "405");
  EXPECT_TRUE(with({{"content-type", "application/grpc+proto"}}).is(Code::kOk));
  EXPECT_TRUE(with({{"content-type", "application/grpc;charset=utf-8"}}).is(Code::kOk));
  EXPECT_TRUE(with({{"grpc-encoding", "gzip"}}).is(Code::kUnimplemented));
  EXPECT_TRUE(with({{"grpc-encoding", "identity"}}).is(Code::kOk));
  EXPECT_EQ(called_.load(), 3);
}

TEST_F(GrpcServer, JudgesMessages) {
  start();
  GrpcClient client(port());
  const auto with = [&](std::string_view bytes) {
    const std::int32_t id = client.begin("/test.T/Echo");
    client.send(id, bytes, true);
    return client.wait_for(id).grpc_status;
  };
  EXPECT_EQ(with(framed("a") + framed("b")), "3");
  EXPECT_EQ(with(""), "3");
  EXPECT_EQ(with(framed("abc").substr(0, 7)), "13");
  EXPECT_EQ(with(framed("abc").substr(0, 3)), "13");
  EXPECT_EQ(with(framed("abc", 1)), "12");
  EXPECT_EQ(with(framed("abc", 2)), "13");
  EXPECT_EQ(with(framed("abc")), "0");
  const std::int32_t none = client.begin("/test.T/Echo", {}, true);
  EXPECT_TRUE(client.wait_for(none).is(Code::kInvalidArgument));
  EXPECT_EQ(called_.load(), 1);
}

TEST_F(GrpcServer, BoundsMessages) {
  options_.max_message_bytes = 1000;
  options_.max_buffered_bytes = 5000;
  start();
  GrpcClient client(port());
  EXPECT_TRUE(client.call("/test.T/Echo", std::string(1000, 'x')).is(Code::kOk));
  const auto refused = client.call("/test.T/Echo", std::string(1001, 'x'));
  EXPECT_TRUE(refused.is(Code::kResourceExhausted));
  // By its length alone, before the bytes come.
  const std::int32_t early = client.begin("/test.T/Echo");
  client.send(early, std::string("\0\x7f\xff\xff\xff", 5), false);
  EXPECT_TRUE(client.wait_for(early).is(Code::kResourceExhausted));

  std::vector<std::int32_t> halves;
  for (int i = 0; i < 10; ++i) {
    halves.push_back(client.begin("/test.T/Echo"));
    client.send(halves.back(), framed(std::string(1000, 'x')).substr(0, 1000), false);
  }
  int exhausted = 0;
  client.wait([&] {
    exhausted = 0;
    for (const auto id : halves) exhausted += client.answer(id).is(Code::kResourceExhausted);
    return exhausted == 5;
  });
  EXPECT_EQ(exhausted, 5);
  EXPECT_TRUE(client.call("/test.T/Echo", "").is(Code::kResourceExhausted));
  for (const auto id : halves) client.reset(id);
  EXPECT_TRUE(client.call("/test.T/Echo", "x").is(Code::kOk));
}

TEST_F(GrpcServer, HonoursDeadlines) {
  start();
  GrpcClient client(port());
  const base::Mono before = clock_.mono();
  const auto late = client.call("/test.T/Never", "x", {{"grpc-timeout", "60m"}});
  EXPECT_TRUE(late.is(Code::kDeadlineExceeded));
  EXPECT_GE(clock_.mono() - before, base::Millis{59});
  EXPECT_TRUE(
      client.call("/test.T/Later", "x", {{"grpc-timeout", "1m"}}).is(Code::kDeadlineExceeded));
  EXPECT_TRUE(
      client.call("/test.T/Echo", "x", {{"grpc-timeout", "0n"}}).is(Code::kDeadlineExceeded));
  EXPECT_TRUE(client.call("/test.T/Echo", "x", {{"grpc-timeout", "5S"}}).is(Code::kOk));
  EXPECT_TRUE(client.call("/test.T/Echo", "x", {{"grpc-timeout", "5"}}).is(Code::kInvalidArgument));
  EXPECT_EQ(client.call("/test.T/Seen", "", {{"grpc-timeout", "1H"}}).messages.at(0),
            "||127.0.0.1|bounded");
  const std::int32_t chat = client.begin("/test.T/Chat", {{"grpc-timeout", "50m"}});
  EXPECT_TRUE(client.wait_for(chat).is(Code::kDeadlineExceeded));
  EXPECT_EQ(cancelled_.load(), 1);
}

TEST_F(GrpcServer, SlowRequestsEnd) {
  options_.receive_timeout = base::Millis{100};
  start();
  GrpcClient client(port());
  const std::int32_t id = client.begin("/test.T/Echo");
  client.send(id, framed("abc").substr(0, 6), false);
  EXPECT_TRUE(client.wait_for(id).is(Code::kDeadlineExceeded));
  EXPECT_EQ(called_.load(), 0);
}

TEST_F(GrpcServer, HandlesKnowTheCall) {
  start();
  GrpcClient client(port());
  EXPECT_EQ(client
                .call("/test.T/Seen", "",
                      {{"authorization", "Bearer abc"}, {"user-agent", "not asked for"}})
                .messages.at(0),
            "Bearer abc||127.0.0.1|for ever");
}

TEST_F(GrpcServer, CallsOutliveTheirClients) {
  start();
  {
    GrpcClient gone(port());
    for (int i = 0; i < 10; ++i) {
      const std::int32_t id = gone.begin("/test.T/Later");
      gone.send(id, framed("x"), true);
    }
    gone.flush();
    gone.wait([&] { return called_ == 10; });
  }
  GrpcClient client(port());
  const std::int32_t id = client.begin("/test.T/Later");
  client.send(id, framed("x"), true);
  client.flush();
  client.wait([&] { return called_ == 11; });
  client.reset(id);
  EXPECT_TRUE(client.call("/test.T/Later", "after").is(Code::kOk));
  EXPECT_EQ(counted("/test.T/Later", Code::kCancelled), 11U);
}

TEST_F(GrpcServer, StreamsBothWays) {
  start();
  GrpcClient client(port());
  const std::int32_t id = client.begin("/test.T/Chat");
  client.send(id, framed("one"), false);
  EXPECT_TRUE(client.wait([&] { return client.answer(id).messages.size() == 1; }));
  client.send(id, framed("two") + framed("three"), false);
  EXPECT_TRUE(client.wait([&] { return client.answer(id).messages.size() == 3; }));
  EXPECT_FALSE(client.answer(id).ended);
  client.send(id, "", true);
  const auto& answer = client.wait_for(id);
  EXPECT_TRUE(answer.is(Code::kOk));
  EXPECT_EQ(answer.messages, (std::vector<std::string>{"one", "two", "three", "bye"}));
  EXPECT_EQ(cancelled_.load(), 0);
  EXPECT_EQ(counted("/test.T/Chat", Code::kOk), 1U);
}

TEST_F(GrpcServer, StreamsEndEitherWay) {
  start();
  GrpcClient client(port());
  const auto say = [&](std::string_view bytes, bool end) {
    const std::int32_t id = client.begin("/test.T/Chat");
    client.send(id, bytes, end);
    return client.wait_for(id);
  };
  EXPECT_TRUE(say(framed("finish") + framed("not read"), false).is(Code::kOk));
  const auto failed = say(framed("said") + framed("fail"), false);
  EXPECT_TRUE(failed.is(Code::kAborted));
  EXPECT_EQ(failed.grpc_message, "as you wish");
  EXPECT_EQ(failed.messages.size(), 1U);
  EXPECT_TRUE(say(framed("cut").substr(0, 6), true).is(Code::kInternal));
  const std::int32_t refused = client.begin("/test.T/Refused");
  EXPECT_TRUE(client.wait_for(refused).is(Code::kPermissionDenied));
  const std::int32_t reset = client.begin("/test.T/Chat");
  client.send(reset, framed("hello"), false);
  EXPECT_TRUE(client.wait([&] { return !client.answer(reset).messages.empty(); }));
  client.reset(reset);
  EXPECT_TRUE(client.call("/test.T/Echo", "x").is(Code::kOk));
  EXPECT_EQ(cancelled_.load(), 1);
}

TEST_F(GrpcServer, StreamsAreBounded) {
  options_.max_pending_bytes = 1'000'000;
  start();
  GrpcClient client(port());
  const std::int32_t id = client.begin("/test.T/Chat");
  client.send(id, framed("flood"), false);
  const auto& answer = client.wait_for(id);
  EXPECT_TRUE(answer.is(Code::kResourceExhausted));
  EXPECT_EQ(answer.grpc_message, std::to_string(answer.messages.size()));
  EXPECT_LE(answer.messages.size(), 10U);
}

// HealthCheckRequest{service = 1}, HealthCheckResponse{status = 1}.
TEST_F(GrpcServer, Health) {
  start();
  GrpcClient client(port());
  const std::string_view kCheck = "/grpc.health.v1.Health/Check";
  EXPECT_EQ(client.call(kCheck, "").messages.at(0), "\x08\x01");
  EXPECT_EQ(client.call(kCheck, "\x0a\x06test.T").messages.at(0), "\x08\x01");
  EXPECT_TRUE(client.call(kCheck, "\x0a\x05other").is(Code::kNotFound));
  EXPECT_TRUE(client.call(kCheck, "\x0a\x05").is(Code::kInvalidArgument));
  const std::int32_t watch = client.begin("/grpc.health.v1.Health/Watch");
  client.send(watch, framed(""), true);
  const std::int32_t other = client.begin("/grpc.health.v1.Health/Watch");
  client.send(other, framed("\x0a\x05other"), true);
  EXPECT_TRUE(client.wait([&] {
    return client.answer(watch).messages.size() == 1 && client.answer(other).messages.size() == 1;
  }));
  EXPECT_EQ(client.answer(other).messages.at(0), "\x08\x03");
  ready_ = false;
  EXPECT_EQ(client.call(kCheck, "").messages.at(0), "\x08\x02");
  EXPECT_TRUE(client.wait([&] { return client.answer(watch).messages.size() == 2; }));
  EXPECT_EQ(client.answer(watch).messages, (std::vector<std::string>{"\x08\x01", "\x08\x02"}));
}

TEST_F(GrpcServer, DrainsWithGoaway) {
  start();
  GrpcClient idle(port());
  GrpcClient busy(port());
  EXPECT_TRUE(idle.call("/test.T/Echo", "x").is(Code::kOk));
  const std::int32_t early = busy.begin("/test.T/Chat");
  busy.send(early, framed("hello"), false);
  EXPECT_TRUE(busy.wait([&] { return !busy.answer(early).messages.empty(); }));
  std::thread stopping([this] { stop(); });
  EXPECT_TRUE(busy.wait([&] { return busy.goaways() == 2; }));
  EXPECT_EQ(busy.goaway_error(), 0U);
  busy.send(early, framed("still here"), true);
  EXPECT_TRUE(busy.wait_for(early).is(Code::kOk));
  EXPECT_EQ(busy.answer(early).messages.size(), 3U);
  EXPECT_TRUE(idle.wait([&] { return idle.closed(); }) && busy.wait([&] { return busy.closed(); }));
  EXPECT_GE(idle.goaways(), 1);  // nghttp2's client, without calls, looks at one only
  idle.socket().end_output();
  busy.socket().end_output();
  stopping.join();
}

TEST_F(GrpcServer, DrainCutsOffWhatDoesNotEnd) {
  start();
  GrpcClient client(port());
  const std::int32_t id = client.begin("/test.T/Never");
  client.send(id, framed("x"), true);
  client.wait([&] { return called_ == 1; });
  const base::Mono before = clock_.mono();
  stop();
  EXPECT_GE(clock_.mono() - before, options_.drain_timeout);
  EXPECT_EQ(counted("/test.T/Never", Code::kCancelled), 1U);
}

TEST(GrpcTimeout, Parses) {
  using std::chrono::nanoseconds;
  const auto of = [](std::string_view text) {
    return parse_timeout(text).value_or(nanoseconds{-1});
  };
  EXPECT_EQ(of("1H"), std::chrono::hours{1});
  EXPECT_EQ(of("2M"), std::chrono::minutes{2});
  EXPECT_EQ(of("3S"), std::chrono::seconds{3});
  EXPECT_EQ(of("20m"), std::chrono::milliseconds{20});
  EXPECT_EQ(of("5u"), std::chrono::microseconds{5});
  EXPECT_EQ(of("99999999n"), nanoseconds{99'999'999});
  EXPECT_EQ(of("99999999H"), std::chrono::hours{24 * 365 * 10});
  for (const std::string_view bad :
       {"", "S", "1", "1s", "-1S", "1.5S", "123456789S", " 1S", "1S "}) {
    EXPECT_EQ(of(bad), nanoseconds{-1}) << bad;
  }
}

TEST(GrpcStatus, Encodes) {
  EXPECT_EQ(encode_message("plain ~"), "plain ~");
  EXPECT_EQ(encode_message("50%\r\n\t\x7f\xc3\xb6"), "50%25%0D%0A%09%7F%C3%B6");
  EXPECT_EQ(encode_message(std::string(5000, 'x')).size(), 1024U);
  EXPECT_EQ(name_of(Code::kUnauthenticated), "UNAUTHENTICATED");
  EXPECT_EQ(status_of(base::fail(base::Code::kTooMany, "over", "later")).code,
            Code::kResourceExhausted);
}

}  // namespace
}  // namespace ashlar::grpc
