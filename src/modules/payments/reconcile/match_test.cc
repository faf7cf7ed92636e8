// match() against planted errors, whose outcome is known because they were planted, and against
// small cases by hand.
#include "modules/payments/reconcile/match.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "base/random.h"

namespace ashlar::payments::reconcile {
namespace {

using std::chrono::days;

const Day kDay = *parse_day("2026-11-21");

OurLine ours(std::string reference, Money amount, Money fee = 0) {
  OurLine line;
  line.reference = std::move(reference);
  line.amount = amount;
  line.fee = fee;
  line.kind = amount < 0 ? LineKind::kRefund : LineKind::kCapture;
  line.currency = "usd";
  line.day = kDay;
  return line;
}
StatementLine same(const OurLine& line) {
  StatementLine their;
  their.kind = line.kind;
  their.reference = line.reference;
  their.amount = line.amount;
  their.fee = line.fee;
  their.currency = line.currency;
  their.day = line.day;
  return their;
}
std::vector<std::string> outcomes(const std::vector<StatementLine>& theirs,
                                  const std::vector<OurLine>& of_ours) {
  std::vector<std::string> names;
  for (const Finding& finding : match(theirs, of_ours, {})) {
    names.emplace_back(outcome_name(finding.outcome));
  }
  return names;
}
using Names = std::vector<std::string>;

TEST(Match, NamesTheGravestDifference) {
  const OurLine one = ours("ch_1", 1000, 30);
  StatementLine their = same(one);
  EXPECT_EQ(outcomes({their}, {one}), Names{"matched"});
  their.day += days{1};
  EXPECT_EQ(outcomes({their}, {one}), Names{"matched"});  // midnight elsewhere
  their.day += days{1};
  EXPECT_EQ(outcomes({their}, {one}), Names{"date"});
  their.fee = 31;
  EXPECT_EQ(outcomes({their}, {one}), Names{"fee"});
  their.amount = 900;
  EXPECT_EQ(outcomes({their}, {one}), Names{"amount"});
  const Finding finding = match(std::vector{their}, std::vector{one}, {}).at(0);
  EXPECT_EQ(finding.difference, (900 - 31) - (1000 - 30));
  EXPECT_EQ(finding.days, 2);
}

TEST(Match, ALineThatStandsTwiceIsExtraOnce) {
  const OurLine one = ours("ch_1", 1000);
  EXPECT_EQ(outcomes({same(one), same(one)}, {one}), (Names{"matched", "extra"}));
}

TEST(Match, ADisputeAndItsReversalShareAReferenceAndArePairedEachWithItsOwn) {
  OurLine taken = ours("dp_1", -1000);
  taken.kind = LineKind::kDispute;
  OurLine back = ours("dp_1", 1000);
  back.kind = LineKind::kDisputeReversal;
  EXPECT_EQ(outcomes({same(back), same(taken)}, {taken, back}), (Names{"matched", "matched"}));
  EXPECT_EQ(outcomes({same(back)}, {taken, back}), (Names{"matched", "missing"}));
}

TEST(Match, ABankThatKnowsNoKindsIsPairedBySign) {
  OurLine taken = ours("dp_1", -1000);
  taken.kind = LineKind::kDispute;
  StatementLine their = same(taken);
  their.kind = LineKind::kRefund;
  EXPECT_EQ(outcomes({their}, {taken}), Names{"matched"});
  their.amount = 1000;  // its sign is wrong: by the reference alone
  EXPECT_EQ(outcomes({their}, {taken}), Names{"amount"});
}

TEST(Match, AnotherCurrencyIsAnotherLine) {
  const OurLine one = ours("ch_1", 1000);
  StatementLine their = same(one);
  their.currency = "eur";
  EXPECT_EQ(outcomes({their}, {one}), (Names{"extra", "missing"}));
}

TEST(Match, ALineWithoutReferenceMatchesNothing) {
  const OurLine one = ours("", 1000);
  EXPECT_EQ(outcomes({same(one)}, {one}), (Names{"extra", "missing"}));
}

TEST(Match, WhatIsNotDueIsNotMissed) {
  OurLine late = ours("ch_1", 1000);
  late.due = false;
  EXPECT_EQ(outcomes({}, {late}), Names{});
  EXPECT_EQ(outcomes({same(late)}, {late}), Names{"matched"});
}

// The model: each of ours is given a fate when the statement is made from it.
struct Planted {
  std::vector<OurLine> our_lines;
  std::vector<StatementLine> statement;
  std::map<std::string, Outcome> fates;  // by reference
  std::map<std::string, int> doubled;    // how often more
};

Outcome plant_fate(base::Random& random, StatementLine& their) {
  switch (random.below(12)) {
    case 0:
      return Outcome::kMissing;
    case 1:
      their.amount += random.below(2) == 0 ? 1 : -static_cast<Money>(random.below(500)) - 1;
      their.fee += static_cast<Money>(random.below(2));
      return Outcome::kAmount;
    case 2:
      their.fee += 1 + static_cast<Money>(random.below(50));
      their.day += days{random.below(4)};
      return Outcome::kFee;
    case 3:
      their.day += days{2 + random.below(40)};
      return Outcome::kDate;
    default:
      their.day += days{random.below(3)} - days{1};
      return Outcome::kMatched;
  }
}

Planted plant(base::Random& random) {
  Planted planted;
  const std::size_t count = random.below(60);
  for (std::size_t i = 0; i < count; ++i) {
    OurLine line = ours("r" + std::to_string(i), 1 + static_cast<Money>(random.below(100'000)),
                        static_cast<Money>(random.below(300)));
    if (random.below(4) == 0) {
      line.amount = -line.amount;
      line.kind = LineKind::kRefund;
    }
    if (random.below(3) == 0) line.currency = "eur";
    StatementLine their = same(line);
    const Outcome fate = plant_fate(random, their);
    planted.fates[line.reference] = fate;
    if (fate != Outcome::kMissing) {
      planted.statement.push_back(their);
      if (random.below(20) == 0) {
        planted.statement.push_back(their);
        ++planted.doubled[line.reference];
      }
    }
    planted.our_lines.push_back(std::move(line));
  }
  for (std::size_t i = random.below(5); i > 0; --i) {
    planted.statement.push_back(same(ours("x" + std::to_string(i), 77)));
    planted.fates["x" + std::to_string(i)] = Outcome::kExtra;
  }
  for (std::size_t i = planted.statement.size(); i > 1; --i) {
    std::swap(planted.statement[i - 1], planted.statement[random.below(i)]);
  }
  return planted;
}

void check_fates(const Planted& planted, const std::vector<Finding>& findings) {
  std::map<std::string, std::multiset<Outcome>> found;
  for (const Finding& finding : findings) {
    const std::string& reference = finding.theirs ? planted.statement[*finding.theirs].reference
                                                  : planted.our_lines[*finding.ours].reference;
    found[reference].insert(finding.outcome);
  }
  ASSERT_EQ(found.size(), planted.fates.size());
  for (const auto& [reference, fate] : planted.fates) {
    std::multiset<Outcome> expected{fate};
    if (planted.doubled.contains(reference)) expected.insert(Outcome::kExtra);
    ASSERT_EQ(found[reference], expected) << reference;
  }
}

// Promises 1 and 3, counted again from the lists themselves.
void check_sums(const Planted& planted, const std::vector<Finding>& findings) {
  std::map<std::string, Money> expected, sums;
  for (const StatementLine& line : planted.statement) expected[line.currency] += net_of(line);
  for (const OurLine& line : planted.our_lines) expected[line.currency] -= net_of(line);
  std::set<std::size_t> seen_theirs, seen_ours;
  for (const Finding& finding : findings) {
    const std::string& currency = finding.theirs ? planted.statement[*finding.theirs].currency
                                                 : planted.our_lines[*finding.ours].currency;
    sums[currency] += finding.difference;
    if (finding.theirs) {
      ASSERT_TRUE(seen_theirs.insert(*finding.theirs).second);
    }
    if (finding.ours) {
      ASSERT_TRUE(seen_ours.insert(*finding.ours).second);
    }
  }
  ASSERT_EQ(seen_theirs.size(), planted.statement.size());
  ASSERT_EQ(seen_ours.size(), planted.our_lines.size());
  ASSERT_EQ(sums, expected);
  std::int64_t lines = 0;
  for (const auto& [currency, totals] : totals_of(planted.statement, planted.our_lines, findings)) {
    ASSERT_EQ(totals.difference(), expected[currency]);
    lines += totals.matched + totals.breaks();
  }
  ASSERT_EQ(lines, static_cast<std::int64_t>(findings.size()));
}

TEST(Match, FindsExactlyWhatWasPlanted) {
  constexpr std::uint64_t kSeed = 20261122;
  base::Random random(kSeed);
  for (int round = 0; round < 4'000; ++round) {
    SCOPED_TRACE("seed " + std::to_string(kSeed) + ", round " + std::to_string(round));
    const Planted planted = plant(random);
    const std::vector<Finding> findings = match(planted.statement, planted.our_lines, {});
    ASSERT_NO_FATAL_FAILURE(check_fates(planted, findings));
    ASSERT_NO_FATAL_FAILURE(check_sums(planted, findings));
  }
}

TEST(Match, IsLinearAlsoWhereAllLinesShareAReference) {
  std::vector<OurLine> of_ours(50'000, ours("one", 5));
  std::vector<StatementLine> theirs(50'000, same(ours("one", 6)));
  const std::vector<Finding> findings = match(theirs, of_ours, {});
  EXPECT_EQ(findings.size(), 50'000U);
  EXPECT_TRUE(std::ranges::all_of(
      findings, [](const Finding& one) { return one.outcome == Outcome::kAmount; }));
}

}  // namespace
}  // namespace ashlar::payments::reconcile
