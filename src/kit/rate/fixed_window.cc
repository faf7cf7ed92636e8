#include "kit/rate/fixed_window.h"

namespace ashlar::kit {

base::Result<FixedWindowRule> FixedWindowRule::make(std::uint64_t limit,
                                                    std::chrono::nanoseconds period,
                                                    std::chrono::nanoseconds phase) {
  ASHLAR_TRY(check_limit(limit));
  ASHLAR_TRY(check_period(period));
  return FixedWindowRule(limit, WindowGrid(period, phase));
}

}  // namespace ashlar::kit
