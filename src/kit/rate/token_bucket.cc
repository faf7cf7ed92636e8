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

}  // namespace ashlar::kit
