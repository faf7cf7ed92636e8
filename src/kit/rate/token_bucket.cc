#include "kit/rate/token_bucket.h"

namespace ashlar::kit {

base::Result<TokenBucketRule> TokenBucketRule::make(std::uint64_t capacity, std::uint64_t amount,
                                                    std::chrono::nanoseconds period) {
  ASHLAR_TRY(check_limit(capacity));
  ASHLAR_TRY(check_period(period));
  ASHLAR_ASSIGN(const FillTime fill, fill_time(capacity, amount, period));
  return TokenBucketRule(capacity, amount, static_cast<std::uint64_t>(period.count()),
                         fill.ns + (fill.rest > 0 ? 1 : 0));
}

namespace token_bucket {
namespace {

constexpr std::uint64_t kOwes = TokenBucketState::kOwes;

bool owes(const TokenBucketState& state) { return (state.rest & kOwes) != 0; }

// From the state's time until the bucket holds `tokens`. REQUIRES: it owes; tokens <= capacity.
std::uint64_t until_paid_ns(const TokenBucketRule& rule, const TokenBucketState& state,
                            std::uint64_t tokens) {
  return multiply_divide(state.tokens - 1 + tokens, rule.period_ns(),
                         rule.period_ns() - (state.rest & ~kOwes), rule.amount())
      .ceil();
}

// A state that owes, within the bounds: half a period's gain, and a time so little after `now_ns`
// that both together are no longer than a period.
TokenBucketState bounded(const TokenBucketRule& rule, TokenBucketState state, std::int64_t now_ns) {
  const std::uint64_t period_ns = rule.period_ns();
  const Quotient most = multiply_divide(period_ns / 2, rule.amount(), 0, period_ns);
  const std::uint64_t most_rest = most.rest > 0 ? period_ns - most.rest : 0;
  std::uint64_t rest = std::min(state.rest & ~kOwes, period_ns - 1);
  if (state.tokens > most.ceil() || (state.tokens == most.ceil() && rest < most_rest)) {
    state.tokens = most.ceil();
    rest = most_rest;
  }
  state.rest = state.tokens > 0 ? rest | kOwes : std::min(rest, period_ns - 1);
  if (state.at_ns > now_ns) {
    const std::uint64_t ahead_ns = ns_between(now_ns, state.at_ns);
    const std::uint64_t debt_ns = state.tokens > 0 ? until_paid_ns(rule, state, 0) : 0;
    if (ahead_ns > period_ns) {
      state.at_ns = now_ns;
    } else if (ahead_ns + debt_ns > period_ns) {
      state.at_ns = now_ns + static_cast<std::int64_t>(period_ns - debt_ns);
    }
  }
  return state;
}

TokenBucketState not_overfull(const TokenBucketRule& rule, TokenBucketState state) {
  if (state.tokens >= rule.capacity()) return {state.at_ns, rule.capacity(), 0};
  return state;
}

Decision report_odd(const TokenBucketRule& rule, const TokenBucketState& state, std::int64_t now_ns,
                    std::uint64_t cost, bool allowed) {
  if (!owes(state)) return report(rule, state, now_ns, cost, allowed);
  const std::uint64_t ahead_ns = ns_between(now_ns, state.at_ns);
  Decision out;
  out.allowed = allowed;
  out.limit = rule.capacity();
  out.retry_after = cost > rule.capacity()
                        ? kNeverFits
                        : as_nanoseconds(ahead_ns + until_paid_ns(rule, state, cost));
  out.reset_after = as_nanoseconds(ahead_ns + until_paid_ns(rule, state, rule.capacity()));
  return out;
}

}  // namespace

TokenBucketState settled(const TokenBucketRule& rule, TokenBucketState state, std::int64_t now_ns) {
  if (owes(state)) {
    state = bounded(rule, state, now_ns);
    if (owes(state)) {
      if (state.at_ns > now_ns) return state;
      const std::uint64_t passed_ns = ns_between(state.at_ns, now_ns);
      if (passed_ns >= rule.fill_ns() + rule.period_ns()) return {now_ns, rule.capacity(), 0};
      const Quotient gained =
          multiply_divide(passed_ns, rule.amount(), state.rest & ~kOwes, rule.period_ns());
      if (gained.floor < state.tokens) {
        return {now_ns, state.tokens - gained.floor, gained.rest | kOwes};
      }
      return not_overfull(rule, {now_ns, gained.floor - state.tokens, gained.rest});
    }
  }
  if (state.rest >= rule.period_ns()) state.rest = rule.period_ns() - 1;
  return at(rule, state, now_ns);
}

Decision take_odd(const TokenBucketRule& rule, TokenBucketState& state, std::int64_t now_ns,
                  std::uint64_t cost) {
  state = settled(rule, state, now_ns);
  const bool allowed = !owes(state) && cost <= state.tokens;
  if (allowed) state.tokens -= cost;
  return report_odd(rule, state, now_ns, cost, allowed);
}

}  // namespace token_bucket

void refund(const TokenBucketRule& rule, TokenBucketState& state, base::Mono now,
            std::uint64_t cost) {
  state = token_bucket::settled(rule, state, instant_ns(now));
  if (token_bucket::owes(state)) {
    if (cost < state.tokens) {
      state.tokens -= cost;
      return;
    }
    cost -= state.tokens;
    state = {state.at_ns, 0, state.rest & ~TokenBucketState::kOwes};
  }
  state.tokens += std::min(cost, rule.capacity() - state.tokens);
  state = token_bucket::not_overfull(rule, state);
}

Decision charge(const TokenBucketRule& rule, TokenBucketState& state, base::Mono now,
                std::uint64_t cost) {
  const std::int64_t now_ns = instant_ns(now);
  state = token_bucket::settled(rule, state, now_ns);
  const bool fitted = !token_bucket::owes(state) && cost <= state.tokens;
  if (fitted) {
    state.tokens -= cost;
  } else {
    state.tokens = token_bucket::owes(state) ? state.tokens + std::min(cost, kMaxLimit)
                                             : std::min(cost, 2 * kMaxLimit) - state.tokens;
    state.rest |= TokenBucketState::kOwes;
    state = token_bucket::bounded(rule, state, now_ns);
  }
  return token_bucket::report_odd(rule, state, now_ns, cost, fitted);
}

}  // namespace ashlar::kit
