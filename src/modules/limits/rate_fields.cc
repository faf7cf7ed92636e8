#include "modules/limits/rate_fields.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "kit/rate/bounds.h"
#include "modules/limits/batch.h"
#include "modules/limits/limit.h"
#include "modules/limits/limits.h"

namespace ashlar::limits {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

// In how long the whole limit is there again, had all of it been taken.
nanoseconds window_of(const Limit& limit) {
  const LimitSpec& spec = limit.spec();
  const bool bucket =
      spec.algorithm == Algorithm::kTokenBucket || spec.algorithm == Algorithm::kGcra;
  if (!bucket || limit.capacity() == spec.amount) return spec.period;
  const auto fill = kit::fill_time(limit.capacity(), spec.amount, spec.period);
  return fill.ok() ? kit::as_nanoseconds(fill->ns) : spec.period;
}

}  // namespace

std::optional<http::QuotaState> quota_state(const Limit& limit, const Outcome& outcome,
                                            nanoseconds retry_after, bool passes) {
  if (limit.spec().shadow || outcome.source != Source::kCount) return std::nullopt;
  http::QuotaState state;
  state.name = limit.spec().name;
  state.quota = limit.capacity();
  if (const nanoseconds window = window_of(limit); window % seconds{1} == seconds{0}) {
    state.window = std::chrono::duration_cast<seconds>(window);
  }
  state.remaining = outcome.decision.remaining;
  state.violated = outcome.over();
  if (passes) {
    state.reset = std::chrono::ceil<seconds>(outcome.decision.reset_after);
  } else if (state.violated && retry_after != kit::kNeverFits) {
    state.reset = std::chrono::ceil<seconds>(retry_after);
  }
  return state;
}

RateFields rate_fields(const CheckAnswer& answer) {
  std::vector<http::QuotaState> quotas;
  for (const RuleAnswer& each : answer.by_rule) {
    auto state = quota_state(*each.rule->limit, each.outcome, each.retry_after, answer.allowed);
    if (state) quotas.push_back(std::move(*state));
  }
  RateFields fields{http::rate_limit_policy(quotas), http::rate_limit(quotas), {}};
  if (!answer.allowed && answer.retry_after != kit::kNeverFits) {
    fields.retry_after = std::to_string(std::chrono::ceil<seconds>(answer.retry_after).count());
  }
  return fields;
}

}  // namespace ashlar::limits
