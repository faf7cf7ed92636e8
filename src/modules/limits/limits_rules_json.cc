#include "modules/limits/limits_rules_json.h"

#include <string_view>
#include <utility>

#include "base/check.h"
#include "modules/limits/rule.h"
#include "platform/json/writer.h"

namespace ashlar::limits {
namespace {

constexpr std::int64_t kMostAmount = static_cast<std::int64_t>(kMaxAmount);
constexpr std::int64_t kMostCost = static_cast<std::int64_t>(kMaxCost);

const json::Schema<RuleJson>& rule_schema() {
  static const auto kSchema =
      json::Schema<RuleJson>("LimitRule", "A limit, whom it is for, and how it counts.")
          .required("name", &RuleJson::name,
                    {.doc = "1 to 64 letters, digits, '_', '.', '-'. Counts are kept under it.",
                     .example = "per-user"})
          .optional("description", &RuleJson::description)
          .optional("where", &RuleJson::where,
                    {.doc = "Conditions by attribute, all of which must hold: a text, a prefix "
                            "(\"/api/*\"), \"*\" for any, an address block (\"10.0.0.0/8\"), or a "
                            "list of such.",
                     .example = R"({"endpoint":"POST /orders*"})"})
          .optional("key", &RuleJson::key,
                    {.doc = "By which attributes it counts; a request without one of them is not "
                            "its business. Empty: one count for all.",
                     .max_items = kMaxAttributes,
                     .example = "user"})
          .optional(
              "algorithm", &RuleJson::algorithm,
              {.one_of = {"fixed_window", "sliding_window", "sliding_log", "token_bucket", "gcra"}})
          .required("limit", &RuleJson::limit,
                    {.doc = "Units in each period.", .min = 0, .max = kMostAmount, .example = 1000})
          .optional("per", &RuleJson::per,
                    {.doc = "The period; this or `period_ms`.",
                     .one_of = {"second", "minute", "hour", "day"},
                     .example = "second"})
          .optional("period_ms", &RuleJson::period_ms,
                    {.doc = "The period in milliseconds, at most 366 days.", .min = 1})
          .optional("burst", &RuleJson::burst,
                    {.doc = "Of token_bucket and gcra: units at once; `limit` if not given.",
                     .min = 1,
                     .max = kMostAmount})
          .optional("cost", &RuleJson::cost,
                    {.doc = "Units of a request that names none.", .min = 1, .max = kMostCost})
          .optional("shadow", &RuleJson::shadow,
                    {.doc = "It only watches: refuses nothing, and is in the shadow report."})
          .optional("on_failure", &RuleJson::on_failure,
                    {.doc = "When the count cannot be asked in time: let pass, refuse, or judge "
                            "by this instance's share.",
                     .one_of = {"open", "closed", "local"}})
          .optional("keeping", &RuleJson::keeping,
                    {.doc = "Where a Redis is configured: asked for each decision, taken ahead in "
                            "leases, or each instance for itself.",
                     .one_of = {"exact", "leased", "local"}});
  return kSchema;
}

const json::Schema<DiffJson>& diff_schema() {
  static const auto kSchema =
      json::Schema<DiffJson>("RuleDiff", "Names of rules that differ from the version before.")
          .required("added", &DiffJson::added)
          .required("changed", &DiffJson::changed)
          .required("removed", &DiffJson::removed);
  return kSchema;
}

template <class T>
void add_version_fields(json::Schema<T>& schema) {
  schema.required("version", &T::version, {.doc = "From 1 up.", .example = 7})
      .required("written_at", &T::written_at)
      .required("author", &T::author, {.doc = "Who wrote it.", .example = "key 12"})
      .required("summary", &T::summary,
                {.doc = "What it changed.", .example = "added per-user; removed all"});
}

json::Schema<VersionJson> make_version_schema() {
  json::Schema<VersionJson> schema("RuleVersion", "A version of the rules, without its text.");
  add_version_fields(schema);
  schema.required("rules", &VersionJson::rules, {.doc = "How many there are."});
  return schema;
}

json::Schema<RuleSetJson> make_rule_set_schema() {
  json::Schema<RuleSetJson> schema("RuleSet", "A version of a tenant's rules.");
  add_version_fields(schema);
  schema.required("rules", &RuleSetJson::rules, rule_schema());
  return schema;
}

json::Schema<WrittenJson> make_written_schema() {
  json::Schema<WrittenJson> schema("RulesWritten", "The version that holds now.");
  add_version_fields(schema);
  schema.required("rules", &WrittenJson::rules, {.doc = "How many there are."})
      .required("diff", &WrittenJson::diff, diff_schema(),
                {.doc = "What it changed; all empty where the rules were these already."});
  return schema;
}

const json::Schema<DryRunExampleJson>& example_schema() {
  static const auto kSchema =
      json::Schema<DryRunExampleJson>("DryRunExample", "A check that would be refused from now on.")
          .required("at", &DryRunExampleJson::at)
          .required("key", &DryRunExampleJson::key)
          .required("attributes", &DryRunExampleJson::attributes,
                    {.example = R"({"user":"alice"})"});
  return kSchema;
}

const json::Schema<DryRunRuleJson>& dry_run_rule_schema() {
  static const auto kSchema =
      json::Schema<DryRunRuleJson>("DryRunRule", "One rule, as it holds now and as proposed.")
          .required("rule", &DryRunRuleJson::rule)
          .required("state", &DryRunRuleJson::state,
                    {.doc = "Whether the proposal has it.", .one_of = {"kept", "added", "removed"}})
          .required("shadow", &DryRunRuleJson::shadow)
          .required("applied_now", &DryRunRuleJson::applied_now,
                    {.doc = "Recorded checks that it is about."})
          .required("denied_now", &DryRunRuleJson::denied_now,
                    {.doc = "Those that it denies, replayed; would deny, of a shadow rule."})
          .required("applied_candidate", &DryRunRuleJson::applied_candidate)
          .required("denied_candidate", &DryRunRuleJson::denied_candidate)
          .required("examples", &DryRunRuleJson::examples, example_schema(),
                    {.doc = "Denied as proposed and not now; 5 at most."});
  return kSchema;
}

}  // namespace

const json::Schema<RulesJson>& rules_schema() {
  static const auto kSchema =
      json::Schema<RulesJson>("LimitRules", "All rules of a tenant.")
          .required("rules", &RulesJson::rules, rule_schema(), {.max_items = kMaxRules});
  return kSchema;
}

const json::Schema<RuleSetJson>& rule_set_schema() {
  static const auto kSchema = make_rule_set_schema();
  return kSchema;
}

const json::Schema<VersionJson>& version_schema() {
  static const auto kSchema = make_version_schema();
  return kSchema;
}

const json::Schema<json::Page<VersionJson>>& version_page_schema() {
  static const auto kSchema = json::page_schema(version_schema());
  return kSchema;
}

const json::Schema<WrittenJson>& written_schema() {
  static const auto kSchema = make_written_schema();
  return kSchema;
}

const json::Schema<RollbackJson>& rollback_schema() {
  static const auto kSchema =
      json::Schema<RollbackJson>("RulesRollback", "Back to what an earlier version said.")
          .required("version", &RollbackJson::version, {.min = 1, .example = 6});
  return kSchema;
}

const json::Schema<DryRunJson>& dry_run_schema() {
  static const auto kSchema =
      json::Schema<DryRunJson>("DryRun",
                               "What the proposed rules would have said to checks of late, beside "
                               "what the rules of now say to the same.")
          .required("diff", &DryRunJson::diff, diff_schema(),
                    {.doc = "What putting them would change."})
          .required("checks", &DryRunJson::checks, {.doc = "Recorded checks that were replayed."})
          .required("since", &DryRunJson::since, {.doc = "The first of them."})
          .required("until", &DryRunJson::until, {.doc = "The last of them."})
          .required("denied_then", &DryRunJson::denied_then,
                    {.doc = "Those that were really denied, by counts that were not empty."})
          .required("denied_now", &DryRunJson::denied_now,
                    {.doc = "Those that the rules of now deny, from empty counts."})
          .required("denied_candidate", &DryRunJson::denied_candidate,
                    {.doc = "Those that the proposed rules deny, from empty counts."})
          .required("not_judged", &DryRunJson::not_judged,
                    {.doc = "Those to which more rules apply than one check can ask."})
          .required("rules", &DryRunJson::rules, dry_run_rule_schema());
  return kSchema;
}

std::string rule_set_text(const store::Version& version) {
  constexpr std::string_view kNone = R"({"rules":[]})";
  constexpr std::string_view kBefore = R"({"rules":)";
  std::string_view text = version.text.empty() ? kNone : std::string_view(version.text);
  CHECK(text.starts_with(kBefore) && text.ends_with('}'));
  text = text.substr(kBefore.size(), text.size() - kBefore.size() - 1);
  std::string out;
  json::Writer json(out);
  json.begin_object().key("version").integer(version.version).key("written_at");
  if (version.version > 0) {
    json.string(base::format_rfc3339(version.written_at));
  } else {
    json.null();
  }
  json.key("author").string(version.author).key("summary").string(version.summary);
  json.key("rules").raw(text).end_object();
  return out;
}

VersionJson render(const store::Version& version) {
  return {version.version, version.written_at, version.author, version.summary, version.rules};
}

DiffJson render(const RuleDiff& diff) { return {diff.added, diff.changed, diff.removed}; }

WrittenJson render(const RuleBook::Written& written) {
  const store::Version& version = written.version;
  return {version.version, version.written_at, version.author,
          version.summary, version.rules,      render(written.diff)};
}

DryRunJson render(const DryRun& run, const RuleDiff& diff, const std::vector<RecentCheck>& checks) {
  const auto number = [](std::uint64_t count) { return static_cast<std::int64_t>(count); };
  DryRunJson out;
  out.diff = render(diff);
  out.checks = number(run.checks);
  if (!checks.empty()) {
    out.since = checks.front().at;
    out.until = checks.back().at;
  }
  out.denied_then = number(run.denied_then);
  out.denied_now = number(run.denied_now);
  out.denied_candidate = number(run.denied_candidate);
  out.not_judged = number(run.not_judged);
  for (const DryRunRule& rule : run.rules) {
    DryRunRuleJson& row = out.rules.emplace_back();
    row.rule = rule.name;
    row.state = rule.in_now && rule.in_candidate ? "kept" : rule.in_now ? "removed" : "added";
    row.shadow = rule.shadow;
    row.applied_now = number(rule.applied_now);
    row.denied_now = number(rule.denied_now);
    row.applied_candidate = number(rule.applied_candidate);
    row.denied_candidate = number(rule.denied_candidate);
    for (const DryRunExample& example : rule.examples) {
      DryRunExampleJson& shown = row.examples.emplace_back();
      shown.at = example.at;
      shown.key = example.key;
      for (const auto& [name, value] : example.attributes) {
        shown.attributes.emplace_back(name, json::Value(value));
      }
    }
  }
  return out;
}

}  // namespace ashlar::limits
