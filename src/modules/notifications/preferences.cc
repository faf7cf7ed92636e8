#include "modules/notifications/preferences.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "modules/notifications/hours_json.h"
#include "modules/notifications/json_checks.h"
#include "modules/notifications/recipient.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"

namespace ashlar::notifications {
namespace {

using json::Value;
using Row = ChannelChoices::Row;

constexpr const char* kBadPreferences = "preferences_invalid";
constexpr const char* kBadQuietHours = "quiet_hours_invalid";
constexpr std::string_view kEvery = "*";

base::Result<Choice> choice_of(const Value& value, const JsonPlace& place) {
  const bool* wanted = value.if_boolean();
  if (wanted == nullptr) return place.wrong("Give true or false.");
  return *wanted ? Choice::kYes : Choice::kNo;
}

// {"email": false, "*": true} or false for all at once.
base::Status read_row(const Value& value, const JsonPlace& place, bool whole_allowed, Row& row) {
  const Value::Object* members = value.if_object();
  if (members == nullptr) {
    if (!whole_allowed) return place.wrong("Give an object of channels.");
    ASHLAR_ASSIGN(row.all, choice_of(value, place));
    return base::ok_status();
  }
  for (const auto& [name, member] : *members) {
    ASHLAR_ASSIGN(const Choice choice, choice_of(member, place.at(name)));
    if (whole_allowed && name == kEvery) {
      row.all = choice;
      continue;
    }
    const std::optional<Channel> channel = channel_of(name);
    if (!channel) {
      return place.at(name).wrong("A channel is email, sms, push, inbox, chat or http.");
    }
    row.by_channel[static_cast<std::size_t>(*channel)] = choice;
  }
  return base::ok_status();
}

base::Status read_categories(const Value& value, const JsonPlace& place, std::vector<Row>& rows) {
  const Value::Object* members = value.if_object();
  if (members == nullptr) return place.wrong("Give an object of categories.");
  if (members->size() > ChannelChoices::kMaxCategories) {
    return place.wrong("There are more than 256 categories.");
  }
  for (const auto& [name, member] : *members) {
    if (!check_name(name, "").ok()) return place.at(name).wrong("This is no category's name.");
    Row row;
    row.category = name;
    ASHLAR_TRY(read_row(member, place.at(name), true, row));
    rows.push_back(std::move(row));
  }
  return base::ok_status();
}

struct QuietSpan {
  WeekSpan span;
  std::uint8_t channels = QuietHours::kNoisy;
};

base::Result<QuietSpan> quiet_span_of(const Value& value, const JsonPlace& place) {
  const Value::Object* members = value.if_object();
  if (members == nullptr) return place.wrong("Give {\"from\": \"22:00\", \"to\": \"07:00\"}.");
  ASHLAR_TRY(check_members(*members, {"from", "to", "days", "channels"}, place));
  QuietSpan quiet;
  ASHLAR_ASSIGN(quiet.span, week_span_of(value, place));
  const Value* channels = value.find("channels");
  if (channels == nullptr) return quiet;
  quiet.channels = 0;
  if (const Value::Array* names = channels->if_array()) {
    for (const Value& name : *names) {
      const std::string* text = name.if_string();
      const std::optional<Channel> channel = text == nullptr ? std::nullopt : channel_of(*text);
      if (!channel) return place.at("channels").wrong("One of them is no channel.");
      quiet.channels =
          static_cast<std::uint8_t>(quiet.channels | (1U << static_cast<int>(*channel)));
    }
  }
  if (quiet.channels == 0) return place.at("channels").wrong("Give a list of channels.");
  return quiet;
}

base::Result<std::vector<QuietSpan>> quiet_spans_of(const Value& value, const JsonPlace& place) {
  std::vector<QuietSpan> spans;
  const Value::Array* items = value.if_array();
  if (items == nullptr) {
    ASHLAR_ASSIGN(const QuietSpan only, quiet_span_of(value, place));
    spans.push_back(only);
    return spans;
  }
  if (items->size() > kMaxQuietSpans) return place.wrong("There are more than 14 of them.");
  for (std::size_t i = 0; i < items->size(); ++i) {
    ASHLAR_ASSIGN(const QuietSpan one, quiet_span_of((*items)[i], place.at(std::to_string(i))));
    spans.push_back(one);
  }
  return spans;
}

void write_choice(json::Writer& out, std::string_view name, Choice choice) {
  if (choice != Choice::kUnset) out.key(name).boolean(choice == Choice::kYes);
}

void write_channels(json::Writer& out, const Row& row) {
  for (std::size_t i = 0; i < kChannels; ++i) {
    write_choice(out, name_of(static_cast<Channel>(i)), row.by_channel[i]);
  }
}

}  // namespace

base::Result<ChannelChoices> choices_of(const Value& preferences, std::string_view field) {
  const JsonPlace place{kBadPreferences, std::string(field)};
  const Value::Object* members = preferences.if_object();
  if (members == nullptr) return place.wrong("Give an object.");
  ASHLAR_TRY(check_members(*members, {"all", "channels", "categories"}, place));
  std::vector<Row> rows(1);
  if (const Value* all = preferences.find("all")) {
    ASHLAR_ASSIGN(rows[0].all, choice_of(*all, place.at("all")));
  }
  if (const Value* channels = preferences.find("channels")) {
    ASHLAR_TRY(read_row(*channels, place.at("channels"), false, rows[0]));
  }
  if (const Value* categories = preferences.find("categories")) {
    ASHLAR_TRY(read_categories(*categories, place.at("categories"), rows));
  }
  return ChannelChoices(std::move(rows));
}

base::Result<ChannelChoices> choices_of(std::string_view preferences) {
  if (preferences.empty()) return ChannelChoices();
  ASHLAR_ASSIGN(const Value value, json::parse(preferences));
  return choices_of(value, "/preferences");
}

base::Status check_quiet_hours(const Value& quiet_hours, std::string_view field) {
  const JsonPlace place{kBadQuietHours, std::string(field)};
  ASHLAR_ASSIGN(const std::vector<QuietSpan> quiet, quiet_spans_of(quiet_hours, place));
  std::vector<WeekSpan> spans;
  for (const QuietSpan& one : quiet) spans.push_back(one.span);
  const auto hours = WeekHours::of(spans);
  return hours.ok() ? base::ok_status() : place.wrong(hours.error().detail);
}

base::Result<QuietHours> quiet_hours_for(std::string_view quiet_hours, Channel channel) {
  const auto bit = static_cast<std::uint8_t>(1U << static_cast<int>(channel));
  QuietHours found;
  found.channels = bit;
  if (quiet_hours.empty()) return found;
  ASHLAR_ASSIGN(const Value value, json::parse(quiet_hours));
  ASHLAR_ASSIGN(const std::vector<QuietSpan> quiet,
                quiet_spans_of(value, {kBadQuietHours, "/quiet_hours"}));
  std::vector<WeekSpan> spans;
  for (const QuietSpan& one : quiet) {
    if ((one.channels & bit) != 0) spans.push_back(one.span);
  }
  ASHLAR_ASSIGN(found.hours, WeekHours::of(spans));
  return found;
}

std::string to_preferences(const ChannelChoices& choices) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  bool in_categories = false;
  for (const Row& row : choices.rows()) {  // "" comes first
    if (row.category.empty()) {
      write_choice(out, "all", row.all);
      out.key("channels").begin_object();
      write_channels(out, row);
      out.end_object();
      continue;
    }
    if (!in_categories) out.key("categories").begin_object();
    in_categories = true;
    out.key(row.category).begin_object();
    write_choice(out, kEvery, row.all);
    write_channels(out, row);
    out.end_object();
  }
  if (in_categories) out.end_object();
  out.end_object();
  return text;
}

ChannelChoices with_choice(const ChannelChoices& choices, std::string_view category,
                           std::optional<Channel> channel, Choice choice) {
  std::vector<Row> rows = choices.rows();
  auto row = std::find_if(rows.begin(), rows.end(),
                          [&](const Row& one) { return one.category == category; });
  if (row == rows.end()) {
    rows.emplace_back().category = category;
    row = rows.end() - 1;
  }
  if (channel) {
    row->by_channel[static_cast<std::size_t>(*channel)] = choice;
  } else {
    row->all = choice;
    row->by_channel.fill(Choice::kUnset);  // the newest word counts for all of them
  }
  return ChannelChoices(std::move(rows));
}

}  // namespace ashlar::notifications
