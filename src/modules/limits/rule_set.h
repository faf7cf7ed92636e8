// RuleSet: native rules compiled, so that those that apply to a request are found at a cost that
// does not grow with the number of rules.
//
// Each rule stands in one place of an index, the one that it shares with the fewest others: under a
// pair (attribute, exact value), a prefix, a block of addresses, or, having no condition, under an
// attribute of its key. A request asks for its own few places only; what it finds there is compared
// in full. So the cost is one hash probe for each attribute of the request, one more for each
// length of prefix that rules use for it, and the rules found. It grows with the number of rules
// only where that many apply by their rarest condition.
//
// Immutable; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "kit/siphash.h"
#include "modules/limits/attributes.h"
#include "modules/limits/rule.h"

namespace ashlar::limits {

class RuleUsage;
class UsageBook;

struct CompiledRule {
  Rule rule;
  std::shared_ptr<const Limit> limit;
  std::shared_ptr<RuleUsage> usage;  // null where no book was given
};

class RuleSet {
 public:
  struct Options {
    std::string owner;  // what identities begin with: "tenant/42"
    base::TenantId tenant;
    UsageBook* usage = nullptr;  // null: nobody counts (dry runs)
    kit::SipKey seed{};          // of the index: nobody outside may know it
  };

  // Errors: check_rules()'.
  static base::Result<std::shared_ptr<const RuleSet>> compile(std::vector<Rule> rules,
                                                              const Options& options);
  ~RuleSet();
  RuleSet(const RuleSet&) = delete;
  RuleSet& operator=(const RuleSet&) = delete;

  // The rules that apply, in the order in which they were written, appended to `found`.
  // REQUIRES: check_attributes() lets them pass.
  void match(Attributes attributes, std::vector<const CompiledRule*>& found) const;

  // Under which text a rule that applies counts the request, appended to `key`.
  static void append_key(const CompiledRule& rule, Attributes attributes, std::string& key);

  [[nodiscard]] const std::vector<CompiledRule>& rules() const;
  [[nodiscard]] const CompiledRule* find(std::uint64_t limit_id) const;  // by Limit::id()

 private:
  struct Index;
  RuleSet();

  std::vector<CompiledRule> rules_;
  std::unique_ptr<Index> index_;
};

}  // namespace ashlar::limits
