// Token bucket: up to `capacity` at once, `amount` per `period` in the long run (decision.h: what
// all limiters share).
//
// The bucket holds at most `capacity` tokens and starts full; it gains amount / period tokens a
// nanosecond, fractions kept exactly; a cost takes as many. So in any span t at most
// capacity + amount * t / period pass. gcra.h answers the same in two thirds of the bytes; the
// bucket is for rules that change, since it remembers tokens, not times.
//
// Another rule: the tokens stay, as many as the new capacity holds.
//
// A charge that the bucket cannot pay is owed, up to what half a period gains; what comes in pays
// it first. Who owes gets nothing, and a refund reduces the debt first.
//
// O(1); some 5 ns. 24 bytes.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/result.h"
#include "base/time.h"
#include "kit/rate/bounds.h"
#include "kit/rate/decision.h"

namespace ashlar::kit {

class TokenBucketRule {
 public:
  // A capacity of 0 lets nothing pass. kInvalid: see bounds.h; bad_amount where it is 0 or above
  // kMaxLimit; fill_too_long where filling the empty bucket would take longer than kMaxFill.
  static base::Result<TokenBucketRule> make(std::uint64_t capacity, std::uint64_t amount,
                                            std::chrono::nanoseconds period);

  [[nodiscard]] std::uint64_t capacity() const { return capacity_; }
  [[nodiscard]] std::uint64_t amount() const { return amount_; }
  [[nodiscard]] std::uint64_t period_ns() const { return period_ns_; }
  [[nodiscard]] std::uint64_t fill_ns() const { return fill_ns_; }  // from empty to full

 private:
  TokenBucketRule(std::uint64_t capacity, std::uint64_t amount, std::uint64_t period_ns,
                  std::uint64_t fill_ns)
      : capacity_(capacity), amount_(amount), period_ns_(period_ns), fill_ns_(fill_ns) {}

  std::uint64_t capacity_;
  std::uint64_t amount_;
  std::uint64_t period_ns_;
  std::uint64_t fill_ns_;
};

struct TokenBucketState {
  std::int64_t at_ns = INT64_MIN;  // when the bucket held tokens + rest / period; never: full
  std::uint64_t tokens = 0;        // or what is owed: kOwes
  std::uint64_t rest = 0;          // below the period, but for kOwes

  // In `rest`: the bucket holds -tokens + rest / period.
  static constexpr std::uint64_t kOwes = std::uint64_t{1} << 63;

  friend bool operator==(const TokenBucketState&, const TokenBucketState&) = default;
};

namespace token_bucket {

// The state as it is at `now_ns`. Its time is after it where the clock has stepped back.
// REQUIRES: rest < period.
inline TokenBucketState at(const TokenBucketRule& rule, TokenBucketState state,
                           std::int64_t now_ns) {
  if (state.at_ns > now_ns) {
    if (ns_between(now_ns, state.at_ns) > rule.period_ns()) state.at_ns = now_ns;
  } else {
    const std::uint64_t passed_ns = ns_between(state.at_ns, now_ns);
    if (passed_ns >= rule.fill_ns()) return {now_ns, rule.capacity(), 0};
    const Quotient gained = multiply_divide(passed_ns, rule.amount(), state.rest, rule.period_ns());
    state = {now_ns, std::min(state.tokens, rule.capacity()) + gained.floor, gained.rest};
  }
  if (state.tokens >= rule.capacity()) {
    state.tokens = rule.capacity();
    state.rest = 0;
  }
  return state;
}

// From now until the bucket holds `tokens`. REQUIRES: capacity >= tokens > state.tokens.
inline std::chrono::nanoseconds until(const TokenBucketRule& rule, const TokenBucketState& state,
                                      std::int64_t now_ns, std::uint64_t tokens) {
  // The rest is what the last of the missing tokens has gained already.
  const Quotient whole = multiply_divide(tokens - state.tokens - 1, rule.period_ns(),
                                         rule.period_ns() - state.rest, rule.amount());
  return as_nanoseconds(ns_between(now_ns, state.at_ns) + whole.ceil());
}

inline Decision report(const TokenBucketRule& rule, const TokenBucketState& state,
                       std::int64_t now_ns, std::uint64_t cost, bool allowed) {
  Decision out;
  out.allowed = allowed;
  out.limit = rule.capacity();
  out.remaining = state.tokens;
  if (!allowed) {
    out.retry_after = cost > rule.capacity() ? kNeverFits : until(rule, state, now_ns, cost);
  }
  if (state.tokens < rule.capacity()) {
    out.reset_after = until(rule, state, now_ns, rule.capacity());
  }
  return out;
}

// The same for all states; the one answered may owe.
TokenBucketState settled(const TokenBucketRule& rule, TokenBucketState state, std::int64_t now_ns);

// take of a state that owes or that a rule of a longer period has left: apart, since they are rare.
Decision take_odd(const TokenBucketRule& rule, TokenBucketState& state, std::int64_t now_ns,
                  std::uint64_t cost);

}  // namespace token_bucket

inline Decision take(const TokenBucketRule& rule, TokenBucketState& state, base::Mono now,
                     std::uint64_t cost) {
  const std::int64_t now_ns = instant_ns(now);
  if (state.rest >= rule.period_ns()) [[unlikely]] {
    return token_bucket::take_odd(rule, state, now_ns, cost);
  }
  state = token_bucket::at(rule, state, now_ns);
  const bool allowed = cost <= state.tokens;
  if (allowed) state.tokens -= cost;
  return token_bucket::report(rule, state, now_ns, cost, allowed);
}

inline Decision peek(const TokenBucketRule& rule, TokenBucketState state, base::Mono now,
                     std::uint64_t cost) {
  return take(rule, state, now, cost);
}

void refund(const TokenBucketRule& rule, TokenBucketState& state, base::Mono now,
            std::uint64_t cost);
Decision charge(const TokenBucketRule& rule, TokenBucketState& state, base::Mono now,
                std::uint64_t cost);

}  // namespace ashlar::kit
