#include "kit/rate/fixed_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "kit/rate/testing/limiter_checks.h"

namespace ashlar::kit {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

FixedWindowRule rule_of(std::uint64_t limit, std::int64_t period_ns, std::int64_t phase_ns = 0) {
  return *FixedWindowRule::make(limit, Ns{period_ns}, Ns{phase_ns});
}

TEST(FixedWindow, RefusesWhatCouldOverflow) {
  EXPECT_STREQ(FixedWindowRule::make(kMaxLimit + 1, Ns{1}).error().reason, "limit_too_large");
  EXPECT_STREQ(FixedWindowRule::make(1, Ns{0}).error().reason, "bad_period");
  EXPECT_STREQ(FixedWindowRule::make(1, Ns{-1}).error().reason, "bad_period");
  EXPECT_STREQ(FixedWindowRule::make(1, kMaxPeriod + Ns{1}).error().reason, "bad_period");
  EXPECT_TRUE(FixedWindowRule::make(kMaxLimit, kMaxPeriod).ok());
}

TEST(FixedWindow, WindowsBeginAtTheEpochOrAtThePhase) {
  const std::int64_t noon = 1'700'000'000 * kSecond;  // 20 s into a minute
  FixedWindowState state;
  const Decision first = take(rule_of(2, 60 * kSecond), state, mono(noon), 1);
  EXPECT_EQ(first, (Decision{true, 2, 1, Ns{0}, Ns{40 * kSecond}}));
  EXPECT_TRUE(take(rule_of(2, 60 * kSecond), state, mono(noon), 1).allowed);
  EXPECT_EQ(take(rule_of(2, 60 * kSecond), state, mono(noon), 1),
            (Decision{false, 2, 0, Ns{40 * kSecond}, Ns{40 * kSecond}}));
  EXPECT_TRUE(take(rule_of(2, 60 * kSecond), state, mono(noon + 40 * kSecond), 1).allowed);

  const FixedWindowRule shifted = rule_of(2, 60 * kSecond, 25 * kSecond);
  EXPECT_EQ(shifted.grid().end_after(noon), noon + 5 * kSecond);
  EXPECT_EQ(shifted.grid().end_after(noon + 5 * kSecond), noon + 65 * kSecond);
  EXPECT_EQ(rule_of(2, 60 * kSecond, -35 * kSecond).grid().end_after(noon), noon + 5 * kSecond);
  EXPECT_EQ(rule_of(2, 60 * kSecond).grid().end_after(-1), 0);
  EXPECT_EQ(rule_of(2, 60 * kSecond).grid().end_after(0), 60 * kSecond);
}

TEST(FixedWindow, AnotherRuleJudgesWhatWasTakenUnderTheFirst) {
  FixedWindowState state;
  take(rule_of(10, 60 * kSecond), state, mono(0), 8);
  EXPECT_EQ(peek(rule_of(5, 60 * kSecond), state, mono(0), 0),
            (Decision{false, 5, 0, Ns{60 * kSecond}, Ns{60 * kSecond}}));
  EXPECT_EQ(peek(rule_of(20, 3600 * kSecond), state, mono(0), 0).remaining, 12);
  // A window that would run for 60 s more under a period of 1 s ends with the current second.
  EXPECT_EQ(peek(rule_of(10, kSecond), state, mono(0), 3).retry_after, Ns{kSecond});
}

TEST(FixedWindow, AStepBackAcrossAnEdgeGrantsNothingHoweverOften) {
  const FixedWindowRule rule = rule_of(10, 60 * kSecond);
  FixedWindowState state;
  std::uint64_t passed = 0;
  for (int i = 0; i < 1000; ++i) {  // two threads whose clocks differ by 2 ns, around an edge
    passed += take(rule, state, mono(60 * kSecond + (i % 2 == 0 ? 1 : -1)), 1).allowed ? 1 : 0;
  }
  EXPECT_EQ(passed, 10);
}

struct Oracle {
  std::uint64_t limit;
  std::int64_t period_ns;
  std::int64_t phase_ns;
  std::map<__int128, std::uint64_t> used;  // by the number of the window
  std::vector<std::pair<std::int64_t, std::uint64_t>> passed;

  std::uint64_t& window(std::int64_t now_ns) {
    __int128 into = static_cast<__int128>(now_ns) - phase_ns;
    __int128 number = 0;
    if (into < 0) number = -((-into + period_ns - 1) / period_ns);
    if (into >= 0) number = into / period_ns;
    return used[number];
  }
  bool take(std::int64_t now_ns, std::uint64_t cost) {
    std::uint64_t& count = window(now_ns);
    if (static_cast<__int128>(count) + cost > limit) return false;
    count += cost;
    passed.emplace_back(now_ns, cost);
    return true;
  }
  void charge(std::int64_t now_ns, std::uint64_t cost) {
    std::uint64_t& count = window(now_ns);
    count = cost > UINT64_MAX - count ? UINT64_MAX : count + cost;
  }
  void refund(std::int64_t now_ns, std::uint64_t cost) {
    std::uint64_t& count = window(now_ns);
    count = count > cost ? count - cost : 0;
  }
  std::uint64_t remaining(std::int64_t now_ns) {
    return window(now_ns) < limit ? limit - window(now_ns) : 0;
  }
};

constexpr std::uint64_t kLimits[] = {0, 1, 2, 7, 100, 1'000'000, kMaxLimit};
constexpr std::uint64_t kPeriods[] = {
    1, 2, 7, 1000, kSecond, 60 * kSecond, 86'400 * kSecond, 1ULL << 58};

TEST(FixedWindow, AgreesWithAnExactCountOnRandomWalks) {
  const std::uint64_t seed = ::testing::UnitTest::GetInstance()->random_seed() + 1;
  base::Random random(seed);
  for (int round = 0; round < 400; ++round) {
    const auto period_ns = static_cast<std::int64_t>(pick(random, kPeriods));
    const auto phase_ns = static_cast<std::int64_t>(random.next() >> 6) - (1LL << 57);
    const FixedWindowRule rule = rule_of(pick(random, kLimits), period_ns, phase_ns);
    const auto start_ns = static_cast<std::int64_t>(random.next() >> 2) - (1LL << 61);
    SCOPED_TRACE(::testing::Message() << "seed " << seed << " round " << round);
    Oracle oracle{rule.limit(), period_ns, phase_ns % period_ns, {}, {}};
    check_walk<FixedWindowState>(rule, oracle, random, start_ns, period_ns, 2500,
                                 Ns{2 * period_ns});
    if (HasFatalFailure()) return;
  }
}

TEST(FixedWindow, AtMostTwiceTheLimitPassesWithinAnyPeriod) {
  base::Random random(7);
  const FixedWindowRule rule = rule_of(20, 1000);
  FixedWindowState state;
  std::vector<std::int64_t> passed;
  std::int64_t now_ns = 0;
  for (int i = 0; i < 200'000; ++i) {
    now_ns += static_cast<std::int64_t>(random.below(60));
    if (take(rule, state, mono(now_ns), 1).allowed) passed.push_back(now_ns);
  }
  std::size_t most = 0;
  for (std::size_t first = 0, last = 0; last < passed.size(); ++last) {
    while (passed[last] - passed[first] >= 1000) ++first;
    most = std::max(most, last - first + 1);
  }
  EXPECT_LE(most, 40);
  EXPECT_GT(most, 20);  // and that it may: what the header warns of
}

TEST(FixedWindow, AnyBitsAreAState) {
  base::Random random(11);
  for (int i = 0; i < 200'000; ++i) {
    const auto period_ns = static_cast<std::int64_t>(pick(random, kPeriods));
    const FixedWindowRule rule = rule_of(pick(random, kLimits), period_ns);
    const FixedWindowState state{static_cast<std::int64_t>(random.next() >> random.below(64)),
                                 random.next() >> random.below(64)};
    const auto now_ns = static_cast<std::int64_t>(random.next() >> 2) - (1LL << 61);
    check_decision(rule, state, now_ns, random_cost(random, rule.limit()), Ns{2 * period_ns});
    if (HasFatalFailure()) FAIL() << "state " << state.end_ns << ' ' << state.used;
  }
}

}  // namespace
}  // namespace ashlar::kit
