#include "platform/jobs/cron.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "base/text.h"

namespace ashlar::jobs {
namespace {

using base::Micros;
using base::Time;
using zone::LocalTime;

constexpr std::array<std::string_view, 12> kMonths{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                   "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekdays{"SUN", "MON", "TUE", "WED",
                                                    "THU", "FRI", "SAT"};

struct Field {
  const char* name;
  int low, high;
  std::span<const std::string_view> names;  // of low, low + 1, …
};
constexpr std::array<Field, 5> kFields{{{"minute", 0, 59, {}},
                                        {"hour", 0, 23, {}},
                                        {"day", 1, 31, {}},
                                        {"month", 1, 12, kMonths},
                                        {"weekday", 0, 7, kWeekdays}}};

struct Nickname {
  std::string_view name, means;
};
constexpr std::array<Nickname, 7> kNicknames{{{"@yearly", "0 0 1 1 *"},
                                              {"@annually", "0 0 1 1 *"},
                                              {"@monthly", "0 0 1 * *"},
                                              {"@weekly", "0 0 * * 0"},
                                              {"@daily", "0 0 * * *"},
                                              {"@midnight", "0 0 * * *"},
                                              {"@hourly", "0 * * * *"}}};

constexpr std::uint32_t kEveryHour = (1U << 24) - 1;
constexpr std::array<unsigned, 12> kLongest{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
constexpr LocalTime kEnd = std::chrono::local_days{std::chrono::year{9999} / 1 / 1};
// After which the calendar repeats, weekdays included.
constexpr int kMonthsOfCycle = 400 * 12;

base::Error invalid(std::string detail) {
  return base::fail(base::Code::kInvalid, "cron_invalid", std::move(detail));
}

base::Error invalid(const Field& field, const std::string& what) {
  std::string detail = std::string(field.name) + ": " + what + "; it takes " +
                       std::to_string(field.low) + "-" + std::to_string(field.high);
  if (!field.names.empty()) {
    detail += " or " + std::string(field.names.front()) + "-" + std::string(field.names.back());
  }
  return invalid(detail + ", ranges a-b, steps */n, lists a,b");
}

// What other programs add, and what says the same here; "" for anything else.
std::string instead_of(const Field& field, std::string_view text) {
  const std::string_view name = field.name;
  const bool of_days = name == "day" || name == "weekday";
  const auto has = [&](char c) { return text.find(c) != text.npos; };
  const char last = text.empty() ? '\0' : text.back();
  if (has('?')) return "there is no ?: write *";
  if (has('#')) {
    return "there is no #: run on each such weekday (MON), and let the task look whether the day "
           "is "
           "of the week that is meant (the second: 8-14)";
  }
  if (of_days && (last == 'W' || last == 'w')) {
    return "there is no W: run on MON-FRI, and let the task look whether the day is the one";
  }
  if (of_days && (last == 'L' || last == 'l' || text.starts_with("L-"))) {
    return name == "day"
               ? "there is no L: run on 28-31, and let the task look whether the next day "
                 "is the 1st; or early on the 1st, for the month before"
               : "there is no L: run on each such weekday (FRI), and let the task look "
                 "whether a week later is another month";
  }
  return "";
}

// A number of at most three digits, or a name; nullopt for anything else.
std::optional<int> value_of(const Field& field, std::string_view text) {
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    if (base::ascii_iequals(text, field.names[i])) return field.low + static_cast<int>(i);
  }
  if (text.empty() || text.size() > 3) return std::nullopt;
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

// One part of a list: "*", "5", "1-5", each with or without "/2". As bits.
base::Result<std::uint64_t> parse_part(const Field& field, std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view range = text.substr(0, slash);
  const int last_of_field = field.high == 7 ? 6 : field.high;  // Sunday once
  int low = field.low;
  int high = last_of_field;
  if (range != "*") {
    const std::size_t dash = range.find('-');
    const std::optional<int> first = value_of(field, range.substr(0, dash));
    const std::optional<int> last =
        dash == range.npos ? (slash == text.npos ? first : std::optional<int>{last_of_field})
                           : value_of(field, range.substr(dash + 1));
    if (!first || !last) {
      const std::string instead = instead_of(field, range);
      if (!instead.empty()) return invalid(std::string(field.name) + ": " + instead);
      return invalid(field, "not understood");
    }
    low = *first;
    high = *last;
    // FRI-SUN: the week's last Sunday.
    if (last_of_field < field.high && dash != range.npos && high == 0 && low > 0) high = 7;
    if (low < field.low || high > field.high) return invalid(field, "out of bounds");
    if (low > high) return invalid(field, "a range runs upward: write the two parts as a list");
  }
  int step = 1;
  if (slash != text.npos) {
    const std::optional<int> given = value_of({field.name, 0, 0, {}}, text.substr(slash + 1));
    if (!given || *given == 0) return invalid(field, "a step is a number from 1");
    if (*given > field.high - field.low + 1) return invalid(field, "a step longer than the field");
    step = *given;
  }
  std::uint64_t bits = 0;
  for (int value = low; value <= high; value += step) bits |= std::uint64_t{1} << value;
  return bits;
}

base::Result<std::uint64_t> parse_field(const Field& field, std::string_view text) {
  std::uint64_t bits = 0;
  while (true) {
    const std::size_t comma = text.find(',');
    ASHLAR_ASSIGN(const std::uint64_t part, parse_part(field, text.substr(0, comma)));
    bits |= part;
    if (comma == text.npos) return bits;
    text.remove_prefix(comma + 1);
  }
}

// Splits at spaces and tabs; nullopt unless there are five words.
std::optional<std::array<std::string_view, 5>> five_words(std::string_view text) {
  std::array<std::string_view, 5> words;
  std::size_t found = 0;
  while (!(text = base::trim_spaces(text)).empty()) {
    if (found == words.size()) return std::nullopt;
    words[found] = text.substr(0, text.find_first_of(" \t"));
    text.remove_prefix(words[found++].size());
  }
  if (found != words.size()) return std::nullopt;
  return words;
}

int first_bit_from(std::uint64_t bits, int from) {
  if (from > 63) return -1;
  bits = bits >> from << from;
  return bits == 0 ? -1 : std::countr_zero(bits);
}

}  // namespace

base::Result<Cron> Cron::parse(std::string_view text) {
  if (text.size() > kMaxBytes) return invalid("a schedule has at most 255 bytes");
  text = base::trim_spaces(text);
  if (text.starts_with('@')) {
    for (const Nickname& nickname : kNicknames) {
      if (base::ascii_iequals(text, nickname.name)) return parse(nickname.means);
    }
    return invalid(
        "of the @ names there are @yearly, @annually, @monthly, @weekly, @daily, "
        "@midnight, @hourly");
  }
  const auto words = five_words(text);
  if (!words) return invalid("a schedule has five fields: minute hour day month weekday");
  std::array<std::uint64_t, 5> bits{};
  for (std::size_t i = 0; i < bits.size(); ++i) {
    ASHLAR_ASSIGN(bits[i], parse_field(kFields[i], (*words)[i]));
  }

  Cron cron;
  cron.minutes_ = bits[0];
  cron.hours_ = static_cast<std::uint32_t>(bits[1]);
  cron.days_ = static_cast<std::uint32_t>(bits[2]);
  cron.months_ = static_cast<std::uint16_t>(bits[3]);
  cron.weekdays_ = static_cast<std::uint8_t>((bits[4] | bits[4] >> 7) & 0x7F);
  cron.either_day_ = !(*words)[2].starts_with('*') && !(*words)[4].starts_with('*');
  bool ever = cron.either_day_;
  for (unsigned month = 1; month <= 12; ++month) {
    const std::uint64_t days = (std::uint64_t{2} << kLongest[month - 1]) - 1;
    if ((cron.months_ >> month & 1) != 0 && (cron.days_ & days) != 0) ever = true;
  }
  if (!ever) return invalid("day: none of the months has such a day");
  return cron;
}

std::uint32_t Cron::days_of(int year, unsigned month) const {
  const std::chrono::year_month of_month = std::chrono::year{year} / std::chrono::month{month};
  const auto last = static_cast<unsigned>((of_month / std::chrono::last).day());
  const unsigned first = std::chrono::weekday{std::chrono::local_days{of_month / 1}}.c_encoding();
  const auto in_month = static_cast<std::uint32_t>((std::uint64_t{2} << last) - 2);
  // Weekdays as bits of days: day 1 is a `first`.
  std::uint64_t by_weekday = 0;
  for (unsigned day = 1; day <= last; ++day) {
    if ((weekdays_ >> (first + day - 1) % 7 & 1) != 0) by_weekday |= std::uint64_t{1} << day;
  }
  const auto of_week = static_cast<std::uint32_t>(by_weekday);
  return (either_day_ ? days_ | of_week : days_ & of_week) & in_month;
}

base::Result<LocalTime> Cron::next_local(LocalTime from) const {
  using std::chrono::local_days;
  const auto begin = std::chrono::ceil<std::chrono::minutes>(from);
  const local_days today = std::chrono::floor<std::chrono::days>(begin);
  const std::chrono::year_month_day date{today};
  const auto in_day = static_cast<int>((begin - today).count());

  const auto fits = [](std::uint32_t bits, unsigned at) { return (bits >> at & 1) != 0; };
  std::chrono::year_month month{date.year(), date.month()};
  const auto day = static_cast<int>(static_cast<unsigned>(date.day()));
  const auto at = [&](int on_day, int hour, int minute) {
    return LocalTime{local_days{month / std::chrono::day{static_cast<unsigned>(on_day)}} +
                     std::chrono::hours{hour} + std::chrono::minutes{minute}};
  };
  const int first_hour = std::countr_zero(hours_);
  const int first_minute = std::countr_zero(minutes_);

  // The hour that it is, the rest of its day, and from then on days at their first time.
  for (int months = 0; months <= kMonthsOfCycle && local_days{month / 1} < kEnd; ++months) {
    const auto of_year = static_cast<unsigned>(month.month());
    const std::uint32_t days =
        fits(months_, of_year) ? days_of(static_cast<int>(month.year()), of_year) : 0;
    if (months == 0 && fits(days, static_cast<unsigned>(day))) {
      const int rest = fits(hours_, static_cast<unsigned>(in_day / 60))
                           ? first_bit_from(minutes_, in_day % 60)
                           : -1;
      if (rest >= 0) return at(day, in_day / 60, rest);
      const int hour = first_bit_from(hours_, in_day / 60 + 1);
      if (hour >= 0) return at(day, hour, first_minute);
    }
    const int found = first_bit_from(days, months == 0 ? day + 1 : 1);
    if (found >= 0) return at(found, first_hour, first_minute);
    month += std::chrono::months{1};
  }
  return base::fail(base::Code::kInvalid, "cron_ended", "it does not run before the year 9999");
}

base::Result<Time> Cron::next(const zone::TimeZone& zone, Time after) const {
  Time cursor = std::clamp(after, Time{}, Time{kEnd.time_since_epoch()}) + Micros{1};
  if (hours_ != kEveryHour) {
    ASHLAR_ASSIGN(const LocalTime local, next_local(zone.furthest(cursor - Micros{1}) + Micros{1}));
    return zone.first_reaching(local);
  }
  while (true) {
    const zone::TimeZone::Period period = zone.at(cursor);
    ASHLAR_ASSIGN(const LocalTime local,
                  next_local(LocalTime{cursor.time_since_epoch()} + period.offset()));
    const Time found = Time{local.time_since_epoch()} - period.offset();
    if (found < period.until) return found;
    cursor = period.until;
  }
}

}  // namespace ashlar::jobs
