// PosixRule: the rule that goes on for ever after a time zone file's last change, in POSIX's form:
// "CET-1CEST,M3.5.0,M10.5.0/3". Read as RFC 9636 (TZif) has it: names in <>, hours of a change from
// -167 to 167, offsets under 25 hours. Without a rule of changes ("JST-9") the offset never
// changes; a daylight name without dates ("EST5EDT") is refused, since POSIX leaves the dates open.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ashlar::zone {

// What a wall clock does over some stretch of time.
struct LocalType {
  std::int32_t offset_s = 0;  // local = UTC + offset; under 26 hours either way
  bool daylight = false;
  std::string abbreviation;

  friend bool operator==(const LocalType&, const LocalType&) = default;
};

// One of the two dates of a year: day by one of three ways of counting, and seconds after the
// beginning of that day in the time that holds before the change.
struct ChangeDate {
  enum class Count : std::uint8_t { kJulianNoLeap, kDayOfYear, kMonthWeekDay };
  Count count = Count::kMonthWeekDay;
  int day = 0;              // Jn: 1 … 365; n: 0 … 365; Mm.w.d: weekday, 0 is Sunday
  int month = 0, week = 0;  // Mm.w.d; week 5 is the last
  std::int32_t at_s = 7200;
};

struct RuleChange {
  std::int64_t at_unix_s = 0;
  bool daylight = false;  // what holds from then on
};

struct PosixRule {
  LocalType standard;
  LocalType daylight;  // where `changes`
  bool changes = false;
  ChangeDate start, end;

  // kInvalid zone_rule_invalid.
  static base::Result<PosixRule> parse(std::string_view text);

  // The changes of the years year-2 … year+2 in order of time: those around any moment of `year`,
  // however far a rule's hours reach. REQUIRES: changes, year within -9998 … 10000.
  [[nodiscard]] std::vector<RuleChange> around(int year) const;
};

}  // namespace ashlar::zone
