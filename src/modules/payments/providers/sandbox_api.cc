#include "modules/payments/providers/sandbox_api.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/time.h"
#include "modules/payments/providers/sandbox.h"
#include "modules/payments/providers/sandbox_page.h"
#include "modules/payments/providers/sandbox_statement.h"
#include "modules/payments/providers/sandbox_store.h"
#include "platform/http/paging.h"
#include "platform/json/schema.h"

namespace ashlar::payments {
namespace {

using base::Result;
using http::Call;
using http::Response;

struct CallJson {
  std::string key, op, end, reference;
  std::int64_t asked = 0, moves = 0, amount = 0;
};

const json::Schema<CallJson>& call_schema() {
  static const auto kSchema =
      json::Schema<CallJson>("SandboxCall", "What the sandbox's book says of a key.")
          .required("key", &CallJson::key, {.doc = "Payment, operation and attempt."})
          .required("op", &CallJson::op, {.doc = "authorize, capture, refund and so on."})
          .required("asked", &CallJson::asked, {.doc = "How often it was sent."})
          .required("end", &CallJson::end, {.doc = "What has become of it."})
          .required("reference", &CallJson::reference, {.doc = "The sandbox's own id of it."})
          .required("moves", &CallJson::moves,
                    {.doc = "How often money has moved under this key: 0 or 1; 2 for a refund "
                            "that failed after it was done."})
          .required("amount", &CallJson::amount,
                    {.doc = "What has moved, to the merchant, in minor units."});
  return kSchema;
}

struct CheckJson {
  std::int64_t keys_moved_twice = 0;
};

const json::Schema<CheckJson>& check_schema() {
  static const auto kSchema =
      json::Schema<CheckJson>("SandboxCheck", "Whether the sandbox's book holds.")
          .required("keys_moved_twice", &CheckJson::keys_moved_twice,
                    {.doc = "Keys under which money has moved more than once: 0."});
  return kSchema;
}

// People see this: a page, not a problem.
Response page_of(const base::Error& error) {
  const int status = error.code == base::Code::kNotFound ? 404 : 409;
  return action_end_page(status, error.detail);
}

bool is_for_people(const base::Error& error) {
  return error.code == base::Code::kNotFound || error.code == base::Code::kConflict;
}

std::optional<base::Time> day_of(std::string_view text) {
  constexpr std::size_t kDate = 10;
  if (text.size() != kDate) return std::nullopt;
  return base::parse_rfc3339(std::string(text) + "T00:00:00Z");
}

http::Route row(http::Method method, std::string_view path, std::string_view summary,
                http::WorkerHandler handler) {
  return {.method = method,
          .path = path,
          .summary = summary,
          .module = std::string_view("payments"),
          .tenancy = http::Tenancy::kTenant,
          .scope = std::string_view("payments:read"),
          .cost = 1,
          .idempotency = http::Idempotency::kNatural,
          .deadline = base::Millis{10'000},
          .handler = http::Handler(std::move(handler))};
}

}  // namespace

Result<Response> SandboxApi::show_action(Call& call) const {
  const auto action = sandbox_.action(call.param(0));
  if (action.ok()) return action_page(*action);
  if (is_for_people(action.error())) return page_of(action.error());
  return action.error();
}

Result<Response> SandboxApi::decide(Call& call) const {
  const bool approves = call.body == "decision=approve";
  if (!approves && call.body != "decision=fail") {
    return base::fail(base::Code::kInvalid, "decision_malformed",
                      "Send decision=approve or decision=fail, as a form does.");
  }
  const base::Status done = sandbox_.decide(call.param(0), approves);
  if (done.ok()) {
    return action_end_page(200, approves ? "The payment is approved." : "The payment has failed.");
  }
  if (is_for_people(done.error())) return page_of(done.error());
  return done.error();
}

Result<Response> SandboxApi::view_call(Call& call) const {
  const auto key = call.query_value("key");
  if (!key) return http::bad_query("?key", "required", "Name the key.");
  ASHLAR_ASSIGN(const auto view, sandbox_.view(call.principal.tenant, std::string(*key)));
  if (!view) {
    return base::fail(base::Code::kNotFound, "sandbox_call_not_found",
                      "The sandbox has never heard of this key.");
  }
  CallJson json;
  json.key = *key;
  json.op = to_text(view->call.op);
  json.asked = view->call.asked;
  json.end = to_text(view->call.answer.end);
  json.reference = view->call.answer.reference;
  json.moves = view->moves;
  json.amount = view->gross;
  return http::json_response(200, call_schema(), json);
}

Result<Response> SandboxApi::statement(Call& call) const {
  const auto day = day_of(call.param(0));
  if (!day) {
    return base::fail(base::Code::kInvalid, "day_invalid", "The day is written as 2026-11-22.");
  }
  const std::string_view format = call.query_value("format").value_or("json");
  if (format != "json" && format != "csv") {
    return http::bad_query("?format", "not_allowed", "Give json or csv.");
  }
  ASHLAR_ASSIGN(const SandboxStatement statement, sandbox_.statement(call.principal.tenant, *day));
  if (format == "json") return http::json_text(200, statement_json(statement));
  return Response{200, "text/csv; charset=utf-8", {}, statement_csv(statement)};
}

Result<Response> SandboxApi::check(Call& call) const {
  CheckJson json;
  ASHLAR_ASSIGN(json.keys_moved_twice, sandbox_.moved_twice(call.principal.tenant));
  return http::json_response(200, check_schema(), json);
}

http::RouteTable sandbox_routes(Sandbox& sandbox) {
  using http::Method;
  const auto api = std::make_shared<const SandboxApi>(sandbox);
  http::RouteTable table;
  table.push_back(row(Method::kGet, "/v1/payments/sandbox/actions/{token}",
                      "The page on which the tester plays the customer.",
                      [api](Call& call) { return api->show_action(call); }));
  table.push_back(row(Method::kPost, "/v1/payments/sandbox/actions/{token}",
                      "The customer's word: decision=approve or decision=fail, as a form.",
                      [api](Call& call) { return api->decide(call); }));
  table.back().raw_body = true;
  table.back().max_body_bytes = 1'024;
  table.back().errors = {{400, "decision_malformed", "The body is neither of the two."}};
  for (http::Route& route : table) {
    route.tenancy = http::Tenancy::kPublic;
    route.scope = std::string_view("");
    route.lane = http::Lane::kLookup;
    route.response_type = "text/html";
  }
  table.push_back(row(Method::kGet, "/v1/payments/sandbox/calls",
                      "What the sandbox's book says of a key.",
                      [api](Call& call) { return api->view_call(call); }));
  table.back().response = &call_schema();
  table.back().query = {{"key", "Of the call.", "pay_7Xk2mPq9Rt4v:capture:1"}};
  table.back().errors = {{404, "sandbox_call_not_found", "It has never heard of this key."}};
  table.push_back(row(Method::kGet, "/v1/payments/sandbox/statements/{day}",
                      "The sandbox's statement of a day, UTC.",
                      [api](Call& call) { return api->statement(call); }));
  table.back().query = {{"format", "json or csv.", "csv"}};
  table.back().cost = 5;
  table.back().errors = {{400, "day_invalid", "The day is no date."},
                         {400, "statement_too_large", "The day has more than 100,000 lines."}};
  table.push_back(row(Method::kGet, "/v1/payments/sandbox/check",
                      "Whether money has moved more than once under a key of the sandbox's.",
                      [api](Call& call) { return api->check(call); }));
  table.back().response = &check_schema();
  return table;
}

}  // namespace ashlar::payments
