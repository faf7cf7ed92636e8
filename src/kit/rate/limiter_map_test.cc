#include "kit/rate/limiter_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/random.h"
#include "kit/rate/fixed_window.h"
#include "kit/rate/gcra.h"
#include "kit/rate/sliding_log.h"

namespace ashlar::kit {
namespace {

using std::chrono::hours;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr base::Mono kStart{seconds(1'700'000'000)};

LimiterKey key_of(std::uint64_t number) {
  static const LimiterKeyHasher hasher(SipKey{11, 12});
  return hasher(1, std::to_string(number));
}

TEST(LimiterMap, KeepsEachKeysState) {
  LimiterMap<GcraState> map(1000);
  const GcraRule rule = *GcraRule::make(3, 1, seconds(60));
  const auto take_one = [&](GcraState& state) { return take(rule, state, kStart, 1); };
  EXPECT_EQ(map.with(key_of(1), kStart, take_one).remaining, 2);
  EXPECT_EQ(map.with(key_of(1), kStart, take_one).remaining, 1);
  EXPECT_EQ(map.with(key_of(2), kStart, take_one).remaining, 2);
  const auto look = [&](const GcraState& state) { return peek(rule, state, kStart, 0).remaining; };
  EXPECT_EQ(map.peek(key_of(1), look), 1);
  EXPECT_EQ(map.peek(key_of(3), look), 3);
  EXPECT_EQ(map.stats().keys, 2);
  EXPECT_TRUE(map.forget(key_of(1)));
  EXPECT_FALSE(map.forget(key_of(1)));
  EXPECT_EQ(map.peek(key_of(1), look), 3);
  EXPECT_EQ(map.peek(key_of(2), look), 2);
}

TEST(LimiterMap, TakesFromAllKeysOrFromNone) {
  LimiterMap<GcraState> map(1000);
  const std::array rules = {*GcraRule::make(5, 1, hours(1)), *GcraRule::make(2, 1, hours(1)),
                            *GcraRule::make(9, 1, hours(1))};
  const std::array keys = {key_of(1), key_of(2), key_of(3)};
  std::array<Decision, 3> decisions;
  const auto take_one = [&](std::size_t i, GcraState& state) {
    return take(rules[i], state, kStart, 1);
  };
  EXPECT_TRUE(map.take_all(keys, kStart, decisions, take_one));
  EXPECT_TRUE(map.take_all(keys, kStart, decisions, take_one));
  EXPECT_EQ(decisions[0].remaining, 3);
  EXPECT_FALSE(map.take_all(keys, kStart, decisions, take_one));
  EXPECT_TRUE(decisions[0].allowed);
  EXPECT_FALSE(decisions[1].allowed);
  EXPECT_TRUE(decisions[2].allowed);
  const std::array<std::uint64_t, 3> left = {3, 0, 7};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(map.peek(keys[i],
                       [&](const GcraState& state) {
                         return peek(rules[i], state, kStart, 0).remaining;
                       }),
              left[i]);
  }
  // The same key twice: the second sees what the first has taken.
  const std::array twice = {keys[0], keys[0]};
  std::array<Decision, 2> both;
  const auto take_two = [&](std::size_t, GcraState& state) {
    return take(rules[0], state, kStart, 2);
  };
  EXPECT_FALSE(map.take_all(twice, kStart, both, take_two));
  EXPECT_TRUE(both[0].allowed);
  EXPECT_FALSE(both[1].allowed);
  EXPECT_TRUE(map.take_all({}, kStart, {}, take_one));
}

TEST(LimiterMap, SavesAndRestores) {
  LimiterMap<GcraState> map(1000);
  const GcraRule rule = *GcraRule::make(10, 1, seconds(60));
  for (std::uint64_t i = 0; i < 500; ++i) {
    map.with(key_of(i), kStart,
             [&](GcraState& state) { return take(rule, state, kStart, i % 10 + 1); });
  }
  LimiterMap<GcraState> copy(1000);
  map.for_each([&](LimiterKey key, const GcraState& saved) {
    copy.with(key, kStart, [&](GcraState& state) {
      state = saved;
      return peek(rule, state, kStart, 0);
    });
  });
  EXPECT_EQ(copy.stats().keys, 500);
  for (std::uint64_t i = 0; i < 500; ++i) {
    EXPECT_EQ(
        copy.peek(key_of(i),
                  [&](const GcraState& state) { return peek(rule, state, kStart, 0).remaining; }),
        9 - i % 10);
  }
}

struct ByParts {
  bool operator()(const LimiterKey& a, const LimiterKey& b) const {
    return std::pair(a.high, a.low) < std::pair(b.high, b.low);
  }
};

// Every decision as if each key had its state for ever. Keys of few homes, so that they stand in
// long rows, at their worst around the table's end.
TEST(LimiterMap, AgreesWithAMapThatForgetsNothing) {
  const std::uint64_t seed = ::testing::UnitTest::GetInstance()->random_seed() + 1;
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  base::Random random(seed);
  const FixedWindowRule rule = *FixedWindowRule::make(5, seconds(30));
  for (const bool crowded : {false, true}) {
    LimiterMap<FixedWindowState> map(20'000);
    std::map<LimiterKey, FixedWindowState, ByParts> all;
    std::vector<LimiterKey> keys;
    for (std::uint64_t i = 0; i < 8'000; ++i) {
      LimiterKey key = key_of(i);
      if (crowded) key.high = (i % 5 == 0 ? 0xffff'ff00'0000'0000 : 0) + (key.high >> 32);
      keys.push_back(key);
    }
    base::Mono now = kStart;
    for (int i = 0; i < 400'000; ++i) {
      now += nanoseconds(random.below(4'000'000));
      // The keys in use move on, so that others become idle.
      const LimiterKey key = keys[(static_cast<std::size_t>(i) / 100 + random.below(500)) % 8'000];
      if (random.chance(0.01)) {
        map.forget(key);  // false where it was reclaimed already
        all.erase(key);
        continue;
      }
      const std::uint64_t cost = random.below(3);
      ASSERT_EQ(
          map.with(key, now, [&](FixedWindowState& state) { return take(rule, state, now, cost); }),
          take(rule, all[key], now, cost))
          << i;
    }
    const auto stats = map.stats();
    EXPECT_GT(stats.reclaimed, 1000);
    EXPECT_EQ(stats.evicted, 0);
    EXPECT_LT(stats.keys, 6'000);
  }
}

TEST(LimiterMap, AFullMapGivesUpWhatIsSoonestWhole) {
  constexpr std::size_t kKeys = 4096;
  LimiterMap<GcraState> map(kKeys);
  const GcraRule rule = *GcraRule::make(1000, 1, seconds(60));
  const auto take_n = [&](std::uint64_t key, std::uint64_t n) {
    return map.with(key_of(key), kStart,
                    [&](GcraState& state) { return take(rule, state, kStart, n); });
  };
  for (std::uint64_t i = 0; i < 100; ++i) take_n(i, 1000);  // nothing left
  for (std::uint64_t i = 1000; i < 100'000; ++i) take_n(i, 1);
  const auto stats = map.stats();
  EXPECT_LE(stats.keys, kKeys);
  EXPECT_GE(stats.keys, kKeys * 9 / 10);
  EXPECT_EQ(stats.keys + stats.evicted, 100 + 99'000);
  EXPECT_LE(stats.bytes, (kKeys * 4 / 3 + 64 * 16) * 32);
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_FALSE(take_n(i, 1).allowed) << i;
}

TEST(LimiterMap, StaysSmallWhereKeysComeAndGo) {
  LimiterMap<GcraState> map(1'000'000);
  const GcraRule rule = *GcraRule::make(10, 10, seconds(1));
  base::Mono now = kStart;
  for (std::uint64_t i = 0; i < 300'000; ++i) {  // 1000 keys a second, none of them twice
    now += std::chrono::milliseconds(1);
    map.with(key_of(i), now, [&](GcraState& state) { return take(rule, state, now, 1); });
  }
  EXPECT_LT(map.stats().keys, 8'000);
  EXPECT_LT(map.stats().bytes, 1 << 20);
  EXPECT_EQ(map.stats().evicted, 0);
}

TEST(LimiterMap, HoldsOneKeyOrStatesOfAnySize) {
  LimiterMap<SlidingLogState<64>> map(1);
  const SlidingLogRule rule = *SlidingLogRule::make(2, seconds(1), 64);
  for (std::uint64_t i = 0; i < 100; ++i) {
    EXPECT_TRUE(
        map.with(key_of(i), kStart, [&](auto& state) { return take(rule, state, kStart, 2); })
            .allowed);
    EXPECT_FALSE(
        map.with(key_of(i), kStart, [&](auto& state) { return take(rule, state, kStart, 1); })
            .allowed);
  }
  EXPECT_EQ(map.stats().keys, 1);
}

// Of each key exactly its capacity passes, however many threads ask, and batches pass whole.
TEST(LimiterMap, ThreadsTakeExactlyWhatThereIs) {
  constexpr std::uint64_t kKeys = 300;
  constexpr std::uint64_t kCapacity = 40;
  LimiterMap<GcraState> map(10'000);
  const GcraRule rule = *GcraRule::make(kCapacity, 1, hours(24));
  std::array<std::atomic<std::uint64_t>, kKeys> passed{};
  const auto work = [&](std::uint64_t seed) {
    base::Random random(seed);
    for (int i = 0; i < 20'000; ++i) {
      if (random.chance(0.5)) {
        const std::uint64_t key = random.below(kKeys);
        const bool allowed =
            map.with(key_of(key), kStart,
                     [&](GcraState& state) { return take(rule, state, kStart, 1); })
                .allowed;
        passed[key] += allowed ? 1 : 0;
      } else {
        std::array<std::uint64_t, 4> numbers{};
        std::array<LimiterKey, 4> keys{};
        std::array<Decision, 4> decisions;
        for (std::size_t k = 0; k < 4; ++k) {
          numbers[k] = random.below(kKeys);
          keys[k] = key_of(numbers[k]);
        }
        const bool all = map.take_all(keys, kStart, decisions, [&](std::size_t, GcraState& state) {
          return take(rule, state, kStart, 1);
        });
        for (const std::uint64_t number : numbers) passed[number] += all ? 1 : 0;
      }
      if (i % 1000 == 0) static_cast<void>(map.stats());
    }
  };
  std::thread other(work, 1);
  work(2);
  other.join();
  // What batches left over, one by one.
  for (std::uint64_t key = 0; key < kKeys; ++key) {
    while (map.with(key_of(key), kStart,
                    [&](GcraState& state) { return take(rule, state, kStart, 1); })
               .allowed) {
      ++passed[key];
    }
    EXPECT_EQ(passed[key], kCapacity) << key;
  }
}

TEST(LimiterMap, ReadsAndWritesSeveralKeysAsOneStep) {
  LimiterMap<GcraState> map(1000);
  const GcraRule rule = *GcraRule::make(10, 1, hours(1));
  const std::array keys = {key_of(1), key_of(2)};
  map.with_all(keys, [&](auto& locked) {
    for (const LimiterKey key : keys) {
      EXPECT_EQ(locked.find(key), nullptr);
      GcraState state;
      const Decision decision = take(rule, state, kStart, 4);
      if (key == keys[0]) locked.put(key, kStart, state, decision.reset_after);
    }
  });
  const auto look = [&](const GcraState& state) { return peek(rule, state, kStart, 0).remaining; };
  EXPECT_EQ(map.peek(keys[0], look), 6);
  EXPECT_EQ(map.peek(keys[1], look), 10);
  EXPECT_EQ(map.stats().keys, 1);
}

TEST(LimiterMap, ACopyRestoresEveryKeyThatCounts) {
  LimiterMap<GcraState> map(100'000);
  const GcraRule brief = *GcraRule::make(10, 10, seconds(1));
  const GcraRule lasting = *GcraRule::make(10, 10, hours(1));
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const GcraRule& rule = i % 2 == 0 ? brief : lasting;
    map.with(key_of(i), kStart, [&](GcraState& state) { return take(rule, state, kStart, 3); });
  }
  std::vector<LimiterSlot<GcraState>> copied;
  for (std::size_t i = 0; i < map.stripe_count(); ++i) {
    map.copy_stripe(i, kStart + seconds(5), copied);
  }
  EXPECT_EQ(copied.size(), 2500);
  LimiterMap<GcraState> other(100'000);
  for (const auto& slot : copied) EXPECT_TRUE(other.restore(slot, kStart + seconds(60)));
  for (const auto& slot : copied) EXPECT_FALSE(other.restore(slot, kStart));  // there already
  for (std::uint64_t i = 1; i < 5000; i += 2) {
    EXPECT_EQ(other.peek(key_of(i),
                         [&](const GcraState& state) {
                           return peek(lasting, state, kStart, 0).remaining;
                         }),
              7);
  }
  LimiterMap<GcraState> third(100'000);
  LimiterSlot<GcraState> slot = copied[0];
  EXPECT_FALSE(third.restore(slot, kStart + hours(1)));  // idle
  slot.idle_at -= 1U << 31;
  EXPECT_FALSE(third.restore(slot, kStart));  // as far away as can be said
  slot = copied[0];
  slot.high = slot.low = 0;
  EXPECT_FALSE(third.restore(slot, kStart));
  EXPECT_EQ(third.stats().keys, 0);
}

// Others come and go and push keys about; what was there before the copy is in it.
TEST(LimiterMap, ACopyMissesNothingWhileKeysMove) {
  LimiterMap<GcraState> map(4000);
  const GcraRule lasting = *GcraRule::make(10, 10, hours(1));
  constexpr std::uint64_t kLasting = 1500;
  for (std::uint64_t i = 0; i < kLasting; ++i) {
    map.with(key_of(i), kStart, [&](GcraState& state) { return take(lasting, state, kStart, 3); });
  }
  std::atomic<bool> stop{false};
  std::thread churn([&] {
    base::Random random(5);
    while (!stop) {
      const std::uint64_t number = kLasting + random.below(1000);
      if (random.chance(0.5)) {
        map.forget(key_of(number));
      } else {
        map.with(key_of(number), kStart,
                 [&](GcraState& state) { return take(lasting, state, kStart, 1); });
      }
    }
  });
  std::vector<LimiterSlot<GcraState>> copied;
  for (int round = 0; round < 300; ++round) {
    copied.clear();
    for (std::size_t i = 0; i < map.stripe_count(); ++i) map.copy_stripe(i, kStart, copied);
    std::map<std::pair<std::uint64_t, std::uint32_t>, int> seen;
    for (const auto& slot : copied) ++seen[{slot.high, slot.low}];
    for (std::uint64_t i = 0; i < kLasting; ++i) {
      const LimiterKey key = key_of(i);
      ASSERT_EQ((seen[{key.high, key.low}]), 1) << "key " << i << " round " << round;
    }
  }
  stop = true;
  churn.join();
}

}  // namespace
}  // namespace ashlar::kit
