// RedisLink against real servers: pipelined, killed, stopped, started again, locked, full; and a
// cluster of three.
#include "platform/redis/redis_link.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <future>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/entropy.h"
#include "platform/cache/redis_connection.h"
#include "platform/cache/testing/redis_process.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/redis/key_slot.h"
#include "platform/redis/redis_script.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::redis {
namespace {

using base::Millis;
using cache::RedisProcess;
using Words = std::vector<std::string_view>;

struct Answer {
  bool ok = false;
  ReplyKind kind = ReplyKind::kNil;
  std::string text;  // of an error: what the server says, or the reason
  std::int64_t integer = 0;
  std::chrono::nanoseconds took{0};
};

class RedisLinkTest : public testing::Test {
 protected:
  ~RedisLinkTest() override {
    if (!thread_.joinable()) return;
    loop_.post([this] { link_.reset(); });
    loop_.stop();
    thread_.join();
  }

  bool start_redis(std::vector<std::string> extra = {}) {
    redis_ = RedisProcess::start(0, std::move(extra));
    return redis_ != nullptr;
  }
  void connect(const std::string& user_part = "", std::size_t max_in_flight = 4096) {
    RedisLinkOptions options;
    const std::string url =
        "redis://" + user_part + "127.0.0.1:" + std::to_string(redis_->port()) + "/0";
    options.address = *parse_redis_url(url);
    options.max_in_flight = max_in_flight;
    options.backoff_min = Millis{10};
    options.backoff_max = Millis{100};
    options.scripts = {&script_};
    make(options);
  }
  void make(const RedisLinkOptions& options) {
    link_ = std::make_unique<RedisLink>(options, loop_, entropy_, metrics_, log_);
    thread_ = std::thread([this] { loop_.run(); });
  }

  // From the test's thread: sends on the loop, waits for the answer.
  Answer call(const Words& words, std::string_view key = {}, Millis deadline = Millis{500}) {
    return ask([&](RedisLink::Done done) {
      link_->send(words, key, loop_.mono() + deadline, std::move(done));
    });
  }
  Answer run(const RedisScript& script, const Words& keys, const Words& arguments) {
    return ask([&](RedisLink::Done done) {
      link_->run(script, keys, arguments, loop_.mono() + Millis{500}, std::move(done));
    });
  }
  Answer ask(const std::function<void(RedisLink::Done)>& send) {
    std::promise<Answer> promise;
    auto future = promise.get_future();
    const base::Mono begun = clock_.mono();
    loop_.post([&] {
      send([&](const base::Result<Reply>& reply) { promise.set_value(answer_of(reply)); });
    });
    Answer answer = future.get();
    answer.took = clock_.mono() - begun;
    return answer;
  }
  static Answer answer_of(const base::Result<Reply>& reply) {
    if (!reply.ok()) return {.text = reply.error().reason};
    return {.ok = !reply->is_error(),
            .kind = reply->kind(),
            .text = std::string(reply->text()),
            .integer = reply->integer()};
  }
  // Until a PING is answered. Bounded.
  bool comes_back() {
    const base::Mono end = clock_.mono() + base::Seconds{10};
    while (clock_.mono() < end) {
      if (call({"PING"}).ok) return true;
      ::poll(nullptr, 0, 5);
    }
    return false;
  }
  double connects() {
    return static_cast<double>(
        metrics_.make_counter("ashlar_redis_connects_total", "Attempts to connect to Redis.")
            .value());
  }

  base::SystemClock clock_;
  base::SystemEntropy entropy_;
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  runtime::EventLoop loop_{clock_, Millis{100}};
  RedisScript script_{"return redis.call('INCRBY', KEYS[1], ARGV[1])"};
  std::unique_ptr<RedisProcess> redis_;
  std::unique_ptr<RedisLink> link_;
  std::thread thread_;
};

#define NEEDS_REDIS(...) \
  if (!start_redis(__VA_ARGS__)) GTEST_SKIP() << RedisProcess::kNone

TEST_F(RedisLinkTest, CommandsWaitForTheFirstConnection) {
  NEEDS_REDIS();
  connect();
  EXPECT_EQ(call({"SET", "k", std::string_view("v\0\r\n", 4)}).text, "OK");
  EXPECT_EQ(call({"GET", "k"}).text, std::string_view("v\0\r\n", 4));
  EXPECT_EQ(call({"GET", "none"}).kind, ReplyKind::kNil);
  const Answer wrong = call({"INCR", "k"});
  EXPECT_FALSE(wrong.ok);
  EXPECT_TRUE(wrong.text.starts_with("ERR value is not an integer")) << wrong.text;
  EXPECT_FALSE(link_->is_cluster());
}

TEST_F(RedisLinkTest, ManyAtOnceAreAnsweredInOrder) {
  NEEDS_REDIS();
  connect();
  constexpr std::int64_t kCount = 3000;
  std::promise<void> promise;
  std::vector<std::int64_t> got;
  loop_.post([&] {
    for (std::int64_t i = 0; i < kCount; ++i) {
      link_->send(Words{"INCR", "n"}, "n", loop_.mono() + base::Seconds{5},
                  [&](const base::Result<Reply>& reply) {
                    got.push_back(reply.ok() ? reply->integer() : -1);
                    if (got.size() == kCount) promise.set_value();
                  });
    }
  });
  promise.get_future().get();
  for (std::int64_t i = 0; i < kCount; ++i) ASSERT_EQ(got[static_cast<std::size_t>(i)], i + 1);
}

TEST_F(RedisLinkTest, MoreThanMayWaitAreRefused) {
  NEEDS_REDIS();
  connect("", 8);
  ASSERT_TRUE(comes_back());
  std::promise<void> promise;
  int answered = 0;
  int refused = 0;
  loop_.post([&] {
    for (int i = 0; i < 20; ++i) {
      link_->send(Words{"PING"}, {}, loop_.mono() + base::Seconds{5},
                  [&](const base::Result<Reply>& reply) {
                    if (reply.ok()) {
                      ++answered;
                    } else {
                      EXPECT_STREQ(reply.error().reason, "redis_busy");
                      ++refused;
                    }
                    if (answered + refused == 20) promise.set_value();
                  });
    }
  });
  promise.get_future().get();
  EXPECT_EQ(answered, 8);
  EXPECT_EQ(refused, 12);
}

TEST_F(RedisLinkTest, AScriptRunsByItsDigestAlsoWhereTheServerHasLostIt) {
  NEEDS_REDIS();
  connect();
  EXPECT_EQ(run(script_, {"k"}, {"5"}).integer, 5);
  EXPECT_EQ(call({"SCRIPT", "FLUSH"}).text, "OK");
  EXPECT_EQ(run(script_, {"k"}, {"2"}).integer, 7);
  const RedisScript unknown("return 'not loaded: ' .. ARGV[1]");
  EXPECT_EQ(run(unknown, {"k"}, {"x"}).text, "not loaded: x");
}

TEST_F(RedisLinkTest, AServerThatIsGoneFailsAtOnceAndComesBack) {
  NEEDS_REDIS();
  connect();
  ASSERT_TRUE(comes_back());
  redis_->kill();
  EXPECT_EQ(call({"PING"}).text, "redis_unreachable");
  for (int i = 0; i < 20; ++i) {
    const Answer answer = call({"PING"});
    EXPECT_EQ(answer.text, "redis_unreachable");
    EXPECT_LT(answer.took, Millis{50});
  }
  redis_->start_again();
  EXPECT_TRUE(comes_back());
}

TEST_F(RedisLinkTest, AttemptsToConnectAreFarBetween) {
  NEEDS_REDIS();
  connect();
  ASSERT_TRUE(comes_back());
  redis_->kill();
  const double before = connects();
  const base::Mono end = clock_.mono() + Millis{1000};
  while (clock_.mono() < end) {
    EXPECT_FALSE(call({"PING"}).ok);
    ::poll(nullptr, 0, 1);
  }
  // At most 10 ms, 20, 40, 80, 100, 100 …, half of that on average: some 22.
  EXPECT_LT(connects() - before, 60);
  EXPECT_GT(connects() - before, 5);
}

TEST_F(RedisLinkTest, AServerThatStopsAnsweringCostsDeadlinesThenNothing) {
  NEEDS_REDIS();
  connect();
  ASSERT_TRUE(comes_back());
  redis_->freeze(true);
  const Answer first = call({"PING"}, {}, Millis{50});
  EXPECT_EQ(first.text, "redis_deadline");
  EXPECT_GE(first.took, Millis{49});
  EXPECT_LT(first.took, Millis{120});
  std::string last;
  for (int i = 0; i < 20 && last != "redis_unreachable"; ++i) {
    last = call({"PING"}, {}, Millis{50}).text;
  }
  EXPECT_EQ(last, "redis_unreachable");
  const Answer down = call({"PING"}, {}, Millis{50});
  EXPECT_EQ(down.text, "redis_unreachable");
  EXPECT_LT(down.took, Millis{40});
  redis_->freeze(false);
  EXPECT_TRUE(comes_back());
}

TEST_F(RedisLinkTest, AnAnswerThatIsLateIsNotTakenForTheNextOnes) {
  NEEDS_REDIS();
  connect();
  ASSERT_TRUE(comes_back());
  const RedisScript slow(
      "local t = redis.call('TIME') local n = t[1] * 1000000 + t[2] repeat t = "
      "redis.call('TIME') until t[1] * 1000000 + t[2] > n + 100000 return 'slow'");
  const Answer late = ask([&](RedisLink::Done done) {
    link_->run(slow, Words{"k"}, {}, loop_.mono() + Millis{20}, std::move(done));
  });
  EXPECT_EQ(late.text, "redis_deadline");
  EXPECT_EQ(call({"ECHO", "next"}).text, "next");
}

TEST_F(RedisLinkTest, APassword) {
  NEEDS_REDIS({"--requirepass", "p@ss"});
  connect(":p%40ss@");
  EXPECT_TRUE(comes_back());
}

TEST_F(RedisLinkTest, AWrongPasswordIsARedisThatIsDown) {
  NEEDS_REDIS({"--requirepass", "p@ss"});
  connect(":wrong@");
  EXPECT_EQ(call({"PING"}).text, "redis_unreachable");
}

TEST_F(RedisLinkTest, AFullServerSaysSo) {
  NEEDS_REDIS({"--maxmemory", "1", "--maxmemory-policy", "noeviction"});
  connect();
  const Answer answer = call({"SET", "k", "v"});
  EXPECT_FALSE(answer.ok);
  EXPECT_TRUE(answer.text.starts_with("OOM")) << answer.text;
}

TEST_F(RedisLinkTest, WhatWaitsWhenTheLinkGoesIsTold) {
  NEEDS_REDIS();
  connect();
  ASSERT_TRUE(comes_back());
  redis_->freeze(true);
  std::promise<std::string> promise;
  loop_.post([&] {
    link_->send(Words{"PING"}, {}, loop_.mono() + base::Seconds{60},
                [&](const base::Result<Reply>& reply) {
                  promise.set_value(reply.ok() ? "" : reply.error().reason);
                });
    loop_.post([&] { link_.reset(); });
  });
  EXPECT_EQ(promise.get_future().get(), "redis_unreachable");
}

// Three primaries, the slots divided among them.
class RedisClusterTest : public RedisLinkTest {
 protected:
  bool start_cluster() {
    for (auto& node : nodes_) {
      const std::string bus = std::to_string(RedisProcess::free_port());
      node = RedisProcess::start(
          0, {"--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", "1000",
              "--cluster-require-full-coverage", "no"});
      if (node == nullptr) return false;
      buses_.push_back(bus);
    }
    const std::array<std::pair<const char*, const char*>, 3> ranges{
        {{"0", "5460"}, {"5461", "10922"}, {"10923", "16383"}}};
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      tell(i, {"CLUSTER", "ADDSLOTSRANGE", ranges[i].first, ranges[i].second});
      tell(i, {"CLUSTER", "MEET", "127.0.0.1", std::to_string(nodes_[0]->port()), buses_[0]});
    }
    for (int tries = 0; tries < 1000; ++tries) {
      bool well = true;
      for (std::size_t i = 0; i < nodes_.size(); ++i) {
        const std::string info = tell(i, {"CLUSTER", "INFO"});
        well = well && info.find("cluster_state:ok") != std::string::npos &&
               info.find("cluster_slots_assigned:16384") != std::string::npos;
      }
      if (well) return true;
      ::poll(nullptr, 0, 10);
    }
    return false;
  }
  std::string tell(std::size_t node, const std::vector<std::string>& words) {
    RedisAddress address;
    address.host = "127.0.0.1";
    address.port = nodes_[node]->port();
    auto connection = cache::RedisConnection::open(address, clock_, clock_.mono() + Millis{1000});
    if (!connection.ok()) return "";
    const std::array<cache::RedisConnection::Command, 1> commands{
        cache::RedisConnection::Command(words.begin(), words.end())};
    const auto replies = (*connection)->run(commands, clock_.mono() + Millis{1000});
    return replies.ok() ? replies->front().text : "";
  }
  void connect_to(std::size_t node) {
    RedisLinkOptions options;
    options.address =
        *parse_redis_url("redis+cluster://127.0.0.1:" + std::to_string(nodes_[node]->port()));
    options.backoff_min = Millis{10};
    options.backoff_max = Millis{100};
    options.scripts = {&script_};
    make(options);
  }
  static std::size_t node_of(std::string_view key) {
    const std::uint16_t slot = key_slot(key);
    return slot <= 5460 ? 0 : (slot <= 10'922 ? 1 : 2);
  }

  std::array<std::unique_ptr<RedisProcess>, 3> nodes_;
  std::vector<std::string> buses_;
};

TEST_F(RedisClusterTest, CommandsFindTheirNodesAndFollowThem) {
  if (access("/usr/bin/redis-server", X_OK) != 0) GTEST_SKIP() << RedisProcess::kNone;
  ASSERT_TRUE(start_cluster());
  connect_to(1);
  for (int i = 0; i < 60; ++i) {
    const std::string key = "key" + std::to_string(i);
    EXPECT_EQ(call({"INCRBY", key, "2"}, key).integer, 2) << key;
    EXPECT_EQ(run(script_, {key}, {"3"}).integer, 5) << key;
  }
  EXPECT_TRUE(link_->is_cluster());
  EXPECT_EQ(run(script_, {"{tag}a"}, {"3"}).integer, 3);

  // A slot moves: first ASK, then MOVED.
  const std::string key = "moving";
  const std::size_t from = node_of(key);
  const std::size_t to = (from + 1) % 3;
  ASSERT_EQ(call({"SET", key, "1"}, key).text, "OK");
  const std::string slot = std::to_string(key_slot(key));
  const std::string from_id = tell(from, {"CLUSTER", "MYID"});
  const std::string to_id = tell(to, {"CLUSTER", "MYID"});
  tell(to, {"CLUSTER", "SETSLOT", slot, "IMPORTING", from_id});
  tell(from, {"CLUSTER", "SETSLOT", slot, "MIGRATING", to_id});
  tell(from, {"MIGRATE", "127.0.0.1", std::to_string(nodes_[to]->port()), key, "0", "1000"});
  EXPECT_EQ(run(script_, {key}, {"1"}).integer, 2);
  tell(to, {"CLUSTER", "SETSLOT", slot, "NODE", to_id});
  tell(from, {"CLUSTER", "SETSLOT", slot, "NODE", to_id});
  for (int i = 3; i < 6; ++i) EXPECT_EQ(run(script_, {key}, {"1"}).integer, i);

  // One of three goes: its keys fail, the others' do not; then it is there again.
  nodes_[2]->kill();
  std::array<std::string, 3> keys;
  for (int i = 0; i < 100; ++i) {
    const std::string some = "some" + std::to_string(i);
    keys[node_of(some)] = some;
  }
  EXPECT_FALSE(call({"GET", keys[2]}, keys[2]).ok);
  EXPECT_TRUE(call({"GET", keys[0]}, keys[0]).ok);
  EXPECT_TRUE(call({"GET", keys[1]}, keys[1]).ok);
  nodes_[2]->start_again();
  bool back = false;
  for (int i = 0; i < 1000 && !back; ++i) {
    back = call({"GET", keys[2]}, keys[2]).ok;
    ::poll(nullptr, 0, 10);
  }
  EXPECT_TRUE(back);
}

}  // namespace
}  // namespace ashlar::redis
