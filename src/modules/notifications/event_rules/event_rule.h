// EventRule: what a tenant wants to be told of, and whom, when something happens: an event becomes
// the body of a POST /v1/notifications, to one or, by a topic or a segment, to many.
//
//   event ── type fits, match holds ──> whom (fixed, or by a pointer into the event), template and
//                                       data (fixed, or by pointers), when
//
// Pointers are JSON pointers (RFC 6901) into the event as GET /v1/events gives it:
// {"id", "type", "aggregate_type", "aggregate_id", "time", "data"}.
//
//   match   {"/data/status": "shipped", "/data/total": {"in": [1, 2]}, "/data/code": {"prefix":
//   "x"},
//            "/data/refund": {"exists": false}}: all must hold. 1 and 1.0 are equal.
//   data    {"order": {"$at": "/data/id"}, "shop": "Ashlar"}; without it the event's own data.
//
// Invariants
//  1. What is told of notifications themselves (notification.*) makes no notification.
//  2. One event makes one notification of a rule: its dedupe_key names both.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "modules/notifications/notifications_json.h"
#include "platform/json/schema.h"

namespace ashlar::events {
struct Event;
}

namespace ashlar::notifications {

using EventRuleId = base::StrongId<struct EventRuleTag>;

struct EventRule {
  static constexpr std::int64_t kMaxOfTenant = 100;
  static constexpr std::size_t kMaxConditions = 20;
  static constexpr std::size_t kMaxValues = 200;  // of one condition
  static constexpr std::size_t kMaxPointerBytes = 256;

  EventRuleId id;
  std::string name, event_type;
  bool enabled = true;
  std::string definition;  // JSON of NewEventRuleJson
  std::int64_t version = 0;
  std::int64_t accepted = 0, failed = 0;                // events
  std::string error_reason, error_detail, error_event;  // the last one's; empty: none
  std::optional<base::Time> accepted_at, failed_at;     // the last
  base::Time created_at{}, updated_at{};
};

struct RuleToJson {
  std::optional<std::string> user_id, email, phone, topic, segment;                 // fixed
  std::optional<std::string> user_id_at, email_at, phone_at, topic_at, segment_at;  // pointers
};
struct NewEventRuleJson {
  std::string name, event_type;
  bool enabled = true;
  json::Patch<json::Value::Object> match;
  RuleToJson to;
  std::optional<std::string> template_key;
  json::Patch<json::Value::Object> data;
  json::Patch<ContentJson> content;
  std::optional<std::string> category;
  std::optional<std::vector<std::string>> channels;
  std::string priority = "normal";
  std::int64_t delay_s = 0;
};

// kInvalid rule_invalid with the member's JSON pointer, and what notification_of() or, to many,
// campaign_of() refuse.
base::Status check_rule(const NewEventRuleJson& rule);

// What pointers and conditions are about. kInvalid event_unreadable: its data is beyond the bounds
// of json::parse().
base::Result<json::Value> event_document(const events::Event& event);

// nullptr: there is nothing.
const json::Value* value_at(const json::Value& document, std::string_view pointer);

bool holds(const json::Value::Object& match, const json::Value& document);

// REQUIRES: check_rule() found nothing. kInvalid event_member_missing (the recipient is not where
// the rule says), and what notification_of() or campaign_of() refuse.
base::Result<NewNotificationJson> wanted_by(const NewEventRuleJson& rule, EventRuleId id,
                                            const json::Value& document, base::Time happened,
                                            base::Time now);

// Whether a pattern of types leaves anything but what invariant 1 leaves out.
bool is_rule_pattern(std::string_view pattern);
bool is_left_out(std::string_view type);

}  // namespace ashlar::notifications
