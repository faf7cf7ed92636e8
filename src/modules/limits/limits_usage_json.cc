#include "modules/limits/limits_usage_json.h"

namespace ashlar::limits {
namespace {

const json::Schema<CountsJson>& counts_schema() {
  static const auto kSchema =
      json::Schema<CountsJson>("LimitCounts", "Requests, by what a rule said to them.")
          .required("allowed", &CountsJson::allowed)
          .required("denied", &CountsJson::denied)
          .required("shadow_denied", &CountsJson::shadow_denied,
                    {.doc = "Would have been denied: the rule only watches."})
          .required("failed_open", &CountsJson::failed_open,
                    {.doc = "Let pass, since the count could not be asked."})
          .required("failed_closed", &CountsJson::failed_closed,
                    {.doc = "Refused for that reason."})
          .required("failed_local", &CountsJson::failed_local,
                    {.doc = "Judged by this instance alone, for that reason."});
  return kSchema;
}

const json::Schema<RuleUsageJson>& rule_usage_schema() {
  static const auto kSchema =
      json::Schema<RuleUsageJson>("LimitRuleUsage", "What one rule did.")
          .required("rule", &RuleUsageJson::rule)
          .required("recent", &RuleUsageJson::recent, counts_schema(), {.doc = "Of late."})
          .required("total", &RuleUsageJson::total, counts_schema(),
                    {.doc = "Since this instance began, or the rule did."});
  return kSchema;
}

const json::Schema<HeavyKeyJson>& heavy_key_schema() {
  static const auto kSchema =
      json::Schema<HeavyKeyJson>("LimitHeavyKey", "A key and its requests of late.")
          .required("rank", &HeavyKeyJson::rank)
          .required("key", &HeavyKeyJson::key, {.example = "alice"})
          .required("count", &HeavyKeyJson::count, {.doc = "The estimate."})
          .required("lower", &HeavyKeyJson::lower)
          .required("upper", &HeavyKeyJson::upper);
  return kSchema;
}

const json::Schema<HeavyKeysJson>& heavy_keys_schema() {
  static const auto kSchema =
      json::Schema<HeavyKeysJson>("LimitHeavyKeys", "The keys with the most requests of late.")
          .required("kept", &HeavyKeysJson::kept,
                    {.doc = "False: the memory for keys is spent; there are only counts."})
          .required("exact", &HeavyKeysJson::exact,
                    {.doc = "False: counts lie between their bounds."})
          .required("rows", &HeavyKeysJson::rows, heavy_key_schema());
  return kSchema;
}

const json::Schema<ShadowRuleJson>& shadow_rule_schema() {
  static const auto kSchema =
      json::Schema<ShadowRuleJson>("LimitShadowRule", "What a rule that only watches would do.")
          .required("rule", &ShadowRuleJson::rule)
          .required("requests", &ShadowRuleJson::requests, {.doc = "Of late."})
          .required("would_deny", &ShadowRuleJson::would_deny, {.doc = "Of these."})
          .required("would_deny_total", &ShadowRuleJson::would_deny_total,
                    {.doc = "Since this instance began, or the rule did."})
          .required("keys", &ShadowRuleJson::keys, heavy_keys_schema(),
                    {.doc = "Whose requests it would deny."});
  return kSchema;
}

const json::Schema<LiveRuleJson>& live_rule_schema() {
  static const auto kSchema = json::Schema<LiveRuleJson>("LimitLiveRule", "A rule's last second.")
                                  .required("rule", &LiveRuleJson::rule)
                                  .required("allowed", &LiveRuleJson::allowed)
                                  .required("denied", &LiveRuleJson::denied)
                                  .required("shadow_denied", &LiveRuleJson::shadow_denied)
                                  .required("failed", &LiveRuleJson::failed);
  return kSchema;
}

}  // namespace

const json::Schema<UsageJson>& usage_schema() {
  static const auto kSchema =
      json::Schema<UsageJson>("LimitUsage", "What each rule did, at this instance.")
          .required("as_of", &UsageJson::as_of)
          .required("window_s", &UsageJson::window_s, {.doc = "How long \"of late\" is."})
          .required("rules", &UsageJson::rules, rule_usage_schema(), {.doc = "By name."});
  return kSchema;
}

const json::Schema<RuleDetailJson>& rule_detail_schema() {
  static const auto kSchema =
      json::Schema<RuleDetailJson>("LimitRuleDetail", "What one rule did, second by second.")
          .required("as_of", &RuleDetailJson::as_of)
          .required("rule", &RuleDetailJson::rule)
          .required("seconds", &RuleDetailJson::seconds, counts_schema(),
                    {.doc = "The last 300 seconds, oldest first."})
          .required("keys", &RuleDetailJson::keys, heavy_keys_schema(),
                    {.doc = "Whose requests it saw. Beyond some hundred a second those that pass "
                            "are sampled, and counts are estimates."})
          .required("denied_keys", &RuleDetailJson::denied_keys, heavy_keys_schema(),
                    {.doc = "Whose requests it denied, or would have."});
  return kSchema;
}

const json::Schema<ShadowJson>& shadow_schema() {
  static const auto kSchema =
      json::Schema<ShadowJson>("LimitShadow", "What the rules that only watch would do.")
          .required("as_of", &ShadowJson::as_of)
          .required("window_s", &ShadowJson::window_s, {.doc = "How long \"of late\" is."})
          .required("rules", &ShadowJson::rules, shadow_rule_schema(),
                    {.doc = "Those that would deny most first."});
  return kSchema;
}

const json::Schema<LiveJson>& live_schema() {
  static const auto kSchema =
      json::Schema<LiveJson>("LimitLive", "The event \"limits\", once a second.")
          .required("at", &LiveJson::at)
          .required("rules", &LiveJson::rules, live_rule_schema(),
                    {.doc = "Those that were asked in the last second, the busiest first; 200 at "
                            "most."});
  return kSchema;
}

CountsJson render(const RuleCounts& counts) {
  const auto of = [&](Verdict verdict) { return static_cast<std::int64_t>(counts.of(verdict)); };
  return {of(Verdict::kAllowed),    of(Verdict::kDenied),       of(Verdict::kShadowDenied),
          of(Verdict::kFailedOpen), of(Verdict::kFailedClosed), of(Verdict::kFailedLocal)};
}

HeavyKeysJson render(const HeavyKeys& keys) {
  HeavyKeysJson out{keys.kept, keys.exact, {}};
  for (const kit::Heavy<std::string>& row : keys.rows) {
    out.rows.push_back({.rank = static_cast<std::int64_t>(out.rows.size()) + 1,
                        .key = row.key,
                        .count = static_cast<std::int64_t>(row.estimate),
                        .lower = static_cast<std::int64_t>(row.lower),
                        .upper = static_cast<std::int64_t>(row.upper)});
  }
  return out;
}

}  // namespace ashlar::limits
