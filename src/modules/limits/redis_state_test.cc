// RedisState against a real Redis: decision for decision what MemoryState says, for random batches
// of all algorithms; and what callers see when Redis is gone, slow or full.
#include "modules/limits/redis_state.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <future>
#include <set>
#include <thread>

#include "base/clock.h"
#include "base/entropy.h"
#include "base/random.h"
#include "modules/limits/batch.h"
#include "modules/limits/local_share.h"
#include "platform/cache/redis_connection.h"
#include "platform/cache/testing/redis_process.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/redis/redis_link.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::limits {
namespace {

using base::Millis;
using cache::RedisProcess;
using std::chrono::nanoseconds;

struct TestBatch final : Batch {
  std::function<void()> then;
  void on_decided() override {
    if (then) then();
  }
};

constexpr std::int64_t kStart = 1'700'000'000'000'000;  // microseconds

class RedisStateTest : public testing::Test {
 protected:
  ~RedisStateTest() override {
    if (!thread_.joinable()) return;
    loop_.post([this] { state_.reset(); });
    loop_.stop();
    thread_.join();
  }

  bool start(std::vector<std::string> extra = {}, std::uint64_t instances = 1) {
    redis_ = RedisProcess::start(0, std::move(extra));
    if (redis_ == nullptr) return false;
    redis::RedisLinkOptions options;
    options.address =
        *redis::parse_redis_url("redis://127.0.0.1:" + std::to_string(redis_->port()));
    options.scripts = RedisState::scripts();
    auto link = std::make_unique<redis::RedisLink>(options, loop_, entropy_, metrics_, log_);
    RedisState::Options state;
    state.prefix = "t:";
    state.deadline = deadline_;
    state_ = std::make_unique<RedisState>(
        state, std::move(link), std::make_shared<LocalShare>(instances, 10'000, kit::SipKey{}),
        loop_, metrics_);
    thread_ = std::thread([this] { loop_.run(); });
    return true;
  }
  // From the test's thread.
  std::chrono::nanoseconds decide(TestBatch& batch, std::int64_t now_us) {
    std::promise<void> promise;
    const base::Mono begun = clock_.mono();
    loop_.post([&] {
      batch.then = [&] { promise.set_value(); };
      state_->decide(batch, base::Mono{base::Micros{now_us}});
    });
    promise.get_future().get();
    return clock_.mono() - begun;
  }
  Outcome ask(const Limit& limit, std::string_view key, std::uint64_t cost = 1,
              Action action = Action::kTake, std::int64_t now_us = kStart) {
    TestBatch batch;
    batch.asks = {{&limit, key, cost, action}};
    took_ = decide(batch, now_us);
    return batch.outcomes.front();
  }
  std::string tell(std::vector<std::string_view> words) {
    const cache::RedisAddress address{
        .host = "127.0.0.1", .port = redis_->port(), .user = {}, .password = {}};
    auto connection = cache::RedisConnection::open(address, clock_, clock_.mono() + Millis{1000});
    const std::array<cache::RedisConnection::Command, 1> commands{std::move(words)};
    const auto replies = (*connection)->run(commands, clock_.mono() + Millis{1000});
    const cache::RedisReply& reply = replies->front();
    return reply.kind == cache::RedisReply::Kind::kInteger ? std::to_string(reply.integer)
                                                           : reply.text;
  }
  static std::shared_ptr<const Limit> make(LimitSpec spec, const std::string& identity = "x") {
    return Limit::make(std::move(spec), identity).value();
  }

  base::SystemClock clock_;
  base::SystemEntropy entropy_;
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  runtime::EventLoop loop_{clock_, Millis{100}};
  Millis deadline_{2'000};
  std::unique_ptr<RedisProcess> redis_;
  std::unique_ptr<RedisState> state_;
  std::thread thread_;
  std::chrono::nanoseconds took_{0};
};

#define NEEDS_REDIS(...) \
  if (!start(__VA_ARGS__)) GTEST_SKIP() << RedisProcess::kNone

LimitSpec spec_of(Algorithm algorithm, std::uint64_t amount, std::chrono::nanoseconds period) {
  LimitSpec spec;
  spec.name = "test";
  spec.algorithm = algorithm;
  spec.amount = amount;
  spec.period = period;
  return spec;
}

// The same limits twice: Redis' in microseconds, the oracle's in as many nanoseconds.
struct TwinLimits {
  std::vector<std::shared_ptr<const Limit>> redis;
  std::vector<std::shared_ptr<const Limit>> memory;
};

struct Plan {
  std::uint64_t seed;
  bool windows;  // fixed windows too: the clock then never steps back
  bool large;
  int batches;
  bool takes = false;  // nothing but takes, from fixed windows
};

TwinLimits random_limits(base::Random& random, const Plan& plan) {
  const auto [windows, large] = std::pair{plan.windows, plan.large};
  TwinLimits out;
  for (int i = 0; i < 12; ++i) {
    auto algorithm = static_cast<Algorithm>(random.below(5));
    if (plan.takes) algorithm = Algorithm::kFixedWindow;
    // What a step back does to a bucket and to windows with keys of their own is another thing.
    if (!windows && algorithm == Algorithm::kTokenBucket) algorithm = Algorithm::kGcra;
    if (!windows && algorithm == Algorithm::kFixedWindow) algorithm = Algorithm::kSlidingLog;
    const std::uint64_t scale = large ? std::uint64_t{1} << 45 : 1;
    const std::uint64_t amount = random.below(20) * scale + random.below(scale);
    const std::int64_t period_us =
        10'000'000 + static_cast<std::int64_t>(random.below(1000)) * 999'983;
    LimitSpec spec = spec_of(algorithm, amount, nanoseconds{period_us});
    const bool bucket = algorithm == Algorithm::kGcra || algorithm == Algorithm::kTokenBucket;
    if (bucket) {
      spec.amount += 1;
      spec.burst = (1 + random.below(20)) * scale;
    }
    spec.shadow = random.below(5) == 0;
    spec.quota_mode = random.below(5) == 0;
    const std::string identity = std::to_string(i);
    const auto memory = Limit::make(spec, identity);
    spec.period = base::Micros{period_us};
    const auto redis = Limit::make(spec, identity);
    if (!memory.ok() || !redis.ok()) {
      --i;
      continue;
    }
    out.memory.push_back(*memory);
    out.redis.push_back(*redis);
  }
  return out;
}

std::string show(const Batch& batch) {
  std::string out = batch.allowed ? "allowed" : "refused";
  for (std::size_t i = 0; i < batch.outcomes.size(); ++i) {
    const kit::Decision& d = batch.outcomes[i].decision;
    out += "; alg " + std::to_string(static_cast<int>(batch.asks[i].limit->spec().algorithm)) +
           " action " + std::to_string(static_cast<int>(batch.asks[i].action)) + " cost " +
           std::to_string(batch.asks[i].cost) + " key " + std::string(batch.asks[i].key) + " " +
           batch.asks[i].limit->spec().name + ": " + (d.allowed ? "yes" : "no") + " " +
           std::to_string(d.limit) + " " + std::to_string(d.remaining) + " retry " +
           std::to_string(d.retry_after.count()) + " reset " +
           std::to_string(d.reset_after.count());
  }
  return out;
}

// In nanoseconds for microseconds, as the oracle has it.
void shrink(Batch& batch) {
  for (Outcome& outcome : batch.outcomes) {
    kit::Decision& d = outcome.decision;
    if (d.retry_after != kit::kNeverFits) d.retry_after /= 1000;
    d.reset_after /= 1000;
  }
}

void fill(TestBatch& one, TestBatch& other, const TwinLimits& limits,
          const std::vector<std::string>& keys, base::Random& random, const Plan& plan) {
  const bool large = plan.large;
  const std::size_t asks = 1 + random.below(5);
  one.consume = other.consume = random.below(4) == 0 ? Consume::kEach : Consume::kAllOrNone;
  for (std::size_t i = 0; i < asks; ++i) {
    const std::size_t which = random.below(limits.redis.size());
    const std::string& key = keys[random.below(keys.size())];
    const std::uint64_t die = plan.takes ? 0 : random.below(12);
    const Action action = die < 8    ? Action::kTake
                          : die < 10 ? Action::kPeek
                          : die < 11 ? Action::kRefund
                                     : Action::kCharge;
    const std::uint64_t scale = large ? std::uint64_t{1} << 45 : 1;
    const std::uint64_t cost = random.below(6) * scale + random.below(scale);
    one.asks.push_back({limits.redis[which].get(), key, cost, action});
    other.asks.push_back({limits.memory[which].get(), key, cost, action});
  }
}

class RedisStateOracle : public RedisStateTest {
 protected:
  void check(const Plan& run) {
    base::Random random(run.seed);
    const TwinLimits limits = random_limits(random, run);
    const std::vector<std::string> keys{"a", "b", "c"};
    MemoryState memory({.max_keys = 10'000}, kit::SipKey{});
    std::int64_t now_us = kStart;
    for (int i = 0; i < run.batches; ++i) {
      now_us +=
          static_cast<std::int64_t>(random.below(random.below(4) == 0 ? 900'000'000 : 3'000'000));
      if (!run.windows && random.below(6) == 0) {
        now_us -= static_cast<std::int64_t>(random.below(20'000'000));
      }
      TestBatch batch;
      TestBatch oracle;
      fill(batch, oracle, limits, keys, random, run);
      decide(batch, now_us);
      memory.decide(oracle, base::Mono{nanoseconds{now_us}});
      shrink(batch);
      ASSERT_EQ(show(batch), show(oracle)) << "seed " << run.seed << ", batch " << i;
      for (const Outcome& outcome : batch.outcomes) ASSERT_EQ(outcome.source, Source::kCount);
    }
  }
};

TEST_F(RedisStateOracle, DecidesAsMemoryDoes) {
  NEEDS_REDIS();
  check({.seed = 1, .windows = true, .large = false, .batches = 3'000});
}

TEST_F(RedisStateOracle, AlsoWhereTheClockStepsBack) {
  NEEDS_REDIS();
  // Longer, and a step back comes behind the reset of a key, which memory has forgotten by then.
  for (const std::uint64_t seed : {2, 4, 5}) {
    tell({"FLUSHALL"});
    check({.seed = seed, .windows = false, .large = false, .batches = 250});
  }
}

TEST_F(RedisStateOracle, AlsoByTheScriptOfWindowsAlone) {
  NEEDS_REDIS();
  check({.seed = 6, .windows = true, .large = false, .batches = 3'000, .takes = true});
}

TEST_F(RedisStateOracle, AlsoWithNumbersNearTheEdge) {
  NEEDS_REDIS();
  check({.seed = 3, .windows = true, .large = true, .batches = 2'000});
}

TEST_F(RedisStateTest, AWindowSharesItsKeyWithEnvoysService) {
  NEEDS_REDIS();
  LimitSpec spec = spec_of(Algorithm::kFixedWindow, 10, std::chrono::seconds{60});
  spec.bare_key = true;
  const auto limit = make(spec);
  EXPECT_EQ(ask(*limit, "domain_key_value_").decision.remaining, 9);
  const std::int64_t window = kStart / 60'000'000 * 60;
  const std::string key = "t:domain_key_value_" + std::to_string(window);
  EXPECT_EQ(tell({"GET", key}), "1");
  EXPECT_EQ(tell({"INCRBY", key, "8"}), "9");
  EXPECT_TRUE(ask(*limit, "domain_key_value_").decision.allowed);
  EXPECT_FALSE(ask(*limit, "domain_key_value_").decision.allowed);
  EXPECT_EQ(tell({"GET", key}), "10");
}

TEST_F(RedisStateTest, ACountBelowZeroIsNothingTaken) {
  NEEDS_REDIS();
  LimitSpec spec = spec_of(Algorithm::kFixedWindow, 3, std::chrono::seconds{60});
  spec.bare_key = true;
  const auto limit = make(spec);
  const std::string window = std::to_string(kStart / 60'000'000 * 60);
  for (const Action action : {Action::kTake, Action::kCharge}) {  // each has a script of its own
    const std::string name = action == Action::kTake ? "take_" : "charge_";
    EXPECT_EQ(tell({"INCRBY", "t:" + name + window, "-5"}), "-5");
    const Outcome outcome = ask(*limit, name, 2, action);
    EXPECT_EQ(outcome.source, Source::kCount);
    EXPECT_TRUE(outcome.decision.allowed);
    EXPECT_EQ(outcome.decision.remaining, 1);
  }
}

TEST_F(RedisStateTest, WhatDoesNotCountAnyMoreGoes) {
  NEEDS_REDIS();
  for (const Algorithm algorithm : {Algorithm::kFixedWindow, Algorithm::kSlidingCounter,
                                    Algorithm::kSlidingLog, Algorithm::kGcra}) {
    const auto limit = make(spec_of(algorithm, 10, Millis{200}), "ttl");
    EXPECT_TRUE(ask(*limit, "k").decision.allowed);
  }
  EXPECT_EQ(tell({"DBSIZE"}), "4");
  ::poll(nullptr, 0, 1'900);
  EXPECT_EQ(tell({"DBSIZE"}), "0");
}

TEST_F(RedisStateTest, AWindowThatIsOverIsRefusedWithoutAsking) {
  NEEDS_REDIS();
  const auto limit = make(spec_of(Algorithm::kFixedWindow, 2, std::chrono::seconds{60}));
  EXPECT_TRUE(ask(*limit, "k", 2).decision.allowed);
  const Outcome first = ask(*limit, "k");
  EXPECT_FALSE(first.decision.allowed);
  const Outcome again = ask(*limit, "k");
  EXPECT_EQ(again.decision, first.decision);
  EXPECT_EQ(metrics_
                .make_counter("ashlar_limits_redis_denied_at_once_total",
                              "Refusals without asking Redis, since the window was known to be "
                              "over.")
                .value(),
            1);
  // A refund by this instance is seen at once; by another within kDenyFor.
  ask(*limit, "k", 1, Action::kRefund);
  EXPECT_TRUE(ask(*limit, "k").decision.allowed);
  EXPECT_FALSE(ask(*limit, "k").decision.allowed);
  EXPECT_FALSE(ask(*limit, "k", 1, Action::kTake, kStart + 99'000).decision.allowed);
  for (const char* key : {"*"}) static_cast<void>(tell({"KEYS", key}));
  tell({"FLUSHALL"});
  EXPECT_TRUE(ask(*limit, "k", 1, Action::kTake, kStart + 101'000).decision.allowed);
}

TEST_F(RedisStateTest, WithoutRedisEachLimitSaysWhat) {
  deadline_ = Millis{50};
  NEEDS_REDIS({}, 2);
  LimitSpec spec = spec_of(Algorithm::kFixedWindow, 5, std::chrono::seconds{60});
  spec.on_failure = OnFailure::kOpen;
  const auto open = make(spec, "open");
  spec.on_failure = OnFailure::kClosed;
  const auto closed = make(spec, "closed");
  spec.on_failure = OnFailure::kLocal;
  const auto local = make(spec, "local");
  EXPECT_EQ(ask(*open, "k").source, Source::kCount);
  redis_->kill();
  for (int i = 0; i < 20; ++i) {
    const Outcome outcome = ask(*open, "k");
    EXPECT_TRUE(outcome.decision.allowed);
    EXPECT_EQ(outcome.source, Source::kFailedOpen);
    EXPECT_LT(took_, Millis{90});
  }
  EXPECT_FALSE(ask(*closed, "k").decision.allowed);
  EXPECT_EQ(ask(*closed, "k").source, Source::kFailedClosed);
  int allowed = 0;
  for (int i = 0; i < 10; ++i) {
    const Outcome outcome = ask(*local, "k");
    EXPECT_EQ(outcome.source, Source::kFailedLocal);
    allowed += outcome.decision.allowed ? 1 : 0;
  }
  EXPECT_EQ(allowed, 3);  // half of 5, rounded up

  // A batch that one limit refuses takes nothing of the others'.
  TestBatch batch;
  batch.asks = {{closed.get(), "other", 1, Action::kTake},
                {local.get(), "other", 3, Action::kTake}};
  decide(batch, kStart);
  EXPECT_FALSE(batch.allowed);
  EXPECT_TRUE(ask(*local, "other", 3).decision.allowed);

  redis_->start_again();
  bool back = false;
  for (int i = 0; i < 1'000 && !back; ++i) {
    back = ask(*open, "k").source == Source::kCount;
    ::poll(nullptr, 0, 5);
  }
  EXPECT_TRUE(back);
}

TEST_F(RedisStateTest, ASilentRedisCostsNoMoreThanTheDeadline) {
  deadline_ = Millis{50};
  NEEDS_REDIS();
  const auto limit = make(spec_of(Algorithm::kGcra, 5, std::chrono::seconds{60}));
  while (ask(*limit, "k").source != Source::kCount) ::poll(nullptr, 0, 5);
  redis_->freeze(true);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(ask(*limit, "k").source, Source::kFailedOpen);
    EXPECT_LT(took_, Millis{100});
  }
  redis_->freeze(false);
}

TEST_F(RedisStateTest, AFullRedisIsARedisThatFails) {
  NEEDS_REDIS({"--maxmemory", "1", "--maxmemory-policy", "noeviction"});
  const auto limit = make(spec_of(Algorithm::kGcra, 5, std::chrono::seconds{60}));
  EXPECT_EQ(ask(*limit, "k").source, Source::kFailedOpen);
}

TEST_F(RedisStateTest, WhatIsNoneOfOursIsAFailure) {
  NEEDS_REDIS();
  const auto limit = make(spec_of(Algorithm::kGcra, 5, std::chrono::seconds{60}));
  EXPECT_EQ(ask(*limit, "k").source, Source::kCount);
  EXPECT_EQ(tell({"EVAL",
                  "for _, k in ipairs(redis.call('KEYS', '*')) do redis.call('SET', k, 'x') "
                  "end return 1",
                  "0"}),
            "1");
  EXPECT_EQ(ask(*limit, "k").source, Source::kFailedOpen);
}

}  // namespace
}  // namespace ashlar::limits
