#include "modules/payments/reconcile/reconcile_api.h"
#include "modules/payments/card_numbers.h"

#include <charconv>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "modules/payments/reconcile/reconcile_json.h"
#include "modules/payments/reconcile/reconcile_module.h"
#include "modules/payments/reconcile/reconcile_store.h"
#include "modules/payments/reconcile/report.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/paging.h"
#include "platform/storage/database.h"

namespace ashlar::payments::reconcile {
namespace {

using base::Result;
using http::Call;
using http::Response;
using storage::Transaction;

constexpr std::int64_t kAllLines = static_cast<std::int64_t>(kMaxLines) * 2;
constexpr std::int64_t kMaxAged = 100'000;  // open breaks that an ageing counts

http::CursorScope runs_scope(const Call& call) {
  return {"reconciliations", call.principal.tenant.value};
}
http::CursorScope items_scope(const Call& call) {
  return {"reconciliations.items", call.principal.tenant.value};
}
http::CursorScope breaks_scope(const Call& call) {
  return {"reconciliations.breaks", call.principal.tenant.value};
}

std::string who_of(const Call& call) {
  if (call.principal.kind == security::Principal::Kind::kAdmin) return "the administrator";
  return "key " + call.principal.key.to_string();
}

std::string query_text(const Call& call, std::string_view name) {
  return std::string(call.query_value(name).value_or(std::string_view()));
}

base::Error no_run() {
  return base::fail(base::Code::kNotFound, "reconciliation_not_found",
                    "There is no such reconciliation, or it is another tenant's.");
}

Result<Run> run_of(const Call& call, Transaction& tx) {
  ASHLAR_ASSIGN(std::optional<Run> found, store::find_run(tx, call.param(0)));
  if (!found) return no_run();
  return std::move(*found);
}

Result<Asked> asked_of(const Call& call) {
  Asked asked;
  asked.tenant = call.principal.tenant;
  asked.provider = query_text(call, "provider");
  if (asked.provider.empty()) return http::bad_query("?provider", "required", "Name the provider.");
  const auto day = parse_day(query_text(call, "day"));
  if (!day) return http::bad_query("?day", "bad_format", "Give the day as YYYY-MM-DD.");
  asked.day = *day;
  if (const auto name = call.query_value("format")) {
    asked.format = format_of(*name);
    if (!asked.format) {
      return http::bad_query("?format", "not_allowed", "Give csv, camt.053 or sandbox.");
    }
  }
  if (const auto replace = call.query_value("replace")) {
    if (*replace != "true" && *replace != "false") {
      return http::bad_query("?replace", "not_allowed", "Give true or false.");
    }
    asked.replace = *replace == "true";
  }
  asked.by = who_of(call);
  return asked;
}

Result<store::ItemFilter> filter_of(const Call& call) {
  store::ItemFilter filter;
  if (const auto name = call.query_value("outcome")) {
    filter.breaks_only = *name == "break";
    filter.outcome = outcome_of(*name);
    if (!filter.breaks_only && !filter.outcome) {
      return http::bad_query("?outcome", "not_allowed",
                             "Give matched, missing, extra, amount, fee, date, or break for all "
                             "that are not matched.");
    }
  }
  if (const auto name = call.query_value("state")) {
    filter.state = item_state_of(*name);
    if (!filter.state) {
      return http::bad_query("?state", "not_allowed", "Give open, resolved or replaced.");
    }
  }
  return filter;
}

Response csv_response(const Call& call, const std::vector<Item>& items) {
  std::string body = csv_header();
  for (const Item& item : items) body += csv_row(item);
  return Response{200, "text/csv; charset=utf-8", {}, std::move(body)}.header(
      "Content-Disposition", "attachment; filename=\"" + call.param(0) + ".csv\"");
}

Response page_of_report(const Run& run, const std::vector<Item>& items, Day today) {
  return Response{200, "text/html; charset=utf-8", {}, report_page(run, items, today)}.header(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'");
}

Response json_report(const Run& run, const std::vector<Item>& items) {
  ReportJson report{json_of(run), {}};
  for (const Item& item : items) report.breaks.push_back(json_of(item));
  return http::json_response(200, report_schema(), report);
}

// Where in the request it is: the body, or a parameter.
base::Error placed(base::Error error) {
  if (error.code != base::Code::kInvalid || !error.fields.empty()) return error;
  const std::string_view reason = error.reason;
  const char* where = reason == "day_invalid" ? "?day" : "";
  if (reason == "provider_invalid") where = "?provider";
  error.fields.push_back({where, error.reason, error.detail});
  return error;
}

}  // namespace

Result<Response> ReconcileApi::run(Call& call) const {
  ASHLAR_ASSIGN(Asked asked, asked_of(call));
  std::string fetched;
  if (call.body.empty()) {
    StatementFormat format = StatementFormat::kSandbox;
    ASHLAR_ASSIGN(fetched, module_.fetch(asked.tenant, asked.provider, asked.day, format));
    asked.format = format;
    asked.statement = fetched;
  } else {
    asked.statement = call.body;
  }
  const Result<Ran> ran = module_.reconciliations.run(asked);
  if (!ran.ok()) return placed(ran.error());
  Response response = http::json_response(ran->made ? 201 : 200, run_schema(), json_of(ran->run));
  response.header("Location", "/v1/reconciliations/" + ran->run.id);
  return response;
}

Result<Response> ReconcileApi::list(Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  std::optional<store::RunPlace> before;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(auto place,
                  (cursors_.decode<std::int64_t, std::string>(runs_scope(call), *cursor)));
    before = {day_of(base::from_micros(std::get<0>(place))), std::get<1>(std::move(place))};
  }
  const std::string provider = query_text(call, "provider");
  ASHLAR_ASSIGN(std::vector<Run> found,
                module_.db.read(call.tenant_context(), [&](Transaction& tx) {
                  return store::list_runs(tx, provider, before, limit + 1);
                }));
  json::Page<RunJson> page;
  if (found.size() > static_cast<std::size_t>(limit)) {
    found.pop_back();
    ASHLAR_ASSIGN(page.next_cursor,
                  cursors_.encode(runs_scope(call), base::to_micros(start_of(found.back().day)),
                                  found.back().id));
  }
  for (const Run& run : found) page.data.push_back(json_of(run));
  return http::page_response(call, run_page_schema(), page);
}

Result<Response> ReconcileApi::breaks(Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  std::optional<store::ItemPlace> after;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(auto place, (cursors_.decode<std::int64_t, std::string, std::int64_t>(
                                  breaks_scope(call), *cursor)));
    after = {day_of(base::from_micros(std::get<0>(place))), std::get<1>(std::move(place)),
             std::get<2>(place)};
  }
  const std::string provider = query_text(call, "provider");
  ASHLAR_ASSIGN(std::vector<Item> found,
                module_.db.read(call.tenant_context(), [&](Transaction& tx) {
                  return store::list_open(tx, provider, after, limit + 1);
                }));
  json::Page<ItemJson> page;
  if (found.size() > static_cast<std::size_t>(limit)) {
    found.pop_back();
    const Item& last = found.back();
    ASHLAR_ASSIGN(page.next_cursor,
                  cursors_.encode(breaks_scope(call), base::to_micros(start_of(last.day)), last.run,
                                  last.no));
  }
  for (const Item& item : found) page.data.push_back(json_of(item));
  return http::page_response(call, item_page_schema(), page);
}

Result<Response> ReconcileApi::ageing(Call& call) const {
  ASHLAR_ASSIGN(const std::vector<Item> open,
                module_.db.read(call.tenant_context(), [&](Transaction& tx) {
                  return store::list_open(tx, query_text(call, "provider"), std::nullopt, kMaxAged);
                }));
  const Day today = module_.reconciliations.today();
  std::map<std::pair<std::string, std::string>, Ages> groups;
  for (const Item& item : open) {
    add_to(groups[{item.provider, item.currency}], item.day, today,
           {1, item.difference(), std::abs(item.difference())});
  }
  AgeingListJson list{format_day(today), {}};
  for (const auto& [name, ages] : groups) {
    AgeingJson one{name.first, upper(name.second), 0, {}};
    for (std::size_t i = 0; i < kAges.size(); ++i) {
      one.breaks += ages[i].breaks;
      one.ages.push_back(
          {std::string(kAges[i]), ages[i].breaks, ages[i].difference, ages[i].at_stake});
    }
    list.open.push_back(std::move(one));
  }
  return http::json_response(200, ageing_schema(), list);
}

Result<Response> ReconcileApi::get(Call& call) const {
  ASHLAR_ASSIGN(const Run run, module_.db.read(call.tenant_context(),
                                               [&](Transaction& tx) { return run_of(call, tx); }));
  return http::json_response(200, run_schema(), json_of(run));
}

Result<Response> ReconcileApi::items(Call& call) const {
  ASHLAR_ASSIGN(const store::ItemFilter filter, filter_of(call));
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  std::int64_t after = 0;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto place, cursors_.decode<std::int64_t>(items_scope(call), *cursor));
    after = std::get<0>(place);
  }
  ASHLAR_ASSIGN(
      std::vector<Item> found,
      module_.db.read(call.tenant_context(), [&](Transaction& tx) -> Result<std::vector<Item>> {
        ASHLAR_ASSIGN(const Run run, run_of(call, tx));
        return store::list_items(tx, run.id, filter, after, limit + 1);
      }));
  json::Page<ItemJson> page;
  if (found.size() > static_cast<std::size_t>(limit)) {
    found.pop_back();
    ASHLAR_ASSIGN(page.next_cursor, cursors_.encode(items_scope(call), found.back().no));
  }
  for (const Item& item : found) page.data.push_back(json_of(item));
  return http::page_response(call, item_page_schema(), page);
}

Result<Response> ReconcileApi::report(Call& call) const {
  const std::string format = query_text(call, "format");
  if (!format.empty() && format != "json" && format != "csv" && format != "html") {
    return http::bad_query("?format", "not_allowed", "Give json, csv or html.");
  }
  const std::string lines = query_text(call, "lines");
  if (!lines.empty() && lines != "breaks" && lines != "all") {
    return http::bad_query("?lines", "not_allowed", "Give breaks or all.");
  }
  store::ItemFilter filter;
  filter.breaks_only = lines != "all" || format != "csv";
  Run run;
  ASHLAR_ASSIGN(
      const std::vector<Item> items,
      module_.db.read(call.tenant_context(), [&](Transaction& tx) -> Result<std::vector<Item>> {
        ASHLAR_ASSIGN(run, run_of(call, tx));
        return store::list_items(tx, run.id, filter, 0, kAllLines);
      }));
  if (format == "csv") return csv_response(call, items);
  if (format == "html") return page_of_report(run, items, module_.reconciliations.today());
  return json_report(run, items);
}

Result<Response> ReconcileApi::resolve(Call& call) const {
  ASHLAR_ASSIGN(ResolveJson wanted, resolve_schema().parse_body(call.body));
  ASHLAR_TRY(refuse_card_number("/note", wanted.note));
  Reconciliations::Settled settled;
  const std::string& number = call.param(1);
  const auto read = std::from_chars(number.data(), number.data() + number.size(), settled.no);
  if (read.ec != std::errc() || read.ptr != number.data() + number.size()) {
    return base::fail(base::Code::kNotFound, "break_not_found", "There is no such break.");
  }
  settled.tenant = call.principal.tenant;
  settled.run = call.param(0);
  settled.how = resolution_of(wanted.resolution).value_or(Resolution::kExplained);
  settled.note = std::move(wanted.note);
  settled.by = who_of(call);
  ASHLAR_ASSIGN(const Item item, module_.reconciliations.resolve(settled));
  return http::json_response(200, item_schema(), json_of(item));
}

}  // namespace ashlar::payments::reconcile
