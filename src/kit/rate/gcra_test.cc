#include "kit/rate/gcra.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

#include "kit/rate/testing/exact_bucket.h"
#include "kit/rate/testing/limiter_checks.h"
#include "kit/rate/token_bucket.h"

namespace ashlar::kit {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

GcraRule rule_of(std::uint64_t capacity, std::uint64_t amount, std::int64_t period_ns) {
  return *GcraRule::make(capacity, amount, Ns{period_ns});
}

TEST(Gcra, RefusesWhatCouldOverflow) {
  const auto reason = [](std::uint64_t capacity, std::uint64_t amount, Ns period) {
    return std::string_view(GcraRule::make(capacity, amount, period).error().reason);
  };
  EXPECT_EQ(reason(kMaxLimit + 1, 1, Ns{1}), "limit_too_large");
  EXPECT_EQ(reason(1, 1, Ns{0}), "bad_period");
  EXPECT_EQ(reason(1, 0, Ns{1}), "bad_amount");
  EXPECT_EQ(reason(1'000'000, 1, std::chrono::hours(1)), "fill_too_long");
}

// CL.THROTTLE key max_burst count period quantity, as redis-cell and Dragonfly answer it:
// [limited, limit, remaining, retry_after_s or -1, reset_after_s].
std::array<std::int64_t, 5> throttle(GcraState& state, std::uint64_t max_burst, std::uint64_t count,
                                     std::int64_t period_s, std::uint64_t quantity,
                                     std::int64_t now_ns) {
  const GcraRule rule = rule_of(max_burst + 1, count, period_s * kSecond);
  const Decision d = take(rule, state, mono(now_ns), quantity);
  return {d.allowed ? 0 : 1, static_cast<std::int64_t>(d.limit),
          static_cast<std::int64_t>(d.remaining), d.allowed ? -1 : d.retry_after.count() / kSecond,
          d.reset_after.count() / kSecond};
}

TEST(Gcra, AnswersClThrottle) {
  GcraState state;
  const std::int64_t now = 1'700'000'000 * kSecond + 123;
  EXPECT_EQ(throttle(state, 0, 1, 2, 1, now), (std::array<std::int64_t, 5>{0, 1, 0, -1, 2}));
  EXPECT_EQ(throttle(state, 0, 1, 2, 1, now), (std::array<std::int64_t, 5>{1, 1, 0, 2, 2}));
  GcraState wide;  // the example of redis-cell's README: 15 30 60 1
  EXPECT_EQ(throttle(wide, 15, 30, 60, 1, now), (std::array<std::int64_t, 5>{0, 16, 15, -1, 2}));
}

TEST(Gcra, GivesTheBurstAndThenTheRate) {
  const GcraRule rule = rule_of(10, 3, kSecond);
  GcraState state;
  EXPECT_EQ(take(rule, state, mono(0), 10), (Decision{true, 10, 0, Ns{0}, Ns{3'333'333'334}}));
  EXPECT_EQ(take(rule, state, mono(0), 1),
            (Decision{false, 10, 0, Ns{333'333'334}, Ns{3'333'333'334}}));
  EXPECT_FALSE(take(rule, state, mono(333'333'333), 1).allowed);
  EXPECT_TRUE(take(rule, state, mono(333'333'334), 1).allowed);
}

TEST(Gcra, AnotherRuleKeepsTheDebtAsATime) {
  GcraState state;
  take(rule_of(100, 10, kSecond), state, mono(0), 50);  // 5 s
  EXPECT_EQ(peek(rule_of(100, 100, kSecond), state, mono(0), 0).remaining, 0);
  EXPECT_EQ(peek(rule_of(100, 100, kSecond), state, mono(0), 1).retry_after, Ns{10'000'000});
  EXPECT_EQ(peek(rule_of(100, 1, kSecond), state, mono(0), 0).remaining, 95);
}

TEST(Gcra, AStepBackCostsWhoOwesNothingNothing) {
  const GcraRule rule = rule_of(10, 10, kSecond);
  GcraState state;
  take(rule, state, mono(0), 1);
  take(rule, state, mono(100 * kSecond), 0);
  EXPECT_EQ(peek(rule, state, mono(50 * kSecond), 0).remaining, 10);
}

constexpr std::uint64_t kCapacities[] = {0, 1, 2, 7, 100, 1'000'000, kMaxLimit};
constexpr std::uint64_t kAmounts[] = {1, 2, 3, 7, 100, 999'983, kMaxLimit};
constexpr std::uint64_t kPeriods[] = {
    1, 2, 7, 1000, kSecond, 60 * kSecond, 86'400 * kSecond, 1ULL << 58};

TEST(Gcra, AgreesWithExactFractionsOnRandomWalks) {
  const std::uint64_t seed = ::testing::UnitTest::GetInstance()->random_seed() + 1;
  base::Random random(seed);
  for (int round = 0; round < 400;) {
    const auto period_ns = static_cast<std::int64_t>(pick(random, kPeriods));
    const auto rule =
        GcraRule::make(pick(random, kCapacities), pick(random, kAmounts), Ns{period_ns});
    if (!rule.ok()) continue;
    SCOPED_TRACE(::testing::Message() << "seed " << seed << " round " << round);
    const auto start_ns = static_cast<std::int64_t>(random.next() >> 2) - (1LL << 61);
    const auto scale_ns = static_cast<std::int64_t>(rule->fill().ns / 2 + 1);
    ExactBucket oracle(rule->capacity(), rule->amount(), rule->period_ns());
    const Ns longest{static_cast<std::int64_t>(rule->fill().ns) + period_ns + 1};
    check_walk<GcraState>(*rule, oracle, random, start_ns, scale_ns, 2500, longest);
    if (HasFatalFailure()) return;
    ++round;
  }
}

TEST(Gcra, IsATokenBucket) {
  base::Random random(13);
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t capacity = 1 + random.below(1000);
    const std::uint64_t amount = 1 + random.below(1000);
    const auto period_ns = static_cast<std::int64_t>(1 + random.below(10'000));
    const GcraRule gcra = rule_of(capacity, amount, period_ns);
    const TokenBucketRule bucket = *TokenBucketRule::make(capacity, amount, Ns{period_ns});
    GcraState a;
    TokenBucketState b;
    std::int64_t now_ns = 0;
    for (int i = 0; i < 5000; ++i) {
      now_ns += random_step_ns(random, static_cast<std::int64_t>(bucket.fill_ns() / 4 + 1));
      const std::uint64_t cost = random_cost(random, capacity);
      ASSERT_EQ(take(gcra, a, mono(now_ns), cost), take(bucket, b, mono(now_ns), cost));
    }
  }
}

TEST(Gcra, AClockThatJumpsAboutGrantsNoMoreThanItsStepsForward) {
  check_jumping_clock<GcraState>(rule_of(20, 5, 1000));
}

TEST(Gcra, AnyBitsAreAState) {
  base::Random random(11);
  for (int i = 0; i < 200'000; ++i) {
    const auto rule = GcraRule::make(pick(random, kCapacities), pick(random, kAmounts),
                                     Ns{static_cast<std::int64_t>(pick(random, kPeriods))});
    if (!rule.ok()) continue;
    const GcraState state{static_cast<std::int64_t>(random.next() >> random.below(64)),
                          random.next() >> random.below(64)};
    const auto now_ns = static_cast<std::int64_t>(random.next() >> 2) - (1LL << 61);
    check_decision(*rule, state, now_ns, random_cost(random, rule->capacity()),
                   Ns{static_cast<std::int64_t>(rule->fill().ns + rule->period_ns() + 1)});
    if (HasFatalFailure()) FAIL() << "state " << state.tat_ns << ' ' << state.tat_rest;
  }
}

}  // namespace
}  // namespace ashlar::kit
