// RuleSource: whose rules are which, now. rule_book.h follows storage; tests have a fixed one.
#pragma once

#include <memory>

#include "base/result.h"
#include "base/strong_id.h"

namespace ashlar::limits {

class RuleSet;

class RuleSource {
 public:
  virtual ~RuleSource() = default;
  // Never null; empty where the tenant has no rules. May block on storage the first time a tenant
  // is asked for. Error: kUnavailable rules_unavailable.
  virtual base::Result<std::shared_ptr<const RuleSet>> rules_of(base::TenantId tenant) = 0;
};

}  // namespace ashlar::limits
