#include "modules/limits/limits_api.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "modules/limits/limits_json.h"
#include "platform/http/call.h"
#include "platform/json/parse.h"

namespace ashlar::limits {
namespace {

// A full batch of checks with all their attributes.
constexpr json::ParseLimits kBatchLimits{.max_depth = 6, .max_values = 32 * Limits::kMaxBatch};

std::optional<std::uint64_t> cost_of(std::optional<std::int64_t> cost) {
  if (!cost) return std::nullopt;
  return static_cast<std::uint64_t>(*cost);
}

}  // namespace

base::Result<http::Response> LimitsApi::check(http::Call& call) const {
  ASHLAR_ASSIGN(const CheckJson given, check_schema().parse_body(call.body));
  Check check;
  ASHLAR_ASSIGN(check.attributes, attributes_of(given.attributes, ""));
  check.cost = cost_of(given.cost);
  check.peek = given.peek;
  ASHLAR_ASSIGN(const CheckAnswer answer, limits_.check(call.principal.tenant, check));
  return http::json_response(200, answer_schema(), render(answer));
}

base::Result<http::Response> LimitsApi::check_all(http::Call& call) const {
  ASHLAR_ASSIGN(const json::Value body, json::parse(call.body, kBatchLimits));
  ASHLAR_ASSIGN(const ChecksJson given, checks_schema().parse(body));
  std::vector<Check> checks;
  checks.reserve(given.checks.size());
  for (const CheckJson& each : given.checks) {
    Check& check = checks.emplace_back();
    ASHLAR_ASSIGN(check.attributes,
                  attributes_of(each.attributes, "/checks/" + std::to_string(checks.size() - 1)));
    check.cost = cost_of(each.cost);
    check.peek = each.peek;
  }
  ASHLAR_ASSIGN(const std::vector<CheckAnswer> answers,
                limits_.check_all(call.principal.tenant, checks));
  AnswersJson out;
  out.results.reserve(answers.size());
  for (const CheckAnswer& answer : answers) out.results.push_back(render(answer));
  return http::json_response(200, answers_schema(), out);
}

base::Result<http::Response> LimitsApi::refund(http::Call& call) const {
  ASHLAR_ASSIGN(const RefundJson given, refund_schema().parse_body(call.body));
  Check check;
  ASHLAR_ASSIGN(check.attributes, attributes_of(given.attributes, ""));
  check.cost = cost_of(given.cost);
  ASHLAR_ASSIGN(const CheckAnswer answer, limits_.refund(call.principal.tenant, check));
  return http::json_response(200, answer_schema(), render(answer));
}

base::Result<http::Response> LimitsApi::reserve(http::Call& call) const {
  ASHLAR_ASSIGN(const ReserveJson given, reserve_schema().parse_body(call.body));
  Check check;
  ASHLAR_ASSIGN(check.attributes, attributes_of(given.attributes, ""));
  check.cost = cost_of(given.cost);
  ASHLAR_ASSIGN(Reserved reserved,
                limits_.reserve(call.principal.tenant, check, base::Millis{given.ttl_ms}));
  AnswerJson answer = render(reserved.answer);
  ReservedJson out{.allowed = answer.allowed,
                   .reservation = std::nullopt,
                   .expires_at = std::nullopt,
                   .retry_after_ms = answer.retry_after_ms,
                   .limits = std::move(answer.limits),
                   .fields = std::move(answer.fields)};
  if (out.allowed) {
    out.reservation = std::move(reserved.token);
    out.expires_at = reserved.expires_at;
  }
  return http::json_response(200, reserved_schema(), out);
}

base::Result<http::Response> LimitsApi::settle(http::Call& call) const {
  ASHLAR_ASSIGN(const SettleJson given, settle_schema().parse_body(call.body));
  ASHLAR_ASSIGN(const Settled settled, limits_.settle(call.principal.tenant, given.reservation,
                                                      static_cast<std::uint64_t>(given.used)));
  return http::json_response(200, settled_schema(),
                             SettledJson{given.used, render(settled.by_rule)});
}

}  // namespace ashlar::limits
