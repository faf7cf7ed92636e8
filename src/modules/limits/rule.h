// Rule: a native limit as somebody wrote it. Values only; rule_json.h has its text form, rule_set.h
// what is made of it.
//
// A rule applies to a request that has every attribute of `key` and fulfils every condition of
// `where`. It then counts the request under the values of `key`: an empty key is one count for all.
//
// Invariants of what check_rules() let pass
//  1. Names are unique, [A-Za-z0-9_.-]{1,64}. Counts are kept under the name and the key's
//     attributes: a rule that is renamed, or counts by something else, begins anew; any other
//     change keeps its counts and judges them by the new limit.
//  2. Conditions name each attribute once; patterns are exact texts, prefixes ("/api/*"), or, of
//     the address, addresses and blocks ("10.0.0.0/8"), at most kMaxPatterns a condition.
//  3. Limit::make() takes its limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/limits/attributes.h"
#include "modules/limits/limit.h"

namespace ashlar::limits {

struct Condition {
  std::string attribute;
  std::vector<std::string> any_of;  // as written: "GET /a", "/api/*", "10.0.0.0/8", "*"

  friend bool operator==(const Condition&, const Condition&) = default;
};

struct Rule {
  std::string name;
  std::string description;
  std::vector<Condition> where;  // by attribute
  std::vector<std::string> key;  // in the order given
  LimitSpec limit;               // its name is the rule's
  std::uint64_t cost = 1;        // of a request that names none

  friend bool operator==(const Rule&, const Rule&) = default;
};

inline constexpr std::size_t kMaxRules = 10'000;
inline constexpr std::size_t kMaxPatterns = 100;
inline constexpr std::size_t kMaxRuleNameBytes = 64;
inline constexpr std::size_t kMaxDescriptionBytes = 500;
inline constexpr std::uint64_t kMaxAmount = std::uint64_t{1}
                                            << 53;  // JSON numbers are exact so far
inline constexpr std::uint64_t kMaxCost = 1'000'000'000'000;

bool is_rule_name(std::string_view name);

// Gathers what is wrong, at most so many.
class RuleErrors {
 public:
  static constexpr std::size_t kMax = 50;

  void add(std::string field, const char* reason, std::string detail);
  [[nodiscard]] bool full() const { return fields_.size() >= kMax; }
  [[nodiscard]] bool empty() const { return fields_.empty(); }
  // kInvalid invalid_rules.
  [[nodiscard]] base::Status status() const;

 private:
  std::vector<base::FieldError> fields_;
};

// Invariants 1 to 3; fields are "/rules/INDEX/…", details name the rule. Reasons: bad_format,
// too_long, too_many_items, duplicate, bad_pattern, bad_address, out_of_range, not_for_windows,
// not_for_log, limit_too_large, bad_period, bad_amount, fill_too_long.
void check_rules(const std::vector<Rule>& rules, RuleErrors& errors);

}  // namespace ashlar::limits
