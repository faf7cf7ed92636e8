#include "kit/rate/sliding_log.h"

namespace ashlar::kit {

base::Result<SlidingLogRule> SlidingLogRule::make(std::uint64_t limit,
                                                  std::chrono::nanoseconds period,
                                                  std::size_t entries) {
  ASHLAR_TRY(check_limit(limit));
  ASHLAR_TRY(check_period(period));
  if (entries < 2 || entries > (std::size_t{1} << 20)) {
    return base::fail(base::Code::kInvalid, "bad_entries", "A sliding log has 2 to 2^20 entries.");
  }
  const auto period_ns = static_cast<std::uint64_t>(period.count());
  const std::uint64_t grain_ns = limit <= entries ? 1 : (period_ns + entries - 2) / (entries - 1);
  return SlidingLogRule(limit, period_ns, entries, grain_ns);
}

}  // namespace ashlar::kit
