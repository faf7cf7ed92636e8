// The times that stand in logs, to the nanosecond: a point is (seconds since 1970-01-01T00:00:00Z,
// nanoseconds in [0, 10^9)), so that windows can be cut exactly. base::Time has microseconds.
//
// Each function reads one form at `at`, moves `at` behind it and is true; or is false, and then
// `at` and `time` mean nothing. What follows the time is for the caller to judge. Years 0001 to
// 9999. Pure but for CivilDays, which remembers its last day: not thread-safe.
#pragma once

#include <compare>
#include <cstdint>

#include "modules/activity/eight_bytes.h"

namespace ashlar::activity {

struct LogTime {
  std::int64_t seconds = 0;
  std::uint32_t nanos = 0;

  friend auto operator<=>(const LogTime&, const LogTime&) = default;
};

inline constexpr std::int64_t kLastSecond = 253'402'300'799;   // 9999-12-31T23:59:59Z
inline constexpr std::int64_t kFirstSecond = -62'135'596'800;  // 0001-01-01T00:00:00Z

// ".123456789": one to nine digits, or nothing at all, which is 0.
inline bool take_fraction(const char*& at, const char* end, std::uint32_t& nanos) {
  constexpr std::uint32_t kScale[] = {0,      100'000'000, 10'000'000, 1'000'000, 100'000,
                                      10'000, 1'000,       100,        10,        1};
  nanos = 0;
  if (at == end || *at != '.') return true;
  const Digits digits = take_digits(at + 1, end, 9);
  if (digits.count == 0 || digits.count > 9) return false;
  nanos = static_cast<std::uint32_t>(digits.value) * kScale[digits.count];
  at += 1 + digits.count;
  return true;
}

// "1700000000" or "1700000000.25": Unix seconds, no sign. Milliseconds (13 digits) are no seconds.
inline bool take_unix_time(const char*& at, const char* end, LogTime& time) {
  const Digits digits = take_digits(at, end, 12);
  if (digits.count == 0 || digits.count > 12) return false;
  time.seconds = static_cast<std::int64_t>(digits.value);
  if (time.seconds > kLastSecond) return false;
  at += digits.count;
  return take_fraction(at, end, time.nanos);
}

// Days since 1970-01-01 of a date, the last one remembered: neighbours in a log share theirs.
class CivilDays {
 public:
  // False for a day that does not exist.
  bool days(int year, unsigned month, unsigned day, std::int64_t& out);

 private:
  int year_ = 0;
  unsigned month_ = 0;
  unsigned day_ = 0;
  std::int64_t days_ = 0;
};

// RFC 3339, by the rules of base::parse_rfc3339 but for the nanoseconds, which are kept.
bool take_rfc3339(const char*& at, const char* end, CivilDays& civil, LogTime& time);

// "10/Oct/2000:13:55:36 -0700", as in the Common Log Format.
bool take_clf_time(const char*& at, const char* end, CivilDays& civil, LogTime& time);

}  // namespace ashlar::activity
