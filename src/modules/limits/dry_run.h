// dry_run(): what rules would have said to checks that were recorded.
//
// The checks are replayed in their order, at their times, through counts of their own that begin
// empty (memory_state.h): once by the rules of now, once by the candidate's. So both are told of
// the same traffic and differ only by the rules. What was really answered stands beside them; it
// may differ, since the counts were not empty then and other instances had their share. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "modules/limits/recent_checks.h"
#include "modules/limits/rule_set.h"

namespace ashlar::limits {

struct DryRunExample {
  base::Time at;
  std::string key;
  std::vector<std::pair<std::string, std::string>> attributes;
};

struct DryRunRule {
  std::string name;
  bool in_now = false;
  bool in_candidate = false;
  bool shadow = false;  // in the candidate, or where it is not there, now
  std::uint64_t applied_now = 0;
  std::uint64_t denied_now = 0;  // "would have denied", of shadow rules
  std::uint64_t applied_candidate = 0;
  std::uint64_t denied_candidate = 0;
  std::vector<DryRunExample> examples;  // denied by the candidate and not by now; kExamples at most
};

struct DryRun {
  std::uint64_t checks = 0;
  std::uint64_t denied_then = 0;  // as they were answered
  std::uint64_t denied_now = 0;
  std::uint64_t denied_candidate = 0;
  std::uint64_t not_judged = 0;   // more rules would apply than one check can ask
  std::vector<DryRunRule> rules;  // by name
};

inline constexpr std::size_t kExamples = 5;

DryRun dry_run(const std::vector<RecentCheck>& checks, const RuleSet& now,
               const RuleSet& candidate);

}  // namespace ashlar::limits
