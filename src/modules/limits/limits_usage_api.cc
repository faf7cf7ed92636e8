#include "modules/limits/limits_usage_api.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/limits/limit_state.h"
#include "modules/limits/limits_usage_json.h"
#include "modules/limits/native_limits.h"
#include "modules/limits/rule_set.h"
#include "platform/http/call.h"
#include "platform/http/paging.h"

namespace ashlar::limits {
namespace {

constexpr std::size_t kKeys = 20;
constexpr std::size_t kShadowKeys = 10;
constexpr std::size_t kMaxShadowRules = 200;

}  // namespace

base::Result<http::Response> LimitsUsageApi::usage(base::TenantId owner) const {
  UsageJson out{.as_of = limits_.clock.now(), .window_s = RuleUsage::kSeconds, .rules = {}};
  for (const RuleReport& rule : limits_.usage.report(owner)) {
    out.rules.push_back({rule.name, render(rule.recent), render(rule.total)});
  }
  return http::json_response(200, usage_schema(), out).header("Cache-Control", "no-store");
}

base::Result<http::Response> LimitsUsageApi::detail(http::Call& call, base::TenantId owner) const {
  const std::string name(call.query_value("rule").value_or(""));
  if (name.empty()) return http::bad_query("?rule", "required", "Name a rule.");
  const base::Time now = limits_.clock.now();
  RuleDetailJson out{.as_of = now, .rule = name, .seconds = {}, .keys = {}, .denied_keys = {}};
  const std::vector<RuleCounts> seconds = limits_.usage.seconds(owner, name);
  if (seconds.empty()) {
    return base::fail(base::Code::kNotFound, "rule_not_found", "There is no rule of this name.");
  }
  for (const RuleCounts& second : seconds) out.seconds.push_back(render(second));
  out.keys = render(limits_.usage.heavy(owner, name, false, kKeys, limiter_now(now)));
  out.denied_keys = render(limits_.usage.heavy(owner, name, true, kKeys, limiter_now(now)));
  return http::json_response(200, rule_detail_schema(), out).header("Cache-Control", "no-store");
}

// Rules that are in shadow now: one that would have refused nobody is good news worth telling.
base::Result<std::set<std::string>> LimitsUsageApi::shadow_names(base::TenantId owner) const {
  std::set<std::string> names;
  if (!owner.is_set()) return names;  // the installation's: by what they have refused alone
  ASHLAR_ASSIGN(const auto rules, limits_.book.rules_of(owner));
  for (const CompiledRule& rule : rules->rules()) {
    if (rule.rule.limit.shadow) names.insert(rule.rule.name);
  }
  return names;
}

base::Result<http::Response> LimitsUsageApi::shadow(base::TenantId owner) const {
  const base::Time now = limits_.clock.now();
  std::vector<RuleReport> rules = limits_.usage.report(owner);
  ASHLAR_ASSIGN(const std::set<std::string> shadowed, shadow_names(owner));
  std::erase_if(rules, [&](const RuleReport& rule) {
    return rule.total.of(Verdict::kShadowDenied) == 0 && !shadowed.contains(rule.name);
  });
  std::ranges::stable_sort(rules, std::greater<>(), [](const RuleReport& rule) {
    return rule.recent.of(Verdict::kShadowDenied);
  });
  if (rules.size() > kMaxShadowRules) rules.resize(kMaxShadowRules);
  ShadowJson out{.as_of = now, .window_s = RuleUsage::kSeconds, .rules = {}};
  for (const RuleReport& rule : rules) {
    const CountsJson recent = render(rule.recent);
    out.rules.push_back(
        {.rule = rule.name,
         .requests = recent.allowed + recent.denied + recent.shadow_denied + recent.failed_open +
                     recent.failed_closed + recent.failed_local,
         .would_deny = recent.shadow_denied,
         .would_deny_total = render(rule.total).shadow_denied,
         .keys =
             render(limits_.usage.heavy(owner, rule.name, true, kShadowKeys, limiter_now(now)))});
  }
  return http::json_response(200, shadow_schema(), out).header("Cache-Control", "no-store");
}

base::Status LimitsUsageApi::live(http::Call& call, base::TenantId owner,
                                  std::shared_ptr<http::EventStream> stream) const {
  return limits_.feed.watch(call.principal, owner, std::move(stream));
}

}  // namespace ashlar::limits
