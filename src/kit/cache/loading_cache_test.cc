#include "kit/cache/loading_cache.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/random.h"

namespace ashlar::kit {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using Users = LoadingCache<std::string, int, std::string>;
using Load = Users::Load;
using Found = Users::Found;
using Kind = Found::Kind;
using From = Found::From;
constexpr auto kForever = Users::kForever;

base::Mono at(double seconds_since_start) {
  return base::Mono{nanoseconds{static_cast<std::int64_t>(seconds_since_start * 1e9)}};
}

LoadingCacheOptions options() {
  LoadingCacheOptions all;
  all.cache = {.capacity = 1'000, .stripes = 1, .seed = 5};
  all.ttl = seconds(10);
  return all;
}

// What the source says next, and how often it was asked.
struct Source {
  Load answer = Load::found(1);
  int asked = 0;

  Load operator()(const std::string&) {
    ++asked;
    return answer;
  }
};

void expect(const Found& found, Kind kind, From from, int value = 0) {
  EXPECT_EQ(found.kind, kind);
  EXPECT_EQ(found.from, from);
  EXPECT_EQ(found.value.has_value(), kind == Kind::kValue);
  EXPECT_EQ(found.error != nullptr, kind == Kind::kError);
  if (kind == Kind::kValue && found.value) {
    EXPECT_EQ(*found.value, value);
  }
}

TEST(LoadingCache, LoadsWhatItLacksAndKeepsItForItsTime) {
  Users users(options());
  Source source;
  expect(users.get("ann", at(0), kForever, source), Kind::kValue, From::kLoad, 1);
  source.answer = Load::found(2);
  expect(users.get("ann", at(9.999), kForever, source), Kind::kValue, From::kCache, 1);
  expect(users.get("ann", at(10), kForever, source), Kind::kValue, From::kLoad, 2);
  EXPECT_EQ(source.asked, 2);
  const LoadingCacheStats stats = users.stats();
  EXPECT_EQ(stats.hits, 1U);
  EXPECT_EQ(stats.misses, 2U);
  EXPECT_EQ(stats.loads, 2U);
  EXPECT_EQ(stats.load_failures, 0U);
}

TEST(LoadingCache, TheLoaderChoosesTheLife) {
  Users users(options());
  Source source;
  source.answer.ttl = seconds(1);
  users.get("ann", at(0), kForever, source);
  expect(users.get("ann", at(0.9), kForever, source), Kind::kValue, From::kCache, 1);
  expect(users.get("ann", at(1), kForever, source), Kind::kValue, From::kLoad, 1);
  source.answer.ttl = kNoTtl;
  users.get("bob", at(0), kForever, source);
  expect(users.get("bob", at(9e8), kForever, source), Kind::kValue, From::kCache, 1);
  source.answer.ttl = seconds(0);
  users.get("eve", at(0), kForever, source);
  expect(users.get("eve", at(0), kForever, source), Kind::kValue, From::kLoad, 1);
}

TEST(LoadingCache, ALifeBeginsWithTheLoadThoughTheClockGoesOn) {
  Users users(options());
  double now = 0;
  const auto slow = [&](const std::string&) {
    now = 4;
    return Load::found(1);
  };
  users.get("ann", at(now), kForever, slow);
  Source source;
  expect(users.get("ann", at(9.9), kForever, source), Kind::kValue, From::kCache, 1);
  expect(users.get("ann", at(10), kForever, source), Kind::kValue, From::kLoad, 1);
}

TEST(LoadingCache, AbsenceAndErrorsAreKeptOnlyWhenAskedFor) {
  for (const bool keep : {false, true}) {
    LoadingCacheOptions set = options();
    if (keep) set.absent_ttl = seconds(2);
    if (keep) set.error_ttl = seconds(1);
    Users users(set);
    Source source;
    source.answer = Load::absent();
    expect(users.get("ann", at(0), kForever, source), Kind::kAbsent, From::kLoad);
    const From then = keep ? From::kCache : From::kLoad;
    expect(users.get("ann", at(1.9), kForever, source), Kind::kAbsent, then);
    expect(users.get("ann", at(4), kForever, source), Kind::kAbsent, From::kLoad);
    source.answer = Load::failed("down");
    const Found failed = users.get("bob", at(0), kForever, source);
    expect(failed, Kind::kError, From::kLoad);
    EXPECT_EQ(*failed.error, "down");
    expect(users.get("bob", at(0.9), kForever, source), Kind::kError, then);
    expect(users.get("bob", at(2), kForever, source), Kind::kError, From::kLoad);
    EXPECT_EQ(users.stats().negative_hits, keep ? 2U : 0U);
    EXPECT_EQ(users.stats().load_failures, keep ? 2U : 3U);
  }
}

TEST(LoadingCache, ServesStaleOnErrorWithinTheBound) {
  LoadingCacheOptions set = options();
  set.stale_if_error = seconds(5);
  Users users(set);
  Source source;
  users.get("ann", at(0), kForever, source);
  source.answer = Load::failed("down");
  expect(users.get("ann", at(9.9), kForever, source), Kind::kValue, From::kCache, 1);
  expect(users.get("ann", at(10), kForever, source), Kind::kValue, From::kStale, 1);
  expect(users.get("ann", at(14.9), kForever, source), Kind::kValue, From::kStale, 1);
  EXPECT_EQ(source.asked, 3);  // each time the source is tried first
  expect(users.get("ann", at(15), kForever, source), Kind::kError, From::kLoad);
  const LoadingCacheStats stats = users.stats();
  EXPECT_EQ(stats.stale_served, 2U);
  EXPECT_EQ(stats.hits, 1U);
  EXPECT_EQ(stats.misses, 4U);
  EXPECT_EQ(stats.load_failures, 3U);
}

TEST(LoadingCache, WhatHasGoneIsNotServedStale) {
  LoadingCacheOptions set = options();
  set.stale_if_error = seconds(50);
  Users users(set);
  Source source;
  users.get("ann", at(0), kForever, source);
  source.answer = Load::absent();  // not kept: absent_ttl is 0, and yet it ends the old value
  expect(users.get("ann", at(11), kForever, source), Kind::kAbsent, From::kLoad);
  source.answer = Load::failed("down");
  expect(users.get("ann", at(12), kForever, source), Kind::kError, From::kLoad);
}

TEST(LoadingCache, AFailureWithATtlKeepsTheSourceFromBeingAsked) {
  LoadingCacheOptions set = options();
  set.stale_if_error = seconds(60);
  set.error_ttl = seconds(2);
  Users users(set);
  Source source;
  users.get("ann", at(0), kForever, source);
  source.answer = Load::failed("down");
  expect(users.get("ann", at(10), kForever, source), Kind::kValue, From::kStale, 1);
  expect(users.get("ann", at(11.9), kForever, source), Kind::kValue, From::kStale, 1);
  EXPECT_EQ(source.asked, 2);
  source.answer = Load::found(3);
  expect(users.get("ann", at(12), kForever, source), Kind::kValue, From::kLoad, 3);
}

TEST(LoadingCache, GivingUpIsNoFailureAndServesStale) {
  LoadingCacheOptions set = options();
  set.stale_if_error = seconds(5);
  Users users(set);
  Source source;
  source.answer = Load::gave_up();
  expect(users.get("ann", at(0), kForever, source), Kind::kGaveUp, From::kLoad);
  source.answer = Load::found(1);
  users.get("ann", at(0), kForever, source);
  source.answer = Load::gave_up();
  expect(users.get("ann", at(11), kForever, source), Kind::kValue, From::kStale, 1);
  EXPECT_EQ(users.stats().load_failures, 0U);
}

TEST(LoadingCache, AnExceptionIsACountedFailureAndTheNextCallerLoads) {
  Users users(options());
  const auto throws = [](const std::string&) -> Load { throw std::runtime_error("no"); };
  EXPECT_THROW(users.get("ann", at(0), kForever, throws), std::runtime_error);
  EXPECT_EQ(users.stats().load_failures, 1U);
  Source source;
  expect(users.get("ann", at(0), kForever, source), Kind::kValue, From::kLoad, 1);
}

TEST(LoadingCache, AskingInsideItsOwnLoadIsAnAnswerNotADeadlock) {
  Users users(options());
  Source source;
  const auto found = users.get("ann", at(0), kForever, [&](const std::string& key) {
    expect(users.get(key, at(0), kForever, source), Kind::kRecursive, From::kWait);
    return users.get("bob", at(0), kForever, source).value ? Load::found(2) : Load::absent();
  });
  expect(found, Kind::kValue, From::kLoad, 2);
  EXPECT_EQ(source.asked, 1);
}

// Invariant 2, with the change inside the load: as if another thread had made it then.
TEST(LoadingCache, WhatWasLoadedBeforeAChangeIsNotKept) {
  const std::vector<std::function<void(Users&)>> changes = {
      [](Users& users) { users.erase("ann"); },
      [](Users& users) { users.put("ann", 8, at(0)); },
      [](Users& users) { users.put("ann", 8, at(0), seconds(0)); },
      [](Users& users) { users.clear(); },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Users users(options());
    const auto found = users.get("ann", at(0), kForever, [&](const std::string&) {
      changes[i](users);
      return Load::found(1);
    });
    expect(found, Kind::kValue, From::kLoad, 1);  // it came before the change
    EXPECT_EQ(users.stats().not_kept, 1U);
    Source source;
    source.answer = Load::found(9);
    const bool stored = i == 1;
    expect(users.get("ann", at(0), kForever, source), Kind::kValue,
           stored ? From::kCache : From::kLoad, stored ? 8 : 9);
  }
}

TEST(LoadingCache, PutAndEraseSayWhatTheyDid) {
  Users users(options());
  Source source;
  EXPECT_FALSE(users.erase("ann"));
  EXPECT_EQ(users.put("ann", 4, at(0)), CachePut::kInserted);
  EXPECT_EQ(users.put("ann", 5, at(0), seconds(2)), CachePut::kReplaced);
  expect(users.get("ann", at(1.9), kForever, source), Kind::kValue, From::kCache, 5);
  expect(users.get("ann", at(2), kForever, source), Kind::kValue, From::kLoad, 1);
  EXPECT_TRUE(users.erase("ann"));
  EXPECT_EQ(users.put("ann", 5, at(0), kNoTtl, 2'000), CachePut::kTooHeavy);
}

TEST(LoadingCache, XFetchRenewsEarlyInTheReaderItPicks) {
  LoadingCacheOptions set = options();
  set.xfetch_beta = 1;
  Users users(set);
  Source source;
  source.answer.took = milliseconds(100);
  int early = 0;
  constexpr int kLives = 4'000;
  for (int life = 0; life < kLives; ++life) {
    const double start = 100.0 * life;
    users.get("ann", at(start), kForever, source);
    // 36.75 load times before the end nothing can happen; 0.1 load times before it, e^-0.1 do.
    expect(users.get("ann", at(start + 10 - 3.7), kForever, source), Kind::kValue, From::kCache, 1);
    if (users.get("ann", at(start + 9.99), kForever, source).from == From::kLoad) ++early;
  }
  EXPECT_NEAR(early, kLives * std::exp(-0.1), 5 * std::sqrt(kLives * 0.09));
  EXPECT_EQ(users.stats().early_refreshes, static_cast<std::uint64_t>(early));
  EXPECT_EQ(source.asked, kLives + early);
}

TEST(LoadingCache, AnEarlyRenewalThatFailsLeavesWhatThereWas) {
  LoadingCacheOptions set = options();
  set.xfetch_beta = 1e9;  // picks everybody
  set.error_ttl = seconds(1);
  Users users(set);
  Source source;
  source.answer.took = milliseconds(100);
  users.get("ann", at(0), kForever, source);
  source.answer = Load::failed("down");
  expect(users.get("ann", at(5), kForever, source), Kind::kValue, From::kCache, 1);
  EXPECT_EQ(source.asked, 2);
  expect(users.get("ann", at(5.9), kForever, source), Kind::kValue, From::kCache, 1);
  EXPECT_EQ(source.asked, 2);  // not before the error's ttl is over
  source.answer = Load::gave_up();
  expect(users.get("ann", at(6), kForever, source), Kind::kValue, From::kCache, 1);
  source.answer = Load::found(7);
  source.answer.took = milliseconds(100);
  expect(users.get("ann", at(7), kForever, source), Kind::kValue, From::kLoad, 7);
  source.answer = Load::absent();  // a success, and what it says holds
  expect(users.get("ann", at(16), kForever, source), Kind::kAbsent, From::kLoad);
}

// Tasks wait here until the test runs them.
struct Queue {
  std::vector<std::function<void(base::Mono)>> tasks;
  bool open = true;

  bool operator()(std::function<void(base::Mono)> task) {
    if (open) tasks.push_back(std::move(task));
    return open;
  }
  void run(base::Mono now) {
    for (auto& task : std::exchange(tasks, {})) task(now);
  }
};

struct Refreshed {
  explicit Refreshed(LoadingCacheOptions set = options())
      : users(
            [&set] {
              set.refresh_at = 0.8;
              return set;
            }(),
            {std::ref(queue), std::ref(behind)}) {}
  ~Refreshed() { queue.tasks.clear(); }  // tasks must not outlive the cache
  Queue queue;
  Source behind;  // what the tasks load from
  Source source;  // what the readers load from
  Users users;
};

TEST(LoadingCache, RefreshAheadRenewsWhatIsReadLateInItsLife) {
  Refreshed with;
  with.behind.answer = Load::found(2);
  with.users.get("ann", at(0), kForever, with.source);
  with.users.get("ann", at(7.9), kForever, with.source);
  EXPECT_TRUE(with.queue.tasks.empty());
  for (int i = 0; i < 5; ++i) {
    expect(with.users.get("ann", at(8), kForever, with.source), Kind::kValue, From::kCache, 1);
  }
  EXPECT_EQ(with.queue.tasks.size(), 1U);
  with.queue.run(at(8.5));
  expect(with.users.get("ann", at(10), kForever, with.source), Kind::kValue, From::kCache, 2);
  EXPECT_EQ(with.source.asked, 1);
  EXPECT_EQ(with.behind.asked, 1);
  EXPECT_EQ(with.users.stats().early_refreshes, 1U);
  expect(with.users.get("ann", at(18.5), kForever, with.source), Kind::kValue, From::kLoad, 1);
}

TEST(LoadingCache, NobodyWaitsForAQueuedRefresh) {
  Refreshed with;
  with.users.get("ann", at(0), kForever, with.source);
  with.users.get("ann", at(9), kForever, with.source);
  ASSERT_EQ(with.queue.tasks.size(), 1U);
  with.source.answer = Load::found(3);
  expect(with.users.get("ann", at(11), kForever, with.source), Kind::kValue, From::kLoad, 3);
  with.queue.run(at(11));
  EXPECT_EQ(with.behind.asked, 0);  // it has been loaded since
  expect(with.users.get("ann", at(12), kForever, with.source), Kind::kValue, From::kCache, 3);
}

TEST(LoadingCache, ATaskThatIsRefusedOrDroppedIsAskedForAgain) {
  Refreshed with;
  with.users.get("ann", at(0), kForever, with.source);
  with.queue.open = false;
  expect(with.users.get("ann", at(9), kForever, with.source), Kind::kValue, From::kCache, 1);
  EXPECT_EQ(with.users.stats().refused_refreshes, 1U);
  with.queue.open = true;
  with.users.get("ann", at(9), kForever, with.source);
  EXPECT_EQ(with.queue.tasks.size(), 1U);
  with.queue.tasks.clear();
  with.users.get("ann", at(9), kForever, with.source);
  EXPECT_EQ(with.queue.tasks.size(), 1U);
}

TEST(LoadingCache, ARefreshQueuedBeforeAChangeLoadsAfterIt) {
  Refreshed with;
  with.users.get("ann", at(0), kForever, with.source);
  with.users.get("ann", at(9), kForever, with.source);
  with.users.erase("ann");
  with.behind.answer = Load::found(5);
  with.queue.run(at(9));
  expect(with.users.get("ann", at(9), kForever, with.source), Kind::kValue, From::kCache, 5);
}

TEST(LoadingCache, JitterOnlyShortensLives) {
  LoadingCacheOptions set = options();
  set.ttl_jitter = 0.5;
  Users users(set);
  Source source;
  int early = 0;
  for (int i = 0; i < 500; ++i) users.get(std::to_string(i), at(0), kForever, source);
  for (int i = 0; i < 500; ++i) {
    expect(users.get(std::to_string(i), at(4.99), kForever, source), Kind::kValue, From::kCache, 1);
  }
  for (int i = 0; i < 500; ++i) {
    if (users.get(std::to_string(i), at(7.5), kForever, source).from == From::kLoad) ++early;
  }
  EXPECT_NEAR(early, 250, 60);
  for (int i = 500; i < 600; ++i) users.get(std::to_string(i), at(0), kForever, source);
  for (int i = 500; i < 600; ++i) {
    EXPECT_EQ(users.get(std::to_string(i), at(10), kForever, source).from, From::kLoad);
  }
}

TEST(LoadingCache, AClockThatStepsBackKeepsWhatItHas) {
  LoadingCacheOptions set = options();
  set.xfetch_beta = 1;
  Users users(set);
  Source source;
  source.answer.took = milliseconds(10);
  users.get("ann", at(100), kForever, source);
  expect(users.get("ann", at(50), kForever, source), Kind::kValue, From::kCache, 1);
  expect(users.get("ann", at(-50), kForever, source), Kind::kValue, From::kCache, 1);
  expect(users.get("ann", at(110), kForever, source), Kind::kValue, From::kLoad, 1);
}

// Made from its View between a get's look into the cache and its load: where another may load it.
struct HookedKey {
  static inline std::function<void()> hook;
  int number;

  explicit HookedKey(int from) : number(from) {
    if (hook) std::exchange(hook, nullptr)();
  }
  bool operator==(const HookedKey&) const = default;
  bool operator==(int other) const { return number == other; }
  operator int() const { return number; }  // NOLINT(*-explicit-*): its View
};
using HookedNumbers = LoadingCache<HookedKey, int, std::string, Lru, CacheHash<int>>;

TEST(LoadingCache, WhatWasLoadedSinceOneLookedIsNotLoadedAgain) {
  HookedNumbers numbers(options());
  const auto load = [](int value) {
    return [value](const HookedKey&) { return Load::found(value); };
  };
  HookedKey::hook = [&] { numbers.get(7, at(0), kForever, load(1)); };
  expect(numbers.get(7, at(0), kForever, load(2)), Kind::kValue, From::kCache, 1);
  // The same past its time.
  HookedKey::hook = [&] { numbers.get(7, at(11), kForever, load(3)); };
  expect(numbers.get(7, at(11), kForever, load(4)), Kind::kValue, From::kCache, 3);
  EXPECT_EQ(numbers.stats().loads, 2U);
}

// A model of the rules for one thread: what may be kept, until when, and what each get must say.
TEST(LoadingCache, AgreesWithTheRulesOnRandomOperations) {
  constexpr std::uint64_t kSeed = 20261122;
  struct Kept {
    Kind kind;
    int value;
    double fresh_until, until, retry_at;
  };
  LoadingCacheOptions set = options();
  set.ttl = seconds(10);
  set.absent_ttl = seconds(4);
  set.error_ttl = seconds(3);
  set.stale_if_error = seconds(7);
  Users users(set);
  std::map<std::string, Kept> model;
  base::Random random(kSeed);
  double now = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    now += 0.25 * static_cast<double>(random.below(4));
    const std::string key = std::to_string(random.below(8));
    const auto kept = model.find(key);
    if (kept != model.end() && now >= kept->second.until) model.erase(kept);
    const int value = static_cast<int>(random.below(1'000'000));
    const std::uint64_t what = random.below(40);
    if (what == 0) {
      const bool live = model.erase(key) != 0;
      ASSERT_TRUE(users.erase(key) || !live) << i << ", seed " << kSeed;  // or one past its time
    } else if (what == 1) {
      users.put(key, value, at(now));
      model[key] = {Kind::kValue, value, now + 10, now + 17, 0};
    } else {
      const std::uint64_t says = random.below(4);
      bool asked = false;
      const Found found = users.get(key, at(now), kForever, [&](const std::string&) {
        asked = true;
        if (says == 0) return Load::absent();
        return says == 1 ? Load::failed("down") : Load::found(value);
      });
      const auto entry = model.find(key);
      const bool there = entry != model.end();
      const bool fresh = there && now < entry->second.fresh_until;
      ASSERT_EQ(asked, !fresh && !(there && now < entry->second.retry_at)) << i;
      if (asked && says == 1 && there) entry->second.retry_at = now + 3;
      if (asked && says == 1 && !there) model[key] = {Kind::kError, 0, now + 3, now + 3, 0};
      if (asked && says == 0) model[key] = {Kind::kAbsent, 0, now + 4, now + 4, 0};
      if (asked && says > 1) model[key] = {Kind::kValue, value, now + 10, now + 17, 0};
      const Kept& due = model.at(key);
      ASSERT_EQ(found.kind, due.kind) << i << ", seed " << kSeed;
      ASSERT_EQ(found.value.value_or(0), due.value) << i << ", seed " << kSeed;
      const bool stale = there && !fresh && !(asked && says != 1);
      ASSERT_EQ(found.from, fresh ? From::kCache : stale ? From::kStale : From::kLoad) << i;
    }
  }
}

}  // namespace
}  // namespace ashlar::kit
