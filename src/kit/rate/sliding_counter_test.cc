#include "kit/rate/sliding_counter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "kit/rate/testing/limiter_checks.h"

namespace ashlar::kit {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

SlidingCounterRule rule_of(std::uint64_t limit, std::int64_t period_ns) {
  return *SlidingCounterRule::make(limit, Ns{period_ns});
}

TEST(SlidingCounter, RefusesWhatCouldOverflow) {
  EXPECT_STREQ(SlidingCounterRule::make(kMaxLimit + 1, Ns{1}).error().reason, "limit_too_large");
  EXPECT_STREQ(SlidingCounterRule::make(1, Ns{0}).error().reason, "bad_period");
  EXPECT_STREQ(SlidingCounterRule::make(1, kMaxPeriod + Ns{1}).error().reason, "bad_period");
}

TEST(SlidingCounter, TheWindowBeforeCountsForItsPart) {
  const SlidingCounterRule rule = rule_of(100, 60 * kSecond);
  SlidingCounterState state;
  EXPECT_EQ(take(rule, state, mono(59 * kSecond), 100),
            (Decision{true, 100, 0, Ns{0}, Ns{61 * kSecond}}));
  // A quarter into the next window three quarters of the hundred still count.
  const Decision quarter = take(rule, state, mono(75 * kSecond), 20);
  EXPECT_EQ(quarter, (Decision{true, 100, 5, Ns{0}, Ns{105 * kSecond}}));
  // 6 more need 74 * 60 / 100 of the window to be left.
  EXPECT_EQ(peek(rule, state, mono(75 * kSecond), 6).retry_after.count(), 600'000'000);
}

TEST(SlidingCounter, AnotherRuleJudgesWhatWasTakenUnderTheFirst) {
  SlidingCounterState state;
  take(rule_of(10, 60 * kSecond), state, mono(0), 8);
  const Decision less = peek(rule_of(4, 60 * kSecond), state, mono(0), 0);
  EXPECT_FALSE(less.allowed);
  EXPECT_EQ(less.retry_after, Ns{90 * kSecond});  // when half of the eight has slid out
  EXPECT_EQ(peek(rule_of(20, 60 * kSecond), state, mono(0), 0).remaining, 12);
}

// Counts of every window by number, the estimate as a fraction, and each take with its time.
struct Oracle {
  std::uint64_t limit;
  std::int64_t period_ns;
  std::map<std::int64_t, std::uint64_t> windows;
  std::vector<std::pair<std::int64_t, std::uint64_t>> passed;

  [[nodiscard]] std::int64_t number(std::int64_t now_ns) const {
    return (now_ns - (now_ns < 0 ? period_ns - 1 : 0)) / period_ns;
  }
  std::uint64_t count(std::int64_t window) {
    const auto found = windows.find(window);
    return found == windows.end() ? 0 : found->second;
  }
  // The estimate times the period.
  unsigned __int128 parts(std::int64_t now_ns) {
    const std::int64_t window = number(now_ns);
    const auto left = static_cast<std::uint64_t>((window + 1) * period_ns - now_ns);
    return static_cast<unsigned __int128>(count(window)) * static_cast<std::uint64_t>(period_ns) +
           static_cast<unsigned __int128>(count(window - 1)) * left;
  }
  bool take(std::int64_t now_ns, std::uint64_t cost) {
    const auto period = static_cast<unsigned __int128>(period_ns);
    if (parts(now_ns) + cost * period > limit * period) return false;
    windows[number(now_ns)] += cost;
    passed.emplace_back(now_ns, cost);
    return true;
  }
  void charge(std::int64_t now_ns, std::uint64_t cost) {
    std::uint64_t& current = windows[number(now_ns)];
    current += std::min(cost, sliding_counter::kMaxCount - current);
  }
  void refund(std::int64_t now_ns, std::uint64_t cost) {
    for (const std::int64_t window : {number(now_ns), number(now_ns) - 1}) {
      const std::uint64_t back = std::min(cost, count(window));
      windows[window] -= back;
      cost -= back;
    }
  }
  std::uint64_t remaining(std::int64_t now_ns) {
    const auto period = static_cast<unsigned __int128>(period_ns);
    if (parts(now_ns) > limit * period) return 0;
    return static_cast<std::uint64_t>((limit * period - parts(now_ns)) / period);
  }
};

constexpr std::uint64_t kLimits[] = {0, 1, 2, 7, 100, 1'000'000, kMaxLimit};
constexpr std::uint64_t kPeriods[] = {
    1, 2, 7, 1000, kSecond, 60 * kSecond, 86'400 * kSecond, 1ULL << 58};

TEST(SlidingCounter, AgreesWithTheFractionOnRandomWalks) {
  const std::uint64_t seed = ::testing::UnitTest::GetInstance()->random_seed() + 1;
  base::Random random(seed);
  for (int round = 0; round < 400; ++round) {
    const auto period_ns = static_cast<std::int64_t>(pick(random, kPeriods));
    const SlidingCounterRule rule = rule_of(pick(random, kLimits), period_ns);
    const auto start_ns = static_cast<std::int64_t>(random.next() >> 2) - (1LL << 61);
    SCOPED_TRACE(::testing::Message() << "seed " << seed << " round " << round);
    Oracle oracle{rule.limit(), period_ns, {}, {}};
    check_walk<SlidingCounterState>(rule, oracle, random, start_ns, period_ns, 2500,
                                    Ns{3 * period_ns});
    if (HasFatalFailure()) return;
  }
}

// The bounds that the header states, for traffic that comes evenly, in bursts and around edges.
TEST(SlidingCounter, ItsErrorStaysWithinTheStatedBounds) {
  constexpr std::int64_t kPeriod = 1000;
  base::Random random(5);
  std::int64_t most_in_a_span = 0;
  for (int round = 0; round < 20; ++round) {
    Oracle oracle{50, kPeriod, {}, {}};
    std::int64_t now_ns = 0;
    std::size_t first = 0;
    std::int64_t in_span = 0;
    for (int i = 0; i < 10'000; ++i) {
      now_ns += static_cast<std::int64_t>(random.chance(0.01) ? random.below(2000)
                                                              : random.below(2 + round * 3));
      if (oracle.take(now_ns, 1)) ++in_span;
      while (first < oracle.passed.size() && oracle.passed[first].first <= now_ns - kPeriod) {
        ++first;
        --in_span;
      }
      most_in_a_span = std::max(most_in_a_span, in_span);
      const std::int64_t window = oracle.number(now_ns);
      const auto previous = static_cast<double>(oracle.count(window - 1));
      const double passed_part = static_cast<double>(now_ns - window * kPeriod) / kPeriod;
      const double estimate = static_cast<double>(oracle.parts(now_ns)) / kPeriod;
      ASSERT_LE(static_cast<double>(in_span), estimate + previous * passed_part + 1e-6);
      ASSERT_GE(static_cast<double>(in_span), estimate - previous * (1 - passed_part) - 1e-6);
      ASSERT_LE(oracle.count(window), 50);
    }
  }
  EXPECT_LT(most_in_a_span, 100);
  EXPECT_GT(most_in_a_span, 50);
}

TEST(SlidingCounter, AnyBitsAreAState) {
  base::Random random(11);
  for (int i = 0; i < 200'000; ++i) {
    const auto period_ns = static_cast<std::int64_t>(pick(random, kPeriods));
    const SlidingCounterRule rule = rule_of(pick(random, kLimits), period_ns);
    SlidingCounterState state{static_cast<std::int64_t>(random.next() >> random.below(64)),
                              random.next() >> random.below(64), random.next() >> random.below(64)};
    if (i % 2 == 0) state.end_ns -= state.end_ns % period_ns;
    const auto now_ns = static_cast<std::int64_t>(random.next() >> 2) - (1LL << 61);
    const bool of_this_grid = state.end_ns % period_ns == 0;
    check_decision(rule, state, now_ns, random_cost(random, rule.limit()), Ns{3 * period_ns},
                   of_this_grid);
    if (HasFatalFailure()) {
      FAIL() << "state " << state.end_ns << ' ' << state.current << ' ' << state.previous;
    }
  }
}

}  // namespace
}  // namespace ashlar::kit
