#include "platform/zone/posix_rule.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/check.h"

namespace ashlar::zone {
namespace {

constexpr std::size_t kMaxAbbreviationBytes = 16;

base::Error invalid(std::string_view text) {
  return base::fail(base::Code::kInvalid, "zone_rule_invalid",
                    "not a rule of POSIX's form: \"" + std::string(text.substr(0, 64)) + "\"");
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Takes from the front of the text what fits; false or nullopt, and no promise where it then
// stands, where nothing does.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] char front() const { return rest_.empty() ? '\0' : rest_.front(); }

  bool take(char c) {
    if (front() != c || at_end()) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::optional<int> number(int low, int high) {
    int value = 0;
    std::size_t digits = 0;
    while (digits < 4 && is_digit(front())) {
      value = value * 10 + (front() - '0');
      rest_.remove_prefix(1);
      ++digits;
    }
    if (digits == 0 || value < low || value > high) return std::nullopt;
    return value;
  }

  // [+-]hh[:mm[:ss]]
  std::optional<std::int32_t> seconds(int max_hours) {
    const int sign = front() == '-' ? -1 : 1;
    if (front() == '+' || front() == '-') rest_.remove_prefix(1);
    const std::optional<int> hours = number(0, max_hours);
    if (!hours) return std::nullopt;
    std::optional<int> minutes = 0;
    std::optional<int> rest = 0;
    if (take(':')) {
      minutes = number(0, 59);
      if (minutes && take(':')) rest = number(0, 59);
    }
    if (!minutes || !rest) return std::nullopt;
    return sign * (*hours * 3600 + *minutes * 60 + *rest);
  }

  std::optional<std::string> abbreviation() {
    const bool quoted = take('<');
    std::string name;
    while (!at_end() && name.size() < kMaxAbbreviationBytes) {
      const char c = front();
      const bool fits = is_letter(c) || (quoted && (is_digit(c) || c == '+' || c == '-'));
      if (!fits) break;
      name += c;
      rest_.remove_prefix(1);
    }
    if (name.size() < 3 || (quoted && !take('>'))) return std::nullopt;
    return name;
  }

  std::optional<ChangeDate> date() {
    ChangeDate date;
    std::optional<int> day;
    if (take('M')) {
      const std::optional<int> month = number(1, 12);
      const std::optional<int> week = month && take('.') ? number(1, 5) : std::nullopt;
      day = week && take('.') ? number(0, 6) : std::nullopt;
      if (!day) return std::nullopt;
      date.month = *month;
      date.week = *week;
    } else if (take('J')) {
      date.count = ChangeDate::Count::kJulianNoLeap;
      day = number(1, 365);
    } else {
      date.count = ChangeDate::Count::kDayOfYear;
      day = number(0, 365);
    }
    if (!day) return std::nullopt;
    date.day = *day;
    if (take('/')) {
      const std::optional<std::int32_t> at = seconds(167);
      if (!at) return std::nullopt;
      date.at_s = *at;
    }
    return date;
  }

 private:
  std::string_view rest_;
};

// The day of the date in that year.
std::chrono::sys_days day_of(const ChangeDate& date, std::chrono::year year) {
  using std::chrono::days;
  using std::chrono::sys_days;
  const sys_days first{year / std::chrono::January / 1};
  switch (date.count) {
    case ChangeDate::Count::kJulianNoLeap:
      return first + days{date.day - 1 + (year.is_leap() && date.day >= 60 ? 1 : 0)};
    case ChangeDate::Count::kDayOfYear:
      return first + days{date.day};
    case ChangeDate::Count::kMonthWeekDay:
      break;
  }
  const std::chrono::month month{static_cast<unsigned>(date.month)};
  const std::chrono::weekday weekday{static_cast<unsigned>(date.day)};
  if (date.week == 5) return sys_days{year / month / weekday[std::chrono::last]};
  return sys_days{year / month / weekday[static_cast<unsigned>(date.week)]};
}

}  // namespace

base::Result<PosixRule> PosixRule::parse(std::string_view text) {
  Reader reader(text);
  PosixRule rule;
  const std::optional<std::string> standard = reader.abbreviation();
  // West is positive here and nowhere else.
  const std::optional<std::int32_t> west = standard ? reader.seconds(24) : std::nullopt;
  if (!west) return invalid(text);
  rule.standard = {-*west, false, *standard};
  if (reader.at_end()) return rule;

  const std::optional<std::string> daylight = reader.abbreviation();
  if (!daylight) return invalid(text);
  rule.changes = true;
  rule.daylight = {rule.standard.offset_s + 3600, true, *daylight};
  if (reader.front() != ',') {
    const std::optional<std::int32_t> daylight_west = reader.seconds(24);
    if (!daylight_west) return invalid(text);
    rule.daylight.offset_s = -*daylight_west;
  }
  const std::optional<ChangeDate> start = reader.take(',') ? reader.date() : std::nullopt;
  const std::optional<ChangeDate> end = start && reader.take(',') ? reader.date() : std::nullopt;
  if (!end || !reader.at_end()) return invalid(text);
  rule.start = *start;
  rule.end = *end;
  return rule;
}

std::vector<RuleChange> PosixRule::around(int year) const {
  CHECK(changes && year >= -9998 && year <= 10'000);
  std::vector<RuleChange> found;
  found.reserve(10);
  const auto put = [&](std::int64_t at_unix_s, bool to_daylight) {
    // Behind those of the same moment: where the end of one year's daylight time is the start of
    // the next one's, the later year's holds. That is how a rule says "always".
    const auto place = std::upper_bound(
        found.begin(), found.end(), at_unix_s,
        [](std::int64_t at, const RuleChange& change) { return at < change.at_unix_s; });
    found.insert(place, {at_unix_s, to_daylight});
  };
  for (int y = year - 2; y <= year + 2; ++y) {
    const auto begin_of = [&](const ChangeDate& date) {
      const std::chrono::sys_seconds midnight = day_of(date, std::chrono::year{y});
      return midnight.time_since_epoch().count() + date.at_s;
    };
    put(begin_of(start) - standard.offset_s, true);
    put(begin_of(end) - daylight.offset_s, false);
  }
  return found;
}

}  // namespace ashlar::zone
