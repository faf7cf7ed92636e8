// match(): holds what a provider's statement says against what we have recorded. Pure; integers
// only.
//
//   matched   both have it, alike
//   missing   we have it, due on this statement; the statement has not
//   extra     the statement has it, we have not; a line that stands there twice is extra once
//   amount    both have it, the amounts differ      (the gravest difference names the finding,
//   fee       both have it, only the fees differ     in this order; all of them are in it)
//   date      both have it, more than the tolerated days apart
//
// How a line finds its like: by the provider's reference and the currency, in rounds that ask for
// less and less: the same kind, amount and fee; the same kind; the same sign; the same reference
// alone. Within a round in the order of the lists. A line without reference finds none.
//
// Promises
//  1. Each line of the statement is in exactly one finding, each of ours in at most one; ours that
//     is `due` in exactly one.
//  2. In the order of the statement, then what is missing in the order of ours.
//  3. The findings' differences sum, per currency, to the statement's net less ours (of ours those
//     in findings): nothing gets lost in classification.
//  4. Linear time in the lines, whatever they hold.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "modules/payments/reconcile/statement.h"

namespace ashlar::payments::reconcile {

// What we have recorded of one movement with the provider, in a statement's signs.
struct OurLine {
  LineKind kind = LineKind::kCapture;
  std::string reference;
  std::string payment;  // "pay_…"; empty: of no payment (a payout)
  std::string object;   // "cap_…", "re_…", "dp_…", "po_…"
  std::string entry;    // "txn_…": which movement it is, for ever
  Money amount = 0;
  Money fee = 0;
  std::string currency;
  Day day{};
  // It must be on this statement. Otherwise it may be: it is of a neighbouring day, or missed on an
  // earlier statement.
  bool due = true;
};
inline Money net_of(const OurLine& line) { return line.amount - line.fee; }

enum class Outcome : std::uint8_t { kMatched, kMissing, kExtra, kAmount, kFee, kDate };
std::string_view outcome_name(Outcome outcome);  // "matched"
std::optional<Outcome> outcome_of(std::string_view name);

struct Finding {
  Outcome outcome = Outcome::kMatched;
  std::optional<std::size_t> theirs;  // index; none: missing
  std::optional<std::size_t> ours;    // index; none: extra
  // What the statement moved beyond what we have: its net less ours (0 for a side that is none).
  Money difference = 0;
  std::int64_t days = 0;  // the statement's day less ours; 0 where one is none
  friend bool operator==(const Finding&, const Finding&) = default;
};

struct MatchRules {
  std::int64_t tolerated_days = 1;  // midnight is not at the same moment everywhere
};

std::vector<Finding> match(std::span<const StatementLine> theirs, std::span<const OurLine> ours,
                           const MatchRules& rules);

// A run in figures, for one currency.
struct Totals {
  std::int64_t their_lines = 0, our_lines = 0;
  Money their_amount = 0, their_fee = 0, our_amount = 0, our_fee = 0;
  std::int64_t matched = 0, missing = 0, extra = 0, amount = 0, fee = 0, date = 0;
  Money unexplained = 0;  // what the statement's own balances say beyond its lines
  [[nodiscard]] std::int64_t breaks() const { return missing + extra + amount + fee + date; }
  // The statement's net less ours: what the findings add up to.
  [[nodiscard]] Money difference() const { return their_amount - their_fee - our_amount + our_fee; }
  friend bool operator==(const Totals&, const Totals&) = default;
};
// By currency. REQUIRES: the findings are match()'s of these lists.
std::map<std::string, Totals> totals_of(std::span<const StatementLine> theirs,
                                        std::span<const OurLine> ours,
                                        std::span<const Finding> findings);

}  // namespace ashlar::payments::reconcile
