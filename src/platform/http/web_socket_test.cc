// WebSockets through the real server, dispatcher and loops.
#include "platform/http/web_socket.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "platform/http/call.h"
#include "platform/http/cors.h"
#include "platform/http/dispatcher.h"
#include "platform/http/request_observer.h"
#include "platform/http/router.h"
#include "platform/http/server.h"
#include "platform/http/testing/client_frame.h"
#include "platform/http/testing/web_socket_client.h"
#include "platform/net/loop_group.h"
#include "platform/observability/metrics.h"
#include "platform/observability/trace.h"
#include "platform/runtime/worker_pool.h"
#include "platform/security/admin.h"
#include "platform/security/api_keys.h"
#include "platform/security/authenticator.h"
#include "platform/security/tenants.h"
#include "platform/storage/testing/temporary_sqlite.h"

namespace ashlar::http {
namespace {

class Ignore final : public RequestObserver {
 public:
  void on_request(const Route& /*route*/, const security::Principal& /*who*/) override {}
};

Route get(std::string_view path, Handler handler, int success) {
  Route route{.method = Method::kGet,
              .path = path,
              .summary = std::string_view("test"),
              .module = std::string_view("test"),
              .tenancy = Tenancy::kPublic,
              .scope = std::string_view(""),
              .cost = 0,
              .idempotency = Idempotency::kNatural,
              .deadline = base::Millis{10'000},
              .handler = std::move(handler)};
  route.success = success;
  return route;
}

constexpr std::uint8_t kText = 0x81;
constexpr std::uint8_t kBinary = 0x82;
constexpr std::uint8_t kClose = 0x88;
constexpr std::uint8_t kPing = 0x89;
constexpr std::uint8_t kPong = 0x8a;
constexpr std::array<const char*, 2> kFloods{"flood", "flood now"};

std::string close_payload(int code) {
  return {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
}

// Echoes; some messages are orders.
class Echo final : public WebSocketReader {
 public:
  explicit Echo(std::atomic<int>& ended) : ended_(ended) {}
  void on_open(const std::shared_ptr<WebSocket>& socket) override { socket_ = socket; }
  void on_message(MessageKind kind, std::string_view data) override {
    if (data == "close") return socket_->close(4401, "as told");
    if (data.starts_with("flood")) return flood(data.ends_with("now"));
    if (data == "hold") return hold();
    if (data.starts_with("together")) return together(data.ends_with("now"));
    if (data.starts_with("#")) return take_number(std::stoi(std::string(data.substr(1))));
    socket_->send(kind, data);
  }
  void on_drained() override { drained = true; }
  void on_close(std::uint16_t code) override {
    EXPECT_FALSE(socket_->is_open());
    last_code = code;
    socket_->send(MessageKind::kText, "into nothing");
    socket_.reset();
    ended_.fetch_add(1);
  }
  static constexpr int kNumbers = 100'000;
  std::atomic<int> last_code{0};
  std::atomic<bool> drained{false};

 private:
  void send(const std::shared_ptr<const std::string>& frames, std::size_t count, bool now) {
    now ? socket_->send_frames_now(frames, count) : socket_->send_frames(frames, count);
  }
  void flood(bool now) {
    const auto frame = frame_of(MessageKind::kBinary, std::string(100'000, 'x'));
    for (int i = 0; i < 200; ++i) send(frame, 1, now);
  }
  // Each in turn; now and then the next ones have to wait until a later round of the loop.
  void take_number(int number) {
    if (number != numbers_++) return socket_->close(4000, "out of order");
    if (number == kNumbers - 1) return socket_->send(MessageKind::kText, "all");
    if (number % 7 != 0) return;
    socket_->hold(true);
    std::shared_ptr<WebSocket> socket = socket_;
    socket->loop().post([socket] {
      // Comes behind the sockets of the next round, as an answer of another loop may.
      socket->loop().run_at(socket->loop().mono(), [socket] { socket->hold(false); });
    });
  }
  void together(bool now) {
    const auto frames = std::make_shared<const std::string>(*frame_of(MessageKind::kText, "one") +
                                                            *frame_of(MessageKind::kText, "two") +
                                                            *frame_of(MessageKind::kText, ""));
    send(frames, 3, now);
    socket_->send(MessageKind::kText, "three");
    send(frames, 3, now);
  }
  void hold() {
    socket_->hold(true);
    socket_->send(MessageKind::kText, "held");
    socket_->loop().run_at(socket_->loop().mono() + base::Millis{50}, [socket = socket_] {
      socket->send(MessageKind::kText, "free");
      socket->hold(false);
    });
  }
  std::atomic<int>& ended_;
  std::shared_ptr<WebSocket> socket_;
  int numbers_ = 0;
};

class WebSocketTest : public testing::Test {
 protected:
  WebSocketTest()
      : tenants_(store_.database(), clock_, {}),
        keys_(store_.database(), clock_, entropy_, {}),
        admin_(store_.database(), clock_, entropy_),
        authenticator_(keys_, admin_, tenants_) {}

  void start(WebSocketOptions options = {}, ServerOptions server_options = {}) {
    RouteTable table;
    using Pending = std::shared_ptr<PendingWebSocket>;
    const auto accept = [this, options](const Pending& pending) {
      const std::lock_guard lock(mutex_);
      readers_.push_back(std::make_shared<Echo>(ended_));
      pending->accept(loops_.loop(readers_.size() % 2), readers_.back(), options);
    };
    const auto add = [&](std::string_view path, WebSocketHandler handler) {
      table.push_back(get(path, std::move(handler), 101));
    };
    add("/echo", [accept](Call&, const Pending& pending) {
      accept(pending);
      accept(pending);  // counts for nothing, nor does this
      return base::Status(base::fail(base::Code::kConflict, "no", "No."));
    });
    add("/late", [this](Call&, Pending pending) {
      const std::lock_guard lock(mutex_);
      waiting_ = std::move(pending);
      return base::ok_status();
    });
    add("/wrong", [](Call&, const Pending&) {
      return base::Status(base::fail(base::Code::kForbidden, "no", "No."));
    });
    add("/dropped", [](Call&, const Pending&) { return base::ok_status(); });
    table.push_back(get("/plain", WorkerHandler([](Call&) -> base::Result<Response> {
                          return Response{200, "text/plain", {}, "plain"};
                        }),
                        200));
    accept_ = accept;
    router_ = std::make_unique<Router>(std::move(table), store_.registry());
    dispatcher_ = std::make_unique<Dispatcher>(Dispatcher::Needs{{&pool_, &pool_, &pool_},
                                                                 {nullptr, nullptr, nullptr},
                                                                 store_.database(),
                                                                 authenticator_,
                                                                 cors_,
                                                                 clock_,
                                                                 store_.log(),
                                                                 tracer_,
                                                                 observer_});
    auto socket = ListenSocket::bind("127.0.0.1", 0);
    ASSERT_TRUE(socket.ok());
    port_ = socket->port();
    auto server = Server::make(std::move(server_options), std::move(*socket), *router_,
                               *dispatcher_, clock_, entropy_, store_.log(), store_.registry());
    ASSERT_TRUE(server.ok());
    server_ = std::move(*server);
    loops_.start();
    server_->start();
  }
  void TearDown() override {
    server_->stop();
    pool_.drain();
    loops_.stop();
    EXPECT_EQ(store_.registry()
                  .make_gauge("ashlar_websocket_connections_open", "Open WebSockets.")
                  .value(),
              0);
  }
  // Accepted ones, from any thread.
  std::shared_ptr<PendingWebSocket> waiting() {
    for (;;) {
      const std::lock_guard lock(mutex_);
      if (waiting_) return std::move(waiting_);
      std::this_thread::yield();
    }
  }
  Echo& reader(std::size_t i) {
    const std::lock_guard lock(mutex_);
    return *readers_.at(i);
  }
  bool eventually(const auto& is) {
    const base::Mono limit = clock_.mono() + base::Millis{10'000};
    bool done = false;
    while (!(done = is()) && clock_.mono() < limit) std::this_thread::yield();
    return done;
  }
  bool wait_for_ends(int count) {
    return eventually([&] { return ended_.load() >= count; }) && ended_.load() == count;
  }

  storage::TemporarySqlite store_;
  base::SystemClock clock_;
  base::SystemEntropy entropy_;
  security::Tenants tenants_;
  security::ApiKeys keys_;
  security::Admin admin_;
  security::Authenticator authenticator_;
  CorsPolicy cors_{CorsRules{}};
  obs::Tracer tracer_{{}, clock_, entropy_, store_.log(), store_.registry()};
  Ignore observer_;
  runtime::WorkerPool pool_{"one", 1, 100, clock_, store_.registry()};
  net::LoopGroup loops_{2, "ws", clock_};
  std::unique_ptr<Router> router_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
  std::atomic<int> ended_{0};
  std::function<void(const std::shared_ptr<PendingWebSocket>&)> accept_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Echo>> readers_;
  std::shared_ptr<PendingWebSocket> waiting_;
};

TEST_F(WebSocketTest, OpensAndEchoes) {
  start();
  WebSocketClient client(port_);
  const std::string head = client.open("/echo");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << head;
  EXPECT_NE(head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos);
  EXPECT_EQ(head.find("Sec-WebSocket-Protocol"), std::string::npos);
  client.send(client_frame(kText, "hello") + client_frame(kPing, "are you?"));
  EXPECT_EQ(client.frame().payload, "hello");
  const WebSocketFrame pong = client.frame();
  EXPECT_EQ(pong.first, kPong);
  EXPECT_EQ(pong.payload, "are you?");
  const std::string big(300'000, 'y');
  client.send(client_frame(kBinary, big));
  EXPECT_EQ(client.frame().payload, big);
}

TEST_F(WebSocketTest, WhatWasHeldComesBeforeWhatCameLater) {
  start();
  WebSocketClient client(port_);
  client.open("/echo");
  std::string some;
  for (int i = 0; i < Echo::kNumbers; ++i) {
    some += client_frame(kText, "#" + std::to_string(i));
    if (some.size() > 700 || i + 1 == Echo::kNumbers) client.send(std::exchange(some, {}));
  }
  EXPECT_EQ(client.frame().payload, "all");
}

TEST_F(WebSocketTest, FramesThatAreReadyGoTogetherAndCountEach) {
  start();
  const auto sent = [this] {
    return store_.registry()
        .make_counter("ashlar_websocket_messages_total", "Messages read, frames sent.",
                      {{"direction", "out"}})
        .value();
  };
  for (const char* order : {"together", "together now"}) {
    WebSocketClient client(port_);
    client.open("/echo");
    client.send(client_frame(kText, order) + client_frame(kText, "last"));
    for (const char* each : {"one", "two", "", "three", "one", "two", "", "last"}) {
      EXPECT_EQ(client.frame().payload, each) << order;
    }
  }
  EXPECT_TRUE(eventually([&] { return sent() == 16; })) << sent();
}

TEST_F(WebSocketTest, WhatCameWithTheRequestIsRead) {
  start();
  WebSocketClient client(port_);
  client.send("GET /plain HTTP/1.1\r\nHost: a\r\n\r\n" + WebSocketClient::request("/echo") +
              client_frame(kText, "early") + client_frame(kText, "bird"));
  EXPECT_TRUE(client.answer().ends_with("plain"));
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 101"));
  EXPECT_EQ(client.frame().payload, "early");
  EXPECT_EQ(client.frame().payload, "bird");
}

TEST_F(WebSocketTest, MayBeAcceptedLateOrRefused) {
  start();
  WebSocketClient client(port_);
  client.send(WebSocketClient::request("/late"));
  accept_(waiting());
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 101"));
  client.send(client_frame(kText, "late"));
  EXPECT_EQ(client.frame().payload, "late");

  WebSocketClient refused(port_);
  refused.send(WebSocketClient::request("/late"));
  waiting()->refuse(base::fail(base::Code::kUnauthenticated, "who", "Who?"));
  const std::string answer = refused.answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 401")) << answer;
  EXPECT_NE(answer.find("\"reason\":\"who\""), std::string::npos);
  refused.send("GET /plain HTTP/1.1\r\nHost: a\r\n\r\n");  // still an HTTP connection
  EXPECT_TRUE(refused.answer().ends_with("plain"));
}

TEST_F(WebSocketTest, OtherwiseTheAnswerIsOrdinary) {
  start();
  EXPECT_TRUE(WebSocketClient(port_).open("/wrong").starts_with("HTTP/1.1 403"));
  EXPECT_TRUE(WebSocketClient(port_).open("/dropped").starts_with("HTTP/1.1 500"));
  WebSocketClient client(port_);
  client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string answer = client.answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 426")) << answer;
  EXPECT_NE(answer.find("Upgrade: websocket\r\n"), std::string::npos);
}

TEST_F(WebSocketTest, AClientThatLeavesBeforeItIsAccepted) {
  start();
  {
    WebSocketClient client(port_);
    client.send(WebSocketClient::request("/late"));
    waiting_ = waiting();
  }
  accept_(std::move(waiting_));
  WebSocketClient other(port_);
  EXPECT_TRUE(other.open("/echo").starts_with("HTTP/1.1 101"));
  other.send(client_frame(kText, "here"));
  EXPECT_EQ(other.frame().payload, "here");
}

TEST_F(WebSocketTest, ThePeerCloses) {
  start();
  WebSocketClient client(port_);
  client.open("/echo");
  client.send(client_frame(kText, "last") + client_frame(kClose, close_payload(1000)) +
              client_frame(kText, "unread"));
  WebSocketFrame frame = client.frame();
  if (frame.first == kText) frame = client.frame();  // what waits need not be sent
  EXPECT_EQ(frame.first, kClose);
  EXPECT_EQ(frame.code(), 1000);
  EXPECT_EQ(client.frame().first, -1);
  EXPECT_TRUE(wait_for_ends(1));
  EXPECT_EQ(reader(0).last_code, 1000);
}

TEST_F(WebSocketTest, ThisSideCloses) {
  start();
  WebSocketClient client(port_);
  client.open("/echo");
  client.send(client_frame(kText, "one") + client_frame(kText, "close") +
              client_frame(kText, "unread"));
  EXPECT_EQ(client.frame().payload, "one");  // what waits is sent
  const WebSocketFrame close = client.frame();
  EXPECT_EQ(close.code(), 4401);
  EXPECT_EQ(close.payload.substr(2), "as told");
  EXPECT_TRUE(wait_for_ends(1));  // at once, not when the peer has answered
  EXPECT_EQ(reader(0).last_code, 4401);
  client.send(client_frame(kClose, close_payload(4401)));
  EXPECT_EQ(client.frame().first, -1);
}

TEST_F(WebSocketTest, ThePeerVanishes) {
  start();
  {
    WebSocketClient client(port_);
    client.open("/echo");
  }
  EXPECT_TRUE(wait_for_ends(1));
  EXPECT_EQ(reader(0).last_code, 1006);
  WebSocketClient half(port_);
  half.open("/echo");
  half.finish_sending();
  EXPECT_EQ(half.frame().first, -1);
  EXPECT_TRUE(wait_for_ends(2));
}

TEST_F(WebSocketTest, FaultsAreClosedWithTheirCode) {
  start({.max_message_bytes = 1000});
  const std::vector<std::pair<int, std::string>> rows = {
      {1002, "\x82\x01x"},
      {1002, client_frame(0xc2, "x")},
      {1007, client_frame(kText, "\xff")},
      {1009, client_frame(kBinary, std::string(1001, 'x')) + std::string(200'000, 'z')},
  };
  int ends = 0;
  for (const auto& [code, bytes] : rows) {
    WebSocketClient client(port_);
    client.open("/echo");
    client.send(bytes);
    EXPECT_EQ(client.frame().code(), code);
    EXPECT_EQ(client.frame().first, -1);
    EXPECT_TRUE(wait_for_ends(++ends));
  }
}

TEST_F(WebSocketTest, WhoDoesNotReadIsClosed) {
  start({.max_queue_bytes = 1'000'000});
  for (std::size_t i = 0; i < kFloods.size(); ++i) {
    WebSocketClient client(port_);
    client.open("/echo");
    client.send(client_frame(kText, kFloods[i]));  // 20 MB
    EXPECT_TRUE(wait_for_ends(static_cast<int>(i) + 1));
    EXPECT_EQ(reader(2 * i).last_code, 1013);  // /echo makes a second one
    WebSocketFrame frame = client.frame();
    std::size_t frames = 0;
    for (; frame.first == kBinary; frame = client.frame()) ++frames;
    EXPECT_EQ(frame.code(), 1013);  // who reads on learns of it, between whole frames
    EXPECT_LT(frames, 150U);
  }
}

TEST_F(WebSocketTest, WhoReadsGetsAllAndTheReaderHearsOfIt) {
  start({.max_queue_bytes = 100'000'000});
  for (std::size_t i = 0; i < kFloods.size(); ++i) {
    WebSocketClient client(port_);
    client.open("/echo");
    client.send(client_frame(kText, kFloods[i]));
    for (int n = 0; n < 200; ++n) ASSERT_EQ(client.frame().payload.size(), 100'000U);
    EXPECT_TRUE(eventually([&] { return reader(2 * i).drained.load(); }));
  }
}

TEST_F(WebSocketTest, AReaderMayHoldItsPeer) {
  start();
  WebSocketClient client(port_);
  client.open("/echo");
  client.send(client_frame(kText, "hold") + client_frame(kText, "one"));
  EXPECT_EQ(client.frame().payload, "held");
  client.send(client_frame(kText, "two"));
  EXPECT_EQ(client.frame().payload, "free");
  EXPECT_EQ(client.frame().payload, "one");
  EXPECT_EQ(client.frame().payload, "two");
}

TEST_F(WebSocketTest, PingsAndCutsTheSilent) {
  start({.ping_interval = base::Millis{300}});
  WebSocketClient client(port_);
  client.open("/echo");
  EXPECT_EQ(client.frame().first, kPing);
  client.send(client_frame(kPong, ""));
  EXPECT_EQ(client.frame().first, kPing);
  EXPECT_EQ(ended_.load(), 0);
  WebSocketFrame frame = client.frame();
  while (frame.first == kPing) frame = client.frame();
  EXPECT_EQ(frame.first, -1);
  EXPECT_TRUE(wait_for_ends(1));
  EXPECT_EQ(reader(0).last_code, 1006);
}

TEST_F(WebSocketTest, CountsAmongTheConnections) {
  ServerOptions options;
  options.max_connections = 2;
  start({}, std::move(options));
  WebSocketClient first(port_);
  first.open("/echo");
  auto second = std::make_unique<WebSocketClient>(port_);
  second->open("/echo");
  EXPECT_EQ(WebSocketClient(port_).open("/echo"), "");
  second.reset();
  EXPECT_TRUE(wait_for_ends(1));
  EXPECT_TRUE(eventually([&] { return !WebSocketClient(port_).open("/plain").empty(); }));
}

TEST_F(WebSocketTest, TheServersStopClosesAll) {
  start();
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<WebSocketClient>(port_));
    clients.back()->open("/echo");
  }
  std::thread stopping([this] { server_->stop(); });
  for (const auto& client : clients) {
    EXPECT_EQ(client->frame().code(), 1001);
    client->send(client_frame(kClose, close_payload(1001)));
    EXPECT_EQ(client->frame().first, -1);
  }
  stopping.join();
  EXPECT_EQ(ended_.load(), 20);
}

}  // namespace
}  // namespace ashlar::http
