#include "kit/rate/sliding_counter.h"

namespace ashlar::kit {

base::Result<SlidingCounterRule> SlidingCounterRule::make(std::uint64_t limit,
                                                          std::chrono::nanoseconds period,
                                                          std::chrono::nanoseconds phase) {
  ASHLAR_TRY(check_limit(limit));
  ASHLAR_TRY(check_period(period));
  return SlidingCounterRule(limit, WindowGrid(period, phase));
}

}  // namespace ashlar::kit
