#include "modules/notifications/hours_json.h"

#include <algorithm>

namespace ashlar::notifications {
namespace {

constexpr std::size_t kWeekDays = 7;

base::Result<int> minute_at(const json::Value& object, std::string_view member,
                            const JsonPlace& place) {
  const json::Value* value = object.find(member);
  const std::string* text = value == nullptr ? nullptr : value->if_string();
  const std::optional<int> minute = text == nullptr ? std::nullopt : minute_of_clock(*text);
  if (minute) return *minute;
  return place.at(member).wrong("Give a time of day as 22:00.");
}

}  // namespace

base::Result<std::uint8_t> days_of(const json::Value& days, const JsonPlace& place) {
  const json::Value::Array* names = days.if_array();
  std::uint8_t bits = 0;
  if (names != nullptr && names->size() <= kWeekDays) {
    for (const json::Value& name : *names) {
      const std::string* text = name.if_string();
      const std::optional<int> day = text == nullptr ? std::nullopt : weekday_of(*text);
      if (!day) return place.wrong("A day is mon, tue, wed, thu, fri, sat or sun.");
      bits = static_cast<std::uint8_t>(bits | (1U << *day));
    }
  }
  if (bits == 0) return place.wrong("Give a list of 1 to 7 days: [\"fri\", \"sat\"].");
  return bits;
}

base::Result<WeekSpan> week_span_of(const json::Value& object, const JsonPlace& place) {
  WeekSpan span;
  ASHLAR_ASSIGN(span.from, minute_at(object, "from", place));
  ASHLAR_ASSIGN(span.until, minute_at(object, "to", place));
  if (span.from == kDayMinutes) return place.at("from").wrong("A day begins at 00:00.");
  if (span.from == span.until) {
    return place.at("to").wrong("The hours end when they begin; 00:00 to 24:00 is all day.");
  }
  if (const json::Value* days = object.find("days")) {
    ASHLAR_ASSIGN(span.days, days_of(*days, place.at("days")));
  }
  return span;
}

base::Status check_members(const json::Value::Object& object,
                           std::initializer_list<std::string_view> known, const JsonPlace& place) {
  for (const auto& [name, value] : object) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return place.at(name).wrong("There is no such member here.");
    }
  }
  return base::ok_status();
}

}  // namespace ashlar::notifications
