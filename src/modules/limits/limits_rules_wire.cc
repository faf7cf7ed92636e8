#include "modules/limits/limits_rules_wire.h"

#include <memory>
#include <utility>

#include "modules/limits/limits_rules_api.h"
#include "modules/limits/limits_rules_json.h"
#include "modules/limits/limits_usage_api.h"
#include "modules/limits/limits_usage_json.h"
#include "modules/limits/rule_json.h"

namespace ashlar::limits {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Idempotency;
using http::Method;
using http::Tenancy;

constexpr base::Millis kDeadline{10'000};

const ErrorDoc kInvalidRules{422, "invalid_rules",
                             "Some rule is not as it should be; `errors` says which and why."};
const ErrorDoc kRulesTooLarge{422, "rules_too_large", "Rules are at most 4 MiB of text."};
const ErrorDoc kMismatch{412, "etag_mismatch", "The rules are not those that If-Match names."};
const ErrorDoc kBusy{409, "rules_busy", "Others are changing these rules at this moment."};
const ErrorDoc kNoVersion{404, "version_not_found",
                          "There is no such version, or it is too old to be kept."};
const ErrorDoc kUnavailable{503, "rules_unavailable",
                            "The tenant's rules could not be read from storage."};

using RulesApi = std::shared_ptr<const LimitsRulesApi>;
using UsageApi = std::shared_ptr<const LimitsUsageApi>;

http::Route tenant_route(Method method, std::string_view path, std::string_view summary,
                         http::Handler handler, const json::Shape& response) {
  const bool reads = method == Method::kGet;
  return {
      .method = method,
      .path = path,
      .summary = summary,
      .module = {"limits"},
      .tenancy = Tenancy::kTenant,
      .scope = {reads ? "limits:read" : "limits:write"},
      .cost = reads ? 1 : 5,
      .idempotency = Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {std::move(handler)},
      .response = &response,
  };
}

void add_writing_routes(http::RouteTable& table, const RulesApi& api) {
  table.push_back(tenant_route(
      Method::kPut, "/v1/limits/rules", "Replace all rules, as a new version.",
      http::WorkerHandler([api](Call& call) { return api->put(call); }), written_schema()));
  table.back().request = &rules_schema();
  table.back().errors = {kInvalidRules, kRulesTooLarge, kMismatch, kBusy};
  table.back().etag = true;
  table.back().max_body_bytes = kMaxRulesBytes;
  table.push_back(tenant_route(
      Method::kPost, "/v1/limits/rules/rollback", "Back to an earlier version, as a new one.",
      http::WorkerHandler([api](Call& call) { return api->roll_back(call); }), written_schema()));
  table.back().request = &rollback_schema();
  table.back().errors = {kNoVersion, kMismatch, kBusy};
  table.back().etag = true;
  table.push_back(tenant_route(
      Method::kPost, "/v1/limits/rules/dry-run",
      "Check rules, and what they would have said to the checks of late.",
      http::WorkerHandler([api](Call& call) { return api->dry_run(call); }), dry_run_schema()));
  table.back().scope = {"limits:read"};
  table.back().request = &rules_schema();
  table.back().query = {{"replay", "false: only check the rules.", "true"}};
  table.back().errors = {kInvalidRules, kRulesTooLarge, kUnavailable};
  table.back().max_body_bytes = kMaxRulesBytes;
}

void add_reading_routes(http::RouteTable& table, const RulesApi& api) {
  table.push_back(tenant_route(Method::kGet, "/v1/limits/rules", "The rules that hold.",
                               http::WorkerHandler([api](Call& call) { return api->get(call); }),
                               rule_set_schema()));
  table.back().etag = true;
  table.push_back(tenant_route(
      Method::kGet, "/v1/limits/rules/versions", "The last hundred versions, newest first.",
      http::WorkerHandler([api](Call& call) { return api->list_versions(call); }),
      version_page_schema()));
  table.back().paged = true;
  table.back().errors = {{400, "invalid_cursor", "The cursor was not given out for this list."}};
  table.push_back(tenant_route(
      Method::kGet, "/v1/limits/rules/versions/{version}", "One version, with its rules.",
      http::WorkerHandler([api](Call& call) { return api->get_version(call); }),
      rule_set_schema()));
  table.back().errors = {kNoVersion};
}

struct UsagePaths {
  std::string_view usage;
  std::string_view detail;
  std::string_view shadow;
  std::string_view live;
};
constexpr UsagePaths kTenants{"/v1/limits/usage", "/v1/limits/usage/rule", "/v1/limits/shadow",
                              "/v1/limits/live"};
constexpr UsagePaths kOwn{"/v1/limits/own/usage", "/v1/limits/own/usage/rule",
                          "/v1/limits/own/shadow", "/v1/limits/own/live"};

// The same four for a tenant's rules and for the installation's own. A call of the platform names
// no tenant, so the owner of what it asks for is the installation.
void add_usage_routes(http::RouteTable& table, const UsageApi& api, const UsagePaths& paths,
                      Tenancy tenancy) {
  const std::size_t first = table.size();
  const auto owner = [tenancy](const Call& call) {
    return tenancy == Tenancy::kTenant ? call.principal.tenant : base::TenantId{};
  };
  table.push_back(tenant_route(
      Method::kGet, paths.usage, "What each rule did, of late and in all.",
      http::WorkerHandler([api, owner](Call& call) { return api->usage(owner(call)); }),
      usage_schema()));
  table.push_back(tenant_route(
      Method::kGet, paths.detail, "What one rule did by second, and the keys behind it.",
      http::WorkerHandler([api, owner](Call& call) { return api->detail(call, owner(call)); }),
      rule_detail_schema()));
  table.back().query = {{"rule", "The rule's name.", "per-user"}};
  table.back().errors = {{404, "rule_not_found", "There is no rule of this name."}};
  table.push_back(tenant_route(
      Method::kGet, paths.shadow, "What the rules that only watch would deny.",
      http::WorkerHandler([api, owner](Call& call) { return api->shadow(owner(call)); }),
      shadow_schema()));
  table.push_back(tenant_route(
      Method::kGet, paths.live,
      "Allowed and denied by rule as it happens: server-sent events named \"limits\", one a "
      "second.",
      http::StreamHandler([api, owner](Call& call, std::shared_ptr<http::EventStream> stream) {
        return api->live(call, owner(call), std::move(stream));
      }),
      live_schema()));
  table.back().response_type = "text/event-stream";
  table.back().errors = {{429, "too_many_streams", "Too many streams of limits are open."}};
  if (tenancy == Tenancy::kTenant) return;
  for (std::size_t i = first; i < table.size(); ++i) {
    table[i].tenancy = tenancy;
    table[i].scope = {""};
  }
}

}  // namespace

void add_rules_routes(http::RouteTable& table, NativeLimits& limits,
                      const http::CursorCodec& cursors) {
  const auto rules = std::make_shared<const LimitsRulesApi>(limits, cursors);
  const auto usage = std::make_shared<const LimitsUsageApi>(limits);
  add_writing_routes(table, rules);
  add_reading_routes(table, rules);
  add_usage_routes(table, usage, kTenants, Tenancy::kTenant);
  add_usage_routes(table, usage, kOwn, Tenancy::kPlatform);
}

}  // namespace ashlar::limits
