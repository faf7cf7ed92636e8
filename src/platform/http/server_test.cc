// The server over real sockets: what arrives in pieces, in heaps, late or not at all.
#include "platform/http/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <deque>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "base/entropy.h"
#include "platform/http/call.h"
#include "platform/http/event_stream.h"
#include "platform/http/exchange.h"
#include "platform/http/inline_request.h"
#include "platform/http/router.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"

namespace ashlar::http {
namespace {

Route base_route(Method method, std::string_view path, Handler handler) {
  Route route{.method = method,
              .path = path,
              .summary = std::string_view("test"),
              .module = std::string_view("test"),
              .tenancy = Tenancy::kPublic,
              .scope = std::string_view(""),
              .cost = 1,
              .idempotency = Idempotency::kNatural,
              .deadline = base::Millis{1000},
              .handler = std::move(handler)};
  route.max_body_bytes = 1024;
  return route;
}

Route inline_route(std::string_view path) {
  return base_route(Method::kGet, path,
                    Handler(InlineHandler{
                        .fast =
                            [](InlineRequest& request) {
                              request.out() += "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
                              return InlineOutcome::kAnswered;
                            },
                        .fallback = [](Call&) -> base::Result<Response> { return no_content(); }}));
}

Route worker_route(Method method, std::string_view path) {
  return base_route(
      method, path,
      Handler(WorkerHandler([](Call&) -> base::Result<Response> { return no_content(); })));
}

// Echoes the body from a thread of its own; `hold` keeps answers back until release().
class Echo final : public ExchangeHandler {
 public:
  [[nodiscard]] bool admits(const Endpoint& /*endpoint*/, Importance /*importance*/) override {
    return true;
  }
  bool submit(std::unique_ptr<Exchange>& exchange) override {
    if (refuse) return false;
    last_importance = exchange->importance;
    last_allowed_ms =
        std::chrono::round<base::Millis>(exchange->deadline - exchange->started).count();
    const std::lock_guard lock(mutex_);
    if (hold) {
      held_.push_back(std::move(exchange));
    } else {
      answer(*exchange);
      exchange.reset();
    }
    return true;
  }
  void release() {
    const std::lock_guard lock(mutex_);
    for (auto& exchange : held_) answer(*exchange);
    held_.clear();
  }
  std::size_t held() {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  std::atomic<bool> hold{false};
  std::atomic<bool> refuse{false};
  std::atomic<Importance> last_importance{Importance::kLive};
  std::atomic<std::int64_t> last_allowed_ms{0};

 private:
  static void answer(Exchange& exchange) {
    exchange.sink->complete(
        Response{200, "text/plain", {}, "[" + std::string(exchange.body) + "]"});
  }
  std::mutex mutex_;
  std::deque<std::unique_ptr<Exchange>> held_;
};

class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    timeval limit{5, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::string_view text) { ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  void finish_sending() { ::shutdown(fd_, SHUT_WR); }
  // Until `times` occurrences of `needle` have come, the end, or five seconds.
  std::string read_until(std::string_view needle, int times = 1) {
    while (count(needle) < times) {
      std::array<char, 65536> buffer{};
      const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
      // Cut off by a reset is an end as well; a time-out is not.
      ended_ = got == 0 || (got < 0 && errno == ECONNRESET);
      if (got <= 0) break;
      in_.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return in_;
  }
  bool ended() {
    read_until("\x01never");
    return ended_;
  }

 private:
  int count(std::string_view needle) const {
    int found = 0;
    for (std::size_t at = in_.find(needle); at != std::string::npos;
         at = in_.find(needle, at + 1)) {
      ++found;
    }
    return found;
  }
  int fd_;
  std::string in_;
  bool ended_ = false;
};

class ServerTest : public testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    RouteTable table;
    table.push_back(inline_route("/fast"));
    table.push_back(worker_route(Method::kPost, "/echo"));
    table.push_back(worker_route(Method::kGet, "/slow"));
    router_ = std::make_unique<Router>(std::move(table), metrics_);
    options.io_threads = 2;
    auto socket = ListenSocket::bind("127.0.0.1", 0);
    ASSERT_TRUE(socket.ok());
    port_ = socket->port();
    auto server = Server::make(std::move(options), std::move(*socket), *router_, echo_, clock_,
                               entropy_, log_, metrics_);
    ASSERT_TRUE(server.ok());
    server_ = std::move(*server);
    server_->start();
  }
  void TearDown() override {
    echo_.release();
    if (server_) server_->stop();
  }

  base::SystemClock clock_;
  base::SystemEntropy entropy_;
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  Echo echo_;
  std::unique_ptr<Router> router_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
};

constexpr std::string_view kFast = "GET /fast HTTP/1.1\r\nHost: a\r\n\r\n";

std::string post(std::string_view body) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

TEST_F(ServerTest, AnswersRequestsThatArriveByteByByte) {
  start();
  Client client(port_);
  for (const char c : post("hello")) client.send({&c, 1});
  EXPECT_NE(client.read_until("[hello]").find("HTTP/1.1 200 OK"), std::string::npos);
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  Client client(port_);
  std::string all;
  for (int i = 0; i < 50; ++i) {
    all += kFast;
    all += post("number " + std::to_string(i));
  }
  client.send(all);
  const std::string answers = client.read_until("[number 49]");
  std::size_t last = 0;
  for (int i = 0; i < 50; ++i) {
    const std::size_t at = answers.find("[number " + std::to_string(i) + "]");
    ASSERT_NE(at, std::string::npos) << i;
    EXPECT_GT(at, last);
    last = at;
  }
}

TEST_F(ServerTest, DecodesChunkedBodiesAndGoesOnBehindThem) {
  start();
  Client client(port_);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
  client.send("lo\r\n6\r\n world\r\n0\r\n\r\n" + post("next"));
  const std::string answers = client.read_until("[next]");
  EXPECT_NE(answers.find("[hello world]"), std::string::npos);
}

TEST_F(ServerTest, AsksForTheBodyThatWasAnnounced) {
  start();
  Client client(port_);
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 100 Continue\r\n\r\n"));
  client.send("abc");
  EXPECT_NE(client.read_until("[abc]").find("[abc]"), std::string::npos);
}

TEST_F(ServerTest, RefusesBodiesOverTheLimitAndCloses) {
  start();
  Client client(port_);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n");
  EXPECT_NE(client.read_until("body_too_large").find("HTTP/1.1 413"), std::string::npos);
  EXPECT_TRUE(client.ended());
}

TEST_F(ServerTest, RefusesAtOnceWhenThePoolIsFullAndKeepsTheConnection) {
  start();
  echo_.refuse = true;
  Client client(port_);
  client.send(post("one"));
  const std::string refused = client.read_until("overloaded");
  EXPECT_NE(refused.find("HTTP/1.1 503"), std::string::npos);
  EXPECT_NE(refused.find("Retry-After:"), std::string::npos);
  echo_.refuse = false;
  client.send(post("two"));
  EXPECT_NE(client.read_until("[two]").find("[two]"), std::string::npos);
}

TEST_F(ServerTest, WhoIgnoresRetryAfterWaitsForHisTurn) {
  ServerOptions options;
  options.refusals_per_s = 200;
  start(std::move(options));
  echo_.refuse = true;
  Client client(port_);
  const base::Mono begin = clock_.mono();
  std::string answers;
  for (int i = 1; i <= 20; ++i) {
    client.send(post("again"));
    answers = client.read_until("overloaded\",\"request_id", i);
  }
  // One in 5 ms; the first few are free.
  EXPECT_GE(clock_.mono() - begin, base::Millis{80});
  EXPECT_LT(clock_.mono() - begin, base::Millis{3000});
  // A heap that has come already is refused at once, all of it.
  std::string heap;
  for (int i = 0; i < 50; ++i) heap += post("heap");
  Client other(port_);
  const base::Mono again = clock_.mono();
  other.send(heap);
  other.read_until("overloaded\",\"request_id", 50);
  EXPECT_LT(clock_.mono() - again, base::Millis{1000});
  // Others are not held up, and the turn comes.
  Client third(port_);
  third.send(kFast);
  EXPECT_NE(third.read_until("hi").find("hi"), std::string::npos);
  echo_.refuse = false;
  other.send(post("served"));
  EXPECT_NE(other.read_until("[served]").find("[served]"), std::string::npos);
}

TEST_F(ServerTest, AClientThatLeavesBeforeItsTurnIsForgotten) {
  ServerOptions options;
  options.refusals_per_s = 10;
  start(std::move(options));
  echo_.refuse = true;
  for (int i = 0; i < 20; ++i) {
    Client client(port_);
    client.send(post("one") + post("two"));
    client.read_until("overloaded\",\"request_id", 2);
  }
  echo_.refuse = false;
  Client client(port_);
  client.send(post("here"));
  EXPECT_NE(client.read_until("[here]").find("[here]"), std::string::npos);
}

TEST_F(ServerTest, StopsWhileSomebodyWaitsForHisTurn) {
  ServerOptions options;
  options.refusals_per_s = 1;
  start(std::move(options));
  echo_.refuse = true;
  Client client(port_);
  client.send(post("one") + post("two"));
  client.read_until("overloaded\",\"request_id", 2);
  client.send(post("three"));
  server_->stop();
  EXPECT_TRUE(client.ended());
}

TEST_F(ServerTest, TakesTheCallersPatienceAndPriority) {
  start();
  Client client(port_);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nAshlar-Timeout-Ms: soon\r\n\r\n");
  EXPECT_NE(client.read_until("bad_timeout\",\"request_id").find("HTTP/1.1 400"),
            std::string::npos);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nAshlar-Timeout-Ms: 0\r\n\r\n");
  EXPECT_NE(client.read_until("deadline_exceeded\",\"request_id").find("HTTP/1.1 504"),
            std::string::npos);
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nAshlar-Timeout-Ms: 250\r\nPriority: u=6, "
      "i\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_NE(client.read_until("[ok]").find("[ok]"), std::string::npos);
  EXPECT_EQ(echo_.last_importance, Importance::kBatch);
  EXPECT_LE(echo_.last_allowed_ms, 250);
  client.send(post("plain"));
  client.read_until("[plain]");
  EXPECT_EQ(echo_.last_importance, Importance::kLive);
  EXPECT_EQ(echo_.last_allowed_ms, 1000);  // the route's
}

TEST_F(ServerTest, SaysWhatIsAllowed) {
  start();
  Client client(port_);
  client.send("DELETE /fast HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(client.read_until("method_not_allowed").find("Allow: GET, HEAD\r\n"),
            std::string::npos);
  client.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(client.read_until("not_found").find("HTTP/1.1 404"), std::string::npos);
}

TEST_F(ServerTest, AnswersAClientThatHasStoppedSending) {
  start();
  echo_.hold = true;
  Client client(port_);
  client.send(post("last words"));
  client.finish_sending();
  while (echo_.held() == 0) std::this_thread::yield();
  echo_.release();
  EXPECT_NE(client.read_until("[last words]").find("[last words]"), std::string::npos);
  EXPECT_TRUE(client.ended());
}

TEST_F(ServerTest, SurvivesClientsThatLeaveWhileTheirRequestIsWorkedOn) {
  start();
  echo_.hold = true;
  {
    Client client(port_);
    client.send(post("gone"));
    while (echo_.held() == 0) std::this_thread::yield();
  }
  echo_.release();
  echo_.hold = false;
  Client other(port_);
  other.send(post("here"));
  EXPECT_NE(other.read_until("[here]").find("[here]"), std::string::npos);
}

TEST_F(ServerTest, HonoursConnectionCloseAndHttp10) {
  start();
  Client closing(port_);
  closing.send("GET /fast HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(closing.read_until("hi").find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(closing.ended());
  Client old(port_);
  old.send("GET /fast HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(old.read_until("hi").find("Connection: keep-alive\r\n"), std::string::npos);
  old.send("GET /fast HTTP/1.0\r\n\r\n");
  old.read_until("hi", 2);
  EXPECT_TRUE(old.ended());
}

TEST_F(ServerTest, CutsOffHeadsThatDribble) {
  ServerOptions options;
  options.head_timeout = base::Millis{300};
  start(std::move(options));
  Client client(port_);
  client.send("GET /fast HTT");
  EXPECT_NE(client.read_until("request_timeout").find("HTTP/1.1 408"), std::string::npos);
  EXPECT_TRUE(client.ended());
}

TEST_F(ServerTest, ClosesConnectionsBeyondTheLimit) {
  ServerOptions options;
  options.max_connections = 2;
  start(std::move(options));
  Client first(port_);
  Client second(port_);
  first.send(kFast);
  first.read_until("hi");
  second.send(kFast);
  second.read_until("hi");
  Client third(port_);
  EXPECT_TRUE(third.ended());
}

TEST_F(ServerTest, StopsOnlyWhenWhatWasAcceptedIsAnswered) {
  start();
  echo_.hold = true;
  Client busy(port_);
  busy.send(post("under way"));
  Client idle(port_);
  idle.send(kFast);
  idle.read_until("hi");
  while (echo_.held() == 0) std::this_thread::yield();
  std::thread stopping([this] { server_->stop(); });
  EXPECT_TRUE(idle.ended());
  echo_.release();
  const std::string answer = busy.read_until("[under way]");
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  EXPECT_NE(answer.find("[under way]"), std::string::npos);
  stopping.join();
}

TEST_F(ServerTest, DoesNotReadOnFromAClientThatDoesNotRead) {
  ServerOptions options;
  options.max_pending_output_bytes = 64 * 1024;
  start(std::move(options));
  Client client(port_);
  std::string all;
  for (int i = 0; i < 2000; ++i) all += kFast;
  std::thread sending([&] {
    for (int i = 0; i < 50; ++i) client.send(all);
  });
  // 100,000 answers arrive nevertheless, once they are read.
  const std::string answers = client.read_until("hi", 100'000);
  sending.join();
  EXPECT_EQ(answers.size(),
            100'000 * std::string_view("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").size());
}

TEST_F(ServerTest, GoesOnWhenTheSocketTakesMoreThanMayBePending) {
  ServerOptions options;
  options.max_pending_output_bytes = 100;  // a few answers, which the socket takes at once
  start(std::move(options));
  Client client(port_);
  std::string all;
  for (int i = 0; i < 200; ++i) all += kFast;
  client.send(all + post("the end"));
  EXPECT_NE(client.read_until("[the end]").find("[the end]"), std::string::npos);
}

TEST_F(ServerTest, ARefusalReachesAClientThatGoesOnSending) {
  start();
  Client client(port_);
  const std::string body(3 * 1024 * 1024, 'x');
  std::thread sending([&] { client.send(post(body)); });
  EXPECT_NE(client.read_until("body_too_large").find("HTTP/1.1 413"), std::string::npos);
  client.finish_sending();
  EXPECT_TRUE(client.ended());
  sending.join();
}

TEST_F(ServerTest, ABodyMayComeAfterTheHeadOfAConnectionsLastRequest) {
  start();
  Client client(port_);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\n");
  client.send("late");
  EXPECT_NE(client.read_until("[late]").find("[late]"), std::string::npos);
  EXPECT_TRUE(client.ended());
}

TEST(ListenSocketTest, ASecondListenerOnThePortIsRefused) {
  auto first = ListenSocket::bind("127.0.0.1", 0);
  ASSERT_TRUE(first.ok());
  auto second = ListenSocket::bind("127.0.0.1", first->port());
  ASSERT_FALSE(second.ok());
  EXPECT_STREQ(second.error().reason, "address_in_use");
}

}  // namespace
}  // namespace ashlar::http
