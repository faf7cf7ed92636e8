// THE table of reconciliation.
#include <memory>
#include <utility>
#include <vector>

#include "modules/payments/reconcile/reconcile_api.h"
#include "modules/payments/reconcile/reconcile_json.h"
#include "modules/payments/reconcile/reconcile_module.h"

namespace ashlar::payments::reconcile {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Method;

constexpr base::Millis kDeadline{10'000};
constexpr base::Millis kLongDeadline{60'000};
// The server's own limit of a body. Larger statements come by the nightly job, or in parts of a
// day each.
constexpr std::size_t kMaxUpload = 4 << 20;

const ErrorDoc kNotFound{404, "reconciliation_not_found",
                         "There is no such reconciliation, or it is another tenant's."};
const ErrorDoc kBadCursor{400, "invalid_cursor", "The cursor was not given out for this list."};

using Api = std::shared_ptr<const ReconcileApi>;
using Function = base::Result<http::Response> (ReconcileApi::*)(Call&) const;

http::Route row(Method method, std::string_view path, std::string_view summary, const Api& api,
                Function function, const json::Shape* response) {
  const bool reads = method == Method::kGet;
  return {
      .method = method,
      .path = path,
      .summary = summary,
      .module = {"payments"},
      .tenancy = http::Tenancy::kTenant,
      .scope = {reads ? "payments:read" : "payments:write"},
      .cost = reads ? 1 : 2,
      .idempotency = http::Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {http::WorkerHandler(
          [api, function](Call& call) { return ((*api).*function)(call); })},
      .response = response,
      .errors = {kNotFound},
  };
}

void add_run(http::RouteTable& table, const Api& api) {
  table.push_back(
      row(Method::kPost, "/v1/reconciliations",
          "Reconcile a day with a provider: with the statement that is the body, or, without a "
          "body, with the provider's own. The same statement again is answered by 200.",
          api, &ReconcileApi::run, &run_schema()));
  http::Route& route = table.back();
  route.success = 201;
  route.cost = 10;
  route.deadline = kLongDeadline;
  route.raw_body = true;
  route.max_body_bytes = kMaxUpload;
  route.query = {{"provider", "Whose statement it is.", "sandbox"},
                 {"day", "Which day it is of, UTC.", "2026-11-21"},
                 {"format", "csv, camt.053 or sandbox; guessed without it.", "csv"},
                 {"replace", "true: take this statement instead of the day's other one.", "false"}};
  route.errors = {
      {422, "statement_malformed", "The statement cannot be read; the detail says where."},
      {422, "statement_empty", "There is nothing to read in it."},
      {422, "statement_too_large", "More than 100,000 lines, or amounts beyond what adds up."},
      {400, "provider_invalid", "The provider's name is none that can be."},
      {400, "day_invalid", "The day is still to come, or more than 400 days ago."},
      {409, "statement_needed", "This provider gives no statements by itself."},
      {409, "statement_differs", "The day was reconciled with another statement."},
      {409, "reconciliation_running", "A reconciliation of this provider and day is under way."},
      {409, "reconciliation_settled", "A break of the other one was written off."},
      {409, "too_many_breaks", "More than 5,000 lines do not match: nothing was booked."},
      {409, "reconciliation_too_large", "More than 200,000 movements in these days."}};
}

void add_lists(http::RouteTable& table, const Api& api) {
  table.push_back(row(Method::kGet, "/v1/reconciliations",
                      "List reconciliations, newest day first.", api, &ReconcileApi::list,
                      &run_page_schema()));
  table.back().paged = true;
  table.back().query = {{"provider", "Only of this provider.", "sandbox"}};
  table.back().errors = {kBadCursor};
  table.push_back(row(Method::kGet, "/v1/reconciliations/breaks",
                      "List open breaks of all days, oldest first.", api, &ReconcileApi::breaks,
                      &item_page_schema()));
  table.back().paged = true;
  table.back().query = {{"provider", "Only of this provider.", "sandbox"}};
  table.back().errors = {kBadCursor};
  table.push_back(row(Method::kGet, "/v1/reconciliations/ageing",
                      "Count open breaks by how long they have been open.", api,
                      &ReconcileApi::ageing, &ageing_schema()));
  table.back().cost = 10;
  table.back().query = {{"provider", "Only of this provider.", "sandbox"}};
  table.back().errors = {};
}

void add_one(http::RouteTable& table, const Api& api) {
  table.push_back(row(Method::kGet, "/v1/reconciliations/{id}", "Get one reconciliation.", api,
                      &ReconcileApi::get, &run_schema()));
  table.push_back(row(Method::kGet, "/v1/reconciliations/{id}/items",
                      "List its lines, in the statement's order, then what is missing.", api,
                      &ReconcileApi::items, &item_page_schema()));
  table.back().paged = true;
  table.back().query = {
      {"outcome", "Only matched, missing, extra, amount, fee or date ones; break: all not matched.",
       "break"},
      {"state", "Only open, resolved or replaced ones.", "open"}};
  table.back().errors = {kNotFound, kBadCursor};
  table.push_back(row(Method::kGet, "/v1/reconciliations/{id}/report",
                      "Get its report: for programs, for a spreadsheet, or as a page to print.",
                      api, &ReconcileApi::report, &report_schema()));
  table.back().cost = 10;
  table.back().deadline = kLongDeadline;
  table.back().query = {{"format", "json, csv or html.", "html"},
                        {"lines", "Of csv: breaks, or all.", "all"}};
  table.push_back(row(Method::kPost, "/v1/reconciliations/{id}/items/{number}/resolve",
                      "Settle a break: write it off, take its suspense back, or explain it.", api,
                      &ReconcileApi::resolve, &item_schema()));
  table.back().request = &resolve_schema();
  table.back().errors = {
      {404, "break_not_found", "There is no such break."},
      {409, "break_resolved", "It is no open break (any more)."},
      {409, "resolution_unfit",
       "What lies in suspense is written off or corrected; what does not is explained or written "
       "off."}};
}

}  // namespace

http::RouteTable reconcile_routes(ReconcileModule& module, const http::CursorCodec& cursors) {
  const auto api = std::make_shared<const ReconcileApi>(module, cursors);
  http::RouteTable table;
  add_run(table, api);
  add_lists(table, api);
  add_one(table, api);
  return table;
}

}  // namespace ashlar::payments::reconcile
