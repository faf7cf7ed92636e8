#include "kit/rate/gcra.h"

#include <algorithm>

namespace ashlar::kit {

base::Result<GcraRule> GcraRule::make(std::uint64_t capacity, std::uint64_t amount,
                                      std::chrono::nanoseconds period) {
  ASHLAR_TRY(check_limit(capacity));
  ASHLAR_TRY(check_period(period));
  ASHLAR_ASSIGN(const FillTime fill, fill_time(capacity, amount, period));
  const auto period_ns = static_cast<std::uint64_t>(period.count());
  return GcraRule(capacity, amount, period_ns, {period_ns / amount, period_ns % amount}, fill);
}

Decision charge(const GcraRule& rule, GcraState& state, base::Mono now, std::uint64_t cost) {
  const std::int64_t now_ns = instant_ns(now);
  const FillTime before = gcra::debt(rule, state, now_ns);
  FillTime most = gcra::most_owed(rule);
  if (gcra::at_most(most, before)) most = before;  // after a step back
  const FillTime wanted =
      gcra::sum(rule, before, gcra::time_of(rule, std::min(cost, rule.capacity() + rule.amount())));
  const FillTime after = gcra::at_most(wanted, most) ? wanted : most;
  if (after.ns > 0 || after.rest > 0) state = gcra::at(after, now_ns);
  Decision out;
  out.allowed = cost <= rule.capacity() && gcra::at_most(wanted, rule.fill());
  out.limit = rule.capacity();
  out.remaining = gcra::remaining(rule, after);
  out.reset_after = gcra::rounded_up(after);
  if (!out.allowed) {
    out.retry_after =
        cost > rule.capacity()
            ? kNeverFits
            : gcra::until_fits(rule, gcra::sum(rule, after, gcra::time_of(rule, cost)));
  }
  return out;
}

}  // namespace ashlar::kit
