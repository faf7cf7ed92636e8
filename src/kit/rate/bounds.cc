#include "kit/rate/bounds.h"

namespace ashlar::kit {

base::Status check_limit(std::uint64_t limit) {
  if (limit <= kMaxLimit) return base::ok_status();
  return base::fail(base::Code::kInvalid, "limit_too_large", "A limit is at most 2^62.");
}

base::Status check_period(std::chrono::nanoseconds period) {
  if (period.count() > 0 && period <= kMaxPeriod) return base::ok_status();
  return base::fail(base::Code::kInvalid, "bad_period",
                    "A period is longer than 0 and at most 2^58 ns (9 years).");
}

base::Result<FillTime> fill_time(std::uint64_t capacity, std::uint64_t amount,
                                 std::chrono::nanoseconds period) {
  if (amount == 0 || amount > kMaxLimit) {
    return base::fail(base::Code::kInvalid, "bad_amount",
                      "The amount per period is at least 1 and at most 2^62.");
  }
  const unsigned __int128 parts =
      static_cast<unsigned __int128>(capacity) * static_cast<std::uint64_t>(period.count());
  if (parts / amount >= static_cast<std::uint64_t>(kMaxFill.count())) {
    return base::fail(base::Code::kInvalid, "fill_too_long",
                      "From empty to full it would take longer than 2^60 ns (36 years).");
  }
  return FillTime{static_cast<std::uint64_t>(parts / amount),
                  static_cast<std::uint64_t>(parts % amount)};
}

}  // namespace ashlar::kit
