// The JSON of the rules' versions and of dry runs: what the API gives, declared once for rendering
// and OpenAPI. Rules themselves are read by rule_json.h, since their conditions may have any names;
// here they are only described.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "modules/limits/dry_run.h"
#include "modules/limits/rule_book.h"
#include "platform/json/schema.h"

namespace ashlar::limits {

struct RuleJson {
  std::string name;
  std::string description;
  json::Value::Object where;
  std::vector<std::string> key;
  std::string algorithm = "token_bucket";
  std::int64_t limit = 0;
  std::string per;
  std::int64_t period_ms = 0;
  std::int64_t burst = 0;
  std::int64_t cost = 1;
  bool shadow = false;
  std::string on_failure = "open";
  std::string keeping = "exact";
};
struct RulesJson {
  std::vector<RuleJson> rules;
};

struct RuleSetJson {
  std::int64_t version = 0;
  std::optional<base::Time> written_at;
  std::string author;
  std::string summary;
  std::vector<RuleJson> rules;
};

struct VersionJson {
  std::int64_t version = 0;
  base::Time written_at;
  std::string author;
  std::string summary;
  std::int64_t rules = 0;
};

struct DiffJson {
  std::vector<std::string> added;
  std::vector<std::string> changed;
  std::vector<std::string> removed;
};
struct WrittenJson {
  std::int64_t version = 0;
  base::Time written_at;
  std::string author;
  std::string summary;
  std::int64_t rules = 0;
  DiffJson diff;
};

struct RollbackJson {
  std::int64_t version = 0;
};

struct DryRunExampleJson {
  base::Time at;
  std::string key;
  json::Value::Object attributes;
};
struct DryRunRuleJson {
  std::string rule;
  std::string state;
  bool shadow = false;
  std::int64_t applied_now = 0;
  std::int64_t denied_now = 0;
  std::int64_t applied_candidate = 0;
  std::int64_t denied_candidate = 0;
  std::vector<DryRunExampleJson> examples;
};
struct DryRunJson {
  DiffJson diff;
  std::int64_t checks = 0;
  std::optional<base::Time> since;
  std::optional<base::Time> until;
  std::int64_t denied_then = 0;
  std::int64_t denied_now = 0;
  std::int64_t denied_candidate = 0;
  std::int64_t not_judged = 0;
  std::vector<DryRunRuleJson> rules;
};

const json::Schema<RulesJson>& rules_schema();
const json::Schema<RuleSetJson>& rule_set_schema();
const json::Schema<VersionJson>& version_schema();
const json::Schema<json::Page<VersionJson>>& version_page_schema();
const json::Schema<WrittenJson>& written_schema();
const json::Schema<RollbackJson>& rollback_schema();
const json::Schema<DryRunJson>& dry_run_schema();

// As rule_set_schema() says; the rules' text goes in as it is stored.
std::string rule_set_text(const store::Version& version);
VersionJson render(const store::Version& version);
DiffJson render(const RuleDiff& diff);
WrittenJson render(const RuleBook::Written& written);
// `checks`: those that it was about.
DryRunJson render(const DryRun& run, const RuleDiff& diff, const std::vector<RecentCheck>& checks);

}  // namespace ashlar::limits
