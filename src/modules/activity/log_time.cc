#include "modules/activity/log_time.h"

#include <array>
#include <chrono>
#include <string_view>

namespace ashlar::activity {
namespace {

// Exactly `count` digits; -1 where there are fewer.
int take_number(const char*& at, const char* end, int count) {
  if (end - at < count) return -1;
  int value = 0;
  for (int i = 0; i < count; ++i, ++at) {
    if (!is_digit(*at)) return -1;
    value = value * 10 + (*at - '0');
  }
  return value;
}

bool take_char(const char*& at, const char* end, std::string_view any_of) {
  if (at == end || any_of.find(*at) == std::string_view::npos) return false;
  ++at;
  return true;
}

// 1 to 12; 0 for none. Case does not count, as in most readers of this format.
unsigned take_month(const char*& at, const char* end) {
  static constexpr std::string_view kNames = "janfebmaraprmayjunjulaugsepoctnovdec";
  if (end - at < 3) return 0;
  const std::array<char, 3> name{static_cast<char>(at[0] | 0x20), static_cast<char>(at[1] | 0x20),
                                 static_cast<char>(at[2] | 0x20)};
  at += 3;
  for (unsigned month = 0; month < 12; ++month) {
    if (kNames.substr(std::size_t{month} * 3, 3) == std::string_view(name.data(), 3)) {
      return month + 1;
    }
  }
  return 0;
}

// "hh:mm:ss" -> seconds of the day, 60 as 60.
struct DayTime {
  std::int64_t seconds = 0;
  bool leap = false;
};
bool take_day_time(const char*& at, const char* end, DayTime& out) {
  const int hour = take_number(at, end, 2);
  if (hour < 0 || hour > 23 || !take_char(at, end, ":")) return false;
  const int minute = take_number(at, end, 2);
  if (minute < 0 || minute > 59 || !take_char(at, end, ":")) return false;
  const int second = take_number(at, end, 2);
  if (second < 0 || second > 60) return false;
  out = {hour * 3600 + minute * 60 + second, second == 60};
  return true;
}

// "+hh:mm", or "+hhmm" where there is no colon -> seconds east of UTC.
bool take_offset(const char*& at, const char* end, bool colon, std::int64_t& seconds) {
  const std::int64_t sign = at != end && *at == '-' ? -1 : 1;
  if (!take_char(at, end, "+-")) return false;
  const int hours = take_number(at, end, 2);
  if (hours < 0 || hours > 23 || (colon && !take_char(at, end, ":"))) return false;
  const int minutes = take_number(at, end, 2);
  if (minutes < 0 || minutes > 59) return false;
  seconds = sign * (hours * 3600 + minutes * 60);
  return true;
}

// Second 60 is there only as the last of a day in UTC, and taken as the next day's first.
bool join(std::int64_t days, DayTime time, std::int64_t offset, LogTime& out) {
  constexpr std::int64_t kDay = 86'400;
  out.seconds = days * kDay + time.seconds - offset;
  if (time.leap && out.seconds % kDay != 0) return false;
  return out.seconds >= kFirstSecond && out.seconds <= kLastSecond;
}

}  // namespace

bool CivilDays::days(int year, unsigned month, unsigned day, std::int64_t& out) {
  if (year != year_ || month != month_ || day != day_) {
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                           std::chrono::day{day}};
    if (year < 1 || !date.ok()) return false;
    year_ = year;
    month_ = month;
    day_ = day;
    days_ = std::chrono::sys_days{date}.time_since_epoch().count();
  }
  out = days_;
  return true;
}

bool take_rfc3339(const char*& at, const char* end, CivilDays& civil, LogTime& time) {
  const int year = take_number(at, end, 4);
  if (year < 1 || !take_char(at, end, "-")) return false;
  const int month = take_number(at, end, 2);
  if (month < 1 || !take_char(at, end, "-")) return false;
  const int day = take_number(at, end, 2);
  if (day < 1 || !take_char(at, end, "Tt ")) return false;
  DayTime day_time;
  if (!take_day_time(at, end, day_time) || !take_fraction(at, end, time.nanos)) return false;
  std::int64_t offset = 0;
  if (!take_char(at, end, "Zz") && !take_offset(at, end, true, offset)) return false;
  std::int64_t days = 0;
  return civil.days(year, static_cast<unsigned>(month), static_cast<unsigned>(day), days) &&
         join(days, day_time, offset, time);
}

bool take_clf_time(const char*& at, const char* end, CivilDays& civil, LogTime& time) {
  const int day = take_number(at, end, 2);
  if (day < 1 || !take_char(at, end, "/")) return false;
  const unsigned month = take_month(at, end);
  if (month == 0 || !take_char(at, end, "/")) return false;
  const int year = take_number(at, end, 4);
  if (year < 1 || !take_char(at, end, ":")) return false;
  DayTime day_time;
  if (!take_day_time(at, end, day_time) || !take_char(at, end, " ")) return false;
  std::int64_t offset = 0;
  if (!take_offset(at, end, false, offset)) return false;
  time.nanos = 0;
  std::int64_t days = 0;
  return civil.days(year, month, static_cast<unsigned>(day), days) &&
         join(days, day_time, offset, time);
}

}  // namespace ashlar::activity
