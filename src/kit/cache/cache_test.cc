// Cache with the LRU policy beside a model of a few lines, and the promises of its header one by
// one. S3Fifo has its own test, threads have cache_race_test.cc.
#include "kit/cache/cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <iterator>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/random.h"

namespace ashlar::kit {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;
using Numbers = Cache<std::uint64_t, std::uint64_t>;

constexpr base::Mono kStart{std::chrono::hours(5)};
constexpr nanoseconds kTick{std::int64_t{1} << TimerWheel::kTickBits};

// A list in order of use, the latest first, and a map into it.
class Model {
 public:
  struct Entry {
    std::uint64_t key;
    std::uint64_t value;
    base::Mono deadline;
    std::uint32_t weight;
    bool operator==(const Entry&) const = default;
  };

  std::optional<std::uint64_t> get(std::uint64_t key, base::Mono now) {
    const auto at = live(key, now);
    if (at == order_.end()) return std::nullopt;
    order_.splice(order_.begin(), order_, at);
    return at->value;
  }
  bool put(const Entry& entry, base::Mono now) {
    const bool there = live(entry.key, now) != order_.end();
    erase(entry.key);
    order_.push_front(entry);
    places_[entry.key] = order_.begin();
    weight_ += entry.weight;
    return there;
  }
  bool erase(std::uint64_t key) {
    const auto at = places_.find(key);
    if (at == places_.end()) return false;
    weight_ -= at->second->weight;
    order_.erase(at->second);
    places_.erase(at);
    return true;
  }
  // The least recently used of those that live.
  void evict_live(base::Mono now) {
    const auto at = std::find_if(order_.rbegin(), order_.rend(),
                                 [now](const Entry& entry) { return entry.deadline > now; });
    ASSERT_NE(at, order_.rend());
    erase(at->key);
  }
  // Those that were expired at `latest`, but for those that are still there.
  void forget_expired(base::Mono latest, const std::vector<Entry>& there) {
    for (const Entry& entry : contents(base::Mono::min())) {
      const bool stays = std::find(there.begin(), there.end(), entry) != there.end();
      if (entry.deadline <= latest && !stays) erase(entry.key);
    }
  }
  [[nodiscard]] std::uint64_t weight() const { return weight_; }
  // From the next to go to the last.
  [[nodiscard]] std::vector<Entry> contents(base::Mono now) const {
    std::vector<Entry> entries;
    std::copy_if(order_.rbegin(), order_.rend(), std::back_inserter(entries),
                 [now](const Entry& entry) { return entry.deadline > now; });
    return entries;
  }

 private:
  std::list<Entry>::iterator live(std::uint64_t key, base::Mono now) {
    const auto at = places_.find(key);
    return at == places_.end() || at->second->deadline <= now ? order_.end() : at->second;
  }

  std::list<Entry> order_;
  std::unordered_map<std::uint64_t, std::list<Entry>::iterator> places_;
  std::uint64_t weight_ = 0;
};

std::vector<Model::Entry> contents(Numbers& cache, base::Mono now) {
  std::vector<Model::Entry> entries;
  cache.for_each(
      now, [&](std::uint64_t key, std::uint64_t value, base::Mono deadline, std::uint32_t weight) {
        entries.push_back({key, value, deadline, weight});
      });
  return entries;
}

TEST(Cache, IsExactlyLeastRecentlyUsedWithoutDeadlines) {
  constexpr std::uint64_t kSeed = 11;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  constexpr std::uint64_t kCapacity = 3000;
  base::Random random(kSeed);
  Numbers cache({.capacity = kCapacity, .stripes = 1, .seed = kSeed});
  Model model;
  std::uint64_t evictions = 0;
  for (int i = 0; i < 2'000'000; ++i) {
    const std::uint64_t key = random.below(1 + random.below(10'000));
    switch (random.below(10)) {
      case 0:
        ASSERT_EQ(cache.erase(key), model.erase(key));
        break;
      case 1:
      case 2:
      case 3: {
        const auto weight = static_cast<std::uint32_t>(1 + random.below(3));
        const bool there = model.put({key, random.next(), kNever, weight}, kStart);
        ASSERT_EQ(cache.put(key, *model.get(key, kStart), kStart, kNoTtl, weight),
                  there ? CachePut::kReplaced : CachePut::kInserted);
        for (; model.weight() > kCapacity; ++evictions) model.evict_live(kStart);
        break;
      }
      default:
        ASSERT_EQ(cache.get(key, kStart), model.get(key, kStart)) << "at operation " << i;
    }
    if (i % 100'000 == 0) {
      ASSERT_EQ(contents(cache, kStart), model.contents(kStart));
    }
  }
  EXPECT_EQ(cache.stats().evictions_live, evictions);
  EXPECT_EQ(cache.stats().weight, model.weight());
  EXPECT_GT(evictions, 100'000U);
}

// Everything at once, compared after each operation: deadlines, weights, evictions, clocks that
// step back. What the model cannot know, how many expired entries were found in time, it is told;
// which live ones went, and that it was right to let them go, it checks.
void compare_with_deadlines(std::uint64_t seed, bool steps_back) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  constexpr std::uint64_t kCapacity = 40;
  base::Random random(seed);
  Numbers cache({.capacity = kCapacity, .stripes = 1, .seed = seed});
  Model model;
  base::Mono now = kStart;
  base::Mono latest = now;
  std::uint64_t live_evictions = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t key = random.below(80);
    now += nanoseconds(random.below(std::uint64_t{1} << random.below(33)));
    if (steps_back && random.chance(0.01)) now -= nanoseconds(random.below(1ULL << 36));
    switch (random.below(8)) {
      case 0:
        cache.erase(key);
        model.erase(key);
        break;
      case 1:
      case 2:
      case 3: {
        const auto ttl = nanoseconds(1 + random.below(std::uint64_t{1} << (20 + random.below(18))));
        const auto weight = static_cast<std::uint32_t>(1 + random.below(4));
        cache.put(key, random.next() & 0xff, now, ttl, weight);
        std::uint64_t value = 0;
        if (!cache.peek(key, now, [&](std::uint64_t v, base::Mono) { value = v; })) FAIL();
        // First the others go, as the new one does not compete with them.
        model.erase(key);
        const std::uint64_t evicted = cache.stats().evictions_live;
        const bool evicts = live_evictions != evicted;
        for (; live_evictions < evicted; ++live_evictions) model.evict_live(now);
        if (evicts && !steps_back) {
          for (const auto& entry : contents(cache, base::Mono::min())) {
            ASSERT_GT(entry.deadline, now - kTick) << "expired, and a live one went";
          }
        }
        model.put({key, value, now + ttl, weight}, now);
        break;
      }
      case 4:
        cache.expire(now, random.below(8));
        break;
      default:
        ASSERT_EQ(cache.get(key, now), model.get(key, now)) << "at operation " << i;
    }
    latest = std::max(latest, now);
    model.forget_expired(latest, contents(cache, base::Mono::min()));
    ASSERT_EQ(contents(cache, now), model.contents(now)) << "after operation " << i;
    const CacheStats stats = cache.stats();
    ASSERT_LE(stats.weight, kCapacity);
    ASSERT_EQ(stats.entries, contents(cache, base::Mono::min()).size());
  }
  EXPECT_GT(live_evictions, 300U);
  EXPECT_GT(cache.stats().evictions_expired, 50U);
  EXPECT_GT(cache.stats().expirations, 500U);
}

TEST(Cache, AgreesWithTheModelUnderDeadlinesWeightsAndEvictions) {
  for (const std::uint64_t seed : {1, 2, 3}) compare_with_deadlines(seed, false);
}

TEST(Cache, AgreesWithTheModelWhenClocksStepBack) {
  for (const std::uint64_t seed : {4, 5}) compare_with_deadlines(seed, true);
}

TEST(Cache, DeadlineIsTheFirstInstantAtWhichAnEntryIsGone) {
  Numbers cache({.capacity = 10});
  cache.put(1, 10, kStart, seconds(1));
  EXPECT_EQ(cache.get(1, kStart + seconds(1) - nanoseconds(1)), 10U);
  EXPECT_EQ(cache.get(1, kStart + seconds(1)), std::nullopt);
  EXPECT_EQ(cache.stats().expirations, 1U);
  EXPECT_EQ(cache.stats().entries, 0U);
  EXPECT_EQ(cache.get(1, kStart), std::nullopt);  // the clock stepped back; gone is gone

  EXPECT_EQ(cache.put(2, 20, kStart, nanoseconds(1)), CachePut::kInserted);
  EXPECT_EQ(cache.put(2, 21, kStart, nanoseconds(0)), CachePut::kExpired);
  EXPECT_EQ(cache.get(2, kStart), std::nullopt);
  EXPECT_EQ(cache.put(2, 22, kStart, nanoseconds(-5)), CachePut::kExpired);
  EXPECT_EQ(cache.put(2, 22, kStart, nanoseconds::min()), CachePut::kExpired);

  for (const base::Mono at : {base::Mono::max(), base::Mono::max() - nanoseconds(7), kStart,
                              base::Mono{}, base::Mono::min()}) {
    EXPECT_EQ(cache.put(3, 30, at, kNoTtl), CachePut::kInserted);
    EXPECT_TRUE(cache.peek(3, at == kNever ? kStart : at, [](std::uint64_t, base::Mono deadline) {
      EXPECT_EQ(deadline, kNever);
    }));
    EXPECT_NE(cache.put(3, 30, at, kNoTtl - nanoseconds(5)), CachePut::kExpired);
    EXPECT_EQ(cache.get(3, std::min(at, base::Mono::max() - nanoseconds(7))), 30U);
    cache.erase(3);
  }
  cache.put(4, 40, kStart);
  bool seen = false;
  cache.visit(4, base::Mono::max() - nanoseconds(1),
              [&](std::uint64_t& value, base::Mono deadline) {
                EXPECT_EQ(deadline, kNever);
                value = 41;
                seen = true;
              });
  EXPECT_TRUE(seen);
  EXPECT_EQ(cache.get(4, kStart), 41U);
}

TEST(Cache, ADeadlineThatMovesIsTheOneThatCounts) {
  Numbers cache({.capacity = 10});
  const auto put = [&](base::Mono now, nanoseconds ttl) { cache.put(1, 1, now, ttl); };
  put(kStart, seconds(10));
  put(kStart, seconds(100));
  cache.expire(kStart + seconds(50), 1000);
  EXPECT_TRUE(cache.get(1, kStart + seconds(99)));
  put(kStart, seconds(5));
  cache.expire(kStart + seconds(50), 1000);
  EXPECT_EQ(cache.stats().entries, 0U);
  put(kStart, seconds(5));
  put(kStart, kNoTtl);
  cache.expire(kStart + seconds(500), 1000);
  EXPECT_EQ(cache.stats().entries, 1U);
  put(kStart, seconds(600));
  cache.expire(kStart + seconds(602), 1000);
  EXPECT_EQ(cache.stats().entries, 0U);
}

TEST(Cache, ExpireGivesMemoryOfAnIdleCacheBackInBoundedSteps) {
  Cache<std::uint64_t, std::shared_ptr<int>> cache({.capacity = 1000, .stripes = 1});
  const auto value = std::make_shared<int>(1);
  for (std::uint64_t key = 0; key < 1000; ++key) cache.put(key, value, kStart, seconds(3));
  EXPECT_EQ(cache.expire(kStart + seconds(2), 10'000), 0U);
  EXPECT_LE(cache.expire(kStart + seconds(10), 100), 100U);
  EXPECT_GT(cache.stats().entries, 0U);
  cache.expire(kStart + seconds(10), 10'000);
  EXPECT_EQ(cache.stats().entries, 0U);
  EXPECT_EQ(value.use_count(), 1);
}

TEST(Cache, PutsThatAreNotStoredTakeTheOldValueAway) {
  Numbers cache({.capacity = 100, .stripes = 4});
  cache.put(1, 1, kStart, kNoTtl, 25);
  EXPECT_EQ(cache.put(1, 2, kStart, kNoTtl, 26), CachePut::kTooHeavy);
  EXPECT_EQ(cache.get(1, kStart), std::nullopt);
  EXPECT_EQ(cache.put(1, 2, kStart, kNoTtl, UINT32_MAX), CachePut::kTooHeavy);
  EXPECT_EQ(cache.put(1, 2, kStart, kNoTtl, 0), CachePut::kInserted);
  EXPECT_EQ(cache.stats().weight, 1U);
  EXPECT_EQ(cache.stats().refusals, 2U);

  Numbers wide({.capacity = std::uint64_t{1} << 40, .stripes = 1});
  EXPECT_EQ(wide.put(1, 1, kStart, kNoTtl, (1U << 29) - 1), CachePut::kInserted);
  EXPECT_EQ(wide.put(1, 1, kStart, kNoTtl, 1U << 29), CachePut::kTooHeavy);
  EXPECT_EQ(wide.stats().weight, 0U);
}

TEST(Cache, WeightsOfAllStripesSumToTheCapacityAtMost) {
  for (const std::uint64_t capacity : {1, 2, 3, 255, 256, 1000, 5003}) {
    Numbers cache({.capacity = capacity});
    for (std::uint64_t key = 0; key < 4 * capacity; ++key) {
      cache.put(key, key, kStart);
      ASSERT_LE(cache.stats().weight, capacity);
    }
    EXPECT_GE(cache.stats().weight * 10, capacity * 9);
  }
}

TEST(Cache, PutIfAbsentKeepsWhatLives) {
  Numbers cache({.capacity = 10});
  EXPECT_EQ(cache.put_if_absent(1, 10, kStart, seconds(1)), CachePut::kInserted);
  EXPECT_EQ(cache.put_if_absent(1, 11, kStart, seconds(1)), CachePut::kPresent);
  EXPECT_EQ(cache.get(1, kStart), 10U);
  EXPECT_EQ(cache.put_if_absent(1, 12, kStart + seconds(1)), CachePut::kInserted);
  EXPECT_EQ(cache.get(1, kStart + seconds(9)), 12U);
}

TEST(Cache, NothingReadBeforeAChangeIsPutAfterIt) {
  Numbers cache({.capacity = 1000, .stripes = 1});
  const auto refused = [&](auto&& change) {
    const CacheToken token = cache.token(1);
    change();
    return cache.put_if_token(token, 1, 99, kStart) == CachePut::kSuperseded;
  };
  EXPECT_FALSE(refused([] {}));
  EXPECT_TRUE(refused([&] { cache.erase(1); }));
  EXPECT_TRUE(refused([&] { cache.erase(1); })) << "also when there is nothing to erase";
  EXPECT_TRUE(refused([&] { cache.put(1, 2, kStart); }));
  EXPECT_TRUE(refused([&] { cache.put(1, 2, kStart, seconds(0)); }));
  EXPECT_TRUE(refused([&] { cache.clear(); }));
  cache.put(1, 5, kStart);
  EXPECT_TRUE(refused([&] { cache.erase_if(1, [](std::uint64_t v) { return v == 5; }); }));
  EXPECT_TRUE(refused([&] { cache.erase_if(1, [](std::uint64_t) { return false; }); }));
  cache.put(1, 5, kStart);
  EXPECT_FALSE(refused([&] { EXPECT_FALSE(cache.erase_if(1, [](auto v) { return v == 4; })); }));
  EXPECT_FALSE(refused([&] { cache.put_if_token(cache.token(1), 1, 3, kStart); }));
  EXPECT_FALSE(refused([&] { cache.put_if_absent(1, 3, kStart); }));
  EXPECT_FALSE(refused([&] { cache.get(1, kStart); }));
  EXPECT_EQ(cache.get(1, kStart), 99U);
  // Eviction is no change.
  EXPECT_FALSE(refused([&] {
    for (std::uint64_t key = 2; key < 4000; ++key) cache.put_if_absent(key, 1, kStart);
    EXPECT_EQ(cache.get(1, kStart), std::nullopt);
  }));

  // A change of one key refuses few others.
  const std::uint64_t before = cache.stats().refusals;
  std::vector<CacheToken> tokens;
  for (std::uint64_t key = 0; key < 3200; ++key) tokens.push_back(cache.token(key));
  cache.erase(5000);
  for (std::uint64_t key = 0; key < 3200; ++key) cache.put_if_token(tokens[key], key, 1, kStart);
  EXPECT_NEAR(static_cast<double>(cache.stats().refusals - before), 100, 50);
}

// Calls back when it is destroyed for good.
class Witness {
 public:
  explicit Witness(std::function<void()> gone) : gone_(std::move(gone)) {}
  ~Witness() { gone_(); }

 private:
  std::function<void()> gone_;
};

TEST(Cache, DisplacedValuesAreDestroyedOutsideTheLock) {
  using Watched = std::shared_ptr<Witness>;
  Cache<int, Watched> cache({.capacity = 8, .stripes = 1});
  int gone = 0;
  // The destructor calls the cache: with the stripe's lock held it would wait for ever.
  const auto witness = [&] {
    return std::make_shared<Witness>([&] { gone += static_cast<int>(!cache.get(1000, kStart)); });
  };
  cache.put(1, witness(), kStart, seconds(1));
  cache.put(1, witness(), kStart, seconds(1));
  EXPECT_EQ(gone, 1);
  cache.erase(1);
  EXPECT_EQ(gone, 2);
  cache.put(1, witness(), kStart, seconds(1));
  cache.get(1, kStart + seconds(2));
  EXPECT_EQ(gone, 3);
  for (int key = 0; key < 8; ++key) cache.put(key, witness(), kStart, seconds(1));
  cache.put(9, nullptr, kStart, kNoTtl, 8);  // eight at once
  EXPECT_EQ(gone, 11);
  cache.put(2, witness(), kStart, seconds(1));
  cache.expire(kStart + seconds(9), 1000);
  EXPECT_EQ(gone, 12);
  cache.put(3, witness(), kStart);
  cache.put(3, witness(), kStart, seconds(-1));
  EXPECT_EQ(gone, 14);
  cache.put(4, witness(), kStart);
  cache.clear();
  EXPECT_EQ(gone, 15);
}

TEST(Cache, ClearLeavesNothingAndGoesOn) {
  Cache<std::string, std::string> cache({.capacity = 5000, .seed = 7});
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 4000; ++i) {
      cache.put(std::to_string(i), std::string(40, 'v'), kStart, seconds(1 + i));
    }
    EXPECT_GT(cache.stats().entries, 3800U);
    cache.clear();
    EXPECT_EQ(cache.stats().entries, 0U);
    EXPECT_EQ(cache.stats().weight, 0U);
    EXPECT_EQ(cache.get("17", kStart), std::nullopt);
  }
}

TEST(Cache, CountsWhatHappened) {
  Numbers cache({.capacity = 2, .stripes = 1});
  cache.put(1, 1, kStart, seconds(1));
  cache.put(1, 2, kStart, seconds(1));
  cache.put(2, 1, kStart, seconds(9));
  cache.get(2, kStart);
  cache.get(1, kStart);
  cache.get(3, kStart);
  cache.put(3, 1, kStart, seconds(9));               // evicts 2, which lives
  cache.put(4, 1, kStart + seconds(1), seconds(9));  // evicts 1, which expired this moment
  cache.get(4, kStart + seconds(10));                // expired
  cache.put(3, 1, kStart, nanoseconds(0));
  const CacheStats stats = cache.stats();
  EXPECT_EQ(stats.hits, 2U);
  EXPECT_EQ(stats.misses, 2U);
  EXPECT_EQ(stats.inserts, 4U);
  EXPECT_EQ(stats.replacements, 1U);
  EXPECT_EQ(stats.evictions_live, 1U);
  EXPECT_EQ(stats.evictions_expired, 1U);
  EXPECT_EQ(stats.expirations, 1U);
  EXPECT_EQ(stats.refusals, 1U);
  EXPECT_EQ(stats.entries, 0U);
}

// Keys that a hash without a seed maps to one place: high bits only, multiples of large powers of
// two, arithmetic progressions. A search must stay short: the time of 3 million gets says so, and
// the evenness of the stripes is counted.
TEST(Cache, HostileKeysSpreadLikeAnyOthers) {
  for (const auto& [first, step] :
       std::vector<std::pair<std::uint64_t, std::uint64_t>>{{0, 1},
                                                            {0, std::uint64_t{1} << 40},
                                                            {7, std::uint64_t{1} << 32},
                                                            {0, 0x9e3779b97f4a7c15},
                                                            {5, (std::uint64_t{1} << 50) + 1}}) {
    constexpr std::uint64_t kKeys = 64'000;
    const CacheHash<std::uint64_t> hash(99);
    std::vector<int> stripes(64);
    std::vector<int> homes(kKeys);
    for (std::uint64_t i = 0; i < kKeys; ++i) {
      const std::uint64_t h = hash(first + i * step);
      ++stripes[(h >> 40) & 63];
      ++homes[((h & UINT32_MAX) * kKeys) >> 32];
    }
    EXPECT_LT(*std::max_element(stripes.begin(), stripes.end()), 1200) << step;
    EXPECT_GT(*std::min_element(stripes.begin(), stripes.end()), 800) << step;
    EXPECT_LT(*std::max_element(homes.begin(), homes.end()), 12) << step;
  }
  const CacheHash<std::uint64_t> one(1);
  const CacheHash<std::uint64_t> other(2);
  EXPECT_NE(one(5) ^ one(6), other(5) ^ other(6));
  EXPECT_NE(CacheHash<std::string>(1)("a"), CacheHash<std::string>(2)("a"));
}

// A hash as bad as can be: everything still works, only slowly.
struct OneHash {
  using View = std::uint64_t;
  explicit OneHash(std::uint64_t) {}
  std::uint64_t operator()(View) const { return 0; }
};

TEST(Cache, CollidingKeysAreKeptApart) {
  Cache<std::uint64_t, std::uint64_t, Lru, OneHash> cache({.capacity = 200, .stripes = 1});
  for (std::uint64_t key = 0; key < 200; ++key) cache.put(key, key * 3, kStart);
  for (std::uint64_t key = 0; key < 200; ++key) ASSERT_EQ(cache.get(key, kStart), key * 3);
  for (std::uint64_t key = 0; key < 200; key += 2) ASSERT_TRUE(cache.erase(key));
  for (std::uint64_t key = 0; key < 200; ++key)
    ASSERT_EQ(cache.get(key, kStart).has_value(), key % 2);
}

TEST(Cache, MoveOnlyWorkGoesByVisit) {
  Cache<int, std::unique_ptr<int>> cache({.capacity = 10});
  cache.put(1, std::make_unique<int>(5), kStart);
  int seen = 0;
  EXPECT_TRUE(cache.visit(1, kStart, [&](auto& value, base::Mono) { seen = ++*value; }));
  EXPECT_EQ(seen, 6);
  EXPECT_FALSE(cache.visit(2, kStart, [&](auto&, base::Mono) { seen = 0; }));
  EXPECT_EQ(seen, 6);
}

}  // namespace
}  // namespace ashlar::kit
