#include "platform/net/stream_server.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "platform/net/loop_group.h"
#include "platform/net/stream.h"
#include "platform/net/testing/tcp_client.h"
#include "platform/observability/metrics.h"

namespace ashlar::net {
namespace {

// Lines of text. Each is answered by itself, and
//   quit          finish()          abort     abort()
//   big           a megabyte        wake      "woken" in 30 ms
//   later         "later" by another thread, 20 ms later    never   nothing: owes an answer for
//   ever
class LineSession final : public StreamSession {
 public:
  struct Handle {
    LineSession* session;
  };

  LineSession(Stream& stream, std::atomic<int>& alive, std::vector<std::thread>& threads)
      : stream_(stream), alive_(alive), threads_(threads) {
    ++alive_;
  }
  ~LineSession() override {
    handle_->session = nullptr;
    --alive_;
  }

  std::size_t on_input(std::string_view input, std::string& output) override {
    std::size_t taken = 0;
    while (owed_ == 0 && !quit_) {  // one at a time: the rest has to wait
      const std::size_t end = input.find('\n', taken);
      if (end == std::string_view::npos) break;
      answer(input.substr(taken, end - taken), output);
      taken = end + 1;
    }
    return taken;
  }
  void on_wake(std::string& output) override {
    --owed_;
    output += "woken\n";
    stream_.flush();
  }
  [[nodiscard]] bool busy() const override { return owed_ > 0; }
  void on_drain() override {
    stream_.output() += "bye\n";
    stream_.flush();
  }

 private:
  void answer(std::string_view line, std::string& output) {
    if (line == "quit") {
      output += "goodbye\n";
      stream_.finish();
      quit_ = true;
    } else if (line == "abort") {
      stream_.abort();
    } else if (line == "big") {
      output.append(1024 * 1024, 'x');
    } else if (line == "wake") {
      ++owed_;
      stream_.wake_at(stream_.loop().mono() + base::Millis{30});
    } else if (line == "never") {
      ++owed_;
    } else if (line == "later") {
      ++owed_;
      threads_.emplace_back([&loop = stream_.loop(), handle = handle_] {
        std::binary_semaphore never{0};
        static_cast<void>(never.try_acquire_for(base::Millis{20}));
        loop.post([handle] {
          if (handle->session != nullptr) handle->session->answer_late();
        });
      });
    } else {
      output.append(line).append("\n");
    }
  }
  void answer_late() {
    --owed_;
    stream_.output() += "later\n";
    stream_.flush();
  }

  Stream& stream_;
  std::atomic<int>& alive_;
  std::vector<std::thread>& threads_;
  const std::shared_ptr<Handle> handle_ = std::make_shared<Handle>(Handle{this});
  int owed_ = 0;
  bool quit_ = false;
};

class StreamServerTest : public testing::Test {
 protected:
  void SetUp() override {
    options_.name = "test";
    options_.drain_timeout = base::Millis{400};
  }
  void TearDown() override {
    stop();
    EXPECT_EQ(alive_.load(), 0);
    loops_.stop();
    for (std::thread& thread : threads_) thread.join();
  }

  void start() {
    auto socket = http::ListenSocket::bind("127.0.0.1", 0);
    ASSERT_TRUE(socket.ok());
    server_ = std::make_unique<StreamServer>(
        options_, std::move(*socket), loops_,
        [this](Stream& stream) {
          loops_seen_.fetch_or(1 << stream.loop_index());
          EXPECT_EQ(loops_.current(), stream.loop_index());
          EXPECT_EQ(stream.peer_address(), "127.0.0.1");
          return std::make_unique<LineSession>(stream, alive_, threads_);
        },
        metrics_);
    server_->start();
    loops_.start();
  }
  void stop() {
    if (server_) server_->stop();
    server_.reset();
  }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

  bool soon(const std::function<bool()>& holds) {
    std::binary_semaphore never{0};
    for (int i = 0; i < 500 && !holds(); ++i) {
      static_cast<void>(never.try_acquire_for(base::Millis{10}));
    }
    return holds();
  }

  base::SystemClock clock_;
  obs::Registry metrics_;
  std::atomic<int> alive_{0};
  std::atomic<int> loops_seen_{0};
  std::vector<std::thread> threads_;  // of one loop's sessions only
  StreamOptions options_;
  LoopGroup loops_{1, "test-loop", clock_};
  std::unique_ptr<StreamServer> server_;
};

TEST_F(StreamServerTest, AnswersWholeAndPiecewise) {
  start();
  TcpClient client(port());
  ASSERT_TRUE(client.send("one\ntwo\nthr"));
  EXPECT_EQ(client.receive(8), "one\ntwo\n");
  ASSERT_TRUE(client.send("ee\n"));
  EXPECT_EQ(client.receive(6), "three\n");
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i) + "\n";
  std::thread sender([&] { EXPECT_TRUE(client.send(text)); });
  EXPECT_EQ(client.receive(text.size()), text);
  sender.join();
}

TEST_F(StreamServerTest, KeepsWhatTheSessionDoesNotTakeYet) {
  start();
  TcpClient client(port());
  ASSERT_TRUE(client.send("wake\na\nwake\nb\nlater\nc\n"));
  EXPECT_EQ(client.receive(24), "woken\na\nwoken\nb\nlater\nc\n");
}

TEST_F(StreamServerTest, EndOfInputWaitsForWhatIsOwed) {
  start();
  TcpClient client(port());
  ASSERT_TRUE(client.send("a\nlater\nb\n"));
  client.end_output();
  // What stands behind the answer that was owed is answered as well.
  EXPECT_EQ(client.receive_all(), "a\nlater\nb\n");
  EXPECT_TRUE(client.closed());
  EXPECT_TRUE(soon([&] { return alive_ == 0; }));
}

TEST_F(StreamServerTest, FinishSendsFirst) {
  start();
  TcpClient client(port());
  ASSERT_TRUE(client.send("big\nquit\nnobody reads this\n"));
  const std::string all = client.receive_all();
  EXPECT_EQ(all.size(), 1024 * 1024 + 8U);
  EXPECT_TRUE(all.ends_with("goodbye\n"));
  EXPECT_TRUE(client.closed());
}

TEST_F(StreamServerTest, AbortClosesAtOnce) {
  start();
  TcpClient client(port());
  ASSERT_TRUE(client.send("abort\n"));
  client.receive_all();
  EXPECT_TRUE(client.closed());
  EXPECT_TRUE(soon([&] { return alive_ == 0; }));
}

TEST_F(StreamServerTest, AnswersOutliveConnections) {
  start();
  for (int i = 0; i < 20; ++i) {
    TcpClient client(port());
    ASSERT_TRUE(client.send("later\nwake\n"));
  }
  EXPECT_TRUE(soon([&] { return alive_ == 0; }));
}

TEST_F(StreamServerTest, OverlongInputEndsTheConnection) {
  options_.max_input_bytes = 10'000;
  start();
  TcpClient client(port());
  client.send(std::string(9'999, 'x') + "\n");
  EXPECT_EQ(client.receive(10'000).size(), 10'000U);
  client.send(std::string(200'000, 'x'), 1'000);
  client.receive_all();
  EXPECT_TRUE(client.closed());
}

TEST_F(StreamServerTest, SlowReaderIsNotReadAndThenCutOff) {
  options_.write_timeout = base::Millis{300};
  options_.max_pending_output_bytes = 64 * 1024;
  start();
  TcpClient slow(port(), 4096);
  TcpClient other(port());
  // More than fits into kernel and buffers: it gets stuck, ours is bounded.
  std::string text;
  for (int i = 0; i < 64; ++i) text += "big\n";
  slow.send(text, 200);
  ASSERT_TRUE(other.send("hello\n"));
  EXPECT_EQ(other.receive(6), "hello\n");
  EXPECT_TRUE(soon([&] { return alive_ == 1; }));
}

TEST_F(StreamServerTest, SlowReaderGetsEverythingInTheEnd) {
  options_.max_pending_output_bytes = 64 * 1024;
  start();
  TcpClient client(port(), 4096);
  std::string text;
  for (int i = 0; i < 16; ++i) text += "big\n";
  ASSERT_TRUE(client.send(text + "end\n"));
  const std::string all = client.receive(16 * 1024 * 1024 + 4);
  EXPECT_EQ(all.size(), 16 * 1024 * 1024 + 4U);
  EXPECT_TRUE(all.ends_with("xend\n"));
}

TEST_F(StreamServerTest, IdleConnectionsClose) {
  options_.idle_timeout = base::Millis{100};
  start();
  TcpClient idle(port());
  TcpClient busy(port());
  ASSERT_TRUE(busy.send("never\n"));
  EXPECT_EQ(idle.receive_all(), "bye\n");
  EXPECT_TRUE(idle.closed());
  EXPECT_EQ(busy.receive_some(300), "");
  EXPECT_FALSE(busy.closed());
}

TEST_F(StreamServerTest, TooManyConnectionsAreRefused) {
  options_.max_connections = 2;
  start();
  TcpClient a(port());
  TcpClient b(port());
  ASSERT_TRUE(a.send("a\n") && b.send("b\n"));
  EXPECT_EQ(a.receive(2) + b.receive(2), "a\nb\n");
  {
    TcpClient c(port());
    EXPECT_EQ(c.receive_all(), "");
    EXPECT_TRUE(c.closed());
  }
  const std::string text = metrics_.render();
  EXPECT_NE(text.find("ashlar_stream_connections_refused_total{server=\"test\"} 1"),
            std::string::npos);
  EXPECT_NE(text.find("ashlar_stream_connections_open{server=\"test\"} 2"), std::string::npos);
}

TEST_F(StreamServerTest, StopSaysGoodbyeAndWaitsForWhatIsOwed) {
  start();
  TcpClient idle(port());
  TcpClient busy(port());
  TcpClient stuck(port());
  ASSERT_TRUE(idle.send("hello\n") && busy.send("later\n") && stuck.send("never\n"));
  EXPECT_EQ(idle.receive(6), "hello\n");
  const base::Mono before = clock_.mono();
  stop();
  EXPECT_GE(clock_.mono() - before, options_.drain_timeout);  // for the one that is stuck
  EXPECT_EQ(idle.receive_all(), "bye\n");
  EXPECT_EQ(busy.receive_all(), "bye\nlater\n");
  EXPECT_EQ(stuck.receive_all(), "bye\n");
  EXPECT_TRUE(stuck.closed());
}

TEST(StreamServer, DealsConnectionsOut) {
  base::SystemClock clock;
  obs::Registry metrics;
  LoopGroup loops(3, "test-loop", clock);
  std::atomic<int> alive{0};
  std::array<std::atomic<int>, 3> made{};
  std::vector<std::thread> none;
  auto socket = http::ListenSocket::bind("127.0.0.1", 0);
  ASSERT_TRUE(socket.ok());
  StreamServer server(
      {.name = "test"}, std::move(*socket), loops,
      [&](Stream& stream) {
        ++made[stream.loop_index()];
        return std::make_unique<LineSession>(stream, alive, none);
      },
      metrics);
  EXPECT_FALSE(loops.current().has_value());
  loops.start();
  server.start();
  std::vector<std::unique_ptr<TcpClient>> clients;
  for (int i = 0; i < 30; ++i) {
    clients.push_back(std::make_unique<TcpClient>(server.port()));
    ASSERT_TRUE(clients.back()->send("x\n"));
    ASSERT_EQ(clients.back()->receive(2), "x\n");
  }
  for (const auto& count : made) EXPECT_EQ(count.load(), 10);
  server.stop();
  EXPECT_EQ(alive.load(), 0);
}

TEST(StreamServer, NeedsNeitherStartNorStop) {
  base::SystemClock clock;
  obs::Registry metrics;
  LoopGroup loops(1, "test-loop", clock);
  auto socket = http::ListenSocket::bind("127.0.0.1", 0);
  ASSERT_TRUE(socket.ok());
  StreamServer server({.name = "test"}, std::move(*socket), loops, nullptr, metrics);
  server.start();  // the loops never run
}

}  // namespace
}  // namespace ashlar::net
