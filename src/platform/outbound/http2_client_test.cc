// Http2Client against a real HTTP/2 server on loopback that does what a test
// says.
#include "platform/outbound/http2_client.h"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "platform/observability/metrics.h"
#include "platform/outbound/testing/http2_double.h"

namespace ashlar::outbound {
namespace {

using base::Millis;
using Act = Http2Double::Act;
using Reply = Http2Double::Reply;
using Request = Http2Double::Request;

// The ends of many requests.
class Ends {
 public:
  Http2Client::Done take() {
    return [this](Http2Result result) {
      const std::lock_guard lock(mutex_);
      results_.push_back(std::move(result));
      changed_.notify_all();
    };
  }
  std::vector<Http2Result> wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(10), [&] { return results_.size() >= count; });
    return results_;
  }
  std::size_t count(Http2End end) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(
        std::ranges::count_if(results_, [end](const auto& r) { return r.end == end; }));
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Http2Result> results_;
};

void pause(Millis time) { std::promise<void>().get_future().wait_for(time); }

class Http2ClientTest : public testing::Test {
 protected:
  Http2Client& client(Http2Client::Options options = {}) {
    options.allow_private = options.allow_private || !guarded_;
    client_ = std::make_unique<Http2Client>(std::move(options), clock_, metrics_);
    return *client_;
  }
  Http2Request request(const std::string& url, Millis time = Millis{5000}) {
    return {.url = url, .fields = {{"x-kind", "test"}}, .body = "{}", .deadline = after(time)};
  }
  [[nodiscard]] base::Mono after(Millis time) const { return clock_.mono() + time; }
  Http2Result ask(Http2Request what) {
    std::promise<Http2Result> promise;
    client_->submit(std::move(what), [&](Http2Result r) { promise.set_value(std::move(r)); });
    return promise.get_future().get();
  }
  double metric(const std::string& line) {
    const std::string text = metrics_.render();
    const std::size_t at = text.find(line + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size() + 1));
  }

  bool guarded_ = false;
  base::SystemClock clock_;
  obs::Registry metrics_;
  std::unique_ptr<Http2Client> client_;
};

TEST_F(Http2ClientTest, BringsAnswersOnOneConnection) {
  for (const bool tls : {false, true}) {
    std::mutex mutex;
    std::vector<Request> seen;
    Http2Double server({.tls = tls}, [&](const Request& r) {
      const std::lock_guard lock(mutex);
      seen.push_back(r);
      return Reply{.status = 201, .fields = {{"apns-id", "7"}}, .body = "made"};
    });
    client({.ca_file = tls ? server.ca_file() : ""});
    for (int i = 0; i < 3; ++i) {
      const Http2Result result = ask(request(server.url("/3/device/abc?x=1")));
      ASSERT_EQ(result.end, Http2End::kAnswered) << result.detail;
      EXPECT_EQ(result.answer.status, 201);
      EXPECT_EQ(result.answer.body, "made");
      ASSERT_EQ(result.answer.headers.size(), 1U);
      EXPECT_EQ(result.answer.headers[0].first, "apns-id");
      EXPECT_TRUE(result.begun);
    }
    EXPECT_EQ(server.connections(), 1);
    const std::lock_guard lock(mutex);
    ASSERT_EQ(seen.size(), 3U);
    EXPECT_EQ(seen[2].field(":path"), "/3/device/abc?x=1");
    EXPECT_EQ(seen[2].field(":method"), "POST");
    EXPECT_EQ(seen[2].field(":scheme"), tls ? "https" : "http");
    EXPECT_EQ(seen[2].field(":authority"), "127.0.0.1:" + std::to_string(server.port()));
    EXPECT_EQ(seen[2].field("x-kind"), "test");
    EXPECT_EQ(seen[2].body, "{}");
  }
}

TEST_F(Http2ClientTest, ObeysMaxConcurrentStreamsAndMakesNoMoreConnectionsThanItMay) {
  Http2Double server({.max_streams = 5}, [](const Request&) { return Reply{}; });
  client({.max_connections = 2});
  Ends ends;
  for (int i = 0; i < 500; ++i) client_->submit(request(server.url("/")), ends.take());
  EXPECT_EQ(ends.wait(500).size(), 500U);
  EXPECT_EQ(ends.count(Http2End::kAnswered), 500U);
  EXPECT_LE(server.most_streams(), 5U);
  EXPECT_LE(server.connections(), 2);
}

TEST_F(Http2ClientTest, WhatWaitsForRoomIsBoundedAndHasADeadline) {
  Http2Double server({.max_streams = 1}, [](const Request&) { return Reply{.act = Act::kHang}; });
  client({.max_waiting = 3, .max_connections = 1});
  Ends ends;
  for (int i = 0; i < 10; ++i) {
    client_->submit(request(server.url("/"), Millis{300}), ends.take());
  }
  const auto results = ends.wait(10);
  EXPECT_GE(ends.count(Http2End::kBusy),
            6U);  // the fourth may have found the first one begun
  EXPECT_EQ(ends.count(Http2End::kTimedOut) + ends.count(Http2End::kBusy), 10U);
  std::size_t begun = 0;
  for (const auto& r : results) begun += r.begun ? 1 : 0;
  EXPECT_LE(begun, 1U);  // what waited certainly was not processed
}

TEST_F(Http2ClientTest, TellsADeadlineOfAStreamThatHangsAndKeepsTheConnection) {
  std::atomic<int> asked{0};
  Http2Double server(
      {}, [&](const Request&) { return Reply{.act = asked++ == 0 ? Act::kHang : Act::kAnswer}; });
  client();
  const base::Mono from = clock_.mono();
  const Http2Result late = ask(request(server.url("/"), Millis{200}));
  EXPECT_EQ(late.end, Http2End::kTimedOut);
  EXPECT_TRUE(late.begun);
  EXPECT_GE(clock_.mono() - from, Millis{195});
  EXPECT_LT(clock_.mono() - from, Millis{600});
  EXPECT_EQ(ask(request(server.url("/"))).end, Http2End::kAnswered);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(Http2ClientTest, RefusedStreamsAreReplayedAndWhatIsRefusedForEverIsCertain) {
  std::atomic<int> asked{0};
  Http2Double server({}, [&](const Request& r) {
    if (r.field(":path") == "/never" || asked++ == 0) {
      return Reply{.act = Act::kReset, .error = NGHTTP2_REFUSED_STREAM};
    }
    return Reply{};
  });
  client();
  EXPECT_EQ(ask(request(server.url("/"))).end, Http2End::kAnswered);
  EXPECT_EQ(asked, 2);
  const Http2Result never = ask(request(server.url("/never")));
  EXPECT_EQ(never.end, Http2End::kUnreachable);
  EXPECT_FALSE(never.begun);
  EXPECT_EQ(metric("ashlar_http2_client_replays_total{client=\"http2\"}"),
            1 + Http2Client::kMaxReplays);
}

TEST_F(Http2ClientTest, OtherResetsAreAmbiguous) {
  Http2Double server({}, [](const Request&) {
    return Reply{.act = Act::kReset, .error = NGHTTP2_INTERNAL_ERROR};
  });
  client();
  const Http2Result result = ask(request(server.url("/")));
  EXPECT_EQ(result.end, Http2End::kBroken);
  EXPECT_TRUE(result.begun);
  EXPECT_EQ(server.requests(), 1U);
}

TEST_F(Http2ClientTest, GoAwayReplaysWhatWasNotProcessedOnANewConnection) {
  Http2Double server({}, [](const Request& r) {
    return Reply{.act = r.connection == 1 && r.stream > 1 ? Act::kGoAwayBefore : Act::kAnswer};
  });
  client();
  ASSERT_EQ(ask(request(server.url("/"))).end, Http2End::kAnswered);
  Ends ends;
  for (int i = 0; i < 20; ++i) client_->submit(request(server.url("/")), ends.take());
  ends.wait(20);
  EXPECT_EQ(ends.count(Http2End::kAnswered), 20U);
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(Http2ClientTest, AGracefulGoAwayLosesNothing) {
  std::atomic<int> asked{0};
  Http2Double server({}, [&](const Request&) {
    return Reply{.act = ++asked % 10 == 0 ? Act::kGoAwayAfter : Act::kAnswer};
  });
  client();
  for (int i = 0; i < 35; ++i) {
    ASSERT_EQ(ask(request(server.url("/"))).end, Http2End::kAnswered) << i;
  }
  EXPECT_EQ(asked, 35);
  EXPECT_EQ(server.connections(), 4);
}

TEST_F(Http2ClientTest, ABrokenConnectionIsAmbiguousForWhatWasSentAlone) {
  Http2Double server({.max_streams = 1}, [](const Request& r) {
    return Reply{.act = r.connection == 1 ? Act::kClose : Act::kAnswer};
  });
  client({.max_connections = 1});
  Ends ends;
  for (int i = 0; i < 5; ++i) client_->submit(request(server.url("/")), ends.take());
  ends.wait(5);
  EXPECT_EQ(ends.count(Http2End::kBroken), 1U);
  EXPECT_EQ(ends.count(Http2End::kAnswered), 4U);
  EXPECT_EQ(server.requests(), 5U);
}

TEST_F(Http2ClientTest, NobodyThereIsCertainAndNotAskedAgainAtOnce) {
  std::string url;
  {
    Http2Double server({}, [](const Request&) { return Reply{}; });
    url = server.url("/");
  }
  client();
  for (int i = 0; i < 50; ++i) {
    const Http2Result result = ask(request(url));
    EXPECT_EQ(result.end, Http2End::kUnreachable);
    EXPECT_FALSE(result.begun);
  }
  EXPECT_LE(metric("ashlar_http2_client_connects_total{client=\"http2\",result="
                   "\"failed\"}"),
            3);
}

TEST_F(Http2ClientTest, AServerThatSaysNothingIsGivenUp) {
  Http2Double server({.mute = true}, [](const Request&) { return Reply{}; });
  client({.connect_timeout = Millis{150}});
  const Http2Result result = ask(request(server.url("/")));
  EXPECT_EQ(result.end, Http2End::kUnreachable);
  EXPECT_FALSE(result.begun);
  EXPECT_EQ(result.detail, "no connection in time");
}

TEST_F(Http2ClientTest, AConnectionThatFallsSilentIsFoundByPing) {
  std::atomic<bool> hang{false};
  Http2Double server({}, [&](const Request& r) {
    return Reply{.act = hang && r.connection == 1 ? Act::kHang : Act::kAnswer};
  });
  client({.ping_after = Millis{100}, .ping_timeout = Millis{100}});
  ASSERT_EQ(ask(request(server.url("/"))).end, Http2End::kAnswered);
  pause(Millis{500});  // PINGs are answered: it stays
  ASSERT_EQ(ask(request(server.url("/"))).end, Http2End::kAnswered);
  EXPECT_EQ(server.connections(), 1);
  hang = true;
  server.hush();
  const Http2Result result = ask(request(server.url("/")));
  EXPECT_EQ(result.end, Http2End::kBroken);
  EXPECT_TRUE(result.begun);
  EXPECT_EQ(result.detail, "the server is silent");
}

TEST_F(Http2ClientTest, AnIdleConnectionIsClosed) {
  Http2Double server({}, [](const Request&) { return Reply{}; });
  client({.idle_timeout = Millis{100}});
  ASSERT_EQ(ask(request(server.url("/"))).end, Http2End::kAnswered);
  pause(Millis{400});
  EXPECT_EQ(metric("ashlar_http2_client_connections{client=\"http2\"}"), 0);
  ASSERT_EQ(ask(request(server.url("/"))).end, Http2End::kAnswered);
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(Http2ClientTest, AServerOfHttp1IsRemembered) {
  Http2Double server({.tls = true, .protocol = "http/1.1"}, [](const Request&) { return Reply{}; });
  Http2Double plain({.raw = "HTTP/1.1 400 Bad Request\r\n\r\n"},
                    [](const Request&) { return Reply{}; });
  client({.ca_file = server.ca_file()});
  for (const Http2Double* to : {&server, &plain}) {
    for (int i = 0; i < 3; ++i) {
      const Http2Result result = ask(request(to->url("/")));
      ASSERT_EQ(result.end, Http2End::kHttp1Only) << result.detail;
      EXPECT_EQ(result.request->url, to->url("/"));
      EXPECT_FALSE(result.begun);
    }
    EXPECT_EQ(to->connections(), 1);
  }
}

TEST_F(Http2ClientTest, TrustsNoCertificateThatItDoesNotKnowOrThatIsAnothers) {
  Http2Double server({.tls = true}, [](const Request&) { return Reply{}; });
  client();
  Http2Result result = ask(request(server.url("/")));
  EXPECT_EQ(result.end, Http2End::kUnreachable);
  EXPECT_TRUE(result.detail.starts_with("certificate: self")) << result.detail;
  const std::string port = std::to_string(server.port());
  client({.ca_file = server.ca_file(), .names = {"other.example.net:" + port + ":127.0.0.1"}});
  result = ask(request("https://other.example.net:" + port + "/"));
  EXPECT_EQ(result.end, Http2End::kUnreachable);
  EXPECT_EQ(result.detail, "certificate: hostname mismatch");
  EXPECT_EQ(server.requests(), 0U);
}

TEST_F(Http2ClientTest, ReachesNoPrivateAddressUnlessAllowed) {
  Http2Double server({.tls = true}, [](const Request&) { return Reply{}; });
  const std::string port = std::to_string(server.port());
  guarded_ = true;
  client({.ca_file = server.ca_file(), .names = {"evil.example.net:" + port + ":127.0.0.1"}});
  for (const std::string& url :
       {server.url("/"), "https://evil.example.net:" + port + "/",
        std::string("http://push.example.net/"), std::string("https://[::1]/")}) {
    const Http2Result result = ask(request(url));
    EXPECT_EQ(result.end, Http2End::kForbidden) << url << ": " << result.detail;
    EXPECT_FALSE(result.begun);
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(Http2ClientTest, RefusesWhatIsNoRequest) {
  client();
  for (const std::string url : {"", "push.example.net", "ftp://push.example.net/",
                                "https://push.example.net/a b", "https://push.example.net/\r\nx"}) {
    EXPECT_EQ(ask(request(url)).end, Http2End::kForbidden) << url;
  }
  Http2Request broken = request("https://push.example.net/");
  broken.fields.push_back({"x-topic", "a\r\nevil: 1"});
  EXPECT_EQ(ask(broken).end, Http2End::kForbidden);
}

TEST_F(Http2ClientTest, CutsAnAnswerThatIsTooLong) {
  Http2Double server(
      {}, [](const Request&) { return Reply{.status = 400, .body = std::string(1 << 20, 'x')}; });
  client({.max_answer_bytes = 1000});
  const Http2Result result = ask(request(server.url("/")));
  EXPECT_EQ(result.end, Http2End::kAnswered);
  EXPECT_EQ(result.answer.status, 400);
  EXPECT_EQ(result.answer.body.size(), 1000U);
  EXPECT_EQ(ask(request(server.url("/"))).end, Http2End::kAnswered);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(Http2ClientTest, LargeBodiesPassFlowControl) {
  std::atomic<std::size_t> got{0};
  Http2Double server({.tls = true}, [&](const Request& r) {
    got += r.body.size();
    return Reply{};
  });
  client({.ca_file = server.ca_file()});
  Ends ends;
  for (int i = 0; i < 20; ++i) {
    Http2Request large = request(server.url("/"));
    large.body.assign(1'000'000, 'b');
    client_->submit(std::move(large), ends.take());
  }
  ends.wait(20);
  EXPECT_EQ(ends.count(Http2End::kAnswered), 20U);
  EXPECT_EQ(got, 20'000'000U);
}

TEST_F(Http2ClientTest, StopLetsWhatIsUnderWayEndAndRefusesTheRest) {
  std::promise<void> reached;
  Http2Double server({.max_streams = 1}, [&](const Request&) {
    reached.set_value();
    pause(Millis{100});
    return Reply{};
  });
  client({.max_connections = 1});
  Ends ends;
  client_->submit(request(server.url("/")), ends.take());
  client_->submit(request(server.url("/")), ends.take());
  reached.get_future().wait();
  client_->stop();
  EXPECT_EQ(ends.wait(2).size(), 2U);
  EXPECT_EQ(ends.count(Http2End::kAnswered), 1U);
  EXPECT_EQ(ends.count(Http2End::kStopping), 1U);
  EXPECT_EQ(ask(request(server.url("/"))).end, Http2End::kStopping);
}

TEST_F(Http2ClientTest, StopDoesNotWaitForEver) {
  Http2Double server({}, [](const Request&) { return Reply{.act = Act::kHang}; });
  client({.stop_timeout = Millis{100}});
  Ends ends;
  client_->submit(request(server.url("/")), ends.take());
  while (server.requests() == 0) pause(Millis{1});
  const base::Mono from = clock_.mono();
  client_->stop();
  EXPECT_LT(clock_.mono() - from, Millis{1000});
  const auto results = ends.wait(1);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].end, Http2End::kBroken);
  EXPECT_TRUE(results[0].begun);
}

TEST_F(Http2ClientTest, ForgetsIdleServersForNewOnes) {
  Http2Double a({}, [](const Request&) { return Reply{}; });
  Http2Double b({}, [](const Request&) { return Reply{}; });
  Http2Double c({}, [](const Request&) { return Reply{.act = Act::kHang}; });
  client({.max_origins = 1});
  EXPECT_EQ(ask(request(a.url("/"))).end, Http2End::kAnswered);
  EXPECT_EQ(ask(request(b.url("/"))).end, Http2End::kAnswered);
  Ends ends;
  client_->submit(request(c.url("/"), Millis{200}), ends.take());
  EXPECT_EQ(ask(request(a.url("/"))).end, Http2End::kBusy);
  EXPECT_EQ(ends.wait(1).at(0).end, Http2End::kTimedOut);
  pause(Millis{50});  // its stream is reset
  EXPECT_EQ(ask(request(a.url("/"))).end, Http2End::kAnswered);
}

// Requests end exactly once, whatever the server does, from many threads.
TEST_F(Http2ClientTest, EveryRequestEndsOnce) {
  std::atomic<unsigned> turn{0};
  Http2Double server({.max_streams = 20}, [&](const Request&) {
    switch (++turn % 50) {
      case 10:
        return Reply{.act = Act::kReset, .error = NGHTTP2_REFUSED_STREAM};
      case 20:
        return Reply{.act = Act::kGoAwayAfter};
      case 30:
        return Reply{.act = Act::kHang};
      case 40:
        return Reply{.act = Act::kClose};
      default:
        return Reply{};
    }
  });
  client({.max_connections = 3});
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kEach = 1000;
  Ends ends;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < kEach; ++i) {
        client_->submit(request(server.url("/"), Millis{2000}), ends.take());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto results = ends.wait(kThreads * kEach);
  EXPECT_EQ(results.size(), kThreads * kEach);
  for (const auto& r : results) {
    if (r.end == Http2End::kUnreachable || r.end == Http2End::kBusy) {
      EXPECT_FALSE(r.begun);
    }
  }
  pause(Millis{100});
  EXPECT_EQ(ends.wait(0).size(), kThreads * kEach);
}

}  // namespace
}  // namespace ashlar::outbound
