// GCRA, the generic cell rate algorithm: a token bucket in one instant (ITU-T I.371; decision.h:
// what all limiters share).
//
// With T = period / amount the time that one unit takes, a key's state is its theoretical arrival
// time (TAT): when all it has taken will be paid for. A cost c passes where
//   max(TAT, now) + c * T <= now + capacity * T,
// and the left side becomes the TAT. So in any span t at most capacity + amount * t / period pass,
// exactly what token_bucket.h admits. T need not be whole: the TAT is tat_ns + tat_rest / amount.
//
// The same is the leaky bucket (as a meter): it holds (TAT - now) / T, leaks amount per period and
// overflows above `capacity`. CL.THROTTLE key max_burst count period is capacity = max_burst + 1,
// amount = count.
//
// Clock: a step back by s looks as if s were taken. One who had taken less than all may so have to
// wait; for no longer than fill + period, fill = capacity * T. A TAT farther ahead than that is
// moved to now + fill, so that a debt beyond it (charge) is forgiven.
//
// Another rule: the debt TAT - now stays, as a time: after a raise by ten it weighs ten times as
// many units, though never more than fill + period of the new rule. Where rules change often,
// token_bucket.h keeps units.
//
// A charge moves the TAT to at most now + fill + period / 2: half a period is left for steps back
// of the clock.
//
// O(1); some 4 ns. 16 bytes.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/result.h"
#include "base/time.h"
#include "kit/rate/bounds.h"
#include "kit/rate/decision.h"

namespace ashlar::kit {

class GcraRule {
 public:
  // The arguments and errors of TokenBucketRule::make.
  static base::Result<GcraRule> make(std::uint64_t capacity, std::uint64_t amount,
                                     std::chrono::nanoseconds period);

  [[nodiscard]] std::uint64_t capacity() const { return capacity_; }
  [[nodiscard]] std::uint64_t amount() const { return amount_; }
  [[nodiscard]] std::uint64_t period_ns() const { return period_ns_; }
  [[nodiscard]] FillTime unit() const { return unit_; }  // T
  [[nodiscard]] FillTime fill() const { return fill_; }  // capacity * T

 private:
  GcraRule(std::uint64_t capacity, std::uint64_t amount, std::uint64_t period_ns, FillTime unit,
           FillTime fill)
      : capacity_(capacity), amount_(amount), period_ns_(period_ns), unit_(unit), fill_(fill) {}

  std::uint64_t capacity_;
  std::uint64_t amount_;
  std::uint64_t period_ns_;
  FillTime unit_;
  FillTime fill_;
};

struct GcraState {
  std::int64_t tat_ns = INT64_MIN;
  std::uint64_t tat_rest = 0;  // in parts of a nanosecond of which `amount` make a whole one

  friend bool operator==(const GcraState&, const GcraState&) = default;
};

using LeakyBucketRule = GcraRule;
using LeakyBucketState = GcraState;

namespace gcra {

// What a charge may lead to.
inline FillTime most_owed(const GcraRule& rule) {
  return {rule.fill().ns + rule.period_ns() / 2, rule.fill().rest};
}

// What is still to be paid for: TAT - now, from 0 to fill + period.
inline FillTime debt(const GcraRule& rule, const GcraState& state, std::int64_t now_ns) {
  if (state.tat_ns < now_ns) return {0, 0};
  const std::uint64_t ahead_ns = ns_between(now_ns, state.tat_ns);
  if (ahead_ns > rule.fill().ns + rule.period_ns()) return rule.fill();
  // A rest of another rule's parts: rounded up, against the key.
  if (state.tat_rest >= rule.amount()) return {ahead_ns + 1, 0};
  return {ahead_ns, state.tat_rest};
}

// cost * T. REQUIRES: cost <= capacity + amount.
inline FillTime time_of(const GcraRule& rule, std::uint64_t cost) {
  const FillTime unit = rule.unit();
  if (cost == 1) return unit;
  if (unit.rest == 0) return {cost * unit.ns, 0};
  const Quotient parts = multiply_divide(cost, unit.rest, 0, rule.amount());
  return {cost * unit.ns + parts.floor, parts.rest};
}

inline FillTime sum(const GcraRule& rule, FillTime a, FillTime b) {
  FillTime out{a.ns + b.ns, a.rest + b.rest};
  if (out.rest >= rule.amount()) {
    out.rest -= rule.amount();
    ++out.ns;
  }
  return out;
}

inline bool at_most(FillTime a, FillTime b) {
  return a.ns < b.ns || (a.ns == b.ns && a.rest <= b.rest);
}

// How many whole units fit on top of `debt`.
inline std::uint64_t remaining(const GcraRule& rule, FillTime debt) {
  if (!at_most(debt, rule.fill())) return 0;
  std::uint64_t ns = rule.fill().ns - debt.ns;
  std::uint64_t parts = rule.fill().rest;
  if (parts < debt.rest) {
    --ns;
    parts += rule.amount();
  }
  return multiply_divide(ns, rule.amount(), parts - debt.rest, rule.period_ns()).floor;
}

inline std::chrono::nanoseconds rounded_up(FillTime time) {
  return as_nanoseconds(time.ns + (time.rest > 0 ? 1 : 0));
}

// REQUIRES: !at_most(wanted, fill).
inline std::chrono::nanoseconds until_fits(const GcraRule& rule, FillTime wanted) {
  return as_nanoseconds(wanted.ns - rule.fill().ns + (wanted.rest > rule.fill().rest ? 1 : 0));
}

inline GcraState at(FillTime debt, std::int64_t now_ns) {
  return {now_ns + static_cast<std::int64_t>(debt.ns), debt.rest};
}

}  // namespace gcra

inline Decision take(const GcraRule& rule, GcraState& state, base::Mono now, std::uint64_t cost) {
  const std::int64_t now_ns = instant_ns(now);
  const FillTime before = gcra::debt(rule, state, now_ns);
  Decision out;
  out.limit = rule.capacity();
  FillTime after = before;
  if (cost <= rule.capacity()) {
    const FillTime wanted = gcra::sum(rule, before, gcra::time_of(rule, cost));
    out.allowed = gcra::at_most(wanted, rule.fill());
    if (out.allowed) {
      after = wanted;
    } else {
      out.retry_after = gcra::until_fits(rule, wanted);
    }
  } else {
    out.retry_after = kNeverFits;
  }
  // Who owes nothing keeps a TAT in the past: a later step back of the clock then costs less.
  if (after.ns > 0 || after.rest > 0) state = gcra::at(after, now_ns);
  out.remaining = gcra::remaining(rule, after);
  out.reset_after = gcra::rounded_up(after);
  return out;
}

inline Decision peek(const GcraRule& rule, GcraState state, base::Mono now, std::uint64_t cost) {
  return take(rule, state, now, cost);
}

inline void refund(const GcraRule& rule, GcraState& state, base::Mono now, std::uint64_t cost) {
  const std::int64_t now_ns = instant_ns(now);
  FillTime debt = gcra::debt(rule, state, now_ns);
  const FillTime back = gcra::time_of(rule, std::min(cost, rule.capacity() + rule.amount()));
  if (gcra::at_most(debt, back)) {
    state = GcraState{};
    return;
  }
  debt.ns -= back.ns;
  if (debt.rest < back.rest) {
    --debt.ns;
    debt.rest += rule.amount();
  }
  debt.rest -= back.rest;
  state = gcra::at(debt, now_ns);
}

Decision charge(const GcraRule& rule, GcraState& state, base::Mono now, std::uint64_t cost);

}  // namespace ashlar::kit
