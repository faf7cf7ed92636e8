#include "modules/notifications/category.h"

#include <utility>

#include "modules/notifications/hours_json.h"
#include "modules/notifications/json_checks.h"
#include "platform/json/parse.h"

namespace ashlar::notifications {
namespace {

using json::Value;

base::Result<std::int64_t> integer_of(const Value* value, std::int64_t least, std::int64_t most,
                                      const JsonPlace& place) {
  const std::int64_t* number = value == nullptr ? nullptr : value->if_integer();
  if (number != nullptr && *number >= least && *number <= most) return *number;
  return place.wrong("Give a whole number, " + std::to_string(least) + " to " +
                     std::to_string(most) + ".");
}

base::Result<base::Seconds> window_of(const Value* per, const JsonPlace& place) {
  if (per != nullptr && per->if_string() != nullptr) {
    const std::string& name = *per->if_string();
    if (name == "hour") return base::Seconds{3600};
    if (name == "day") return base::Seconds{24 * 3600};
    if (name == "week") return base::Seconds{7 * 24 * 3600};
    return place.wrong("Give hour, day, week or seconds.");
  }
  ASHLAR_ASSIGN(const std::int64_t seconds,
                integer_of(per, 1, Category::kMaxCapWindow.count(), place));
  return base::Seconds{seconds};
}

base::Result<Category::Cap> cap_of(const Value& value, const JsonPlace& place) {
  const Value::Object* members = value.if_object();
  if (members == nullptr) return place.wrong("Give {\"max\": 3, \"per\": \"day\"}.");
  ASHLAR_TRY(check_members(*members, {"max", "per", "excess"}, place));
  Category::Cap cap;
  ASHLAR_ASSIGN(const std::int64_t limit,
                integer_of(value.find("max"), 0, Category::kMaxCapLimit, place.at("max")));
  cap.limit = static_cast<std::uint32_t>(limit);
  ASHLAR_ASSIGN(cap.window, window_of(value.find("per"), place.at("per")));
  if (const Value* excess = value.find("excess")) {
    const std::string* word = excess->if_string();
    if (word == nullptr || (*word != "defer" && *word != "skip")) {
      return place.at("excess").wrong("Give defer or skip.");
    }
    if (*word == "skip") cap.excess = FrequencyCap::Excess::kSkip;
  }
  return cap;
}

base::Result<std::vector<Category::Cap>> caps_of(const Value& value, const JsonPlace& place) {
  const Value::Array* items = value.if_array();
  if (items == nullptr || items->size() > Category::kMaxCaps) {
    return place.wrong("Give a list of at most 5 caps.");
  }
  std::vector<Category::Cap> caps;
  for (std::size_t i = 0; i < items->size(); ++i) {
    ASHLAR_ASSIGN(const Category::Cap cap, cap_of((*items)[i], place.at(std::to_string(i))));
    caps.push_back(cap);
  }
  return caps;
}

base::Result<Category::Window> send_window_of(const Value& value, const JsonPlace& place) {
  const Value::Object* members = value.if_object();
  if (members == nullptr) return place.wrong("Give {\"from\": \"08:00\", \"to\": \"20:00\"}.");
  ASHLAR_TRY(check_members(*members, {"from", "to", "days", "hours", "time_zone"}, place));
  Category::Window window;
  if (const Value* zone = value.find("time_zone")) {
    if (zone->if_string() == nullptr) return place.at("time_zone").wrong("Give a zone's name.");
    window.zone = *zone->if_string();
  }
  std::vector<WeekSpan> spans;
  if (const Value* hours = value.find("hours")) {
    const Value::Array* items = hours->if_array();
    if (items == nullptr || items->empty() || items->size() > WeekHours::kMaxSpans) {
      return place.at("hours").wrong("Give a list of 1 to 32 spans of hours.");
    }
    for (std::size_t i = 0; i < items->size(); ++i) {
      ASHLAR_ASSIGN(const WeekSpan span,
                    week_span_of((*items)[i], place.at("hours").at(std::to_string(i))));
      spans.push_back(span);
    }
  } else {
    ASHLAR_ASSIGN(const WeekSpan span, week_span_of(value, place));
    spans.push_back(span);
  }
  auto hours = WeekHours::of(spans);
  if (!hours.ok()) return place.wrong(hours.error().detail);
  window.hours = *std::move(hours);
  return window;
}

base::Result<DigestTime> digest_of(const Value& value, const JsonPlace& place) {
  const Value::Object* members = value.if_object();
  if (members == nullptr) return place.wrong("Give {\"after_s\": 3600} or {\"at\": \"08:00\"}.");
  ASHLAR_TRY(check_members(*members, {"after_s", "at", "days"}, place));
  DigestTime digest;
  const Value* at = value.find("at");
  if (at == nullptr) {
    if (value.find("days") != nullptr) return place.at("days").wrong("Days go with at.");
    ASHLAR_ASSIGN(const std::int64_t seconds,
                  integer_of(value.find("after_s"), 1, 7 * 24 * 3600, place.at("after_s")));
    digest.after = base::Seconds{seconds};
    return digest;
  }
  if (value.find("after_s") != nullptr) return place.at("after_s").wrong("Give one of the two.");
  digest.at_minute = at->if_string() == nullptr ? std::nullopt : minute_of_clock(*at->if_string());
  if (!digest.at_minute || *digest.at_minute == kDayMinutes) {
    return place.at("at").wrong("Give a time of day as 08:00.");
  }
  if (const Value* days = value.find("days")) {
    ASHLAR_ASSIGN(digest.days, days_of(*days, place.at("days")));
  }
  return digest;
}

base::Status read_channels(const Value& value, const JsonPlace& place,
                           std::array<Choice, kChannels>& channels) {
  const Value::Object* members = value.if_object();
  if (members == nullptr) return place.wrong("Give an object of channels.");
  for (const auto& [name, member] : *members) {
    const std::optional<Channel> channel = channel_of(name);
    if (!channel || member.if_boolean() == nullptr) {
      return place.at(name).wrong("Give a channel and true or false.");
    }
    channels[static_cast<std::size_t>(*channel)] =
        *member.if_boolean() ? Choice::kYes : Choice::kNo;
  }
  return base::ok_status();
}

}  // namespace

base::Result<Category::Settings> category_settings_of(const Value& settings) {
  const JsonPlace place{"category_invalid", ""};
  const Value::Object* members = settings.if_object();
  if (members == nullptr) return place.wrong("Give an object.");
  ASHLAR_TRY(check_members(*members, {"channels", "caps", "send_window", "digest"}, place));
  Category::Settings found;
  const auto given = [&](std::string_view name) -> const Value* {
    const Value* value = settings.find(name);
    return value == nullptr || value->is_null() ? nullptr : value;
  };
  if (const Value* channels = given("channels")) {
    ASHLAR_TRY(read_channels(*channels, place.at("channels"), found.channels));
  }
  if (const Value* caps = given("caps")) {
    ASHLAR_ASSIGN(found.caps, caps_of(*caps, place.at("caps")));
  }
  if (const Value* window = given("send_window")) {
    ASHLAR_ASSIGN(found.send_window, send_window_of(*window, place.at("send_window")));
  }
  if (const Value* digest = given("digest")) {
    ASHLAR_ASSIGN(found.digest, digest_of(*digest, place.at("digest")));
  }
  return found;
}

base::Result<Category::Settings> category_settings_of(std::string_view settings) {
  ASHLAR_ASSIGN(const Value value, json::parse(settings));
  return category_settings_of(value);
}

}  // namespace ashlar::notifications
