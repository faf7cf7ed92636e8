// OutboundClient against a real server on loopback that is late, breaks off and pushes back.
#include "platform/outbound/outbound_client.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "platform/observability/metrics.h"
#include "platform/outbound/testing/fault_server.h"

namespace ashlar::outbound {
namespace {

using base::Millis;
using Reply = FaultServer::Reply;
using std::chrono::milliseconds;

class OutboundClientTest : public testing::Test {
 protected:
  static Policy quick() {
    Policy policy;
    policy.timeout = Millis{2000};
    policy.attempt_timeout = Millis{1000};
    policy.retry.base = milliseconds(1);
    policy.retry.cap = milliseconds(5);
    policy.breaker.min_calls = 1000;  // out of the way, where it is not what is tested
    return policy;
  }
  base::Result<Answer> get(Dependency& dependency, FaultServer& server) {
    return client_.call(dependency, {.url = server.url("/")});
  }
  [[nodiscard]] Millis since(base::Mono from) const {
    return std::chrono::floor<Millis>(clock_.mono() - from);
  }
  double counter(const std::string& line) {
    const std::string text = metrics_.render();
    const std::size_t at = text.find(line + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size() + 1));
  }

  base::SystemClock clock_;
  obs::Registry metrics_;
  OutboundClient client_{{.allow_private = true}, clock_, metrics_};
};

const char* reason(const base::Result<Answer>& result) {
  return result.ok() ? "ok" : result.error().reason;
}

TEST_F(OutboundClientTest, BringsTheAnswerAndPassesOnTraceAndTime) {
  std::promise<FaultServer::Request> seen;
  FaultServer server([&](const FaultServer::Request& request) {
    seen.set_value(request);
    return Reply{.status = 201, .body = "made", .headers = "X-Kind: test\r\n"};
  });
  Dependency& dependency = client_.add_dependency("a", quick());
  const auto answer = client_.call(dependency, {.method = "POST",
                                                .url = server.url("/things?x=1"),
                                                .headers = {{"X-Mine", "7"}},
                                                .body = "{\"a\":1}",
                                                .traceparent = "00-aa-bb-01"});
  ASSERT_TRUE(answer.ok()) << reason(answer);
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, "made");
  EXPECT_EQ(answer->attempts, 1);
  const auto kind =
      std::ranges::find(answer->headers, "x-kind", &std::pair<std::string, std::string>::first);
  ASSERT_NE(kind, answer->headers.end());
  EXPECT_EQ(kind->second, "test");
  const FaultServer::Request request = seen.get_future().get();
  EXPECT_TRUE(request.head.starts_with("POST /things?x=1 HTTP/1.1\r\n"));
  EXPECT_EQ(request.field("traceparent"), "00-aa-bb-01");
  EXPECT_EQ(request.field("X-Mine"), "7");
  const int told = std::stoi(request.field("Ashlar-Timeout-Ms"));
  EXPECT_GT(told, 900);
  EXPECT_LE(told, 1000);
}

TEST_F(OutboundClientTest, TriesAgainWhatMayBeRepeatedAndNothingElse) {
  FaultServer server([](const FaultServer::Request& request) {
    return Reply{.status = request.number % 3 == 0 ? 200 : 500};
  });
  Dependency& dependency = client_.add_dependency("a", quick());
  const auto got = get(dependency, server);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->attempts, 3);
  const auto posted = client_.call(dependency, {.method = "POST", .url = server.url("/")});
  ASSERT_TRUE(posted.ok());
  EXPECT_EQ(posted->status, 500);
  EXPECT_EQ(posted->attempts, 1);
  const auto keyed =
      client_.call(dependency, {.method = "POST", .url = server.url("/"), .idempotent = true});
  ASSERT_TRUE(keyed.ok());
  EXPECT_EQ(keyed->attempts, 2);  // the fifth request fails, the sixth does not
  EXPECT_EQ(counter(R"(ashlar_outbound_attempts_total{dependency="a",kind="retry"})"), 3);
}

TEST_F(OutboundClientTest, ABrokenConnectionIsRepeatedOnlyWhereThatIsSafe) {
  FaultServer server(
      [](const FaultServer::Request& request) { return Reply{.cut = request.number % 2 == 1}; });
  Dependency& dependency = client_.add_dependency("a", quick());
  EXPECT_STREQ(reason(client_.call(dependency, {.method = "POST", .url = server.url("/")})),
               "dependency_unreachable");
  EXPECT_EQ(server.requests(), 1);
  EXPECT_STREQ(reason(get(dependency, server)), "ok");
}

// libcurl by itself would send it again on a new connection, and nobody would know.
TEST_F(OutboundClientTest, AKeptConnectionThatEndsWithoutAnAnswerHidesNoRepetition) {
  FaultServer server(
      [](const FaultServer::Request& request) { return Reply{.hang_up = request.number == 2}; });
  Dependency& dependency = client_.add_dependency("a", quick());
  const Request post{.method = "POST", .url = server.url("/"), .body = "money"};
  ASSERT_STREQ(reason(client_.call(dependency, post)), "ok");
  EXPECT_STREQ(reason(client_.call(dependency, post)), "dependency_unreachable");
  EXPECT_EQ(server.requests(), 2);
  EXPECT_STREQ(reason(client_.call(dependency, post)), "ok");
}

TEST_F(OutboundClientTest, ARefusalIsRepeatedNoSoonerThanItAsks) {
  FaultServer server([](const FaultServer::Request& request) {
    return request.number == 1 ? Reply{.status = 503, .headers = "Retry-After: 1\r\n"} : Reply{};
  });
  Dependency& dependency = client_.add_dependency("a", quick());
  const base::Mono begin = clock_.mono();
  const auto posted = client_.call(dependency, {.method = "POST", .url = server.url("/")});
  ASSERT_TRUE(posted.ok());
  EXPECT_EQ(posted->status, 200);
  EXPECT_GE(since(begin), Millis{1000});
  // Where the answer says to wait beyond the call's time, that is the answer.
  server.handle([](const FaultServer::Request&) {
    return Reply{.status = 429, .headers = "Retry-After: 60\r\n"};
  });
  const auto refused = get(dependency, server);
  ASSERT_TRUE(refused.ok());
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(refused->attempts, 1);
}

TEST_F(OutboundClientTest, TheTimeIsDividedAmongAttemptsAndKept) {
  FaultServer server(
      [](const FaultServer::Request&) { return Reply{.after = milliseconds(5000)}; });
  Policy policy = quick();
  policy.timeout = Millis{300};
  Dependency& dependency = client_.add_dependency("a", policy);
  const base::Mono begin = clock_.mono();
  EXPECT_STREQ(reason(get(dependency, server)), "dependency_timeout");
  EXPECT_GE(since(begin), Millis{250});
  EXPECT_LT(since(begin), Millis{600});
  EXPECT_EQ(server.requests(), 3);  // a third of the time each
  // The caller's deadline, where it is nearer.
  const base::Mono again = clock_.mono();
  EXPECT_STREQ(
      reason(client_.call(
          dependency, {.method = "POST", .url = server.url("/"), .deadline = again + Millis{60}})),
      "dependency_timeout");
  EXPECT_LT(since(again), Millis{250});
}

TEST_F(OutboundClientTest, TheRetryBudgetStopsAStorm) {
  FaultServer server([](const FaultServer::Request&) { return Reply{.status = 500}; });
  Policy policy = quick();
  policy.retry_budget = {.ratio = 0.1, .min_per_second = 0};
  Dependency& dependency = client_.add_dependency("a", policy);
  for (int i = 0; i < 100; ++i) EXPECT_STREQ(reason(get(dependency, server)), "ok");
  EXPECT_GE(server.requests(), 108);
  EXPECT_LE(server.requests(), 110);  // without it: 300
  EXPECT_GT(counter(R"(ashlar_outbound_retries_refused_total{dependency="a"})"), 80);
}

TEST_F(OutboundClientTest, TheBreakerOpensAndProbes) {
  std::atomic<bool> broken{true};
  FaultServer server(
      [&](const FaultServer::Request&) { return Reply{.status = broken ? 500 : 200}; });
  Policy policy = quick();
  policy.retry.max_attempts = 1;
  policy.breaker = {.min_calls = 10,
                    .open_time = milliseconds(200),
                    .open_jitter = 0,
                    .probes = 2,
                    .probe_time = milliseconds(1000)};
  Dependency& dependency = client_.add_dependency("a", policy);
  for (int i = 0; i < 10; ++i) EXPECT_STREQ(reason(get(dependency, server)), "ok");
  for (int i = 0; i < 20; ++i) EXPECT_STREQ(reason(get(dependency, server)), "circuit_open");
  EXPECT_EQ(server.requests(), 10);
  EXPECT_EQ(counter(R"(ashlar_outbound_breaker_state{dependency="a"})"), 1);
  broken = false;
  const base::Mono opened = clock_.mono();
  while (since(opened) < Millis{260}) std::this_thread::yield();
  for (int i = 0; i < 5; ++i) EXPECT_STREQ(reason(get(dependency, server)), "ok");
  EXPECT_EQ(counter(R"(ashlar_outbound_breaker_state{dependency="a"})"), 0);
}

TEST_F(OutboundClientTest, TheBulkheadLetsSomeWaitAndRefusesTheRest) {
  FaultServer server([](const FaultServer::Request&) { return Reply{.after = milliseconds(100)}; });
  Policy policy = quick();
  policy.max_running = 2;
  policy.max_waiting = 3;
  Dependency& dependency = client_.add_dependency("a", policy);
  std::vector<std::future<std::string>> results;
  const base::Mono begin = clock_.mono();
  for (int i = 0; i < 8; ++i) {
    auto promise = std::make_shared<std::promise<std::string>>();
    results.push_back(promise->get_future());
    client_.submit(
        dependency, {.url = server.url("/")},
        [promise](const base::Result<Answer>& result) { promise->set_value(reason(result)); });
  }
  std::vector<std::string> got;
  for (auto& result : results) got.push_back(result.get());
  EXPECT_EQ(std::ranges::count(got, "ok"), 5);
  EXPECT_EQ(std::ranges::count(got, "bulkhead_full"), 3);
  EXPECT_GE(since(begin), Millis{280});  // three rounds of two
}

TEST_F(OutboundClientTest, ALateAnswerIsHedgedWithinItsShare) {
  std::atomic<bool> slow{false};
  // Of requests that come when `slow` the odd ones are late.
  FaultServer server([&](const FaultServer::Request& request) {
    return Reply{.after = milliseconds(slow && request.number % 2 == 1 ? 600 : 0)};
  });
  Policy policy = quick();
  policy.hedge = kit::HedgeOptions{.share = 0.5,
                                   .min_delay = milliseconds(20),
                                   .min_samples = 20,
                                   .window = std::chrono::seconds(1)};
  Dependency& dependency = client_.add_dependency("a", policy);
  const base::Mono warm = clock_.mono();
  while (since(warm) < Millis{300}) EXPECT_STREQ(reason(get(dependency, server)), "ok");
  if (server.requests() % 2 == 1) {
    EXPECT_STREQ(reason(get(dependency, server)), "ok");
  }
  slow = true;
  const base::Mono begin = clock_.mono();
  const auto answer = get(dependency, server);
  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(answer->hedged);
  EXPECT_LT(since(begin), Millis{400});
  // What may not be repeated is not hedged.
  if (server.requests() % 2 == 1) {
    EXPECT_STREQ(reason(get(dependency, server)), "ok");
  }
  const auto posted = client_.call(dependency, {.method = "POST", .url = server.url("/")});
  ASSERT_TRUE(posted.ok());
  EXPECT_FALSE(posted->hedged);
}

TEST_F(OutboundClientTest, DoesNotKeepMoreOfAnAnswerThanAskedFor) {
  FaultServer server(
      [](const FaultServer::Request&) { return Reply{.body = std::string(5000, 'x')}; });
  Policy policy = quick();
  policy.max_answer_bytes = 4999;
  Dependency& dependency = client_.add_dependency("a", policy);
  EXPECT_STREQ(reason(get(dependency, server)), "answer_too_large");
  EXPECT_EQ(server.requests(), 1);
}

TEST_F(OutboundClientTest, CutsAnAnswerWhereThatIsAskedFor) {
  FaultServer server([](const FaultServer::Request& request) {
    return Reply{.body = std::string(request.number == 1 ? 500'000 : 4999, 'x')};
  });
  Policy policy = quick();
  policy.max_answer_bytes = 4999;
  policy.cut_answers = true;
  Dependency& dependency = client_.add_dependency("a", policy);
  for (int i = 0; i < 2; ++i) {  // too large, and just large enough
    const auto answer = get(dependency, server);
    ASSERT_TRUE(answer.ok()) << answer.error().detail;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, std::string(4999, 'x'));
  }
  EXPECT_EQ(server.requests(), 2);
}

TEST_F(OutboundClientTest, NobodyListens) {
  std::string url;
  {
    FaultServer gone([](const FaultServer::Request&) { return Reply{}; });
    url = gone.url("/");
  }
  Dependency& dependency = client_.add_dependency("a", quick());
  const auto result = client_.call(dependency, {.method = "POST", .url = url});
  EXPECT_STREQ(reason(result), "dependency_unreachable");
  // Surely not begun: even a POST was tried again.
  EXPECT_EQ(counter(R"(ashlar_outbound_attempts_total{dependency="a",kind="retry"})"), 2);
}

TEST_F(OutboundClientTest, WhatCannotBeSentIsNot) {
  FaultServer server([](const FaultServer::Request&) { return Reply{}; });
  Dependency& dependency = client_.add_dependency("a", quick());
  for (const Request& request :
       {Request{.url = "file:///etc/passwd"}, Request{.url = "gopher://127.0.0.1/"},
        Request{.url = "not a url"},
        Request{.url = server.url("/"), .headers = {{"A", "b\r\nC: d"}}},
        Request{.method = "GET / HTTP/1.1\r\nX: y", .url = server.url("/")}}) {
    EXPECT_STREQ(reason(client_.call(dependency, request)), "address_forbidden") << request.url;
  }
  EXPECT_EQ(server.requests(), 0);
}

TEST_F(OutboundClientTest, AGuardedClientReachesNoPrivateAddress) {
  FaultServer server([](const FaultServer::Request&) { return Reply{}; });
  OutboundClient guarded({.name = "guarded"}, clock_, metrics_);
  Dependency& dependency = guarded.add_dependency("webhooks", quick());
  const std::string port = server.url("").substr(sizeof("http://127.0.0.1") - 1);
  for (const std::string& host :
       {std::string("127.0.0.1"), std::string("localhost"), std::string("[::1]"),
        std::string("[::ffff:127.0.0.1]"), std::string("2130706433"), std::string("0x7f.1"),
        std::string("0.0.0.0")}) {
    const auto result = guarded.call(dependency, {.url = "http://" + host + port + "/"});
    EXPECT_STREQ(reason(result), "address_forbidden") << host;
  }
  EXPECT_EQ(server.requests(), 0);
}

// What a name resolves to is judged where it is connected to: a name that leads to a public address
// at one look and to a private one at the next (rebinding), or to both at once, reaches nobody.
TEST_F(OutboundClientTest, ANameThatResolvesToAPrivateAddressReachesNobody) {
  FaultServer server([](const FaultServer::Request&) { return Reply{}; });
  const std::string port = server.url("").substr(sizeof("http://127.0.0.1:") - 1);
  std::vector<std::string> names;
  const std::vector<std::string> addresses{"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0",
                                           "127.0.0.1,[::1],0.0.0.0"};
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    names.push_back("name" + std::to_string(i) + ".example.com:" + port + ":" + addresses[i]);
  }
  OutboundClient guarded({.name = "guarded", .names = names}, clock_, metrics_);
  Dependency& dependency = guarded.add_dependency("guarded", quick());
  OutboundClient open({.name = "open", .allow_private = true, .names = names}, clock_, metrics_);
  Dependency& opened = open.add_dependency("open", quick());
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const std::string url = "http://name" + std::to_string(i) + ".example.com:" + port + "/";
    for (int attempt = 0; attempt < 2; ++attempt) {
      EXPECT_STREQ(reason(guarded.call(dependency, {.url = url})), "address_forbidden") << url;
    }
  }
  EXPECT_EQ(server.requests(), 0);
  // The names do lead there: who may, gets an answer.
  EXPECT_STREQ(reason(open.call(opened, {.url = "http://name0.example.com:" + port + "/"})), "ok");
  EXPECT_EQ(server.requests(), 1);
}

TEST_F(OutboundClientTest, ARedirectToLoopbackIsNotFollowed) {
  FaultServer inner([](const FaultServer::Request&) { return Reply{.body = "secret"}; });
  FaultServer outer([&](const FaultServer::Request&) {
    return Reply{.status = 307, .headers = "Location: " + inner.url("/") + "\r\n"};
  });
  Dependency& dependency = client_.add_dependency("a", quick());
  const auto answer = client_.call(
      dependency, {.method = "POST", .url = outer.url("/"), .body = "{}", .idempotent = true});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 307);
  EXPECT_EQ(inner.requests(), 0);
}

TEST_F(OutboundClientTest, RedirectsAreAnAnswer) {
  FaultServer server([](const FaultServer::Request&) {
    return Reply{.status = 302, .headers = "Location: http://169.254.169.254/\r\n"};
  });
  Dependency& dependency = client_.add_dependency("a", quick());
  const auto answer = get(dependency, server);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 302);
}

TEST_F(OutboundClientTest, StopEndsWhatIsUnderWay) {
  FaultServer server(
      [](const FaultServer::Request&) { return Reply{.after = milliseconds(5000)}; });
  Policy policy = quick();
  policy.max_running = 1;
  Dependency& dependency = client_.add_dependency("a", policy);
  std::vector<std::future<std::string>> results;
  for (int i = 0; i < 3; ++i) {
    auto promise = std::make_shared<std::promise<std::string>>();
    results.push_back(promise->get_future());
    client_.submit(
        dependency, {.url = server.url("/")},
        [promise](const base::Result<Answer>& result) { promise->set_value(reason(result)); });
  }
  while (server.requests() == 0) std::this_thread::yield();
  client_.stop();
  for (auto& result : results) EXPECT_EQ(result.get(), "client_stopping");
  EXPECT_STREQ(reason(get(dependency, server)), "client_stopping");
}

// Calls of all fates from several threads: each is done once, and nothing is left.
TEST_F(OutboundClientTest, ManyCallsOfAllFates) {
  FaultServer server([](const FaultServer::Request& request) {
    switch (request.number % 7) {
      case 0:
        return Reply{.status = 500};
      case 1:
        return Reply{.cut = true};
      case 2:
        return Reply{.after = milliseconds(30)};
      default:
        return Reply{};
    }
  });
  Policy policy = quick();
  policy.timeout = Millis{200};
  policy.attempt_timeout = Millis{20};
  policy.max_running = 16;
  policy.max_waiting = 8;
  policy.breaker.min_calls = 20;
  policy.breaker.open_time = milliseconds(10);
  Dependency& dependency = client_.add_dependency("a", policy);
  constexpr int kEach = 300;
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        client_.submit(dependency, {.url = server.url("/")},
                       [&](const base::Result<Answer>&) { ++done; });
        const base::Mono submitted = clock_.mono();
        while (since(submitted) < Millis{1}) std::this_thread::yield();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const base::Mono begin = clock_.mono();
  while (done < 4 * kEach && since(begin) < Millis{5000}) std::this_thread::yield();
  EXPECT_EQ(done, 4 * kEach);
  EXPECT_EQ(counter(R"(ashlar_outbound_running{dependency="a"})"), 0);
}

// Who moves money must know: nothing was done, or perhaps something.
TEST_F(OutboundClientTest, SaysWhetherTheOtherSideMayHaveBegun) {
  Dependency& dependency = client_.add_dependency("begun", quick());
  const auto begun = [&](const std::string& url) {
    const auto flag = std::make_shared<std::atomic<bool>>(false);
    EXPECT_FALSE(client_.call(dependency, {.method = "POST", .url = url, .begun = flag}).ok());
    return flag->load();
  };
  std::string nobody;
  {
    FaultServer gone([](const FaultServer::Request&) { return Reply{}; });
    nobody = gone.url("/");
  }
  EXPECT_FALSE(begun(nobody));
  FaultServer cuts([](const FaultServer::Request&) { return Reply{.cut = true}; });
  EXPECT_TRUE(begun(cuts.url("/")));
  FaultServer sleeps(
      [](const FaultServer::Request&) { return Reply{.after = milliseconds(3000)}; });
  EXPECT_TRUE(begun(sleeps.url("/")));
}

}  // namespace
}  // namespace ashlar::outbound
