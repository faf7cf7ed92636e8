// Cron: a schedule in the form of crontab(5): when, by the clock on the wall of a place.
//
//   minute       0-59                         *  every      a-b  range     a,b  list
//   hour         0-23                         */n  every n-th from the first value on
//   day          1-31                         a-b/n  every n-th of the range;  a/n  from a to the
//   end month        1-12 or JAN-DEC              names in any case, three letters, also in ranges
//   weekday      0-7 or SUN-SAT (0 and 7: Sunday; a range may end with SUN)
//
// or one of @yearly @annually @monthly @weekly @daily @midnight @hourly. Five fields, no seconds: a
// schedule's finest step is the minute. What other programs add (L, W, #, ?, @reboot, wrapping
// ranges) is refused, and the error says what to write. A day that never comes (30 FEB) too.
//
// Days as Vixie's cron has them: where both day and weekday are restricted (begin with something
// other than `*`), a day matches that fits either; else it must fit both.
//
// Where the clocks change
//  1. A schedule of fixed times (its hour field leaves out at least one hour) runs once for each
//     local time that it names:
//       the time does not exist   at the first moment after the gap. Several times of one gap, or a
//                                 time that falls on that moment: one run.
//       it comes twice            at the first.
//  2. A schedule of every hour (all 24 fit) runs whenever the clock shows a time that fits: twice
//     where that comes twice, and not for a time that does not exist. So it keeps its real pace
//     through changes of whole hours.
//  3. This holds for changes of any size and cause: half an hour, a day left out, a zone redrawn.
//
// next() is strictly after its argument, so a chain of it never stands still nor repeats.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "platform/zone/time_zone.h"

namespace ashlar::jobs {

class Cron {
 public:
  static constexpr std::size_t kMaxBytes = 255;

  // kInvalid cron_invalid: the detail names the field and what may stand there.
  static base::Result<Cron> parse(std::string_view text);

  // The first moment after `after` at which it runs, to the minute of local time. `after` is
  // taken as 1970 where it is earlier. kInvalid cron_ended: none before the year 9999.
  [[nodiscard]] base::Result<base::Time> next(const zone::TimeZone& zone, base::Time after) const;

 private:
  Cron() = default;
  // The first minute that fits, at or after `from`.
  [[nodiscard]] base::Result<zone::LocalTime> next_local(zone::LocalTime from) const;
  [[nodiscard]] std::uint32_t days_of(int year, unsigned month) const;  // bit d: day d fits

  std::uint64_t minutes_ = 0;
  std::uint32_t hours_ = 0;
  std::uint32_t days_ = 0;     // from bit 1
  std::uint16_t months_ = 0;   // from bit 1
  std::uint8_t weekdays_ = 0;  // from bit 0, Sunday
  bool either_day_ = false;    // day or weekday, not both
};

}  // namespace ashlar::jobs
