#include "modules/notifications/event_rules/event_rule.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "modules/notifications/campaigns/campaigns_json.h"
#include "platform/events/event.h"
#include "platform/json/parse.h"

namespace ashlar::notifications {
namespace {

using json::Value;

constexpr std::string_view kOwnEvents = "notification.";
constexpr std::string_view kAt = "$at";

base::Error wrong(std::string pointer, std::string detail) {
  return {base::Code::kInvalid, "rule_invalid", detail, {{pointer, "rule_invalid", detail}}};
}

bool is_scalar(const Value& value) {
  return value.if_string() != nullptr || value.if_boolean() != nullptr ||
         value.if_integer() != nullptr || value.if_real() != nullptr;
}

bool same(const Value& a, const Value& b) {
  const auto number = [](const Value& v) -> std::optional<double> {
    if (v.if_integer() != nullptr) return static_cast<double>(*v.if_integer());
    if (v.if_real() != nullptr) return *v.if_real();
    return std::nullopt;
  };
  if (a.if_integer() != nullptr && b.if_integer() != nullptr) return a == b;
  if (number(a) && number(b)) return *number(a) == *number(b);
  return a == b;
}

// "a~1b" is "a/b"; nullopt: a tilde that is neither.
std::optional<std::string> unescaped(std::string_view token) {
  std::string plain;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      plain += token[i];
    } else if (i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1')) {
      plain += token[++i] == '0' ? '~' : '/';
    } else {
      return std::nullopt;
    }
  }
  return plain;
}

bool is_pointer(std::string_view pointer) {
  if (!pointer.starts_with('/') || pointer.size() > EventRule::kMaxPointerBytes) return false;
  return unescaped(pointer).has_value();
}

const Value* child(const Value& parent, const std::string& name) {
  if (parent.if_object() != nullptr) return parent.find(name);
  const Value::Array* items = parent.if_array();
  if (items == nullptr || name.empty() || (name.size() > 1 && name.front() == '0')) return nullptr;
  std::size_t index = 0;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), index);
  if (read.ec != std::errc() || read.ptr != name.data() + name.size()) return nullptr;
  return index < items->size() ? &(*items)[index] : nullptr;
}

base::Status check_condition(const std::string& place, const Value& condition) {
  if (is_scalar(condition)) return base::ok_status();
  const Value::Object* form = condition.if_object();
  if (form == nullptr || form->size() != 1) {
    return wrong(place, "Give a text, number, boolean, or {in}, {prefix} or {exists}.");
  }
  const auto& [name, value] = form->front();
  const Value::Array* values = value.if_array();
  const bool good =
      (name == "in" && values != nullptr && !values->empty() &&
       values->size() <= EventRule::kMaxValues && std::ranges::all_of(*values, is_scalar)) ||
      (name == "prefix" && value.if_string() != nullptr) ||
      (name == "exists" && value.if_boolean() != nullptr);
  if (good) return base::ok_status();
  return wrong(place + "/" + name,
               "in takes 1 to 200 texts, numbers or booleans, prefix a text, exists a boolean.");
}

base::Status check_match(const Value::Object& match) {
  if (match.size() > EventRule::kMaxConditions) {
    return wrong("/match", "A rule has at most 20 conditions.");
  }
  for (const auto& [pointer, condition] : match) {
    if (!is_pointer(pointer)) {
      return wrong("/match", "A condition's name is a JSON pointer: /data/status.");
    }
    ASHLAR_TRY(check_condition("/match/" + pointer.substr(1), condition));
  }
  return base::ok_status();
}

// The pointer of {"$at": "/data/id"}; nullptr: it is an ordinary value.
const Value* reference(const Value& value) {
  const Value::Object* members = value.if_object();
  if (members == nullptr || members->size() != 1 || members->front().first != kAt) return nullptr;
  return &members->front().second;
}

base::Status check_data(const Value& value) {
  if (const Value* at = reference(value)) {
    if (at->if_string() != nullptr && is_pointer(*at->if_string())) return base::ok_status();
    return wrong("/data", "$at takes a JSON pointer into the event: /data/id.");
  }
  if (const Value::Object* members = value.if_object()) {
    for (const auto& [name, member] : *members) ASHLAR_TRY(check_data(member));
  } else if (const Value::Array* items = value.if_array()) {
    for (const Value& item : *items) ASHLAR_TRY(check_data(item));
  }
  return base::ok_status();
}

base::Status check_to(const RuleToJson& to) {
  int given = 0;
  for (const auto* member :
       {&to.user_id, &to.email, &to.phone, &to.topic, &to.segment, &to.user_id_at, &to.email_at,
        &to.phone_at, &to.topic_at, &to.segment_at}) {
    if (member->has_value()) ++given;
  }
  if (given != 1) {
    return wrong("/to",
                 "Give one of user_id, email, phone, topic and segment, or of the same with _at.");
  }
  for (const auto* pointer :
       {&to.user_id_at, &to.email_at, &to.phone_at, &to.topic_at, &to.segment_at}) {
    if (*pointer && !is_pointer(**pointer)) {
      return wrong("/to", "Where it is, is a JSON pointer into the event: /data/user_id.");
    }
  }
  return base::ok_status();
}

// With what the event has at the places that are named; what is not there is left out.
std::optional<Value> filled(const Value& value, const Value& document) {
  if (const Value* at = reference(value)) {
    const Value* found = value_at(document, *at->if_string());
    return found == nullptr ? std::nullopt : std::optional(*found);
  }
  if (const Value::Object* members = value.if_object()) {
    Value::Object made;
    for (const auto& [name, member] : *members) {
      if (auto one = filled(member, document)) made.emplace_back(name, *std::move(one));
    }
    return Value(std::move(made));
  }
  if (const Value::Array* items = value.if_array()) {
    Value::Array made;
    for (const Value& item : *items) {
      if (auto one = filled(item, document)) made.push_back(*std::move(one));
    }
    return Value(std::move(made));
  }
  return value;
}

base::Status put_at(const std::optional<std::string>& pointer, const Value& document,
                    std::optional<std::string>& to) {
  if (!pointer) return base::ok_status();
  const Value* found = value_at(document, *pointer);
  if (found != nullptr && found->if_string() != nullptr && !found->if_string()->empty()) {
    to = *found->if_string();
  } else if (found != nullptr && found->if_integer() != nullptr) {
    to = std::to_string(*found->if_integer());
  } else {
    return base::fail(base::Code::kInvalid, "event_member_missing",
                      "The event has no recipient at " + *pointer + ".");
  }
  return base::ok_status();
}

base::Status check_wanted(const NewNotificationJson& wanted, base::Time now) {
  if (wanted.to.is_many()) {
    ASHLAR_TRY(campaign_of(wanted, now));
  } else {
    ASHLAR_TRY(notification_of(wanted, now));
  }
  return base::ok_status();
}

// All but the recipient and the data.
NewNotificationJson outline(const NewEventRuleJson& rule) {
  NewNotificationJson wanted;
  wanted.template_key = rule.template_key;
  wanted.content = rule.content;
  wanted.category = rule.category;
  wanted.channels = rule.channels;
  wanted.priority = rule.priority;
  return wanted;
}

}  // namespace

bool is_left_out(std::string_view type) { return type.starts_with(kOwnEvents); }

bool is_rule_pattern(std::string_view pattern) {
  return events::is_type_pattern(pattern) && !is_left_out(pattern);
}

base::Status check_rule(const NewEventRuleJson& rule) {
  if (!is_rule_pattern(rule.event_type)) {
    return wrong("/event_type",
                 "Give a type (order.placed), all that begin so (order.*) or *; none of "
                 "notification.*: it would tell of itself.");
  }
  if (rule.match.is_set()) ASHLAR_TRY(check_match(rule.match.value()));
  ASHLAR_TRY(check_to(rule.to));
  if (rule.data.is_set()) {
    if (!rule.template_key) return wrong("/data", "data fills a template; give one.");
    ASHLAR_TRY(check_data(Value(rule.data.value())));
  }
  NewNotificationJson probe = outline(rule);
  const bool many = rule.to.topic || rule.to.segment || rule.to.topic_at || rule.to.segment_at;
  (many ? probe.to.topic : probe.to.user_id) = "somebody";
  if (rule.data.is_set()) probe.data = rule.data;
  return check_wanted(probe, base::Time{});
}

base::Result<Value> event_document(const events::Event& event) {
  base::Result<Value> data = json::parse(event.data);
  if (!data.ok()) {
    return base::fail(base::Code::kInvalid, "event_unreadable",
                      "The event's data: " + data.error().detail);
  }
  Value::Object members;
  members.emplace_back("id", Value(event.id));
  members.emplace_back("type", Value(event.type));
  members.emplace_back("aggregate_type", Value(event.aggregate_type));
  members.emplace_back("aggregate_id", Value(event.aggregate_id));
  members.emplace_back("time", Value(base::format_rfc3339(event.time)));
  members.emplace_back("data", *std::move(data));
  return Value(std::move(members));
}

const Value* value_at(const Value& document, std::string_view pointer) {
  const Value* here = &document;
  while (here != nullptr && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    const std::optional<std::string> name = unescaped(pointer.substr(0, end));
    here = name ? child(*here, *name) : nullptr;
    pointer.remove_prefix(end);
  }
  return here;
}

bool holds(const Value::Object& match, const Value& document) {
  return std::ranges::all_of(match, [&](const auto& one) {
    const auto& [pointer, condition] = one;
    const Value* found = value_at(document, pointer);
    const Value::Object* form = condition.if_object();
    if (form == nullptr) return found != nullptr && same(*found, condition);
    const auto& [name, value] = form->front();
    if (name == "exists") return (found != nullptr) == *value.if_boolean();
    if (found == nullptr) return false;
    if (name == "prefix") {
      return found->if_string() != nullptr && found->if_string()->starts_with(*value.if_string());
    }
    return std::ranges::any_of(*value.if_array(), [&](const Value& v) { return same(*found, v); });
  });
}

base::Result<NewNotificationJson> wanted_by(const NewEventRuleJson& rule, EventRuleId id,
                                            const Value& document, base::Time happened,
                                            base::Time now) {
  NewNotificationJson wanted = outline(rule);
  wanted.to.user_id = rule.to.user_id;
  wanted.to.email = rule.to.email;
  wanted.to.phone = rule.to.phone;
  wanted.to.topic = rule.to.topic;
  wanted.to.segment = rule.to.segment;
  ASHLAR_TRY(put_at(rule.to.user_id_at, document, wanted.to.user_id));
  ASHLAR_TRY(put_at(rule.to.email_at, document, wanted.to.email));
  ASHLAR_TRY(put_at(rule.to.phone_at, document, wanted.to.phone));
  ASHLAR_TRY(put_at(rule.to.topic_at, document, wanted.to.topic));
  ASHLAR_TRY(put_at(rule.to.segment_at, document, wanted.to.segment));
  if (rule.data.is_set()) {
    std::optional<Value> data = filled(Value(rule.data.value()), document);
    if (!data || data->if_object() == nullptr) {
      return base::fail(base::Code::kInvalid, "event_member_missing",
                        "What the rule names as data is no object of the event.");
    }
    wanted.data = std::move(*data->if_object());
  } else if (rule.template_key) {
    const Value* data = document.find("data");
    if (data != nullptr && data->if_object() != nullptr) wanted.data = *data->if_object();
  }
  wanted.dedupe_key = "rule:" + id.to_string() + ":" + *document.find("id")->if_string();
  if (rule.delay_s > 0) wanted.send_at = happened + base::Seconds{rule.delay_s};
  ASHLAR_TRY(check_wanted(wanted, now));
  return wanted;
}

}  // namespace ashlar::notifications
