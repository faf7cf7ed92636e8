#include "modules/limits/own_rules.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "modules/limits/rule_book.h"
#include "modules/limits/rule_json.h"
#include "platform/observability/log.h"

namespace ashlar::limits {
namespace {

base::Error in_file(const RuleText& file, base::Error error) {
  error.detail = file.name + ": " + error.detail;
  return error;
}

}  // namespace

base::Result<std::vector<Rule>> parse_own_rules(const std::vector<RuleText>& files) {
  std::vector<Rule> all;
  for (const RuleText& file : files) {
    base::Result<std::vector<Rule>> read = read_rules(std::string_view(file.text));
    if (!read.ok()) return in_file(file, std::move(read).error());
    std::ranges::move(*read, std::back_inserter(all));
  }
  return all;
}

base::Status OwnRules::check(const std::vector<RuleText>& files) {
  ASHLAR_ASSIGN(std::vector<Rule> all, parse_own_rules(files));
  const auto compiled = book_.try_out({}, std::move(all));
  return compiled.ok() ? base::ok_status() : base::Status(compiled.error());
}

void OwnRules::use(const std::vector<RuleText>& files) {
  std::vector<RuleBook::File> texts;
  texts.reserve(files.size());
  for (const RuleText& file : files) texts.push_back({file.name, file.text});
  const base::Result<RuleDiff> diff = book_.set_own(texts);
  if (!diff.ok()) {
    log_.error("native rules not used", {{"detail", diff.error().detail}});
  } else if (!diff->empty()) {
    log_.info("native rules", {{"change", diff->summary()}});
  }
}

}  // namespace ashlar::limits
