#include "modules/limits/limits_rules_api.h"

#include <charconv>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "modules/limits/dry_run.h"
#include "modules/limits/limits_rules_json.h"
#include "modules/limits/limits_store.h"
#include "modules/limits/native_limits.h"
#include "modules/limits/rule_json.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/entity_tag.h"
#include "platform/http/paging.h"
#include "platform/storage/database.h"

namespace ashlar::limits {
namespace {

std::string etag_of(std::int64_t version) { return "\"v" + std::to_string(version) + "\""; }

http::CursorScope versions_scope(const http::Call& call) {
  return {"limits.versions", call.principal.tenant.value};
}

RuleBook::Author author_of(const http::Call& call) {
  std::string name = call.principal.kind == security::Principal::Kind::kAdmin
                         ? "administrator"
                         : "key " + call.principal.key.to_string();
  return {call.tenant_context(), std::move(name)};
}

base::Error version_not_found() {
  return base::fail(base::Code::kNotFound, "version_not_found",
                    "There is no such version, or it is too old to be kept.");
}

base::Result<bool> replay_of(const http::Call& call) {
  const std::optional<std::string_view> text = call.query_value("replay");
  if (!text || *text == "true") return true;
  if (*text == "false") return false;
  return http::bad_query("?replay", "not_allowed", "Give true or false.");
}

http::Response written_response(const RuleBook::Written& written) {
  return http::json_response(200, written_schema(), render(written))
      .header("ETag", etag_of(written.version.version));
}

}  // namespace

// If-Match names the version that the caller has seen; "*" any that there is.
base::Result<std::optional<std::int64_t>> LimitsRulesApi::version_wanted(
    const http::Call& call) const {
  if (call.head->if_match.empty()) return std::optional<std::int64_t>();
  ASHLAR_ASSIGN(const store::Version now, limits_.book.current(call.tenant_context()));
  switch (http::match_strong(call.head->if_match, etag_of(now.version))) {
    case http::TagMatch::kMatch:
      return std::optional(now.version);
    case http::TagMatch::kNone:
      return base::fail(base::Code::kPreconditionFailed, "etag_mismatch",
                        "The rules were changed since; read them again.");
    case http::TagMatch::kMalformed:
      break;
  }
  return base::fail(base::Code::kInvalid, "bad_if_match", "If-Match is not a list of entity tags.");
}

base::Result<http::Response> LimitsRulesApi::get(http::Call& call) const {
  ASHLAR_ASSIGN(const store::Version version, limits_.book.current(call.tenant_context()));
  return http::json_text(200, rule_set_text(version)).header("ETag", etag_of(version.version));
}

base::Result<http::Response> LimitsRulesApi::put(http::Call& call) const {
  ASHLAR_ASSIGN(const std::vector<Rule> rules, read_rules(call.body));
  ASHLAR_ASSIGN(const std::optional<std::int64_t> seen, version_wanted(call));
  ASHLAR_ASSIGN(const RuleBook::Written written, limits_.book.put(author_of(call), rules, seen));
  return written_response(written);
}

base::Result<http::Response> LimitsRulesApi::roll_back(http::Call& call) const {
  ASHLAR_ASSIGN(const RollbackJson wanted, rollback_schema().parse_body(call.body));
  ASHLAR_ASSIGN(const std::optional<std::int64_t> seen, version_wanted(call));
  ASHLAR_ASSIGN(const RuleBook::Written written,
                limits_.book.roll_back(author_of(call), wanted.version, seen));
  return written_response(written);
}

base::Result<http::Response> LimitsRulesApi::list_versions(http::Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  std::int64_t before = INT64_MAX;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position,
                  cursors_.decode<std::int64_t>(versions_scope(call), *cursor));
    before = std::get<0>(position);
  }
  ASHLAR_ASSIGN(std::vector<store::Version> found,
                limits_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return store::list(tx, before, limit + 1);
                }));
  json::Page<VersionJson> page;
  if (static_cast<std::int64_t>(found.size()) > limit) {
    found.pop_back();
    ASHLAR_ASSIGN(page.next_cursor, cursors_.encode(versions_scope(call), found.back().version));
  }
  for (const store::Version& version : found) page.data.push_back(render(version));
  return http::page_response(call, version_page_schema(), page);
}

base::Result<http::Response> LimitsRulesApi::get_version(http::Call& call) const {
  const std::string& text = call.param(0);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return version_not_found();
  ASHLAR_ASSIGN(const std::optional<store::Version> version,
                limits_.db.read(call.tenant_context(),
                                [&](storage::Transaction& tx) { return store::find(tx, number); }));
  if (!version) return version_not_found();
  return http::json_text(200, rule_set_text(*version));
}

base::Result<http::Response> LimitsRulesApi::dry_run(http::Call& call) const {
  ASHLAR_ASSIGN(const bool replay, replay_of(call));
  ASHLAR_ASSIGN(std::vector<Rule> rules, read_rules(call.body));
  const base::TenantId tenant = call.principal.tenant;
  ASHLAR_ASSIGN(const auto now, limits_.book.rules_of(tenant));
  std::vector<Rule> before;
  before.reserve(now->rules().size());
  for (const CompiledRule& rule : now->rules()) before.push_back(rule.rule);
  const RuleDiff diff = diff_of(before, rules);
  ASHLAR_ASSIGN(const auto candidate, limits_.book.try_out(tenant, std::move(rules)));
  std::vector<RecentCheck> checks;
  if (replay) checks = limits_.recent.of(tenant);
  const DryRun run = limits::dry_run(checks, *now, *candidate);
  return http::json_response(200, dry_run_schema(), render(run, diff, checks));
}

}  // namespace ashlar::limits
