// LimiterSlot: a key, its limiter's state, and when nobody needs it any more (limiter_table.h).
//
// A slot is idle from `idle_at` on, in units of 2^30 ns (1.07 s) modulo 2^32: compared by the sign
// of the difference, right within 73 years. A reset lies at most 36 years ahead (bounds.h).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/time.h"
#include "kit/rate/bounds.h"
#include "kit/rate/limiter_key.h"

namespace ashlar::kit {

// One of 32 bytes never lies in two cache lines.
template <class State>
struct alignas(sizeof(State) == 16 ? 32 : 8) LimiterSlot {
  static_assert(alignof(State) <= 8);
  static constexpr int kUnitShift = 30;

  LimiterKey key() const { return {high, low}; }
  [[nodiscard]] bool used() const { return (high | low) != 0; }
  [[nodiscard]] bool idle(base::Mono now) const {
    const auto unit = static_cast<std::uint32_t>(instant_ns(now) >> kUnitShift);
    return static_cast<std::int32_t>(unit - idle_at) >= 0;
  }
  void keep_until(base::Mono now, std::chrono::nanoseconds reset_after) {
    constexpr std::int64_t kRoundUp = (std::int64_t{1} << kUnitShift) - 1;
    const std::int64_t after_ns = std::min(reset_after, kMaxFill + kMaxPeriod).count();
    idle_at = static_cast<std::uint32_t>((instant_ns(now) + after_ns + kRoundUp) >> kUnitShift);
  }

  // Not later than keep_until() can set it.
  [[nodiscard]] bool ends_by_any_rule(base::Mono now) const {
    LimiterSlot latest;
    latest.keep_until(now, kMaxFill + kMaxPeriod);
    return static_cast<std::int32_t>(latest.idle_at - idle_at) >= 0;
  }

  std::uint64_t high = 0;
  std::uint32_t low = 0;
  std::uint32_t idle_at = 0;
  State state{};
};

}  // namespace ashlar::kit
