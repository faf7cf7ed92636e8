// plan_run(): what a run makes of a statement, and of what earlier runs have left open. Pure.
//
// Beside the statement's lines stand the extra ones of earlier days that nobody has explained;
// beside our lines of the day those of the tolerated days around it that no statement has had, and
// those that were missing on earlier ones. All of them are matched together. So a line that comes
// late closes the break that it left, and is never counted twice.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "modules/payments/reconcile/match.h"
#include "modules/payments/reconcile/reconciliation.h"

namespace ashlar::payments::reconcile {

struct Before {
  std::vector<OurLine> ours;       // of the days around, that no current run has matched
  std::vector<Item> open_missing;  // of earlier runs of the provider
  std::vector<Item> open_extra;
};

struct Plan {
  std::vector<Item> items;               // of the new run, numbered from 1; breaks are open
  std::vector<Item> changed;             // of earlier runs, as they are from now on
  std::map<std::string, Totals> totals;  // of the statement's lines and what was due
};

// `run`: id, provider, day, at. REQUIRES: no entry twice in `before`.
Plan plan_run(const Run& run, const Statement& statement, const Before& before,
              const MatchRules& rules);

}  // namespace ashlar::payments::reconcile
