// Threads on one Cache: no stale put after a change, no value of another key, sums that add up; the
// lock by itself. Under ThreadSanitizer above all.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/random.h"
#include "kit/cache/brief_lock.h"
#include "kit/cache/cache.h"
#include "kit/cache/s3_fifo.h"

namespace ashlar::kit {
namespace {

using std::chrono::nanoseconds;

void in_threads(int threads, const std::function<void(int)>& work) {
  std::vector<std::jthread> running;
  for (int i = 0; i < threads; ++i) running.emplace_back(work, i);
}

TEST(BriefLock, LetsOneInAtATime) {
  BriefLock lock;
  std::uint64_t sum = 0;
  in_threads(4, [&](int) {
    for (int i = 0; i < 100'000; ++i) {
      const std::lock_guard guard(lock);
      ++sum;
    }
  });
  EXPECT_EQ(sum, 400'000U);
  EXPECT_TRUE(lock.try_lock());
  EXPECT_FALSE(lock.try_lock());
  lock.unlock();
}

TEST(BriefLock, WakesWhoeverSleeps) {
  BriefLock lock;
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> inside = 0;
    lock.lock();
    std::vector<std::jthread> sleepers;
    for (int i = 0; i < 3; ++i) {
      sleepers.emplace_back([&] {
        const std::lock_guard guard(lock);
        ++inside;
      });
    }
    for (int i = 0; i < 2000; ++i) std::this_thread::yield();  // long enough that they sleep
    EXPECT_EQ(inside, 0);
    lock.unlock();
    sleepers.clear();
    EXPECT_EQ(inside, 3);
  }
}

// A source of truth with a version for each key. Readers load by token; writers commit, then erase
// or put, then acknowledge. Whoever has seen the acknowledgement never reads less from the cache.
template <class Policy>
void nobody_reads_less_than_was_acknowledged() {
  constexpr std::uint64_t kKeys = 8;
  constexpr int kRounds = 60'000;
  struct Row {
    std::mutex writers;
    std::atomic<std::uint64_t> committed = 0;
    std::atomic<std::uint64_t> acknowledged = 0;
  };
  std::array<Row, kKeys> rows;
  Cache<std::uint64_t, std::uint64_t, Policy> cache({.capacity = 6, .stripes = 2, .seed = 3});
  std::atomic<std::uint64_t> hits = 0;
  std::atomic<std::uint64_t> refused = 0;
  in_threads(4, [&](int thread) {
    base::Random random(static_cast<std::uint64_t>(thread));
    base::Mono now{};
    for (int i = 0; i < kRounds; ++i, now += nanoseconds(100)) {
      const std::uint64_t key = random.below(kKeys);
      Row& row = rows[key];
      if (random.chance(0.2)) {
        const std::lock_guard lock(row.writers);
        const std::uint64_t version = row.committed.load() + 1;
        row.committed.store(version);
        if (random.chance(0.1)) {
          cache.clear();
        } else if (random.chance(0.5)) {
          cache.erase(key);
        } else {
          cache.put(key, version, now, nanoseconds(1 + random.below(1000)));
        }
        row.acknowledged.store(version);
        continue;
      }
      const std::uint64_t at_least = row.acknowledged.load();
      if (const auto version = cache.get(key, now)) {
        ++hits;
        ASSERT_GE(*version, at_least);
        continue;
      }
      const CacheToken token = cache.token(key);
      const std::uint64_t version = row.committed.load();
      if (random.chance(0.1)) std::this_thread::yield();
      const CachePut put = cache.put_if_token(token, key, version, now, nanoseconds(500'000));
      refused += put == CachePut::kSuperseded ? 1 : 0;
    }
  });
  EXPECT_GT(hits, 1000U);
  EXPECT_GT(refused, 0U);
}

TEST(CacheRace, NobodyReadsLessThanWasAcknowledged) {
  nobody_reads_less_than_was_acknowledged<Lru>();
  nobody_reads_less_than_was_acknowledged<S3Fifo>();
}

template <class Policy>
void everything_at_once() {
  constexpr int kRounds = 40'000;
  constexpr std::uint64_t kCapacity = 500;
  using Value = std::shared_ptr<const std::uint64_t>;
  Cache<std::uint64_t, Value, Policy> cache({.capacity = kCapacity, .stripes = 4, .seed = 5});
  std::atomic<std::uint64_t> gets = 0;
  in_threads(4, [&](int thread) {
    base::Random random(static_cast<std::uint64_t>(thread) + 10);
    for (int i = 0; i < kRounds; ++i) {
      // Clocks of threads are a little apart.
      const base::Mono now{std::chrono::milliseconds(i) + nanoseconds(random.below(1'000'000))};
      const std::uint64_t key = random.below(2000);
      switch (random.below(16)) {
        case 0:
          cache.erase(key);
          break;
        case 1:
          cache.expire(now, 20);
          break;
        case 2:
          if (random.chance(0.01)) cache.clear();
          break;
        case 3:
          if (random.chance(0.01)) {
            cache.for_each(now, [](std::uint64_t k, const Value& value, base::Mono, std::uint32_t) {
              ASSERT_EQ(*value, k);
            });
            ASSERT_LE(cache.stats().weight, kCapacity);
          }
          break;
        case 4:
        case 5:
        case 6:
          cache.put(key, std::make_shared<const std::uint64_t>(key), now,
                    nanoseconds(1 + random.below(10'000'000'000)),
                    static_cast<std::uint32_t>(random.below(4)));
          break;
        default:
          ++gets;
          if (const auto value = cache.get(key, now)) {
            ASSERT_EQ(**value, key);
          }
      }
    }
  });
  const CacheStats stats = cache.stats();
  EXPECT_EQ(stats.hits + stats.misses, gets);
  EXPECT_GT(stats.hits, 1000U);
  EXPECT_GT(stats.evictions_live, 100U);
  EXPECT_GT(stats.expirations + stats.evictions_expired, 100U);
}

TEST(CacheRace, EverythingAtOnce) {
  everything_at_once<Lru>();
  everything_at_once<S3Fifo>();
}

}  // namespace
}  // namespace ashlar::kit
