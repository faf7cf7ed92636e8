#include "modules/notifications/event_rules/event_rules_json.h"

#include <utility>

#include "platform/json/writer.h"

namespace ashlar::notifications {
namespace {

const json::Choices kPriorities{"bulk", "normal", "urgent"};

const json::Schema<RuleToJson>& to_schema() {
  static const auto kSchema =
      json::Schema<RuleToJson>("NotificationRuleTo",
                               "Whom: one of these. What ends in _at is a JSON pointer into the "
                               "event.")
          .optional("user_id", &RuleToJson::user_id,
                    {.doc = "Always this recipient.", .min_length = 1, .max_length = 128})
          .optional("email", &RuleToJson::email,
                    {.doc = "Always this mail address.", .max_length = 254})
          .optional("phone", &RuleToJson::phone,
                    {.doc = "Always this number, as E.164.", .max_length = 16})
          .optional("topic", &RuleToJson::topic,
                    {.doc = "All of this topic: a campaign of its own for each event.",
                     .min_length = 1,
                     .max_length = 128})
          .optional("segment", &RuleToJson::segment,
                    {.doc = "All of this segment, likewise.", .min_length = 1, .max_length = 128})
          .optional("user_id_at", &RuleToJson::user_id_at,
                    {.doc = "Where the event has the recipient's user_id.",
                     .max_length = EventRule::kMaxPointerBytes,
                     .example = "/data/user_id"})
          .optional(
              "email_at", &RuleToJson::email_at,
              {.doc = "Where it has a mail address.", .max_length = EventRule::kMaxPointerBytes})
          .optional("phone_at", &RuleToJson::phone_at,
                    {.doc = "Where it has a number.", .max_length = EventRule::kMaxPointerBytes})
          .optional(
              "topic_at", &RuleToJson::topic_at,
              {.doc = "Where it has a topic's name.", .max_length = EventRule::kMaxPointerBytes})
          .optional(
              "segment_at", &RuleToJson::segment_at,
              {.doc = "Where it has a segment's name.", .max_length = EventRule::kMaxPointerBytes});
  return kSchema;
}

const json::Schema<RuleFailureJson>& failure_schema() {
  static const auto kSchema =
      json::Schema<RuleFailureJson>("NotificationRuleFailure", "An event that was not told of.")
          .required("at", &RuleFailureJson::at)
          .required("event_id", &RuleFailureJson::event_id)
          .required("reason", &RuleFailureJson::reason,
                    {.doc = "recipient_not_found, template_not_found, event_member_missing …"})
          .required("detail", &RuleFailureJson::detail, {.doc = "The same for people."});
  return kSchema;
}

// A member of what T stands on, as T's own.
template <class T, class M>
constexpr M T::* in(M NewEventRuleJson::* member) {
  return member;
}

template <class T>
void with_common(json::Schema<T>& schema) {
  using J = NewEventRuleJson;
  schema
      .required("name", in<T>(&J::name),
                {.doc = "Your name of it, once for each tenant.",
                 .min_length = 1,
                 .max_length = 100,
                 .example = "orders: shipped"})
      .required("event_type", in<T>(&J::event_type),
                {.doc = "order.shipped, all that begin so (order.*), or *.",
                 .min_length = 1,
                 .max_length = 128,
                 .example = "order.shipped"})
      .optional("enabled", in<T>(&J::enabled))
      .optional("match", in<T>(&J::match),
                {.doc = "By JSON pointers into the event what must be there: a value, {\"in\": "
                        "[values]}, {\"prefix\": text} or {\"exists\": boolean}; all must hold.",
                 .example = R"({"/data/country":{"in":["AT","DE"]}})"})
      .required("to", in<T>(&J::to), to_schema())
      .optional("template", in<T>(&J::template_key),
                {.doc = "The key of a template; the version that is live then.",
                 .min_length = 1,
                 .max_length = 128,
                 .example = "order-shipped"})
      .optional("data", in<T>(&J::data),
                {.doc = "What the template is filled with; {\"$at\": pointer} is what the event "
                        "has there. Without it: the event's data.",
                 .example = R"({"order":{"$at":"/data/id"}})"})
      .optional("content", in<T>(&J::content), content_schema(), {.doc = "Instead of a template."})
      .optional("category", in<T>(&J::category), {.min_length = 1, .max_length = 128})
      .optional("channels", in<T>(&J::channels),
                {.doc = "As in POST /v1/notifications.",
                 .max_length = 16,
                 .max_items = kChannels,
                 .example = "email"})
      .optional("priority", in<T>(&J::priority), {.one_of = kPriorities})
      .optional(
          "delay_s", in<T>(&J::delay_s),
          {.doc = "So long after the event, at the earliest.", .min = 0, .max = 30 * 24 * 3600});
}

}  // namespace

const json::Schema<NewEventRuleJson>& new_event_rule_schema() {
  static const auto kSchema = [] {
    json::Schema<NewEventRuleJson> schema("CreateNotificationRule",
                                          "Whom to tell what when something happens.");
    with_common(schema);
    return schema;
  }();
  return kSchema;
}

const json::Schema<EventRuleJson>& event_rule_schema() {
  using J = EventRuleJson;
  static const auto kSchema = [] {
    json::Schema<J> schema("NotificationRule", "Whom to tell what when something happens.");
    schema.required("id", &J::id, {.example = "3"});
    with_common(schema);
    schema
        .required("accepted", &J::accepted, {.doc = "Events of which it has made a notification."})
        .required("failed", &J::failed, {.doc = "Events of which it could not."})
        .required("last_accepted_at", &J::last_accepted_at)
        .required("last_failure", &J::last_failure, failure_schema())
        .required("created_at", &J::created_at)
        .required("updated_at", &J::updated_at);
    return schema;
  }();
  return kSchema;
}

const json::Schema<json::Page<EventRuleJson>>& event_rule_page_schema() {
  static const auto kSchema = json::page_schema(event_rule_schema());
  return kSchema;
}

std::string text_of(const NewEventRuleJson& rule) {
  std::string text;
  json::Writer writer(text);
  new_event_rule_schema().write(writer, rule);
  return text;
}

base::Result<NewEventRuleJson> event_rule_of(std::string_view definition) {
  return new_event_rule_schema().parse_body(definition);
}

EventRuleJson render(const EventRule& rule) {
  EventRuleJson json;
  if (auto kept = event_rule_of(rule.definition); kept.ok()) {
    static_cast<NewEventRuleJson&>(json) = *std::move(kept);
  }
  json.id = rule.id;
  json.name = rule.name;
  json.event_type = rule.event_type;
  json.enabled = rule.enabled;
  json.accepted = rule.accepted;
  json.failed = rule.failed;
  json.last_accepted_at = rule.accepted_at;
  if (rule.failed_at) {
    json.last_failure = {*rule.failed_at, rule.error_event, rule.error_reason, rule.error_detail};
  }
  json.created_at = rule.created_at;
  json.updated_at = rule.updated_at;
  return json;
}

}  // namespace ashlar::notifications
