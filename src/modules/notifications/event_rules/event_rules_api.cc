#include "modules/notifications/event_rules/event_rules_api.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "modules/notifications/call_parts.h"
#include "modules/notifications/event_rules/event_rules_json.h"
#include "modules/notifications/event_rules/event_rules_store.h"
#include "modules/notifications/template/templates.h"
#include "platform/http/call.h"
#include "platform/http/paging.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using base::Result;
using http::Call;
using http::Response;
using storage::Transaction;

base::Error name_taken() {
  return base::fail(base::Code::kConflict, "rule_name_taken", "Another rule has this name.");
}

Result<EventRule> find(Transaction& tx, const Call& call) {
  ASHLAR_ASSIGN(std::optional<EventRule> found,
                store::find_rule(tx, EventRuleId(id_in_path(call, 0))));
  if (!found) {
    return base::fail(base::Code::kNotFound, "rule_not_found", "There is no such rule.");
  }
  return *std::move(found);
}

Response answer(int status, const EventRule& rule) {
  return http::json_response(status, event_rule_schema(), notifications::render(rule))
      .header("ETag", etag_of(rule.version));
}

// What the body says, in the rule.
base::Status take(Transaction& tx, std::string_view body, EventRule& rule) {
  ASHLAR_ASSIGN(const NewEventRuleJson given, new_event_rule_schema().parse_body(body));
  ASHLAR_TRY(check_rule(given));
  if (given.template_key) ASHLAR_TRY(Templates::existing(tx, *given.template_key));
  rule.name = given.name;
  rule.event_type = given.event_type;
  rule.enabled = given.enabled;
  rule.definition = text_of(given);
  return base::ok_status();
}

}  // namespace

Result<Response> EventRulesApi::create(Call& call, Transaction& tx) const {
  EventRule rule;
  ASHLAR_TRY(take(tx, call.body, rule));
  ASHLAR_ASSIGN(const std::int64_t count, store::count_rules(tx));
  if (count >= EventRule::kMaxOfTenant) {
    return base::fail(base::Code::kConflict, "too_many_rules", "The tenant has 100 rules.");
  }
  rule.created_at = rule.updated_at = parts_.clock.now();
  rule.version = 1;
  ASHLAR_ASSIGN(const std::optional<EventRuleId> id, store::insert_rule(tx, rule));
  if (!id) return name_taken();
  rule.id = *id;
  return answer(201, rule).header("Location", "/v1/notification-rules/" + rule.id.to_string());
}

Result<Response> EventRulesApi::list(Call& call) const {
  ASHLAR_ASSIGN(const auto found, parts_.db.read(call.tenant_context(), [&](Transaction& tx) {
    return store::list_rules(tx);
  }));
  json::Page<EventRuleJson> page;
  for (const EventRule& rule : found) page.data.push_back(notifications::render(rule));
  return http::page_response(call, event_rule_page_schema(), page);
}

Result<Response> EventRulesApi::get(Call& call) const {
  ASHLAR_ASSIGN(const EventRule rule, parts_.db.read(call.tenant_context(), [&](Transaction& tx) {
    return find(tx, call);
  }));
  return answer(200, rule);
}

Result<Response> EventRulesApi::put(Call& call, Transaction& tx) const {
  ASHLAR_ASSIGN(EventRule rule, find(tx, call));
  ASHLAR_TRY(check_if_match(call, rule.version));
  const std::string name = rule.name;
  ASHLAR_TRY(take(tx, call.body, rule));
  if (rule.name != name) {
    ASHLAR_ASSIGN(const auto other, store::find_rule(tx, rule.name));
    if (other) return name_taken();
  }
  rule.updated_at = parts_.clock.now();
  rule.version += 1;
  ASHLAR_TRY(store::update_rule(tx, rule));
  return answer(200, rule);
}

Result<Response> EventRulesApi::remove(Call& call, Transaction& tx) const {
  ASHLAR_ASSIGN(const EventRule rule, find(tx, call));
  ASHLAR_TRY(store::delete_rule(tx, rule.id));
  return http::no_content();
}

}  // namespace ashlar::notifications
