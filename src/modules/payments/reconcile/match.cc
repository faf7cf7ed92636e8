#include "modules/payments/reconcile/match.h"

#include <array>
#include <cstdlib>
#include <unordered_map>

#include "base/check.h"

namespace ashlar::payments::reconcile {
namespace {

constexpr std::array<std::string_view, 6> kNames{"matched", "missing", "extra",
                                                 "amount",  "fee",     "date"};
constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// What two lines must have in common in each round, from the strictest on.
constexpr int kRounds = 4;

template <class Line>
std::string key_of(const Line& line, int round) {
  std::string key = line.reference;
  const auto add = [&key](const auto& text) { (key += '\n') += text; };
  add(line.currency);
  if (round <= 1) add(kind_name(line.kind));
  if (round == 0) {
    add(std::to_string(line.amount));
    add(std::to_string(line.fee));
  }
  if (round == 2) add(line.amount < 0 ? "-" : "+");
  return key;
}

// Those of ours with one key, in their order.
struct Line {
  std::vector<std::size_t> ours;
  std::size_t taken = 0;
};

void match_round(int round, std::span<const StatementLine> theirs, std::span<const OurLine> ours,
                 std::vector<std::size_t>& of_theirs, std::vector<bool>& found) {
  std::unordered_map<std::string, Line> waiting;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    if (!found[i] && !ours[i].reference.empty()) waiting[key_of(ours[i], round)].ours.push_back(i);
  }
  if (waiting.empty()) return;
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    if (of_theirs[i] != kNone || theirs[i].reference.empty()) continue;
    const auto line = waiting.find(key_of(theirs[i], round));
    if (line == waiting.end() || line->second.taken == line->second.ours.size()) continue;
    of_theirs[i] = line->second.ours[line->second.taken++];
    found[of_theirs[i]] = true;
  }
}

Finding compare(const StatementLine& theirs, const OurLine& ours, const MatchRules& rules) {
  Finding finding;
  finding.difference = net_of(theirs) - net_of(ours);
  finding.days = days_between(ours.day, theirs.day);
  if (theirs.amount != ours.amount) {
    finding.outcome = Outcome::kAmount;
  } else if (theirs.fee != ours.fee) {
    finding.outcome = Outcome::kFee;
  } else if (std::abs(finding.days) > rules.tolerated_days) {
    finding.outcome = Outcome::kDate;
  }
  return finding;
}

std::int64_t& count_of(Totals& totals, Outcome outcome) {
  switch (outcome) {
    case Outcome::kMatched:
      return totals.matched;
    case Outcome::kMissing:
      return totals.missing;
    case Outcome::kExtra:
      return totals.extra;
    case Outcome::kAmount:
      return totals.amount;
    case Outcome::kFee:
      return totals.fee;
    case Outcome::kDate:
      break;
  }
  return totals.date;
}

}  // namespace

std::string_view outcome_name(Outcome outcome) { return kNames[static_cast<std::size_t>(outcome)]; }

std::optional<Outcome> outcome_of(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Outcome>(i);
  }
  return std::nullopt;
}

std::vector<Finding> match(std::span<const StatementLine> theirs, std::span<const OurLine> ours,
                           const MatchRules& rules) {
  std::vector<std::size_t> of_theirs(theirs.size(), kNone);
  std::vector<bool> found(ours.size(), false);
  for (int round = 0; round < kRounds; ++round) match_round(round, theirs, ours, of_theirs, found);

  std::vector<Finding> findings;
  findings.reserve(theirs.size());
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    Finding finding;
    if (of_theirs[i] == kNone) {
      finding.outcome = Outcome::kExtra;
      finding.difference = net_of(theirs[i]);
    } else {
      finding = compare(theirs[i], ours[of_theirs[i]], rules);
      finding.ours = of_theirs[i];
    }
    finding.theirs = i;
    findings.push_back(finding);
  }
  for (std::size_t i = 0; i < ours.size(); ++i) {
    if (found[i] || !ours[i].due) continue;
    Finding finding;
    finding.outcome = Outcome::kMissing;
    finding.ours = i;
    finding.difference = -net_of(ours[i]);
    findings.push_back(finding);
  }
  return findings;
}

std::map<std::string, Totals> totals_of(std::span<const StatementLine> theirs,
                                        std::span<const OurLine> ours,
                                        std::span<const Finding> findings) {
  std::map<std::string, Totals> all;
  for (const Finding& finding : findings) {
    CHECK(finding.theirs || finding.ours);
    Totals& totals =
        all[finding.theirs ? theirs[*finding.theirs].currency : ours[*finding.ours].currency];
    ++count_of(totals, finding.outcome);
    if (finding.theirs) {
      ++totals.their_lines;
      totals.their_amount += theirs[*finding.theirs].amount;
      totals.their_fee += theirs[*finding.theirs].fee;
    }
    if (finding.ours) {
      ++totals.our_lines;
      totals.our_amount += ours[*finding.ours].amount;
      totals.our_fee += ours[*finding.ours].fee;
    }
  }
  return all;
}

}  // namespace ashlar::payments::reconcile
