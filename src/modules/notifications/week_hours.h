// WeekHours: hours of the week by the clock on a wall ("22:00 to 07:00, Monday to Friday"): a
// recipient's quiet hours, the hours in which a category or a campaign is sent.
//
// Which moments they are, only a zone can tell: a moment is inside where the clock there then shows
// a time that is. So
//  1. a time that comes twice is inside twice;
//  2. a time that does not exist is never inside; hours that lie wholly in the gap are left out;
//  3. a span is as long as the clock makes it: 00:00 to 24:00 lasts 23 or 25 hours on some days.
//     (In every zone, for changes of any size and cause: half an hour, a day left out.)
//
// Immutable once made: any thread. inside() is two binary searches; first() one more for each edge
// and each change of the clock that it passes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/zone/time_zone.h"

namespace ashlar::notifications {

inline constexpr int kDayMinutes = 24 * 60;
inline constexpr int kWeekMinutes = 7 * kDayMinutes;
inline constexpr std::uint8_t kEveryDay = 0x7f;  // bit 0 is Monday, bit 6 Sunday

// "07:30" -> 450, "24:00" -> 1440; nullopt: not so written.
std::optional<int> minute_of_clock(std::string_view text);
std::string clock_of_minute(int minute);  // REQUIRES: 0 … 1440
// "mon" … "sun" -> 0 … 6, Monday first.
std::optional<int> weekday_of(std::string_view name);
std::string_view weekday_name(int weekday);

// From one time of the day to another, on each of `days`. Where `until` is not after `from` the
// span ends on the following day; it belongs to the day on which it begins. Both alike: refused, as
// nobody knows whether all day was meant or nothing (00:00 to 24:00 is all day).
struct WeekSpan {
  std::uint8_t days = kEveryDay;
  int from = 0;   // minute of the day, 0 … 1439
  int until = 0;  // 1 … 1440, or 0 for midnight, which is 1440

  friend bool operator==(const WeekSpan&, const WeekSpan&) = default;
};

class WeekHours {
 public:
  static constexpr std::size_t kMaxSpans = 32;

  WeekHours() = default;  // no hour at all
  // Spans may overlap. kInvalid week_hours_invalid; the fields' pointers are "/<index>".
  static base::Result<WeekHours> of(std::span<const WeekSpan> spans);

  [[nodiscard]] bool empty() const { return edges_.empty(); }
  [[nodiscard]] bool has(zone::LocalTime local) const;
  [[nodiscard]] bool inside(const zone::TimeZone& zone, base::Time t) const;

  // The first moment in [from, until) that is inside, or, with `want` false, that is not.
  [[nodiscard]] std::optional<base::Time> first(bool want, const zone::TimeZone& zone,
                                                base::Time from, base::Time until) const;

  // The span of spans() around a moment's local time, as the person wrote it or joined with its
  // neighbours: "22:00–07:00". Empty where the moment is outside.
  [[nodiscard]] std::string name_of_span(zone::LocalTime local) const;

 private:
  std::vector<std::uint16_t> edges_;  // minutes of the week, ascending: begin, end, begin, end …
};

}  // namespace ashlar::notifications
