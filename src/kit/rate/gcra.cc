#include "kit/rate/gcra.h"

namespace ashlar::kit {

base::Result<GcraRule> GcraRule::make(std::uint64_t capacity, std::uint64_t amount,
                                      std::chrono::nanoseconds period) {
  ASHLAR_TRY(check_limit(capacity));
  ASHLAR_TRY(check_period(period));
  ASHLAR_ASSIGN(const FillTime fill, fill_time(capacity, amount, period));
  const auto period_ns = static_cast<std::uint64_t>(period.count());
  return GcraRule(capacity, amount, period_ns, {period_ns / amount, period_ns % amount}, fill);
}

}  // namespace ashlar::kit
