// TimeZone: what clocks on the wall show in a place, then and in future: IANA's data, as the files
// of /usr/share/zoneinfo have it (TZif version 2 and later, RFC 9636), and the rule in their last
// line for ever after.
//
//        [period]──change──>[period]──change──>[period] …      a change may be forward: some local
//         offset             offset             offset         times do not exist; or backward:
//         some
//                                                              come twice
//
// Promises
//  1. Periods are right-open, adjoin, and cover all of time. Before the first change the file's
//     first type holds.
//  2. Offsets are under 26 hours either way, to the second (local mean times too).
//  3. Immutable once made: any thread.
//  4. Any bytes: a file that is not well formed is kInvalid zone_file_invalid. No leap seconds:
//     files of the tree right/ are refused.
//
// Times and local times are within the years 1 … 9999.
//
// Cost: at() is a binary search over the file's changes (200 or so), beyond the last of them a
// computation of ten dates.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/zone/posix_rule.h"

namespace ashlar::zone {

// What a clock on a wall shows; which moment that is, only a zone can tell.
using LocalTime = std::chrono::local_time<base::Micros>;

class TimeZone {
 public:
  static constexpr std::size_t kMaxFileBytes = 64 * 1024;  // the largest of IANA's has 4 KiB
  static constexpr base::Seconds kMaxOffset{26 * 3600};

  static TimeZone utc();
  static base::Result<TimeZone> from_tzif(std::string name, std::string_view bytes);
  static base::Result<TimeZone> from_rule(std::string name, std::string_view posix_rule);

  [[nodiscard]] const std::string& name() const { return name_; }

  struct Period {
    base::Time from{}, until{};       // [from, until); the ends of time where there is no change
    const LocalType* type = nullptr;  // lives as long as the zone

    [[nodiscard]] base::Seconds offset() const { return base::Seconds{type->offset_s}; }
  };
  [[nodiscard]] Period at(base::Time t) const;
  [[nodiscard]] LocalTime local(base::Time t) const;

  // The first moment at which a clock here shows `local` or later. That is: the moment, where there
  // is one; the first of the two, where it comes twice; the end of the gap, where it does not
  // exist. Never falls as `local` rises. REQUIRES: `local` in the years 1 … 9999 (first_reaching
  // only).
  [[nodiscard]] base::Time first_reaching(LocalTime local) const;
  // The latest that a clock here has ever shown up to `t`: local(t), and more where a change
  // backward was not long before. first_reaching(l) <= t exactly where l <= furthest(t).
  [[nodiscard]] LocalTime furthest(base::Time t) const;

 private:
  struct Change {
    base::Time at{};
    std::uint8_t type = 0;
  };

  TimeZone() = default;
  base::Status read_types(std::string_view bytes, std::string_view chars);
  base::Status read_changes(std::string_view times, std::string_view indices);
  base::Status read_footer(std::string_view footer);
  [[nodiscard]] Period by_rule(base::Time t, base::Time not_before) const;

  std::string name_;
  std::vector<LocalType> types_;   // not empty; the first holds before the first change
  std::vector<Change> changes_;    // ascending
  std::optional<PosixRule> rule_;  // after the last change; without it the last type holds for ever
};

}  // namespace ashlar::zone
