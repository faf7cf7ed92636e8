// What rules and clocks may be, so that no limiter of kit/rate can overflow; and exact a * b / c.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::kit {

inline constexpr std::uint64_t kMaxLimit = std::uint64_t{1} << 62;
inline constexpr std::chrono::nanoseconds kMaxPeriod{std::int64_t{1} << 58};  // 9 years
// From an empty bucket to a full one.
inline constexpr std::chrono::nanoseconds kMaxFill{std::int64_t{1} << 60};  // 36 years

// kInvalid, reasons limit_too_large and bad_period.
base::Status check_limit(std::uint64_t limit);
base::Status check_period(std::chrono::nanoseconds period);

// ns + rest / amount nanoseconds.
struct FillTime {
  std::uint64_t ns;
  std::uint64_t rest;
};
// How long it takes to gain `capacity` at `amount` per `period`. kInvalid, reasons bad_amount (0 or
// above kMaxLimit) and fill_too_long. REQUIRES: capacity and period passed the checks above.
base::Result<FillTime> fill_time(std::uint64_t capacity, std::uint64_t amount,
                                 std::chrono::nanoseconds period);

// `now` in nanoseconds, within ±2^62.
constexpr std::int64_t instant_ns(base::Mono now) {
  constexpr std::int64_t kFarthest = std::int64_t{1} << 62;
  return std::clamp<std::int64_t>(now.time_since_epoch().count(), -kFarthest, kFarthest);
}

// later - earlier, where that is not negative: any two instants, also a restored state's.
constexpr std::uint64_t ns_between(std::int64_t earlier, std::int64_t later) {
  return static_cast<std::uint64_t>(later) - static_cast<std::uint64_t>(earlier);
}

// A duration of at most 2^63 - 1 ns.
constexpr std::chrono::nanoseconds as_nanoseconds(std::uint64_t ns) {
  return std::chrono::nanoseconds{
      static_cast<std::int64_t>(std::min<std::uint64_t>(ns, INT64_MAX - 1))};
}

struct Quotient {
  std::uint64_t floor;
  std::uint64_t rest;

  [[nodiscard]] constexpr std::uint64_t ceil() const { return floor + (rest > 0 ? 1 : 0); }
};

// (a * b + plus) / divisor. 128 bits wide only where it must be: that division costs some 20 ns.
// REQUIRES: divisor > 0 and a quotient below 2^64.
constexpr Quotient multiply_divide(std::uint64_t a, std::uint64_t b, std::uint64_t plus,
                                   std::uint64_t divisor) {
  std::uint64_t product = 0;
  if (!__builtin_mul_overflow(a, b, &product) && !__builtin_add_overflow(product, plus, &product)) {
    return {product / divisor, product % divisor};
  }
  const unsigned __int128 wide = static_cast<unsigned __int128>(a) * b + plus;
  return {static_cast<std::uint64_t>(wide / divisor), static_cast<std::uint64_t>(wide % divisor)};
}

}  // namespace ashlar::kit
