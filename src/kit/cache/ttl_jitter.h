// TtlJitter: lifetimes drawn at random, so that what was stored together does not expire together.
//
//   jitter_down(ttl, f, random)    uniform in [ttl * (1 - f), ttl]: never longer than ttl, for
//                                  whoever has promised a bound on staleness. Mean ttl * (1 - f/2).
//   jitter_around(ttl, f, random)  uniform in [ttl * (1 - f), ttl * (1 + f)]: mean ttl, up to f
//                                  longer than it. Saturates at the longest duration there is.
//
// Of n entries stored at once about n * w / (ttl * f) (down; half of that around) then expire
// within any time w, instead of all. Neither returns less than 1 ns. Pure, O(1), one draw.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

#include "base/check.h"
#include "base/random.h"

namespace ashlar::kit {

// The part of ttl that f is, rounded down. REQUIRES: ttl > 0, 0 <= f <= 1.
inline std::uint64_t jitter_span(std::chrono::nanoseconds ttl, double f) {
  CHECK(ttl.count() > 0 && f >= 0 && f <= 1);
  const auto whole = static_cast<std::uint64_t>(ttl.count());
  return std::min(whole, static_cast<std::uint64_t>(static_cast<double>(whole) * f));
}

// REQUIRES: ttl > 0, 0 <= f <= 1.
inline std::chrono::nanoseconds jitter_down(std::chrono::nanoseconds ttl, double f,
                                            base::Random& random) {
  const std::uint64_t less = random.below(jitter_span(ttl, f) + 1);
  return std::chrono::nanoseconds{
      std::max<std::int64_t>(1, ttl.count() - static_cast<std::int64_t>(less))};
}

// REQUIRES: ttl > 0, 0 <= f <= 1.
inline std::chrono::nanoseconds jitter_around(std::chrono::nanoseconds ttl, double f,
                                              base::Random& random) {
  constexpr auto kLongest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const std::uint64_t span = jitter_span(ttl, f);
  const std::uint64_t least = static_cast<std::uint64_t>(ttl.count()) - span;
  const std::uint64_t drawn = least + random.below(2 * span + 1);  // below 2^63 + 2^63
  return std::chrono::nanoseconds{
      static_cast<std::int64_t>(std::clamp<std::uint64_t>(drawn, 1, kLongest))};
}

}  // namespace ashlar::kit
