#include "modules/notifications/short_wishes.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "modules/notifications/channel.h"

namespace ashlar::notifications {
namespace {

using json::Value;

Value* member_of(Value::Object& object, std::string_view name) {
  const auto at = std::ranges::find(object, name, &std::pair<std::string, Value>::first);
  return at == object.end() ? nullptr : &at->second;
}

// Where a member that is no member of the whole form belongs; empty: nowhere.
std::string_view home_of(const std::string& name, const Value& value) {
  if (name == "all" || name == "channels" || name == "categories") return {};
  if (value.if_object() != nullptr) return "categories";
  if (value.if_boolean() == nullptr) return {};
  return channel_of(name) ? "channels" : "categories";
}

void rename(Value::Object& object, std::string_view from, std::string_view to) {
  const auto at = std::ranges::find(object, from, &std::pair<std::string, Value>::first);
  if (at != object.end() && member_of(object, to) == nullptr) at->first = to;
}

void write_out_span(Value& span) {
  Value::Object* members = span.if_object();
  if (members == nullptr) return;
  rename(*members, "start", "from");
  rename(*members, "end", "to");
}

}  // namespace

Value whole_preferences(Value given) {
  Value::Object* members = given.if_object();
  if (members == nullptr) return given;
  Value::Object whole, rest;
  for (auto& [name, value] : *members) {
    auto& into = home_of(name, value).empty() ? whole : rest;
    into.emplace_back(std::move(name), std::move(value));
  }
  for (auto& [name, value] : rest) {
    const std::string_view home = home_of(name, value);
    if (member_of(whole, home) == nullptr) whole.emplace_back(home, Value(Value::Object()));
    Value::Object* same = member_of(whole, home)->if_object();
    const bool taken = same == nullptr || member_of(*same, name) != nullptr;
    (taken ? whole : *same).emplace_back(std::move(name), std::move(value));
  }
  return Value(std::move(whole));
}

Value whole_quiet_hours(Value given) {
  if (Value::Array* spans = given.if_array()) {
    for (Value& span : *spans) write_out_span(span);
  } else {
    write_out_span(given);
  }
  return given;
}

}  // namespace ashlar::notifications
