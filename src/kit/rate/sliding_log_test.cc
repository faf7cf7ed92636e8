#include "kit/rate/sliding_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include "kit/rate/testing/limiter_checks.h"

namespace ashlar::kit {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::size_t kEntries = 32;
using State = SlidingLogState<kEntries>;

SlidingLogRule rule_of(std::uint64_t limit, std::int64_t period_ns) {
  return *SlidingLogRule::make(limit, Ns{period_ns}, kEntries);
}

TEST(SlidingLog, RefusesWhatCouldOverflow) {
  const auto reason = [](std::uint64_t limit, Ns period, std::size_t entries) {
    return std::string_view(SlidingLogRule::make(limit, period, entries).error().reason);
  };
  EXPECT_EQ(reason(kMaxLimit + 1, Ns{1}, 2), "limit_too_large");
  EXPECT_EQ(reason(1, kMaxPeriod + Ns{1}, 2), "bad_period");
  EXPECT_EQ(reason(1, Ns{1}, 1), "bad_entries");
  EXPECT_EQ(reason(1, Ns{1}, (std::size_t{1} << 20) + 1), "bad_entries");
}

TEST(SlidingLog, ATakeCountsForOnePeriod) {
  const SlidingLogRule rule = rule_of(3, kSecond);
  State state;
  EXPECT_EQ(take(rule, state, mono(0), 1), (Decision{true, 3, 2, Ns{0}, Ns{kSecond}}));
  EXPECT_TRUE(take(rule, state, mono(10), 2).allowed);
  EXPECT_EQ(take(rule, state, mono(20), 1),
            (Decision{false, 3, 0, Ns{kSecond - 20}, Ns{kSecond - 10}}));
  EXPECT_EQ(take(rule, state, mono(20), 2).retry_after, Ns{kSecond - 10});
  EXPECT_FALSE(take(rule, state, mono(kSecond - 1), 1).allowed);
  EXPECT_TRUE(take(rule, state, mono(kSecond), 1).allowed);
}

// Every take with its time, added up anew each time.
struct Oracle {
  std::uint64_t limit;
  std::int64_t period_ns;
  std::deque<std::pair<std::int64_t, std::uint64_t>> log;

  void forget(std::int64_t now_ns) {
    while (!log.empty() && now_ns - log.front().first >= period_ns) log.pop_front();
  }
  std::uint64_t used(std::int64_t now_ns) {
    forget(now_ns);
    std::uint64_t used = 0;
    for (const auto& [at_ns, cost] : log) used += cost;
    return used;
  }
  std::uint64_t remaining(std::int64_t now_ns) {
    return used(now_ns) < limit ? limit - used(now_ns) : 0;
  }
  bool take(std::int64_t now_ns, std::uint64_t cost) {
    if (used(now_ns) > limit || cost > limit - used(now_ns)) return false;
    charge(now_ns, cost);
    return true;
  }
  // Shares an entry as the ring of kEntries has to.
  void charge(std::int64_t now_ns, std::uint64_t cost) {
    cost = std::min(cost, kMaxLimit - used(now_ns));
    if (cost == 0) return;
    if (!log.empty() && (log.size() == kEntries || log.back().first == now_ns)) {
      log.back() = {now_ns, log.back().second + cost};
    } else {
      log.emplace_back(now_ns, cost);
    }
  }
  void refund(std::int64_t now_ns, std::uint64_t cost) {
    forget(now_ns);
    while (cost > 0 && !log.empty()) {
      const std::uint64_t back = std::min(cost, log.back().second);
      log.back().second -= back;
      cost -= back;
      if (log.back().second == 0) log.pop_back();
    }
  }
};

constexpr std::uint64_t kPeriods[] = {
    1, 2, 7, 1000, kSecond, 60 * kSecond, 86'400 * kSecond, 1ULL << 58};

TEST(SlidingLog, AgreesWithALogOfEverythingOnRandomWalks) {
  constexpr std::uint64_t kLimits[] = {0, 1, 2, 7, 31, 32};
  const std::uint64_t seed = ::testing::UnitTest::GetInstance()->random_seed() + 1;
  base::Random random(seed);
  for (int round = 0; round < 300; ++round) {
    const auto period_ns = static_cast<std::int64_t>(pick(random, kPeriods));
    const SlidingLogRule rule = rule_of(pick(random, kLimits), period_ns);
    ASSERT_EQ(rule.grain_ns(), 1);
    const auto start_ns = static_cast<std::int64_t>(random.next() >> 2) - (1LL << 61);
    SCOPED_TRACE(::testing::Message() << "seed " << seed << " round " << round);
    Oracle oracle{rule.limit(), period_ns, {}};
    check_walk<State>(rule, oracle, random, start_ns, period_ns, 2500, Ns{2 * period_ns});
    if (HasFatalFailure()) return;
  }
}

// More than the ring has entries: never above the limit, and never later than one grain.
TEST(SlidingLog, ALimitAboveItsEntriesCountsForAGrainLongerAtMost) {
  base::Random random(17);
  for (int round = 0; round < 40; ++round) {
    const auto period_ns = static_cast<std::int64_t>(1 + random.below(100'000));
    const SlidingLogRule rule = rule_of(33 + random.below(2000), period_ns);
    State state;
    std::deque<std::pair<std::int64_t, std::uint64_t>> log;  // of what passed
    const auto sum_since = [&](std::int64_t after_ns) {
      std::uint64_t sum = 0;
      for (const auto& [at_ns, cost] : log) sum += at_ns > after_ns ? cost : 0;
      return sum;
    };
    std::int64_t now_ns = -50'000;
    const auto grain_ns = static_cast<std::int64_t>(rule.grain_ns());
    for (int i = 0; i < 4000; ++i) {
      now_ns +=
          static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(period_ns) / 64 + 2));
      const std::uint64_t cost = random.below(rule.limit() / 20 + 2);
      const bool allowed = take(rule, state, mono(now_ns), cost).allowed;
      ASSERT_TRUE(state.well_formed());
      while (!log.empty() && log.front().first <= now_ns - period_ns - grain_ns) log.pop_front();
      if (allowed) {
        log.emplace_back(now_ns, cost);
        ASSERT_LE(sum_since(now_ns - period_ns), rule.limit());
      } else {
        ASSERT_GT(sum_since(now_ns - period_ns - grain_ns) + cost, rule.limit());
      }
      check_decision(rule, state, now_ns, cost, Ns{2 * period_ns});
      if (HasFatalFailure()) FAIL() << "round " << round << " step " << i;
    }
  }
}

TEST(SlidingLog, AnotherRuleKeepsTheLog) {
  base::Random random(19);
  for (int round = 0; round < 2000; ++round) {
    State state;
    std::int64_t now_ns = 0;
    for (int i = 0; i < 100; ++i) {
      const SlidingLogRule rule =
          rule_of(random.below(200), static_cast<std::int64_t>(1 + random.below(5000)));
      now_ns += random_step_ns(random, 100);
      const std::uint64_t cost = random_cost(random, rule.limit());
      check_decision(rule, state, now_ns, cost,
                     Ns{2 * static_cast<std::int64_t>(rule.period_ns())});
      const std::uint64_t used = rule.limit() - peek(rule, state, mono(now_ns), 0).remaining;
      if (take(rule, state, mono(now_ns), cost).allowed) {
        ASSERT_EQ(state.used, used + cost);
      }
      ASSERT_TRUE(state.well_formed());
      if (HasFatalFailure()) FAIL() << "round " << round << " step " << i;
    }
  }
}

TEST(SlidingLog, KnowsAWellFormedState) {
  State state;
  EXPECT_TRUE(state.well_formed());
  take(rule_of(3, kSecond), state, mono(5), 1);
  take(rule_of(3, kSecond), state, mono(6), 2);
  EXPECT_TRUE(state.well_formed());
  const auto spoilt = [&](auto&& spoil) {
    State copy = state;
    spoil(copy);
    return !copy.well_formed();
  };
  EXPECT_TRUE(spoilt([](State& s) { s.used = 4; }));
  EXPECT_TRUE(spoilt([](State& s) { s.first = kEntries; }));
  EXPECT_TRUE(spoilt([](State& s) { s.count = kEntries + 1; }));
  EXPECT_TRUE(spoilt([](State& s) { s.entry(1).at_ns = 4; }));
  EXPECT_TRUE(spoilt([](State& s) { s.entry(1).at_ns = INT64_MAX; }));
  EXPECT_TRUE(spoilt([](State& s) { s.entry(1).cost = UINT64_MAX; }));
}

}  // namespace
}  // namespace ashlar::kit
