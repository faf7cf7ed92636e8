// OwnRules: brings the native rules of a rule folder (rule_watch.h) to the rule book, as the
// installation's own.
#pragma once

#include <vector>

#include "base/result.h"
#include "modules/limits/rule.h"
#include "modules/limits/rule_watch.h"

namespace ashlar::limits {

class RuleBook;

// Of all native files of a folder together. The error says which file, where it is one file's.
base::Result<std::vector<Rule>> parse_own_rules(const std::vector<RuleText>& files);

class OwnRules final : public NativeRules {
 public:
  // Both outlive it.
  OwnRules(RuleBook& book, obs::Log& log) : book_(book), log_(log) {}

  base::Status check(const std::vector<RuleText>& files) override;
  void use(const std::vector<RuleText>& files) override;

 private:
  RuleBook& book_;
  obs::Log& log_;
};

}  // namespace ashlar::limits
