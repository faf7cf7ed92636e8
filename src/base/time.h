// Time as Ashlar stores and speaks it: microseconds since 1970-01-01T00:00:00Z, no leap seconds.
//
// Time is a point on the wall clock (may step); Mono is a point on a clock that never steps back
// and has no date. They do not mix. Durations are std::chrono. RFC 3339 is the only text form.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ashlar::base {

using Micros = std::chrono::microseconds;
using Millis = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;
using Time = std::chrono::sys_time<Micros>;

struct MonoTag {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::nanoseconds;
  static constexpr bool is_steady = true;
};
using Mono = std::chrono::time_point<MonoTag, std::chrono::nanoseconds>;

constexpr std::int64_t to_micros(Time t) { return t.time_since_epoch().count(); }
constexpr Time from_micros(std::int64_t micros) { return Time{Micros{micros}}; }
constexpr std::int64_t to_unix_seconds(Time t) {
  return std::chrono::floor<Seconds>(t).time_since_epoch().count();
}

// "2026-11-22T10:00:00Z", or with milli- or microseconds where they are not zero.
// REQUIRES: year 0001 to 9999.
std::string format_rfc3339(Time t);

// Accepts what RFC 3339 allows: any offset ("+02:00", "z"), fractions up to nine digits (cut to
// micros), 't' or ' ' between date and time, second 60 only as 23:59:60 UTC (taken as the next
// second). nullopt for anything else, days that do not exist included.
std::optional<Time> parse_rfc3339(std::string_view text);

// "Sun, 22 Nov 2026 10:00:00 GMT" (RFC 9110 IMF-fixdate), for Date, Expires and Sunset.
std::string format_http_date(Time t);

}  // namespace ashlar::base
