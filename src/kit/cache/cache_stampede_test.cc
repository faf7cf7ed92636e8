// A LoadingCache under many threads: one load for all who ask, and nothing from before a change.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "kit/cache/loading_cache.h"
#include "kit/cache/s3_fifo.h"

namespace ashlar::kit {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
template <class Policy>
using Numbers = LoadingCache<int, std::int64_t, std::string, Policy>;
using Load = Loaded<std::int64_t, std::string>;
using Found = Lookup<std::int64_t, std::string>;
using Kind = Found::Kind;
using From = Found::From;
constexpr std::uint64_t kSeed = 20261122;

base::Mono at(std::int64_t millis) { return base::Mono{milliseconds{millis}}; }

LoadingCacheOptions options() {
  LoadingCacheOptions all;
  all.cache = {.capacity = 100'000, .seed = 5};
  all.ttl = seconds(10);
  return all;
}

template <class Body>
void on_threads(std::size_t count, Body body) {
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < count; ++t) threads.emplace_back([&body, t] { body(t); });
  for (std::thread& thread : threads) thread.join();
}

TEST(CacheStampede, AHundredWhoMissLoadOnce) {
  constexpr std::size_t kCallers = 100;
  Numbers<Lru> numbers(options());
  std::atomic<int> loads{0};
  std::array<Found, kCallers> found;
  on_threads(kCallers, [&](std::size_t t) {
    found[t] = numbers.get(7, at(0), Numbers<Lru>::kForever, [&](int) {
      ++loads;
      while (numbers.waiting(7) != kCallers - 1) std::this_thread::yield();
      return Load::found(49);
    });
  });
  EXPECT_EQ(loads.load(), 1);
  int waited = 0;
  for (const Found& each : found) {
    EXPECT_EQ(each.kind, Kind::kValue);
    EXPECT_EQ(each.value, 49);
    if (each.from == From::kWait) ++waited;
  }
  EXPECT_EQ(waited, 99);
  EXPECT_EQ(numbers.stats().waits, 99U);
  EXPECT_EQ(numbers.stats().loads, 1U);
}

TEST(CacheStampede, AnErrorIsToldToThoseWhoWaitedAndKeptForNobody) {
  constexpr std::size_t kCallers = 20;
  Numbers<Lru> numbers(options());
  std::array<Found, kCallers> found;
  on_threads(kCallers, [&](std::size_t t) {
    found[t] = numbers.get(7, at(0), Numbers<Lru>::kForever, [&](int) {
      while (numbers.waiting(7) != kCallers - 1) std::this_thread::yield();
      return Load::failed("down");
    });
  });
  for (const Found& each : found) {
    EXPECT_EQ(each.kind, Kind::kError);
    EXPECT_EQ(each.error, found[0].error);  // the very object
  }
  const auto then =
      numbers.get(7, at(0), Numbers<Lru>::kNoWait, [](int) { return Load::found(1); });
  EXPECT_EQ(then.kind, Kind::kValue);
}

TEST(CacheStampede, NobodyLoadsWhatHasJustBeenLoaded) {
  constexpr int kKeys = 20'000;
  Numbers<Lru> numbers(options());
  std::atomic<int> loads{0};
  on_threads(4, [&](std::size_t) {
    for (int key = 0; key < kKeys; ++key) {
      const auto found = numbers.get(key, at(0), Numbers<Lru>::kForever, [&](int which) {
        ++loads;
        return Load::found(which);
      });
      ASSERT_EQ(found.value, key);
    }
  });
  EXPECT_EQ(loads.load(), kKeys);
}

TEST(CacheStampede, OneRenewsEarlyAndTheOthersHaveTheOldValueMeanwhile) {
  LoadingCacheOptions set = options();
  set.xfetch_beta = 1e9;  // picks every reader
  Numbers<Lru> numbers(set);
  const auto load = [](std::int64_t value) {
    Load loaded = Load::found(value);
    loaded.took = milliseconds(100);
    return loaded;
  };
  numbers.get(7, at(0), Numbers<Lru>::kNoWait, [&](int) { return load(1); });
  std::latch begun(1);
  std::latch others_done(1);
  Found renewed;
  std::thread one([&] {
    renewed = numbers.get(7, at(5'000), Numbers<Lru>::kForever, [&](int) {
      begun.count_down();
      others_done.wait();
      return load(2);
    });
  });
  begun.wait();
  for (int i = 0; i < 10; ++i) {
    const auto found = numbers.get(7, at(5'000), Numbers<Lru>::kForever, [&](int) {
      ADD_FAILURE() << "a second load";
      return load(3);
    });
    EXPECT_EQ(found.value, 1);
    EXPECT_EQ(found.from, From::kCache);
  }
  others_done.count_down();
  one.join();
  EXPECT_EQ(renewed.value, 2);
  EXPECT_EQ(numbers.stats().early_refreshes, 1U);
  EXPECT_EQ(numbers.stats().hits, 11U);
}

TEST(CacheStampede, AfterAChangeNobodyJoinsALoadFromBeforeIt) {
  const std::vector<std::function<void(Numbers<Lru>&)>> changes = {
      [](auto& numbers) { numbers.erase(7); },
      [](auto& numbers) { numbers.put(7, 0, at(0), nanoseconds(0)); },
      [](auto& numbers) { numbers.clear(); },
  };
  for (const auto& change : changes) {
    Numbers<Lru> numbers(options());
    std::latch begun(1);
    std::latch go(1);
    std::thread loader([&] {
      numbers.get(7, at(0), Numbers<Lru>::kForever, [&](int) {
        begun.count_down();
        go.wait();
        return Load::found(1);
      });
    });
    begun.wait();
    change(numbers);
    const auto load = [](int) { return Load::found(2); };
    EXPECT_EQ(numbers.get(7, at(0), Numbers<Lru>::kNoWait, load).from, From::kLoad);
    go.count_down();
    loader.join();
    EXPECT_EQ(numbers.get(7, at(0), Numbers<Lru>::kNoWait, load).value, 2);
    EXPECT_EQ(numbers.stats().not_kept, 1U);
  }
}

TEST(CacheStampede, WhoRunsOutOfTimeOrRoomIsServedStale) {
  LoadingCacheOptions set = options();
  set.stale_if_error = seconds(5);
  set.flights.max_waiters = 1;
  Numbers<Lru> numbers(set);
  numbers.get(7, at(0), Numbers<Lru>::kNoWait, [](int) { return Load::found(1); });
  std::latch begun(1);
  std::latch go(1);
  std::thread loader([&] {
    numbers.get(7, at(11'000), Numbers<Lru>::kForever, [&](int) {
      begun.count_down();
      go.wait();
      return Load::found(2);
    });
  });
  begun.wait();
  const auto never = [](int) { return Load::absent(); };
  const auto late = numbers.get(7, at(11'000), Numbers<Lru>::kNoWait, never);
  EXPECT_EQ(late.value, 1);
  EXPECT_EQ(late.from, From::kStale);
  Found waited;
  std::thread waiter([&] { waited = numbers.get(7, at(11'000), Numbers<Lru>::kForever, never); });
  while (numbers.waiting(7) != 1) std::this_thread::yield();
  const auto crowded = numbers.get(7, at(11'000), Numbers<Lru>::kForever, never);
  EXPECT_EQ(crowded.from, From::kStale);
  EXPECT_EQ(numbers.get(7, at(15'000), Numbers<Lru>::kForever, never).kind, Kind::kCrowded);
  go.count_down();
  loader.join();
  waiter.join();
  EXPECT_EQ(waited.value, 2);
  EXPECT_EQ(waited.from, From::kWait);
  const auto stats = numbers.stats();
  EXPECT_EQ(stats.crowded, 2U);
  EXPECT_EQ(stats.timeouts, 1U);
  EXPECT_EQ(stats.stale_served, 2U);
}

// The source is a number a key that only grows; whoever changes it tells the cache and then says so
// in `told`. No get that begins later may find less, whether it hit, loaded, waited, was served
// stale or got what an early renewal brought.
template <class Policy>
void expect_nothing_from_before_a_change() {
  constexpr std::size_t kKeys = 4;
  constexpr std::size_t kReaders = 3;
  constexpr int kChanges = 1'500;
  LoadingCacheOptions set;
  set.cache = {.capacity = 16, .stripes = 1, .seed = 7};
  set.ttl = milliseconds(50);
  set.stale_if_error = seconds(1'000);
  set.xfetch_beta = 1;
  Numbers<Policy> numbers(set);
  std::array<std::atomic<std::int64_t>, kKeys> source{};
  std::array<std::atomic<std::int64_t>, kKeys> told{};
  std::array<std::atomic<std::uint64_t>, 4> seen{};  // by From
  std::atomic<std::int64_t> now{0};
  std::atomic<long> wrong{0};
  std::atomic<bool> over{false};
  const auto writer = [&] {
    base::Random random(kSeed);
    for (int i = 0; i < kChanges; ++i) {
      const std::size_t key = random.below(kKeys);
      const std::int64_t value = ++source[key];
      const std::uint64_t how = random.below(8);
      if (how == 0) numbers.clear();
      if (how == 1) numbers.put(static_cast<int>(key), value, at(now));
      if (how > 1) numbers.erase(static_cast<int>(key));
      told[key] = value;
      for (std::uint64_t pause = random.below(4); pause > 0; --pause) std::this_thread::yield();
      now += static_cast<std::int64_t>(random.below(20));
    }
    over = true;
  };
  const auto reader = [&](std::size_t thread) {
    base::Random random(kSeed + thread);
    while (!over) {
      const std::size_t key = random.below(kKeys);
      const std::int64_t least = told[key];
      const auto budget = random.chance(0.3) ? Numbers<Policy>::kNoWait : Numbers<Policy>::kForever;
      const auto found = numbers.get(static_cast<int>(key), at(now), budget, [&](int which) {
        Load loaded = Load::found(source[static_cast<std::size_t>(which)]);
        loaded.took = milliseconds(5);
        if (random.chance(0.3)) std::this_thread::yield();
        if (random.chance(0.2)) return Load::failed("down");
        return random.chance(0.1) ? Load::gave_up() : loaded;
      });
      if (found.value && *found.value < least) ++wrong;
      if (found.value) ++seen[static_cast<std::size_t>(found.from)];
    }
  };
  on_threads(kReaders + 1, [&](std::size_t t) { t == 0 ? writer() : reader(t); });
  EXPECT_EQ(wrong.load(), 0) << "seed " << kSeed;
  EXPECT_GT(seen[static_cast<std::size_t>(From::kCache)].load(), 0U);
  EXPECT_GT(seen[static_cast<std::size_t>(From::kLoad)].load(), 0U);
  EXPECT_GT(numbers.stats().loads, 0U);
}

TEST(CacheStampede, NothingFromBeforeAChangeLru) { expect_nothing_from_before_a_change<Lru>(); }
TEST(CacheStampede, NothingFromBeforeAChangeS3Fifo) {
  expect_nothing_from_before_a_change<S3Fifo>();
}

}  // namespace
}  // namespace ashlar::kit
