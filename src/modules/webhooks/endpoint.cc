#include "modules/webhooks/endpoint.h"

#include <algorithm>

#include "platform/events/event.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"

namespace ashlar::webhooks {
bool matches(std::span<const std::string> patterns, std::string_view type) {
  return std::ranges::any_of(
      patterns, [type](const std::string& pattern) { return events::type_fits(pattern, type); });
}

std::string to_column(std::span<const std::string> patterns) {
  std::string text;
  json::Writer writer(text);
  writer.begin_array();
  for (const std::string& pattern : patterns) writer.string(pattern);
  writer.end_array();
  return text;
}

std::vector<std::string> patterns_of(std::string_view column) {
  std::vector<std::string> patterns;
  const auto value = json::parse(column);
  if (!value.ok() || value->if_array() == nullptr) return patterns;
  for (const json::Value& item : *value->if_array()) {
    if (const std::string* text = item.if_string()) patterns.push_back(*text);
  }
  return patterns;
}

std::optional<std::string> disabled_reason(EndpointState state) {
  switch (state) {
    case EndpointState::kEnabled:
      return std::nullopt;
    case EndpointState::kDisabled:
      return "disabled";
    case EndpointState::kGone:
      return "gone";
    case EndpointState::kFailing:
      return "failing";
  }
  return std::nullopt;
}

bool is_given_up(std::optional<base::Time> failing_since, base::Time now) {
  return failing_since && now - *failing_since >= kFailingLimit;
}

}  // namespace ashlar::webhooks
