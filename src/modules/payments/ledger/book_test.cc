// Book: what peers got wrong, each by its issue, and the rules that a reader of the API relies on.
// (What Book does with everything else is held against an oracle: book_property_test.cc.)
#include "modules/payments/ledger/book.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "modules/payments/ledger/testing/ledger_fixture.h"

namespace ashlar::ledger {
namespace {

using Reasons = std::vector<std::string>;

class BookTest : public ::testing::Test {
 protected:
  BookTest() {
    const AccountRules solvent{.debits_must_not_exceed_credits = true};
    for (const auto& account :
         {account_of("cash"), account_of("alice", "USD", solvent),
          account_of("bob", "USD", solvent), account_of("euro", "EUR"), account_of("euros", "EUR"),
          account_of("till", "USD", {.credits_must_not_exceed_debits = true})}) {
      EXPECT_TRUE(book_.open(account).ok());
    }
    begin(base::Micros(0));
    EXPECT_EQ(apply({moves("float", "cash", "alice", 100)}), Reasons{"created"});
  }

  void begin(base::Micros later) { book_.begin(clock_ += later); }
  Reasons apply(const std::vector<NewTransfer>& transfers) {
    outcomes_.clear();
    book_.apply(transfers, Authority::kCaller, outcomes_);
    Reasons reasons;
    for (const Outcome& outcome : outcomes_) reasons.emplace_back(reason(outcome.verdict));
    return reasons;
  }
  const Totals& totals(std::string_view id) { return book_.find_account(id)->totals; }

  base::Time clock_ = base::from_micros(1'700'000'000'000'000);
  Book book_;
  std::vector<Outcome> outcomes_;
};

// Blnk#181: a hold that the balance does not cover was refused, and could be committed all the
// same.
TEST_F(BookTest, Blnk181ARefusedHoldCannotBePosted) {
  EXPECT_EQ(apply({holds("h", "alice", "bob", 101), posts("p", "h"), voids("v", "h")}),
            (Reasons{"exceeds_credits", "hold_not_found", "hold_not_found"}));
  EXPECT_EQ(totals("alice"), (Totals{.credits_posted = 100}));
  // Nor does the id work when there is money.
  EXPECT_EQ(apply({moves("more", "cash", "alice", 1000), holds("h", "alice", "bob", 101)}),
            (Reasons{"created", "id_already_failed"}));
}

// The limit is asked when a hold is made, so that posting cannot break it.
TEST_F(BookTest, Blnk181HoldsCountAgainstTheLimit) {
  EXPECT_EQ(
      apply({holds("h1", "alice", "bob", 60), holds("h2", "alice", "bob", 41),
             moves("m", "alice", "bob", 41), holds("h3", "alice", "bob", 40), posts("p1", "h1"),
             posts("p3", "h3")}),
      (Reasons{"created", "exceeds_credits", "exceeds_credits", "created", "created", "created"}));
  EXPECT_EQ(totals("alice"), (Totals{.debits_posted = 100, .credits_posted = 100}));
}

// Blnk#41: a void twice gave the money back twice.
TEST_F(BookTest, Blnk41AHoldIsVoidedOnce) {
  EXPECT_EQ(
      apply({holds("h", "alice", "bob", 60), voids("v1", "h"), voids("v2", "h"), posts("p", "h"),
             voids("v1", "h")}),
      (Reasons{"created", "created", "hold_already_voided", "hold_already_voided", "exists"}));
  EXPECT_EQ(totals("alice"), (Totals{.credits_posted = 100}));
  EXPECT_EQ(totals("bob"), Totals{});
}

// Blnk#62: a capture of more than was held.
TEST_F(BookTest, Blnk62PartsNeverExceedTheHold) {
  EXPECT_EQ(apply({holds("h", "alice", "bob", 60), posts("p1", "h", 61), posts("p2", "h", 40, true),
                   posts("p3", "h", 21, true), posts("p4", "h", 20, true), posts("p5", "h", 1)}),
            (Reasons{"created", "exceeds_hold", "created", "exceeds_hold", "created",
                     "hold_already_posted"}));
  EXPECT_EQ(totals("bob"), (Totals{.credits_posted = 60}));
}

// Blnk#152: the same refund, asked for again, was paid again.
TEST_F(BookTest, Blnk152ARepeatMovesNothing) {
  const NewTransfer refund = moves("refund", "alice", "bob", 30);
  EXPECT_EQ(apply({refund, refund}), (Reasons{"created", "exists"}));
  EXPECT_EQ(outcomes_[1].no, outcomes_[0].no);
  EXPECT_EQ(outcomes_[1].at, outcomes_[0].at);
  EXPECT_EQ(outcomes_[1].amount, 30);
  EXPECT_EQ(totals("bob").credits_posted, 30);
}

// Formance stack#1464: one transaction applied twice after a failure in between.
TEST_F(BookTest, FormanceStack1464WhatWasUndoneIsAppliedOnce) {
  const NewTransfer transfer = moves("t", "alice", "bob", 30);
  const Book::Mark before = book_.mark();
  EXPECT_EQ(apply({transfer, holds("h", "alice", "bob", 5)}), (Reasons{"created", "created"}));
  book_.undo_to(before);
  EXPECT_EQ(totals("alice"), (Totals{.credits_posted = 100}));
  EXPECT_EQ(book_.find_hold("h"), nullptr);
  EXPECT_EQ(apply({transfer, transfer}), (Reasons{"created", "exists"}));
  EXPECT_EQ(totals("bob").credits_posted, 30);
}

// Formance#341, #379: bounded overdrafts that a second posting of the same request went around.
TEST_F(BookTest, Formance341And379TheLimitSeesEachTransferOfARequest) {
  EXPECT_EQ(apply({moves("m1", "alice", "bob", 60), moves("m2", "alice", "bob", 60)}),
            (Reasons{"created", "exceeds_credits"}));
  EXPECT_EQ(apply({linked(moves("m3", "alice", "bob", 30)), moves("m4", "alice", "bob", 30)}),
            (Reasons{"linked_event_failed", "exceeds_credits"}));
  EXPECT_EQ(totals("alice").debits_posted, 60);
  EXPECT_EQ(apply({moves("m5", "cash", "till", 1)}), Reasons{"exceeds_debits"});
}

// TigerBeetle's: the breaker has its reason, the others that it broke; only the breaker's id is
// used up.
TEST_F(BookTest, LinkedTransfersHappenTogetherOrNotAtAll) {
  EXPECT_EQ(apply({linked(moves("a", "cash", "bob", 1)), linked(moves("b", "bob", "cash", 500)),
                   moves("c", "cash", "bob", 1), moves("d", "cash", "bob", 1)}),
            (Reasons{"linked_event_failed", "exceeds_credits", "linked_event_failed", "created"}));
  EXPECT_EQ(apply({moves("a", "cash", "bob", 1), moves("b", "cash", "bob", 1),
                   moves("c", "cash", "bob", 1)}),
            (Reasons{"created", "id_already_failed", "created"}));
  EXPECT_EQ(apply({linked(moves("e", "cash", "bob", 1)), linked(moves("f", "cash", "bob", 1))}),
            (Reasons{"linked_event_failed", "linked_event_chain_open"}));
  EXPECT_EQ(totals("bob").credits_posted, 3);
}

// TigerBeetle's order: the id first, then what the transfer is, then the book.
TEST_F(BookTest, TheFirstReasonIsTheOneThatIsGiven) {
  NewTransfer wrong = moves("float", "nobody", "alice", -1);
  wrong.timeout = base::Millis(1);
  EXPECT_EQ(apply({wrong}), Reasons{"exists_with_different_legs"});
  wrong.id = "new";
  EXPECT_EQ(apply({wrong}), Reasons{"timeout_invalid"});
  wrong.timeout.reset();
  EXPECT_EQ(apply({wrong}), Reasons{"amount_invalid"});
  wrong.legs[0].amount = 1;
  wrong.legs[1].amount = 2;
  EXPECT_EQ(apply({wrong}), Reasons{"account_not_found"});
  wrong = moves("new2", "alice", "euro", 1000);
  EXPECT_EQ(apply({wrong}), Reasons{"debits_must_equal_credits"});
}

TEST_F(BookTest, JournalsOfManyLegsAreZeroInEachCurrency) {
  NewTransfer exchange = moves("x", "alice", "bob", 10);
  exchange.legs.push_back({"euro", Side::kDebit, 9});
  EXPECT_EQ(apply({exchange}), Reasons{"debits_must_equal_credits"});
  exchange.legs.push_back({"euros", Side::kCredit, 9});
  EXPECT_EQ(apply({exchange}), Reasons{"created"});
  EXPECT_EQ(totals("euros").credits_posted, 9);
  EXPECT_EQ(totals("bob").credits_posted, 10);
}

TEST_F(BookTest, AHoldOfManyLegsIsPostedLegByLeg) {
  NewTransfer hold = holds("h", "alice", "bob", 60);
  hold.legs.push_back({"cash", Side::kCredit, 40});
  hold.legs[0].amount = 100;
  NewTransfer part = posts("p", "h", 0, true);
  part.legs = {{"bob", Side::kCredit, 50}, {"alice", Side::kDebit, 50}};
  NewTransfer other_side = posts("q", "h");
  other_side.legs = {{"bob", Side::kDebit, 1}, {"alice", Side::kCredit, 1}};
  EXPECT_EQ(apply({hold, part, other_side, posts("r", "h", 5)}),
            (Reasons{"created", "created", "legs_not_of_hold", "legs_not_of_hold"}));
  EXPECT_EQ(totals("alice"),
            (Totals{.debits_pending = 50, .debits_posted = 50, .credits_posted = 100}));
  EXPECT_EQ(apply({posts("rest", "h")}), Reasons{"created"});
  EXPECT_EQ(totals("bob"), (Totals{.credits_posted = 60}));
  EXPECT_EQ(totals("cash"), (Totals{.debits_posted = 100, .credits_posted = 40}));
}

TEST_F(BookTest, APostReleasesWhatItDoesNotKeep) {
  EXPECT_EQ(apply({holds("h", "alice", "bob", 60), posts("p", "h", 20)}),
            (Reasons{"created", "created"}));
  EXPECT_EQ(totals("alice"), (Totals{.debits_posted = 20, .credits_posted = 100}));
  EXPECT_EQ(totals("bob"), (Totals{.credits_posted = 20}));
}

TEST_F(BookTest, AHoldThatIsOverCannotBePostedBeforeTheSweep) {
  EXPECT_EQ(apply({expiring(holds("h", "alice", "bob", 60), base::Millis(10))}),
            Reasons{"created"});
  begin(base::Millis(9));
  EXPECT_EQ(apply({posts("p1", "h", 1, true)}), Reasons{"created"});
  begin(base::Millis(2));
  EXPECT_EQ(apply({posts("p2", "h"), voids("v", "h")}), (Reasons{"hold_expired", "hold_expired"}));
  EXPECT_EQ(totals("alice").debits_pending, 59);
  book_.expire(*book_.find_hold("h"));
  EXPECT_EQ(totals("alice").debits_pending, 0);
  EXPECT_EQ(apply({posts("p3", "h")}), Reasons{"hold_expired"});
  EXPECT_EQ(book_.entries().back().kind, TransferKind::kExpire);
}

TEST_F(BookTest, ABalancingTransferMovesWhatIsThere) {
  NewTransfer sweep = moves("s1", "alice", "bob", 1000);
  sweep.balancing_debit = true;
  EXPECT_EQ(apply({holds("h", "alice", "bob", 30), sweep}), (Reasons{"created", "created"}));
  EXPECT_EQ(outcomes_.back().amount, 70);
  NewTransfer again = sweep;
  EXPECT_EQ(apply({again}), Reasons{"exists"});
  again.legs[0].amount = again.legs[1].amount = 70;
  EXPECT_EQ(apply({again}), Reasons{"exists_with_different_legs"});
  sweep.id = "s2";
  EXPECT_EQ(apply({sweep}), Reasons{"created"});
  EXPECT_EQ(outcomes_.back().amount, 0);
}

TEST_F(BookTest, AClosedAccountMovesAgainWhenTheHoldIsVoided) {
  NewTransfer close = holds("close", "alice", "bob", 1);
  close.closing_debit = true;
  EXPECT_EQ(apply({holds("before", "alice", "bob", 5), close, moves("m1", "cash", "alice", 1),
                   posts("p", "close"), posts("q", "before"), moves("m2", "cash", "bob", 1),
                   voids("v", "before")}),
            (Reasons{"created", "created", "account_closed", "account_closed", "account_closed",
                     "created", "created"}));
  EXPECT_EQ(apply({voids("reopen", "close"), moves("m3", "cash", "alice", 1)}),
            (Reasons{"created", "created"}));
}

TEST_F(BookTest, AmountsAreCountedWithoutOverflow) {
  EXPECT_EQ(
      apply({moves("m1", "cash", "euro", kMaxAmount + 1), moves("m2", "euro", "euros", kMaxAmount),
             moves("m3", "euro", "euros", kMaxAmount), moves("m4", "euro", "euros", kMaxAmount),
             moves("m5", "euro", "euros", kMaxAmount), moves("m6", "euro", "euros", 1),
             holds("h", "euros", "euro", kMaxAmount)}),
      (Reasons{"amount_invalid", "created", "created", "created", "created", "overflows_debits",
               "created"}));
  NewTransfer wide = moves("w", "euro", "euros", kMaxAmount);
  wide.legs.push_back({"cash", Side::kDebit, kMaxAmount});
  EXPECT_EQ(apply({wide}), Reasons{"amount_invalid"});
}

TEST_F(BookTest, TimesRiseFromTransferToTransfer) {
  EXPECT_EQ(apply({moves("a", "cash", "bob", 1), moves("b", "cash", "bob", 1)}),
            (Reasons{"created", "created"}));
  EXPECT_EQ(outcomes_[1].at, outcomes_[0].at + base::Micros(1));
  begin(base::Micros(-1'000'000));
  EXPECT_EQ(apply({moves("c", "cash", "bob", 1)}), Reasons{"created"});
}

TEST(VerdictTest, EachHasItsOwnReason) {
  std::vector<std::string> seen;
  for (std::size_t i = 0; i < kVerdicts; ++i) {
    const auto verdict = static_cast<Verdict>(i);
    EXPECT_EQ(std::count(seen.begin(), seen.end(), reason(verdict)), 0);
    EXPECT_GT(std::string_view(explanation(verdict)).size(), 5U);
    seen.emplace_back(reason(verdict));
  }
  // As TigerBeetle's ids that cannot be used again.
  EXPECT_TRUE(is_transient(Verdict::kExceedsCredits));
  EXPECT_FALSE(is_transient(Verdict::kHoldExpired));
  EXPECT_EQ(to_error(Verdict::kExceedsCredits, {}).code, base::Code::kConflict);
  EXPECT_EQ(to_error(Verdict::kAmountInvalid, {}).code, base::Code::kInvalid);
}

}  // namespace
}  // namespace ashlar::ledger
