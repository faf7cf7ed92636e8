#include "modules/notifications/week_hours.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/check.h"

namespace ashlar::notifications {
namespace {

using base::Micros;
using base::Time;

constexpr std::array<std::string_view, 7> kWeekdays = {"mon", "tue", "wed", "thu",
                                                       "fri", "sat", "sun"};
constexpr Micros kWeek = std::chrono::minutes{kWeekMinutes};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Since Monday 00:00. The first of January 1970 was a Thursday.
Micros of_week(zone::LocalTime local) {
  const Micros since = local.time_since_epoch() + std::chrono::days{3};
  return (since % kWeek + kWeek) % kWeek;
}

base::Error invalid(std::string pointer, std::string detail) {
  base::Error error = base::fail(base::Code::kInvalid, "week_hours_invalid", detail);
  error.fields.push_back({std::move(pointer), "week_hours_invalid", std::move(detail)});
  return error;
}

using Range = std::pair<std::uint16_t, std::uint16_t>;

void add_span(const WeekSpan& span, std::vector<Range>& out) {
  const int until = span.until == 0 ? kDayMinutes : span.until;
  const int length = until > span.from ? until - span.from : until + kDayMinutes - span.from;
  for (int day = 0; day < 7; ++day) {
    if ((span.days >> day & 1) == 0) continue;
    const int from = day * kDayMinutes + span.from;
    const int end = std::min(from + length, kWeekMinutes);
    out.emplace_back(from, end);
    if (from + length > kWeekMinutes) out.emplace_back(0, from + length - kWeekMinutes);
  }
}

}  // namespace

std::optional<int> minute_of_clock(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const std::size_t i : {0, 1, 3, 4}) {
    if (!is_digit(text[i])) return std::nullopt;
  }
  const int hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int minute = (text[3] - '0') * 10 + (text[4] - '0');
  const int total = hour * 60 + minute;
  if (minute > 59 || total > kDayMinutes) return std::nullopt;
  return total;
}

std::string clock_of_minute(int minute) {
  CHECK(minute >= 0 && minute <= kDayMinutes);
  std::string text = "00:00";
  text[0] = static_cast<char>('0' + minute / 600);
  text[1] = static_cast<char>('0' + minute / 60 % 10);
  text[3] = static_cast<char>('0' + minute % 60 / 10);
  text[4] = static_cast<char>('0' + minute % 10);
  return text;
}

std::optional<int> weekday_of(std::string_view name) {
  const auto* const found = std::find(kWeekdays.begin(), kWeekdays.end(), name);
  if (found == kWeekdays.end()) return std::nullopt;
  return static_cast<int>(found - kWeekdays.begin());
}

std::string_view weekday_name(int weekday) { return kWeekdays[static_cast<std::size_t>(weekday)]; }

base::Result<WeekHours> WeekHours::of(std::span<const WeekSpan> spans) {
  if (spans.size() > kMaxSpans) {
    return invalid("", "at most " + std::to_string(kMaxSpans) + " spans of hours");
  }
  std::vector<Range> ranges;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const WeekSpan& span = spans[i];
    const std::string pointer = "/" + std::to_string(i);
    if (span.from < 0 || span.from >= kDayMinutes || span.until < 0 || span.until > kDayMinutes) {
      return invalid(pointer, "times are 00:00 to 24:00");
    }
    if (span.from == span.until % kDayMinutes && !(span.from == 0 && span.until == kDayMinutes)) {
      return invalid(pointer, "begins when it ends; all day is 00:00 to 24:00");
    }
    if (span.days == 0 || span.days > kEveryDay) {
      return invalid(pointer, "names no day of the week");
    }
    add_span(span, ranges);
  }
  std::sort(ranges.begin(), ranges.end());
  WeekHours hours;
  for (const auto& [from, until] : ranges) {
    if (!hours.edges_.empty() && from <= hours.edges_.back()) {
      hours.edges_.back() = std::max(hours.edges_.back(), until);
    } else {
      hours.edges_.insert(hours.edges_.end(), {from, until});
    }
  }
  return hours;
}

bool WeekHours::has(zone::LocalTime local) const {
  const auto minute = std::chrono::floor<std::chrono::minutes>(of_week(local)).count();
  const auto next = std::upper_bound(edges_.begin(), edges_.end(), minute);
  return (next - edges_.begin()) % 2 == 1;
}

bool WeekHours::inside(const zone::TimeZone& zone, Time t) const {
  return !edges_.empty() && has(zone.local(t));
}

std::optional<Time> WeekHours::first(bool want, const zone::TimeZone& zone, Time from,
                                     Time until) const {
  if (edges_.empty()) return want || from >= until ? std::nullopt : std::optional(from);
  for (Time t = from; t < until;) {
    const zone::TimeZone::Period period = zone.at(t);
    // Within a period the clock runs evenly: from edge to edge of the week.
    while (t < period.until && t < until) {
      const Micros at = of_week(zone::LocalTime{t.time_since_epoch() + period.offset()});
      const auto minute = std::chrono::floor<std::chrono::minutes>(at).count();
      const auto next = std::upper_bound(edges_.begin(), edges_.end(), minute);
      if (((next - edges_.begin()) % 2 == 1) == want) return t;
      t += std::chrono::minutes{next == edges_.end() ? kWeekMinutes : *next} - at;
    }
    t = std::min(t, period.until);
  }
  return std::nullopt;
}

std::string WeekHours::name_of_span(zone::LocalTime local) const {
  if (!has(local)) return "";
  if (edges_.size() == 2 && edges_.back() - edges_.front() == kWeekMinutes) return "every hour";
  const auto minute = std::chrono::floor<std::chrono::minutes>(of_week(local)).count();
  const auto next = std::upper_bound(edges_.begin(), edges_.end(), minute);
  int from = *std::prev(next);
  int end = *next;
  // What ends with the week may go on in the next.
  if (end == kWeekMinutes && edges_.front() == 0) end = edges_[1];
  if (from == 0 && edges_.back() == kWeekMinutes) from = edges_[edges_.size() - 2];
  return clock_of_minute(from % kDayMinutes) + "–" + clock_of_minute(end % kDayMinutes);
}

}  // namespace ashlar::notifications
