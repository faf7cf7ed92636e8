#include "base/time.h"

#include <array>
#include <cstdio>

#include "base/check.h"

namespace ashlar::base {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

struct Civil {
  year_month_day date;
  int hour, minute, second, micros;
};

Civil to_civil(Time t) {
  const sys_days days = std::chrono::floor<std::chrono::days>(t);
  const std::int64_t in_day = (t - days).count();
  const auto seconds = static_cast<int>(in_day / 1'000'000);
  return Civil{year_month_day{days}, seconds / 3600, seconds / 60 % 60, seconds % 60,
               static_cast<int>(in_day % 1'000'000)};
}

// Reads exactly `digits` decimal digits; -1 where there are fewer.
int take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return -1;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take_char(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// ".123456789" -> micros, at most nine digits; nullopt for "." alone or more digits.
std::optional<int> take_fraction(std::string_view& text) {
  if (!take_char(text, ".")) return 0;
  int micros = 0;
  std::size_t digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (digits < 6) micros = micros * 10 + (text.front() - '0');
    ++digits;
    text.remove_prefix(1);
  }
  if (digits == 0 || digits > 9) return std::nullopt;
  for (std::size_t i = digits; i < 6; ++i) micros *= 10;
  return micros;
}

// "Z", "z", "+hh:mm", "-hh:mm" -> minutes east of UTC.
std::optional<int> take_offset(std::string_view& text) {
  if (take_char(text, "Zz")) return 0;
  const int sign = !text.empty() && text.front() == '-' ? -1 : 1;
  if (!take_char(text, "+-")) return std::nullopt;
  const int hours = take_number(text, 2);
  if (hours < 0 || hours > 23 || !take_char(text, ":")) return std::nullopt;
  const int minutes = take_number(text, 2);
  if (minutes < 0 || minutes > 59) return std::nullopt;
  return sign * (hours * 60 + minutes);
}

}  // namespace

std::string format_rfc3339(Time t) {
  const Civil c = to_civil(t);
  const int y = static_cast<int>(c.date.year());
  CHECK(y >= 1 && y <= 9999);
  std::array<char, 40> buffer{};
  int length = std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d", y,
                             static_cast<unsigned>(c.date.month()),
                             static_cast<unsigned>(c.date.day()), c.hour, c.minute, c.second);
  std::string out(buffer.data(), static_cast<std::size_t>(length));
  if (c.micros != 0) {
    const bool millis = c.micros % 1000 == 0;
    length = std::snprintf(buffer.data(), buffer.size(), millis ? ".%03d" : ".%06d",
                           millis ? c.micros / 1000 : c.micros);
    out.append(buffer.data(), static_cast<std::size_t>(length));
  }
  out += 'Z';
  return out;
}

std::optional<Time> parse_rfc3339(std::string_view text) {
  const int y = take_number(text, 4);
  if (y < 1 || !take_char(text, "-")) return std::nullopt;
  const int mo = take_number(text, 2);
  if (mo < 0 || !take_char(text, "-")) return std::nullopt;
  const int d = take_number(text, 2);
  if (d < 0 || !take_char(text, "Tt ")) return std::nullopt;
  const int h = take_number(text, 2);
  if (h < 0 || h > 23 || !take_char(text, ":")) return std::nullopt;
  const int mi = take_number(text, 2);
  if (mi < 0 || mi > 59 || !take_char(text, ":")) return std::nullopt;
  const int s = take_number(text, 2);
  if (s < 0 || s > 60) return std::nullopt;
  const std::optional<int> micros = take_fraction(text);
  if (!micros) return std::nullopt;
  const std::optional<int> offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;

  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)},
                            day{static_cast<unsigned>(d)}};
  if (!date.ok()) return std::nullopt;
  const Time minute = sys_days{date} + std::chrono::hours{h} + std::chrono::minutes{mi - *offset};
  if (s == 60 && (minute - std::chrono::floor<std::chrono::days>(minute)) !=
                     std::chrono::hours{23} + std::chrono::minutes{59}) {
    return std::nullopt;
  }
  const Time result = minute + Seconds{s} + Micros{*micros};
  // An offset can carry 0001-01-01 or 9999-12-31 out of the range that format_rfc3339 can print.
  const int result_year =
      static_cast<int>(year_month_day{std::chrono::floor<std::chrono::days>(result)}.year());
  if (result_year < 1 || result_year > 9999) return std::nullopt;
  return result;
}

std::string format_http_date(Time t) {
  static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const Civil c = to_civil(t);
  const std::chrono::weekday weekday{sys_days{c.date}};
  std::array<char, 40> buffer{};
  const int length =
      std::snprintf(buffer.data(), buffer.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                    kDays[weekday.c_encoding()], static_cast<unsigned>(c.date.day()),
                    kMonths[static_cast<unsigned>(c.date.month()) - 1],
                    static_cast<int>(c.date.year()), c.hour, c.minute, c.second);
  return {buffer.data(), static_cast<std::size_t>(length)};
}

}  // namespace ashlar::base
