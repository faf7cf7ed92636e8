// Several threads use few keys of a Cache; what they saw must be explicable as one order of calls.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

#include "base/random.h"
#include "kit/cache/cache.h"
#include "kit/cache/s3_fifo.h"
#include "kit/cache/testing/linearizability.h"

namespace ashlar::kit {
namespace {

enum class Op : unsigned char { kGet, kPut, kPutIfAbsent, kErase, kToken, kPutIfToken };

// `value`: what was put, or what get saw (0: a miss). `yes`: stored, or there was one to erase.
struct CacheCall {
  Op op;
  int value = 0;
  bool yes = true;
};

// A key of a cache. With kEvicts it may be gone at any moment.
template <bool kEvicts>
struct KeyModel {
  using Call = CacheCall;
  struct State {
    int value = 0;            // 0: absent
    std::uint32_t valid = 0;  // whose last token no change has come after, a bit a thread
    auto operator<=>(const State&) const = default;
  };

  static std::vector<State> next(const State& now, const Call& call, std::size_t thread) {
    const std::uint32_t mine = 1U << thread;
    const bool may_be_absent = now.value == 0 || kEvicts;
    switch (call.op) {
      case Op::kGet:
        if (call.value == 0) return may_be_absent ? std::vector{State{0, now.valid}} : none();
        return now.value == call.value ? std::vector{now} : none();
      case Op::kPut:
        return {{call.value, 0}};
      case Op::kPutIfAbsent:
        if (call.yes) return may_be_absent ? std::vector{State{call.value, now.valid}} : none();
        return now.value != 0 ? std::vector{now} : none();
      case Op::kErase:
        if (!call.yes) return may_be_absent ? std::vector{State{0, 0}} : none();
        return now.value != 0 ? std::vector{State{0, 0}} : none();
      case Op::kToken:
        return {{now.value, now.valid | mine}};
      case Op::kPutIfToken:
        if (!call.yes) return {now};  // keys share versions: refused without need at times
        return (now.valid & mine) != 0 ? std::vector{State{call.value, now.valid}} : none();
    }
    return none();
  }
  static std::vector<State> none() { return {}; }
};
using Strict = KeyModel<false>;
using Evicting = KeyModel<true>;
using CacheHistory = History<CacheCall>;

CacheCall get(int value) { return {Op::kGet, value}; }
CacheCall put(int value) { return {Op::kPut, value}; }
CacheCall erase(bool was) { return {Op::kErase, 0, was}; }
CacheCall token() { return {Op::kToken}; }
CacheCall put_if_token(int value, bool stored) { return {Op::kPutIfToken, value, stored}; }

TEST(Linearizability, AcceptsWhatCanBeExplained) {
  // One thread.
  EXPECT_TRUE(linearizable<Strict>({{{1, 2, put(5)}, {3, 4, get(5)}, {5, 6, erase(true)}}}, {}));
  // Two puts at the same time: either order.
  EXPECT_TRUE(linearizable<Strict>({{{1, 4, put(5)}, {5, 6, get(7)}}, {{2, 3, put(7)}}}, {}));
  EXPECT_TRUE(linearizable<Strict>({{{1, 4, put(5)}, {5, 6, get(5)}}, {{2, 3, put(7)}}}, {}));
  // A read during a put: before or after it.
  EXPECT_TRUE(linearizable<Strict>({{{1, 4, put(5)}}, {{2, 3, get(0)}}}, {}));
  EXPECT_TRUE(linearizable<Strict>({{{1, 4, put(5)}}, {{2, 3, get(5)}}}, {}));
  // The erase fell between token and put, or the put came first.
  EXPECT_TRUE(linearizable<Strict>(
      {{{1, 2, token()}, {3, 6, put_if_token(5, true)}}, {{4, 5, erase(true)}, {7, 8, get(0)}}},
      {}));
  EXPECT_TRUE(linearizable<Evicting>({{{1, 2, put(5)}, {3, 4, get(0)}}}, {}));
}

TEST(Linearizability, RejectsPlantedFaults) {
  const std::vector<std::pair<const char*, CacheHistory>> faults = {
      {"a miss after a put", {{{1, 2, put(5)}, {3, 4, get(0)}}}},
      {"a value nobody put", {{{1, 2, put(5)}, {3, 4, get(6)}}}},
      {"old after new", {{{1, 2, put(5)}, {3, 8, put(7)}}, {{4, 5, get(7)}, {6, 7, get(5)}}}},
      {"a lost erase", {{{1, 2, put(5)}, {3, 4, erase(true)}}, {{5, 6, get(5)}}}},
      {"erased twice", {{{1, 2, put(5)}, {3, 6, erase(true)}}, {{4, 5, erase(true)}}}},
      {"a stale put after an erase",
       {{{1, 2, token()}, {5, 6, put_if_token(5, true)}}, {{3, 4, erase(false)}}}},
      {"two readers that disagree on the order of two puts",
       {{{1, 10, put(5)}},
        {{2, 9, put(7)}},
        {{3, 4, get(5)}, {5, 6, get(7)}},
        {{3, 4, get(7)}, {7, 8, get(5)}}}},
  };
  for (const auto& [what, history] : faults) {
    EXPECT_FALSE(linearizable<Strict>(history, {})) << what;
  }
  // Eviction explains a miss, but neither resurrection nor a stale put.
  EXPECT_FALSE(linearizable<Evicting>({{{1, 2, put(5)}, {3, 4, get(0)}, {5, 6, get(5)}}}, {}));
  EXPECT_FALSE(linearizable<Evicting>(faults[5].second, {}));
}

// Tries every order of the calls.
bool by_brute_force(const CacheHistory& history) {
  struct Step {
    Recorded<CacheCall> recorded;
    std::size_t thread;
  };
  std::vector<Step> steps;
  for (std::size_t t = 0; t < history.size(); ++t) {
    for (const auto& recorded : history[t]) steps.push_back({recorded, t});
  }
  std::vector<std::size_t> order(steps.size());
  std::iota(order.begin(), order.end(), 0);
  do {
    bool possible = true;
    for (std::size_t a = 0; a < order.size() && possible; ++a) {
      for (std::size_t b = a + 1; b < order.size() && possible; ++b) {
        possible = steps[order[b]].recorded.returned > steps[order[a]].recorded.called;
      }
    }
    Strict::State state;
    for (std::size_t a = 0; a < order.size() && possible; ++a) {
      const auto then = Strict::next(state, steps[order[a]].recorded.call, steps[order[a]].thread);
      possible = !then.empty();
      if (possible) state = then.front();
    }
    if (possible) return true;
  } while (std::next_permutation(order.begin(), order.end()));
  return false;
}

TEST(Linearizability, AgreesWithTryingEveryOrder) {
  constexpr std::uint64_t kSeed = 20261122;
  base::Random random(kSeed);
  int accepted = 0;
  constexpr int kHistories = 20'000;
  for (int i = 0; i < kHistories; ++i) {
    // Times of calls and returns: a shuffle that keeps each thread's own in order.
    CacheHistory history(2 + random.below(2));
    const std::size_t calls = history.size() == 2 ? 3 : 2;
    std::vector<std::size_t> turns;
    for (std::size_t t = 0; t < history.size(); ++t) turns.insert(turns.end(), 2 * calls, t);
    for (std::size_t n = turns.size() - 1; n > 0; --n) {
      std::swap(turns[n], turns[random.below(n + 1)]);
    }
    std::vector<bool> inside(history.size());
    for (std::size_t time = 0; time < turns.size(); ++time) {
      auto& mine = history[turns[time]];
      const auto now = static_cast<std::int64_t>(time);
      if (inside[turns[time]]) {
        mine.back().returned = now;
      } else {
        const auto op = static_cast<Op>(random.below(6));
        const int value = static_cast<int>(op == Op::kGet ? random.below(3) : 1 + random.below(2));
        mine.push_back({now, now, {op, value, random.chance(0.6)}});
      }
      inside[turns[time]] = !inside[turns[time]];
    }
    const bool expected = by_brute_force(history);
    ASSERT_EQ(linearizable<Strict>(history, {}), expected) << "history " << i << ", seed " << kSeed;
    if (expected) ++accepted;
  }
  EXPECT_GT(accepted, kHistories / 50);
  EXPECT_LT(accepted, kHistories * 49 / 50);
}

constexpr int kKeys = 3;
constexpr std::size_t kThreads = 4;

// Answers a get from memory of its own now and then, as a near cache without invalidation would.
template <class Cached>
struct Forgetful {
  Cached& cache;
  std::array<std::atomic<int>, kKeys>& memory;
  std::optional<int> get(int key, base::Random& random) {
    const int old = memory[static_cast<std::size_t>(key)].load();
    if (old != 0 && random.chance(0.05)) return old;
    const auto found = cache.get(key, base::Mono{});
    if (found) memory[static_cast<std::size_t>(key)] = *found;
    return found;
  }
};
template <class Cached>
struct Honest {
  Cached& cache;
  std::optional<int> get(int key, base::Random&) { return cache.get(key, base::Mono{}); }
};

// Each thread's calls of every key, recorded.
template <class Cached, class Reader>
std::array<CacheHistory, kKeys> record(Cached& cache, Reader reader, std::uint64_t seed, int calls,
                                       int keys_in_use) {
  std::array<CacheHistory, kKeys> all;
  for (CacheHistory& history : all) history.resize(kThreads);
  std::atomic<std::int64_t> time{0};
  std::atomic<std::size_t> ready{0};
  const auto user = [&](std::size_t thread) {
    base::Random random(seed * 64 + thread);
    std::array<std::optional<CacheToken>, kKeys> tokens;
    const base::Mono now{};
    ++ready;
    while (ready.load() != kThreads) std::this_thread::yield();
    for (int i = 0; i < calls; ++i) {
      const int key = static_cast<int>(random.below(static_cast<std::uint64_t>(keys_in_use)));
      const auto slot = static_cast<std::size_t>(key) % kKeys;
      const int value = static_cast<int>(thread) * calls + i + 1;
      auto op = static_cast<Op>(random.chance(0.4) ? 0 : random.below(6));
      if (op == Op::kPutIfToken && !tokens[slot]) op = Op::kToken;
      if (key >= kKeys) {  // only there to have others evicted
        cache.put(key, value, now);
        continue;
      }
      CacheCall call{op, value};
      const std::int64_t called = ++time;
      if (op == Op::kGet) call.value = reader.get(key, random).value_or(0);
      if (op == Op::kPut) cache.put(key, value, now);
      if (op == Op::kPutIfAbsent)
        call.yes = cache.put_if_absent(key, value, now) != CachePut::kPresent;
      if (op == Op::kErase) call.yes = cache.erase(key);
      if (op == Op::kToken) tokens[slot] = cache.token(key);
      if (op == Op::kPutIfToken) {
        call.yes = cache.put_if_token(*tokens[slot], key, value, now) != CachePut::kSuperseded;
      }
      all[slot][thread].push_back({called, ++time, call});
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) threads.emplace_back(user, t);
  for (std::thread& thread : threads) thread.join();
  return all;
}

template <class Policy>
void expect_linearizable(std::uint64_t first_seed) {
  using Cached = Cache<int, int, Policy>;
  for (std::uint64_t seed = first_seed; seed < first_seed + 100; ++seed) {
    Cached roomy({.capacity = 1'024, .stripes = 1, .seed = seed});
    for (const CacheHistory& history : record(roomy, Honest<Cached>{roomy}, seed, 1'000, kKeys)) {
      ASSERT_TRUE(linearizable<Strict>(history, {})) << "seed " << seed;
    }
    Cached tight({.capacity = 8, .stripes = 1, .seed = seed});
    for (const CacheHistory& history : record(tight, Honest<Cached>{tight}, seed, 1'000, 16)) {
      ASSERT_TRUE(linearizable<Evicting>(history, {})) << "seed " << seed;
    }
  }
}

TEST(CacheLinearizability, Lru) { expect_linearizable<Lru>(20'261'122); }
TEST(CacheLinearizability, S3Fifo) { expect_linearizable<S3Fifo>(20'261'222); }

TEST(CacheLinearizability, ACacheThatAnswersFromOldMemoryIsFoundOut) {
  using Cached = Cache<int, int>;
  Cached cache({.capacity = 1'024, .stripes = 1, .seed = 1});
  std::array<std::atomic<int>, kKeys> memory{};
  const auto histories = record(cache, Forgetful<Cached>{cache, memory}, 1, 1'000, kKeys);
  for (const CacheHistory& history : histories) {
    EXPECT_FALSE(linearizable<Strict>(history, {}));
    EXPECT_FALSE(linearizable<Evicting>(history, {}));
  }
}

}  // namespace
}  // namespace ashlar::kit
