// TimeBuckets: a range of time cut into hours, days or months as clocks in a zone show them.
//
// Promises
//  1. Buckets adjoin, rise, and cover the range that was asked for, widened to whole ones. A day
//     with a change of the clock has 23 or 25 hours; hours are always of 3,600 seconds.
//  2. What is stored by the hour (UTC), day or month falls into the bucket in which its middle
//     lies: exact for hours in zones of whole hours; off by up to half an hour in zones of half
//     and quarter hours.
//
// Errors: kInvalid invalid_request with the field "?from" or "?to": range_empty, range_too_long,
//         out_of_range (before 1970, after 9000). Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::zone {
class TimeZone;
}

namespace ashlar::links::analytics {

enum class Interval : std::uint8_t { kHour, kDay, kMonth };

std::string_view name_of(Interval interval);
std::optional<Interval> interval_named(std::string_view name);
// For who does not say: few enough buckets to be looked at.
Interval interval_for(base::Time from, base::Time until);

class TimeBuckets {
 public:
  static constexpr std::size_t kMaxBuckets = 800;

  static base::Result<TimeBuckets> cut(const zone::TimeZone& zone, Interval interval,
                                       base::Time from, base::Time until);

  [[nodiscard]] const std::vector<base::Time>& starts() const { return starts_; }
  [[nodiscard]] base::Time from() const { return starts_.front(); }
  [[nodiscard]] base::Time until() const { return until_; }
  // nullopt: outside the range.
  [[nodiscard]] std::optional<std::size_t> index_of(base::Time at) const;

 private:
  TimeBuckets() = default;

  std::vector<base::Time> starts_;  // not empty
  base::Time until_;
};

}  // namespace ashlar::links::analytics
