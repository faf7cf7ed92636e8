// Random steps of time and costs as the tests of limiters draw them.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>

#include "base/random.h"
#include "base/time.h"

namespace ashlar::kit {

using Ns = std::chrono::nanoseconds;

inline base::Mono mono(std::int64_t ns) { return base::Mono{Ns{ns}}; }

inline std::uint64_t pick(base::Random& random, std::span<const std::uint64_t> from) {
  return from[random.below(from.size())];
}

// Mostly near what matters: nothing, one nanosecond, a part of the period, several periods.
inline std::int64_t random_step_ns(base::Random& random, std::int64_t period_ns) {
  const auto below = [&](std::int64_t bound) {
    return static_cast<std::int64_t>(
        random.below(static_cast<std::uint64_t>(std::max<std::int64_t>(bound, 1))));
  };
  switch (random.below(8)) {
    case 0:
      return 0;
    case 1:
      return 1;
    case 2:
      return below(period_ns);
    case 3:
      return below(3 * period_ns);
    case 4:
      return period_ns - below(std::min<std::int64_t>(period_ns, 3));
    default:
      return below(period_ns / 8);
  }
}

inline std::uint64_t random_cost(base::Random& random, std::uint64_t limit) {
  switch (random.below(8)) {
    case 0:
      return 0;
    case 1:
      return limit + random.below(3);
    case 2:
      return random.below(limit + 1);
    case 3:
      return random.below(limit / 4 + 2);
    default:
      return 1;
  }
}

}  // namespace ashlar::kit
