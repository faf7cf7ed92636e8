#include "kit/rate/token_bucket.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

#include "kit/rate/testing/exact_bucket.h"
#include "kit/rate/testing/limiter_checks.h"

namespace ashlar::kit {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TokenBucketRule rule_of(std::uint64_t capacity, std::uint64_t amount, std::int64_t period_ns) {
  return *TokenBucketRule::make(capacity, amount, Ns{period_ns});
}

TEST(TokenBucket, RefusesWhatCouldOverflow) {
  const auto reason = [](std::uint64_t capacity, std::uint64_t amount, Ns period) {
    return std::string_view(TokenBucketRule::make(capacity, amount, period).error().reason);
  };
  EXPECT_EQ(reason(kMaxLimit + 1, 1, Ns{1}), "limit_too_large");
  EXPECT_EQ(reason(1, 1, Ns{0}), "bad_period");
  EXPECT_EQ(reason(1, 0, Ns{1}), "bad_amount");
  EXPECT_EQ(reason(1, kMaxLimit + 1, Ns{1}), "bad_amount");
  EXPECT_EQ(reason(1'000'000, 1, std::chrono::hours(1)), "fill_too_long");
  EXPECT_TRUE(TokenBucketRule::make(kMaxLimit, kMaxLimit, kMaxPeriod).ok());
}

TEST(TokenBucket, GivesTheBurstAndThenTheRate) {
  const TokenBucketRule rule = rule_of(10, 3, kSecond);
  TokenBucketState state;
  EXPECT_EQ(take(rule, state, mono(0), 10), (Decision{true, 10, 0, Ns{0}, Ns{3'333'333'334}}));
  EXPECT_EQ(take(rule, state, mono(0), 1),
            (Decision{false, 10, 0, Ns{333'333'334}, Ns{3'333'333'334}}));
  EXPECT_FALSE(take(rule, state, mono(333'333'333), 1).allowed);
  EXPECT_TRUE(take(rule, state, mono(333'333'334), 1).allowed);
}

// What a double would lose: a third of a token a nanosecond, asked for a million times.
TEST(TokenBucket, NothingDriftsInYears) {
  const TokenBucketRule rule = rule_of(1000, 7, 3'000'000'011);
  TokenBucketState state;
  take(rule, state, mono(0), 1000);
  std::int64_t now_ns = 0;
  std::uint64_t passed = 0;
  base::Random random(3);
  for (int i = 0; i < 1'000'000; ++i) {
    now_ns += static_cast<std::int64_t>(random.below(60 * kSecond));
    passed += peek(rule, state, mono(now_ns), 0).remaining;
    take(rule, state, mono(now_ns), peek(rule, state, mono(now_ns), 0).remaining);
  }
  ASSERT_GT(now_ns, 300 * 86'400 * kSecond);
  EXPECT_EQ(passed, static_cast<std::uint64_t>(static_cast<__int128>(now_ns) * 7 / 3'000'000'011));
}

TEST(TokenBucket, AnotherRuleKeepsTheTokens) {
  TokenBucketState state;
  take(rule_of(100, 100, kSecond), state, mono(0), 70);
  EXPECT_EQ(peek(rule_of(100, 1, kSecond), state, mono(0), 0).remaining, 30);
  EXPECT_EQ(peek(rule_of(20, 1, kSecond), state, mono(0), 0).remaining, 20);
  EXPECT_EQ(peek(rule_of(500, 1, kSecond), state, mono(0), 0).remaining, 30);
}

constexpr std::uint64_t kCapacities[] = {0, 1, 2, 7, 100, 1'000'000, kMaxLimit};
constexpr std::uint64_t kAmounts[] = {1, 2, 3, 7, 100, 999'983, kMaxLimit};
constexpr std::uint64_t kPeriods[] = {
    1, 2, 7, 1000, kSecond, 60 * kSecond, 86'400 * kSecond, 1ULL << 58};

TEST(TokenBucket, AgreesWithExactFractionsOnRandomWalks) {
  const std::uint64_t seed = ::testing::UnitTest::GetInstance()->random_seed() + 1;
  base::Random random(seed);
  for (int round = 0; round < 400;) {
    const auto period_ns = static_cast<std::int64_t>(pick(random, kPeriods));
    const auto rule =
        TokenBucketRule::make(pick(random, kCapacities), pick(random, kAmounts), Ns{period_ns});
    if (!rule.ok()) continue;
    SCOPED_TRACE(::testing::Message() << "seed " << seed << " round " << round);
    const auto start_ns = static_cast<std::int64_t>(random.next() >> 2) - (1LL << 61);
    // Steps of the size in which tokens come.
    const auto scale_ns = static_cast<std::int64_t>(rule->fill_ns() / 2 + 1);
    ExactBucket oracle(rule->capacity(), rule->amount(), rule->period_ns());
    const Ns longest{static_cast<std::int64_t>(rule->fill_ns()) + period_ns};
    check_walk<TokenBucketState>(*rule, oracle, random, start_ns, scale_ns, 2500, longest);
    if (HasFatalFailure()) return;
    ++round;
  }
}

TEST(TokenBucket, AClockThatJumpsAboutGrantsNoMoreThanItsStepsForward) {
  check_jumping_clock<TokenBucketState>(rule_of(20, 5, 1000));
}

TEST(TokenBucket, AnyBitsAreAState) {
  base::Random random(11);
  for (int i = 0; i < 200'000; ++i) {
    const auto rule = TokenBucketRule::make(pick(random, kCapacities), pick(random, kAmounts),
                                            Ns{static_cast<std::int64_t>(pick(random, kPeriods))});
    if (!rule.ok()) continue;
    const TokenBucketState state{static_cast<std::int64_t>(random.next() >> random.below(64)),
                                 random.next() >> random.below(64),
                                 random.next() >> random.below(64)};
    const auto now_ns = static_cast<std::int64_t>(random.next() >> 2) - (1LL << 61);
    check_decision(*rule, state, now_ns, random_cost(random, rule->capacity()),
                   Ns{static_cast<std::int64_t>(rule->fill_ns() + rule->period_ns())});
    if (HasFatalFailure()) {
      FAIL() << "state " << state.at_ns << ' ' << state.tokens << ' ' << state.rest;
    }
  }
}

}  // namespace
}  // namespace ashlar::kit
