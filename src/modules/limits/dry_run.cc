#include "modules/limits/dry_run.h"

#include <algorithm>
#include <map>
#include <utility>

#include "modules/limits/decider.h"
#include "modules/limits/memory_state.h"

namespace ashlar::limits {
namespace {

// One set of rules with counts of its own.
class Replay {
 public:
  Replay(const RuleSet& rules, std::size_t checks)
      : rules_(rules),
        state_({.max_keys = std::max<std::size_t>(checks * Batch::kMaxAsks, 1),
                .max_log_keys = std::max<std::size_t>(checks * 4, 1)},
               kit::SipKey{}) {}

  // False: more rules apply than one check can ask.
  bool judge(Attributes attributes, const RecentCheck& check) {
    found_.clear();
    rules_.match(attributes, found_);
    batch_ = WaitedBatch();
    keys_.clear();
    if (found_.size() > Batch::kMaxAsks) {
      found_.clear();
      return false;
    }
    for (const CompiledRule* rule : found_) {
      RuleSet::append_key(*rule, attributes, keys_.emplace_back());
    }
    for (std::size_t i = 0; i < found_.size(); ++i) {
      const std::uint64_t cost = check.cost.value_or(found_[i]->rule.cost);
      batch_.asks.push_back({found_[i]->limit.get(), keys_[i], cost, Action::kTake});
    }
    state_.decide(batch_, limiter_now(check.at));
    return true;
  }

  [[nodiscard]] bool allowed() const { return found_.empty() || batch_.allowed; }
  [[nodiscard]] std::size_t size() const { return found_.size(); }
  [[nodiscard]] const CompiledRule& rule(std::size_t i) const { return *found_[i]; }
  [[nodiscard]] const std::string& key(std::size_t i) const { return keys_[i]; }
  [[nodiscard]] bool over(std::size_t i) const { return batch_.outcomes[i].over(); }
  [[nodiscard]] bool denies(const std::string& name) const {
    for (std::size_t i = 0; i < size(); ++i) {
      if (rule(i).rule.name == name) return over(i);
    }
    return false;
  }

 private:
  const RuleSet& rules_;
  MemoryState state_;
  std::vector<const CompiledRule*> found_;
  std::vector<std::string> keys_;
  WaitedBatch batch_;
};

std::map<std::string, DryRunRule> rows_of(const RuleSet& now, const RuleSet& candidate) {
  std::map<std::string, DryRunRule> rows;
  for (const CompiledRule& rule : now.rules()) {
    DryRunRule& row = rows[rule.rule.name];
    row.in_now = true;
    row.shadow = rule.rule.limit.shadow;
  }
  for (const CompiledRule& rule : candidate.rules()) {
    DryRunRule& row = rows[rule.rule.name];
    row.in_candidate = true;
    row.shadow = rule.rule.limit.shadow;
  }
  return rows;
}

}  // namespace

DryRun dry_run(const std::vector<RecentCheck>& checks, const RuleSet& now,
               const RuleSet& candidate) {
  DryRun out;
  std::map<std::string, DryRunRule> rows = rows_of(now, candidate);
  Replay by_now(now, checks.size());
  Replay by_candidate(candidate, checks.size());
  std::vector<Attribute> attributes;
  for (const RecentCheck& check : checks) {
    attributes.clear();
    for (const auto& [name, value] : check.attributes) attributes.push_back({name, value});
    const bool judged_now = by_now.judge(attributes, check);
    const bool judged = by_candidate.judge(attributes, check);
    ++out.checks;
    if (!check.allowed) ++out.denied_then;
    if (!judged_now || !judged) ++out.not_judged;
    if (!by_now.allowed()) ++out.denied_now;
    if (!by_candidate.allowed()) ++out.denied_candidate;
    for (std::size_t i = 0; i < by_now.size(); ++i) {
      DryRunRule& row = rows[by_now.rule(i).rule.name];
      ++row.applied_now;
      if (by_now.over(i)) ++row.denied_now;
    }
    for (std::size_t i = 0; i < by_candidate.size(); ++i) {
      const std::string& name = by_candidate.rule(i).rule.name;
      DryRunRule& row = rows[name];
      ++row.applied_candidate;
      if (!by_candidate.over(i)) continue;
      ++row.denied_candidate;
      if (row.examples.size() < kExamples && !by_now.denies(name)) {
        row.examples.push_back({check.at, by_candidate.key(i), check.attributes});
      }
    }
  }
  for (auto& [name, row] : rows) {
    row.name = name;
    out.rules.push_back(std::move(row));
  }
  return out;
}

}  // namespace ashlar::limits
