// THE table of event rules.
#include <memory>
#include <string_view>
#include <utility>

#include "modules/notifications/event_rules/event_rules_api.h"
#include "modules/notifications/event_rules/event_rules_json.h"
#include "modules/notifications/route_row.h"

namespace ashlar::notifications {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Method;
using storage::Transaction;

constexpr std::string_view kAll = "/v1/notification-rules";
constexpr std::string_view kOne = "/v1/notification-rules/{id}";
constexpr std::size_t kMaxRuleBytes = 256 * 1024;

const ErrorDoc kNotFound{404, "rule_not_found",
                         "There is no such rule, or it is another tenant's."};
const ErrorDoc kNoTemplate{404, "template_not_found", "There is no such template."};
const ErrorDoc kInvalid{422, "rule_invalid", "A pointer, condition, recipient or type is none."};
const ErrorDoc kTaken{409, "rule_name_taken", "Another rule has this name."};

}  // namespace

http::RouteTable event_rule_routes(EventRulesApi::Parts parts) {
  const auto api = std::make_shared<const EventRulesApi>(parts);
  http::RouteTable table;
  table.push_back(route_row(
      Method::kPost, kAll, "Have somebody told when something happens, from now on.",
      http::TransactionHandler([api](Call& c, Transaction& tx) { return api->create(c, tx); }),
      &event_rule_schema()));
  table.back().idempotency = http::Idempotency::kOptional;
  table.back().request = &new_event_rule_schema();
  table.back().success = 201;
  table.back().etag = true;
  table.back().max_body_bytes = kMaxRuleBytes;
  table.back().errors = {
      kInvalid, kNoTemplate, kTaken, {409, "too_many_rules", "The tenant has 100 rules."}};
  table.push_back(route_row(
      Method::kGet, kAll, "List rules in the order they were made, with their counts.",
      http::WorkerHandler([api](Call& c) { return api->list(c); }), &event_rule_page_schema()));
  table.back().operation_id = "notification_rules_list";
  table.push_back(route_row(Method::kGet, kOne, "Get one rule, with its counts and last failure.",
                            http::WorkerHandler([api](Call& c) { return api->get(c); }),
                            &event_rule_schema()));
  table.back().etag = true;
  table.back().errors = {kNotFound};
  table.push_back(route_row(
      Method::kPut, kOne, "Change all of a rule; its counts stay.",
      http::TransactionHandler([api](Call& c, Transaction& tx) { return api->put(c, tx); }),
      &event_rule_schema()));
  table.back().request = &new_event_rule_schema();
  table.back().etag = true;
  table.back().max_body_bytes = kMaxRuleBytes;
  table.back().errors = {kNotFound,
                         {412, "etag_mismatch", "It is not the one that If-Match names."},
                         kInvalid,
                         kNoTemplate,
                         kTaken};
  table.push_back(route_row(
      Method::kDelete, kOne, "Delete a rule; what it has set going goes on.",
      http::TransactionHandler([api](Call& c, Transaction& tx) { return api->remove(c, tx); }),
      nullptr));
  table.back().success = 204;
  table.back().errors = {kNotFound};
  return table;
}

}  // namespace ashlar::notifications
