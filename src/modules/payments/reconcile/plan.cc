#include "modules/payments/reconcile/plan.h"

#include <set>
#include <span>
#include <utility>

namespace ashlar::payments::reconcile {
namespace {

Half half_of(const StatementLine& line) { return {line.amount, line.fee, line.day}; }
Half half_of(const OurLine& line) { return {line.amount, line.fee, line.day}; }

// What was missing on an earlier statement: it may stand on this one.
OurLine ours_of(const Item& item) {
  OurLine line;
  line.kind = item.kind;
  line.reference = item.reference;
  line.payment = item.payment;
  line.object = item.object;
  line.entry = item.entry;
  line.amount = item.ours->amount;
  line.fee = item.ours->fee;
  line.currency = item.currency;
  line.day = item.ours->day;
  line.due = false;
  return line;
}

StatementLine theirs_of(const Item& item) {
  StatementLine line;
  line.kind = item.kind;
  line.reference = item.reference;
  line.amount = item.theirs->amount;
  line.fee = item.theirs->fee;
  line.currency = item.currency;
  line.day = item.theirs->day;
  line.description = item.description;
  line.row = item.row;
  return line;
}

void resolve(Item& item, const Run& run, std::string_view how) {
  item.state = ItemState::kResolved;
  item.resolution = how;
  item.resolved_run = run.id;
  item.resolved_at = run.at;
}

// The lists that are matched, and where the carried part of each begins.
class Planner {
 public:
  Planner(const Run& run, const Statement& statement, const Before& before)
      : run_(run), before_(before), unexplained_(statement.unexplained), theirs_(statement.lines) {
    own_theirs_ = theirs_.size();
    for (const Item& item : before.open_extra) theirs_.push_back(theirs_of(item));
    std::set<std::string> missed;
    for (const Item& item : before.open_missing) missed.insert(item.entry);
    for (const OurLine& line : before.ours) {
      if (missed.contains(line.entry)) continue;
      ours_.push_back(line);
      ours_.back().due = line.day == run.day;
    }
    own_ours_ = ours_.size();
    for (const Item& item : before.open_missing) ours_.push_back(ours_of(item));
  }

  Plan plan(const MatchRules& rules) {
    std::vector<Finding> own;
    for (const Finding& finding : match(theirs_, ours_, rules)) {
      if (finding.theirs && *finding.theirs >= own_theirs_) {
        if (finding.ours) explain_extra(finding);
        continue;
      }
      own.push_back(finding);
      add_item(finding);
      if (finding.ours && *finding.ours >= own_ours_) close_missing(*finding.ours, "appeared");
    }
    plan_.totals = totals_of(theirs_, ours_, own);
    for (const auto& [currency, amount] : unexplained_) {
      plan_.totals[currency].unexplained = amount;
    }
    return std::move(plan_);
  }

 private:
  void set_ours(Item& item, std::size_t index) const {
    const OurLine& line = ours_[index];
    item.ours = half_of(line);
    item.payment = line.payment;
    item.object = line.object;
    item.entry = line.entry;
  }

  void add_item(const Finding& finding) {
    Item item;
    item.run = run_.id;
    item.no = static_cast<std::int64_t>(plan_.items.size()) + 1;
    item.provider = run_.provider;
    item.day = run_.day;
    item.outcome = finding.outcome;
    item.state = item.is_break() ? ItemState::kOpen : ItemState::kNone;
    if (finding.ours) {
      set_ours(item, *finding.ours);
      item.kind = ours_[*finding.ours].kind;
      item.reference = ours_[*finding.ours].reference;
      item.currency = ours_[*finding.ours].currency;
    }
    if (finding.theirs) {
      const StatementLine& line = theirs_[*finding.theirs];
      item.theirs = half_of(line);
      item.row = line.row;
      item.description = line.description;
      if (!finding.ours) item.kind = line.kind;
      item.reference = line.reference;
      item.currency = line.currency;
    }
    plan_.items.push_back(std::move(item));
  }

  void close_missing(std::size_t index, std::string_view how) {
    Item item = before_.open_missing[index - own_ours_];
    resolve(item, run_, how);
    plan_.changed.push_back(std::move(item));
  }

  // What stood on an earlier statement has been recorded since: where the money differs, that is
  // what is open of it now. Its day says when we came to know, so it is no difference.
  void explain_extra(const Finding& finding) {
    Item item = before_.open_extra[*finding.theirs - own_theirs_];
    set_ours(item, *finding.ours);
    const bool differs = finding.outcome == Outcome::kAmount || finding.outcome == Outcome::kFee;
    if (differs) {
      item.outcome = finding.outcome;
    } else {
      resolve(item, run_, "recorded");
    }
    plan_.changed.push_back(std::move(item));
    if (*finding.ours >= own_ours_) close_missing(*finding.ours, "recorded");
  }

  const Run& run_;
  const Before& before_;
  const std::map<std::string, Money>& unexplained_;
  std::vector<StatementLine> theirs_;
  std::vector<OurLine> ours_;
  std::size_t own_theirs_ = 0, own_ours_ = 0;
  Plan plan_;
};

}  // namespace

std::string run_id(std::string_view provider, Day day, std::int64_t version) {
  std::string id = "rec_" + std::string(provider) + "_";
  for (const char c : format_day(day)) {
    if (c != '-') id.push_back(c);
  }
  return version == 1 ? id : id + "." + std::to_string(version);
}

Plan plan_run(const Run& run, const Statement& statement, const Before& before,
              const MatchRules& rules) {
  return Planner(run, statement, before).plan(rules);
}

}  // namespace ashlar::payments::reconcile
