// THE table of limits: checking them here; rules and usage in limits_rules_wire.cc.
#include <memory>

#include "modules/limits/limits_api.h"
#include "modules/limits/limits_json.h"
#include "modules/limits/limits_rules_wire.h"
#include "modules/limits/native_limits.h"

namespace ashlar::limits {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Idempotency;
using http::Method;
using http::Tenancy;

constexpr base::Millis kDeadline{5'000};
constexpr std::size_t kMaxBatchBytes = 4 * 1024 * 1024;

const ErrorDoc kTooManyLimits{422, "too_many_limits",
                              "More than 32 rules apply to the request's attributes."};
const ErrorDoc kRulesUnavailable{503, "rules_unavailable",
                                 "The tenant's rules could not be read from storage."};

using Api = std::shared_ptr<const LimitsApi>;

http::Route checking_route(std::string_view path, std::string_view summary,
                           http::WorkerHandler handler, const json::Shape& request,
                           const json::Shape& response) {
  return {
      .method = Method::kPost,
      .path = path,
      .summary = summary,
      .module = {"limits"},
      .tenancy = Tenancy::kTenant,
      .scope = {"limits:check"},
      .cost = 1,
      .idempotency = Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {std::move(handler)},
      .request = &request,
      .response = &response,
      .errors = {kTooManyLimits, kRulesUnavailable},
  };
}

}  // namespace

http::RouteTable limits_routes(NativeLimits& limits, const http::CursorCodec& cursors) {
  const auto api = std::make_shared<const LimitsApi>(limits.limits);
  http::RouteTable table;
  table.push_back(checking_route(
      "/v1/limits/check", "May this request pass? It counts, if it may.",
      [api](Call& call) { return api->check(call); }, check_schema(), answer_schema()));
  table.push_back(checking_route(
      "/v1/limits/batch", "Up to 1,000 checks, each on its own.",
      [api](Call& call) { return api->check_all(call); }, checks_schema(), answers_schema()));
  table.back().cost = 10;
  table.back().max_body_bytes = kMaxBatchBytes;
  table.push_back(checking_route(
      "/v1/limits/refund", "Give back what a check took.",
      [api](Call& call) { return api->refund(call); }, refund_schema(), answer_schema()));
  table.push_back(checking_route(
      "/v1/limits/reserve", "Take what a request may need, and settle when it is known.",
      [api](Call& call) { return api->reserve(call); }, reserve_schema(), reserved_schema()));
  table.back().errors.push_back(
      {422, "reservation_too_large", "So many rules with such long keys cannot be reserved."});
  table.push_back(checking_route(
      "/v1/limits/settle", "Say what a reserved request has used; once.",
      [api](Call& call) { return api->settle(call); }, settle_schema(), settled_schema()));
  table.back().errors = {
      {422, "reservation_invalid", "It is no reservation of this tenant."},
      {410, "reservation_expired", "It can no longer be settled; all of it counts as used."},
      {409, "reservation_settled", "It has been settled before; nothing was changed."},
      {503, "limits_unavailable", "The counts could not be asked."},
      kRulesUnavailable};
  add_rules_routes(table, limits, cursors);
  return table;
}

}  // namespace ashlar::limits
