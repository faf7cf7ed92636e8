// The JSON of event rules, declared once for parsing, rendering and OpenAPI.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/notifications/event_rules/event_rule.h"
#include "platform/json/schema.h"

namespace ashlar::notifications {

struct RuleFailureJson {
  base::Time at{};
  std::string event_id, reason, detail;
};
struct EventRuleJson : NewEventRuleJson {
  EventRuleId id;
  std::int64_t accepted = 0, failed = 0;
  std::optional<base::Time> last_accepted_at;
  std::optional<RuleFailureJson> last_failure;
  base::Time created_at{}, updated_at{};
};

const json::Schema<NewEventRuleJson>& new_event_rule_schema();
const json::Schema<EventRuleJson>& event_rule_schema();
const json::Schema<json::Page<EventRuleJson>>& event_rule_page_schema();

// As it is kept, and back.
std::string text_of(const NewEventRuleJson& rule);
base::Result<NewEventRuleJson> event_rule_of(std::string_view definition);

EventRuleJson render(const EventRule& rule);

}  // namespace ashlar::notifications
