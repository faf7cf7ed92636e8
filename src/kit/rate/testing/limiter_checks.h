// What holds for every limiter of kit/rate, checked at one state and one instant, or along a random
// walk in time. For tests (GoogleTest). A Rule and a State of one algorithm go together; `where` is
// printed with a failure.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/random.h"
#include "base/time.h"
#include "kit/rate/bounds.h"
#include "kit/rate/decision.h"
#include "kit/rate/testing/limiter_draws.h"

namespace ashlar::kit {

// 1. peek changes nothing and says what take says. 2. What is denied takes nothing. 3. retry_after
// and reset_after are right to the nanosecond. 4. A refund gives back at most what was taken. 5. A
// charge says what take says where it fits, and else holds up what comes after.
// `longest_wait`: what decision.h bounds waiting by. Not `exact`: the times of 3 may be too long.
template <class Rule, class State>
void check_decision(const Rule& rule, const State& state, std::int64_t now_ns, std::uint64_t cost,
                    Ns longest_wait, bool exact = true) {
  const base::Mono now = mono(now_ns);
  const State before = state;
  const Decision seen = peek(rule, state, now, cost);
  ASSERT_EQ(state, before);
  State taken = state;
  ASSERT_EQ(take(rule, taken, now, cost), seen);

  const Decision idle = peek(rule, state, now, 0);
  ASSERT_LE(seen.remaining, seen.limit);
  ASSERT_LE(idle.reset_after, longest_wait);
  if (seen.allowed) {
    ASSERT_EQ(seen.retry_after.count(), 0);
    ASSERT_EQ(seen.remaining, idle.remaining - cost);
  } else {
    ASSERT_EQ(seen.remaining, idle.remaining);
    ASSERT_EQ(peek(rule, taken, now, 0), idle);
    if (cost > seen.limit) {
      ASSERT_EQ(seen.retry_after, kNeverFits);
    } else {
      ASSERT_GT(seen.retry_after.count(), 0);
      ASSERT_LE(seen.retry_after, longest_wait);
      ASSERT_TRUE(peek(rule, taken, now + seen.retry_after, cost).allowed);
      if (exact) {
        ASSERT_FALSE(peek(rule, taken, now + seen.retry_after - Ns{1}, cost).allowed);
      }
    }
  }
  const Decision after_reset = peek(rule, taken, now + seen.reset_after, 0);
  ASSERT_EQ(after_reset.remaining, seen.limit);
  ASSERT_EQ(after_reset.reset_after.count(), 0);
  if (exact && seen.reset_after.count() > 0) {
    ASSERT_GT(peek(rule, taken, now + seen.reset_after - Ns{1}, 0).reset_after.count(), 0);
  }
  State charged = state;
  const Decision bill = charge(rule, charged, now, cost);
  ASSERT_EQ(bill.allowed, seen.allowed);
  if (seen.allowed) {
    ASSERT_EQ(bill, seen);
    ASSERT_EQ(charged, taken);
  } else {
    const Decision held_up = peek(rule, charged, now, cost);
    ASSERT_EQ(bill, held_up);
    ASSERT_LE(bill.remaining, seen.remaining);
    if (seen.retry_after != kNeverFits) {  // but for a rounding
      ASSERT_GE(bill.retry_after + Ns{1}, seen.retry_after);
    }
    ASSERT_LE(bill.reset_after, longest_wait);
    ASSERT_EQ(peek(rule, charged, now + bill.reset_after, 0).remaining, seen.limit);
    if (cost <= seen.limit) {
      ASSERT_LE(bill.retry_after, longest_wait);
      ASSERT_TRUE(peek(rule, charged, now + bill.retry_after, cost).allowed);
      if (exact) {
        ASSERT_FALSE(peek(rule, charged, now + bill.retry_after - Ns{1}, cost).allowed);
      }
    }
  }
  refund(rule, taken, now, cost);
  const Decision refunded = peek(rule, taken, now, 0);
  ASSERT_LE(refunded.remaining, refunded.limit);
  if (seen.allowed) {
    ASSERT_EQ(refunded.remaining, idle.remaining);
  }
}

// A clock that steps back from `now_ns` by `step_ns` grants nothing.
template <class Rule, class State>
void check_step_back(const Rule& rule, const State& state, std::int64_t now_ns,
                     std::int64_t step_ns, std::uint64_t cost) {
  const base::Mono stepped = mono(now_ns - step_ns);
  ASSERT_LE(peek(rule, state, stepped, 0).remaining, peek(rule, state, mono(now_ns), 0).remaining);
  if (cost > 0) {  // else nothing is granted, though a debt may be forgiven
    ASSERT_LE(peek(rule, state, stepped, cost).allowed,
              peek(rule, state, mono(now_ns), cost).allowed);
  }
}

// A clock that jumps about grants no more than its steps forward, taken together, are worth.
// REQUIRES: a rule of a burst of 20 that gets 5 back each microsecond.
template <class State, class Rule>
void check_jumping_clock(const Rule& rule) {
  base::Random random(9);
  for (int round = 0; round < 200; ++round) {
    State state;
    std::int64_t now_ns = 0;
    std::uint64_t forward_ns = 0;
    std::uint64_t passed = 0;
    for (int i = 0; i < 2000; ++i) {
      const std::int64_t step_ns = random_step_ns(random, 300);
      if (random.chance(0.45)) {
        now_ns -= step_ns * (random.chance(0.1) ? 20 : 1);
      } else {
        now_ns += step_ns;
        forward_ns += static_cast<std::uint64_t>(step_ns);
      }
      passed += take(rule, state, mono(now_ns), 1).allowed ? 1 : 0;
      ASSERT_LE(passed * 1000, 20 * 1000 + 5 * forward_ns);
    }
  }
}

// Random takes, charges, refunds and denials with a clock that goes forward, and with each its
// checks: those above, and that the oracle (bool take(now_ns, cost), void charge(now_ns, cost),
// void refund(now_ns, cost), and std::uint64_t remaining(now_ns)) says the same. `steps_back`: also
// looks what a step back would do.
template <class State, class Rule, class Oracle>
void check_walk(const Rule& rule, Oracle& oracle, base::Random& random, std::int64_t start_ns,
                std::int64_t period_ns, std::size_t steps, Ns longest_wait) {
  constexpr std::int64_t kFarthest = std::int64_t{1} << 61;
  State state;
  std::int64_t now_ns = start_ns;
  for (std::size_t i = 0; i < steps; ++i) {
    now_ns += random_step_ns(random, period_ns);
    if (now_ns > kFarthest) return;
    const std::uint64_t limit = peek(rule, state, mono(now_ns), 0).limit;
    const std::uint64_t cost = random_cost(random, limit);
    if (i % 4 == 0) check_decision(rule, state, now_ns, cost, longest_wait);
    if (i % 4 == 1) {
      // Nine times the longest period's step would wrap round the end of time.
      const std::int64_t once_ns = std::min(random_step_ns(random, period_ns), 2 * kFarthest / 9);
      const std::int64_t back_ns = once_ns * (random.chance(0.2) ? 9 : 1);
      check_step_back(rule, state, now_ns, back_ns, cost);
      if (now_ns - back_ns > -2 * kFarthest) {
        check_decision(rule, state, now_ns - back_ns, cost, longest_wait);
      }
    }
    if (random.chance(0.1)) {
      refund(rule, state, mono(now_ns), cost);
      oracle.refund(now_ns, cost);
    } else if (random.chance(0.1)) {
      const std::uint64_t bill = random.chance(0.5) ? cost : std::min(2 * cost, kMaxLimit);
      const bool fits = peek(rule, state, mono(now_ns), bill).allowed;
      ASSERT_EQ(charge(rule, state, mono(now_ns), bill).allowed, fits);
      oracle.charge(now_ns, bill);
    } else {
      ASSERT_EQ(take(rule, state, mono(now_ns), cost).allowed, oracle.take(now_ns, cost));
    }
    ASSERT_EQ(peek(rule, state, mono(now_ns), 0).remaining, oracle.remaining(now_ns));
    if (::testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace ashlar::kit
