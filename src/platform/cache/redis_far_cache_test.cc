// RedisFarCache against a real Redis server, and against the model that the simulation stands on:
// both do the same for the same calls.
#include "platform/cache/redis_far_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>
#include <vector>

#include "base/random.h"
#include "platform/cache/testing/model_far_cache.h"
#include "platform/cache/testing/redis_process.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"

namespace ashlar::cache {
namespace {

using base::Millis;

const FarFormat kFormat = "0001";

class RedisFarCacheTest : public testing::Test {
 protected:
  void SetUp() override {
    redis_ = RedisProcess::start();
    if (redis_ == nullptr) GTEST_SKIP() << RedisProcess::kNone;
    far_ = make();
    far_->tend();
  }

  std::unique_ptr<RedisFarCache> make() {
    RedisFarOptions options;
    options.address = {.host = "127.0.0.1", .port = redis_->port(), .user = {}, .password = {}};
    options.backoff_min = Millis{5};
    options.backoff_max = Millis{50};
    return std::make_unique<RedisFarCache>(options, clock_, entropy_, metrics_, log_);
  }

  static FarLookup look_up(FarCache& far, const std::string& key, Millis lease = Millis{5'000},
                           const FarFormat& format = kFormat) {
    return far.look_up({&key, 1}, format, lease).front();
  }
  FarLookup look_up(const std::string& key) { return look_up(*far_, key); }
  FarStored store(const std::string& key, std::uint64_t lease, std::string_view value) {
    return far_->store(key, lease, kFormat, value, Millis{5'000});
  }
  void put(const std::string& key, std::string_view value) {
    const FarLookup found = look_up(key);
    ASSERT_EQ(found.answer, FarAnswer::kLease);
    ASSERT_EQ(store(key, found.lease, value), FarStored::kStored);
  }
  // Tends until the far cache answers. Bounded by ten seconds.
  bool comes_back(FarCache& far) {
    const base::Mono end = clock_.mono() + base::Seconds{10};
    while (clock_.mono() < end) {
      far.tend();
      if (look_up(far, "probe", Millis{1}).answer != FarAnswer::kDown) return true;
    }
    return false;
  }

  base::SystemClock clock_;
  base::SystemEntropy entropy_;
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  std::unique_ptr<RedisProcess> redis_;
  std::unique_ptr<RedisFarCache> far_;
};

TEST_F(RedisFarCacheTest, ALeaseStoresOnce) {
  const FarLookup first = look_up("k");
  ASSERT_EQ(first.answer, FarAnswer::kLease);
  EXPECT_EQ(look_up("k").answer, FarAnswer::kBusy);
  const std::string value("v\0\r\n", 4);
  EXPECT_EQ(store("k", first.lease, value), FarStored::kStored);
  EXPECT_EQ(store("k", first.lease, "again"), FarStored::kSuperseded);
  const FarLookup hit = look_up("k");
  EXPECT_EQ(hit.answer, FarAnswer::kHit);
  EXPECT_EQ(hit.value, value);
}

TEST_F(RedisFarCacheTest, WhatIsErasedIsNotStoredByAnOlderLease) {
  const FarLookup old = look_up("k");
  const std::string key = "k";
  ASSERT_TRUE(far_->erase({&key, 1}));
  EXPECT_EQ(store("k", old.lease, "stale"), FarStored::kSuperseded);
  const FarLookup next = look_up("k");
  ASSERT_EQ(next.answer, FarAnswer::kLease);
  EXPECT_EQ(store("k", old.lease, "stale"), FarStored::kSuperseded);
  EXPECT_EQ(store("k", next.lease, "new"), FarStored::kStored);
}

TEST_F(RedisFarCacheTest, ABlockHoldsUntilTheLastWhoBlocked) {
  put("k", "old");
  const std::vector<std::string> key{"k"};
  ASSERT_TRUE(far_->block(key, 1, Millis{5'000}));
  ASSERT_TRUE(far_->block(key, 2, Millis{5'000}));
  EXPECT_EQ(look_up("k").answer, FarAnswer::kBlocked);
  // Once more, and one whose block was evicted: neither ends another's.
  for (const std::uint64_t who : {1, 1, 3}) ASSERT_TRUE(far_->unblock(key, who));
  EXPECT_EQ(look_up("k").answer, FarAnswer::kBlocked);
  ASSERT_TRUE(far_->erase(key));  // does not touch blocks
  EXPECT_EQ(look_up("k").answer, FarAnswer::kBlocked);
  ASSERT_TRUE(far_->unblock(key, 2));
  EXPECT_EQ(look_up("k").answer, FarAnswer::kLease);
}

TEST_F(RedisFarCacheTest, SoManyBlocksOfAKeyAndNoMore) {
  const std::vector<std::string> key{"k"};
  for (std::uint64_t who = 1; who <= kMaxBlocks; ++who) {
    ASSERT_TRUE(far_->block(key, who, Millis{5'000}));
  }
  EXPECT_FALSE(far_->block(key, kMaxBlocks + 1, Millis{5'000}));
}

TEST_F(RedisFarCacheTest, AnotherFormatIsAsNone) {
  put("k", "v");
  EXPECT_EQ(look_up(*far_, "k", Millis{5'000}, "0002").answer, FarAnswer::kLease);
}

TEST_F(RedisFarCacheTest, ARenewedEpochVoidsValuesAndLeases) {
  put("value", "v");
  const FarLookup lease = look_up("lease");
  ASSERT_TRUE(far_->renew_epoch());
  EXPECT_EQ(look_up("value").answer, FarAnswer::kLease);
  EXPECT_EQ(store("lease", lease.lease, "stale"), FarStored::kSuperseded);
}

TEST_F(RedisFarCacheTest, ManyKeysInOneTrip) {
  std::vector<std::string> keys;
  for (int i = 0; i < 500; ++i) keys.push_back("k" + std::to_string(i));
  put("k7", "seven");
  const std::vector<FarLookup> found = far_->look_up(keys, kFormat, Millis{5'000});
  ASSERT_EQ(found.size(), keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(found[i].answer, i == 7 ? FarAnswer::kHit : FarAnswer::kLease);
  }
}

// What a server that was restarted with an older state says must not be believed.
TEST_F(RedisFarCacheTest, ARestartedServerGetsANewEpoch) {
  put("k", "old");
  redis_->kill();
  EXPECT_EQ(look_up("k").answer, FarAnswer::kDown);
  redis_->start_again();
  // The state from before, as a dump would bring it back: another epoch's run id, and a value.
  const RedisAddress address{
      .host = "127.0.0.1", .port = redis_->port(), .user = {}, .password = {}};
  auto raw = RedisConnection::open(address, clock_, clock_.mono() + Millis{500});
  ASSERT_TRUE(raw.ok());
  const std::string epoch(16, 'E');
  const std::string fence = std::string(40, 'r') + epoch;
  const std::string value = "V" + epoch + kFormat + "old";
  const std::vector<RedisConnection::Command> dump{{"SET", "ashlar:e", fence},
                                                   {"SET", "ashlar:k:k", value}};
  ASSERT_TRUE((*raw)->run(dump, clock_.mono() + Millis{500}).ok());
  ASSERT_TRUE(comes_back(*far_));
  EXPECT_EQ(look_up("k").answer, FarAnswer::kLease);
}

TEST_F(RedisFarCacheTest, AnEmptiedServerIsFencedAnew) {
  put("k", "v");
  const RedisAddress address{
      .host = "127.0.0.1", .port = redis_->port(), .user = {}, .password = {}};
  auto raw = RedisConnection::open(address, clock_, clock_.mono() + Millis{500});
  ASSERT_TRUE(raw.ok());
  const std::vector<RedisConnection::Command> flush{{"FLUSHALL"}, {"SCRIPT", "FLUSH"}};
  ASSERT_TRUE((*raw)->run(flush, clock_.mono() + Millis{500}).ok());
  ASSERT_TRUE(comes_back(*far_));
  EXPECT_EQ(look_up("k").answer, FarAnswer::kLease);
}

// Of 400 calls while the server hangs those few that find it hanging wait, and no call longer than
// its deadline.
TEST_F(RedisFarCacheTest, AServerThatHangsCostsLittle) {
  redis_->freeze(true);
  const base::Mono begun = clock_.mono();
  for (int i = 0; i < 400; ++i) {
    EXPECT_EQ(look_up("k").answer, FarAnswer::kDown);
    if (i % 40 == 0) far_->tend();
  }
  // 4 connections × 50 ms and 10 attempts to connect × 250 ms.
  EXPECT_LT(clock_.mono() - begun, base::Seconds{4});
  redis_->freeze(false);
  EXPECT_TRUE(comes_back(*far_));
}

TEST_F(RedisFarCacheTest, ManyThreadsShareTheConnections) {
  std::atomic<int> down{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string key = std::to_string(t) + ":" + std::to_string(i);
        const FarLookup found = look_up(*far_, key);
        if (found.answer == FarAnswer::kDown) ++down;
        if (found.answer == FarAnswer::kLease) store(key, found.lease, key);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LT(down.load(), 80) << "of 1600: the machine may be slow, Redis is not";
}

// The model and the server, call by call.
TEST_F(RedisFarCacheTest, DoesWhatTheModelDoes) {
  ModelFarStore store_model(clock_);
  ModelFarCache model(store_model, {});
  model.tend();
  base::Random random(20'261'122);
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> leases;  // real, model
  const Millis time{60'000};
  for (int i = 0; i < 4'000; ++i) {
    const std::vector<std::string> key{std::string(1, static_cast<char>('a' + random.below(4)))};
    const std::uint64_t dice = random.below(100);
    if (dice < 45) {
      const FarLookup real = look_up(*far_, key[0], time);
      const FarLookup twin = look_up(model, key[0], time);
      ASSERT_EQ(real.answer, twin.answer) << "call " << i;
      ASSERT_EQ(real.value, twin.value) << "call " << i;
      if (real.answer == FarAnswer::kLease) leases[key[0]] = {real.lease, twin.lease};
    } else if (dice < 70) {
      const auto [real, twin] = leases[key[0]];
      if (real == 0) continue;
      const std::string value = std::to_string(i);
      ASSERT_EQ(far_->store(key[0], real, kFormat, value, time),
                model.store(key[0], twin, kFormat, value, time))
          << "call " << i;
    } else if (dice < 75) {
      const auto [real, twin] = leases[key[0]];
      far_->release(key[0], real);
      model.release(key[0], twin);
    } else if (dice < 83) {
      const std::uint64_t who = random.below(3);
      ASSERT_TRUE(far_->block(key, who, time) && model.block(key, who, time));
    } else if (dice < 92) {
      const std::uint64_t who = random.below(3);
      ASSERT_TRUE(far_->unblock(key, who) && model.unblock(key, who));
    } else if (dice < 98) {
      ASSERT_TRUE(far_->erase(key) && model.erase(key));
    } else {
      ASSERT_TRUE(far_->renew_epoch() && model.renew_epoch());
    }
  }
}

TEST(RedisUrl, IsReadAsMeant) {
  const auto full = parse_redis_url("redis://bob:p%40ss@10.0.0.1:7000/3");
  ASSERT_TRUE(full.ok());
  EXPECT_EQ(full->host, "10.0.0.1");
  EXPECT_EQ(full->port, 7000);
  EXPECT_EQ(full->user, "bob");
  EXPECT_EQ(full->password, "p@ss");
  EXPECT_EQ(full->database, 3);
  const auto plain = parse_redis_url("redis://[::1]");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->host, "::1");
  EXPECT_EQ(plain->port, 6379);
  for (const char* wrong :
       {"", "http://a", "redis://", "redis://a:0", "redis://a:x", "redis://a:99999",
        "redis://pass@a", "redis://a/b", "redis://[::1", "redis://[::1]x"}) {
    EXPECT_FALSE(parse_redis_url(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace ashlar::cache
