// Reconciliations on both engines, with the ledger: what runs keep from day to day, and that
// suspense holds exactly what is open.
#include "modules/payments/reconcile/reconciliations.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/entropy.h"
#include "modules/payments/ledger/testing/ledger_fixture.h"
#include "modules/payments/reconcile/reconcile_store.h"
#include "modules/payments/reconcile/report.h"
#include "modules/payments/reconcile/suspense.h"
#include "platform/events/outbox.h"

namespace ashlar::payments::reconcile {
namespace {

using std::chrono::days;
using Made = Run;  // a test has a Run of its own
using storage::Transaction;

class ReconciliationsTest : public ledger::LedgerFixture {
 protected:
  void SetUp() override {
    LedgerFixture::SetUp();
    if (IsSkipped()) return;
    set_clock(start_of(kToday) + std::chrono::hours{4});
    make_service();
  }
  void TearDown() override {
    service_.reset();
    LedgerFixture::TearDown();
  }

  void set_clock(base::Time to) { clock_.advance(to - clock_.now()); }

  void make_service() {
    service_ = std::make_unique<Reconciliations>(
        *db_, *writer_, outbox_, clock_,
        [this](Transaction& /*tx*/, std::string_view /*provider*/, Day from, Day to) {
          std::vector<OurLine> lines;
          for (const OurLine& line : ours_) {
            if (line.day >= from && line.day <= to) lines.push_back(line);
          }
          return base::Result<std::vector<OurLine>>(std::move(lines));
        });
  }

  void we_have(const std::string& reference, Money amount, Money fee = 0, Day day = kYesterday) {
    OurLine line;
    line.kind = amount < 0 ? LineKind::kRefund : LineKind::kCapture;
    line.reference = reference;
    line.payment = "pay_" + reference;
    line.object = "cap_" + reference;
    line.entry = "txn_" + reference;
    line.amount = amount;
    line.fee = fee;
    line.currency = "usd";
    line.day = day;
    ours_.push_back(std::move(line));
  }

  static std::string csv(std::string_view lines) {
    return "type,reference,amount_minor,fee_minor,currency,date\n" + std::string(lines);
  }
  base::Result<Ran> reconcile(const std::string& statement, Day day = kYesterday,
                              bool replace = false) {
    Asked asked;
    asked.tenant = ledger::kAlice;
    asked.provider = "bank";
    asked.day = day;
    asked.statement = statement;
    asked.by = "key 7";
    asked.replace = replace;
    return service_->run(asked);
  }
  // The run; what is wrong otherwise.
  Made ran(const std::string& statement, Day day = kYesterday, bool replace = false) {
    const auto made = reconcile(statement, day, replace);
    EXPECT_TRUE(made.ok()) << made.error().reason << ": " << made.error().detail;
    return made.ok() ? made->run : Made{};
  }
  std::string refused(const std::string& statement, Day day = kYesterday, bool replace = false) {
    const auto made = reconcile(statement, day, replace);
    return made.ok() ? "taken" : made.error().reason;
  }

  std::vector<Item> items(const std::string& run, const store::ItemFilter& filter = {}) {
    return read([&](Transaction& tx) { return store::list_items(tx, run, filter, 0, 1'000); });
  }
  // "outcome state suspense" of each item, by reference.
  std::map<std::string, std::string> states(const std::string& run) {
    std::map<std::string, std::string> found;
    for (const Item& item : items(run)) {
      found[item.reference] = std::string(outcome_name(item.outcome)) + " " +
                              std::to_string(static_cast<int>(item.state)) + " " +
                              std::to_string(item.suspense);
    }
    return found;
  }
  Made run_now(const std::string& id) {
    return read([&](Transaction& tx) { return store::find_run(tx, id); }).value_or(Made{});
  }

  // Credits less debits; 0 of an account that was never opened.
  Money balance(const std::string& account) {
    const auto found =
        read([&](Transaction& tx) { return ledger::store::find_account(tx, account); });
    if (!found) return 0;
    return found->totals.credits_posted - found->totals.debits_posted;
  }
  // Promise 3.
  void check_suspense() {
    Money open = 0;
    for (const Item& item :
         read([&](Transaction& tx) { return store::list_open(tx, "", std::nullopt, 10'000); })) {
      open += item.suspense;
      EXPECT_EQ(item.suspense, item.due_in_suspense()) << item.reference;
    }
    EXPECT_EQ(balance("suspense:usd"), open);
    EXPECT_EQ(balance("provider:bank:usd") + balance("suspense:usd") + balance("differences:usd"),
              0);
  }

  base::Result<Item> resolve(const std::string& run, std::int64_t no, Resolution how) {
    Reconciliations::Settled settled;
    settled.tenant = ledger::kAlice;
    settled.run = run;
    settled.no = no;
    settled.how = how;
    settled.note = "as the bank said by telephone";
    settled.by = "key 7";
    return service_->resolve(settled);
  }

  static inline const Day kToday = *parse_day("2026-11-22");
  static inline const Day kYesterday = kToday - days{1};

  std::vector<OurLine> ours_;
  base::SeededEntropy entropy_{11};
  events::Outbox outbox_{clock_, entropy_, [] {}};
  std::unique_ptr<Reconciliations> service_;
};

INSTANTIATE_TEST_SUITE_P(Storage, ReconciliationsTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(ReconciliationsTest, ARunNamesEachBreakAndPutsWhatMovedIntoSuspense) {
  we_have("same", 1000, 30);
  we_have("lost", 500);
  we_have("less", 700, 20);
  we_have("dear", 900, 10);
  we_have("late", 100);
  const Made run =
      ran(csv("capture,same,1000,30,usd,2026-11-21\n"
              "capture,less,650,20,usd,2026-11-21\n"
              "capture,dear,900,25,usd,2026-11-21\n"
              "capture,late,100,0,usd,2026-11-25\n"
              "refund,odd,-40,0,usd,2026-11-21\n"));
  EXPECT_EQ(run.id, "rec_bank_20261121");
  EXPECT_EQ(run.items, 6);
  EXPECT_EQ(run.breaks, 5);
  EXPECT_EQ(states(run.id), (std::map<std::string, std::string>{{"same", "matched 0 0"},
                                                                {"lost", "missing 1 0"},
                                                                {"less", "amount 1 -50"},
                                                                {"dear", "fee 1 -15"},
                                                                {"late", "date 1 0"},
                                                                {"odd", "extra 1 -40"}}));
  EXPECT_EQ(run_now(run.id).totals.at("usd"), run.totals.at("usd"));
  EXPECT_EQ(run.totals.at("usd").difference(), -50 - 15 - 40 - 500);
  EXPECT_EQ(balance("suspense:usd"), -105);
  check_suspense();
}

TEST_P(ReconciliationsTest, TheSameStatementAgainChangesNothing) {
  we_have("one", 1000);
  const std::string statement = csv("refund,odd,-40,0,usd,2026-11-21\n");
  const auto first = reconcile(statement);
  ASSERT_TRUE(first.ok() && first->made);
  const auto again = reconcile(statement);
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->made);
  EXPECT_EQ(again->run.id, first->run.id);
  EXPECT_EQ(again->run.at, first->run.at);
  EXPECT_EQ(items(first->run.id).size(), 2U);
  EXPECT_EQ(balance("suspense:usd"), -40);
  check_suspense();
}

TEST_P(ReconciliationsTest, AnotherStatementForTheDayIsTakenOnlyWhereOneSaysSo) {
  we_have("one", 1000);
  const Made first = ran(csv("capture,one,990,0,usd,2026-11-21\n"));
  const std::string better = csv("capture,one,1000,0,usd,2026-11-21\n");
  EXPECT_EQ(refused(better), "statement_differs");
  EXPECT_EQ(balance("suspense:usd"), -10);
  const Made second = ran(better, kYesterday, true);
  EXPECT_EQ(second.id, "rec_bank_20261121.2");
  EXPECT_EQ(second.breaks, 0);
  EXPECT_EQ(balance("suspense:usd"), 0);  // what the first had booked is taken back
  EXPECT_EQ(run_now(first.id).state, RunState::kReplaced);
  EXPECT_EQ(states(first.id)["one"], "amount 3 0");
  EXPECT_EQ(states(second.id)["one"], "matched 0 0");
  check_suspense();
}

TEST_P(ReconciliationsTest, ADayThatWasReconciledBeforeItsEndGivesWayToItsWholeStatement) {
  we_have("one", 1000, 0, kToday);
  const Made first = ran(csv(""), kToday);
  EXPECT_EQ(first.breaks, 1);
  set_clock(start_of(kToday + days{1}) + std::chrono::hours{3});
  const Made second = ran(csv("capture,one,1000,0,usd,2026-11-22\n"), kToday);
  EXPECT_EQ(second.version, 2);
  EXPECT_EQ(second.breaks, 0);
}

TEST_P(ReconciliationsTest, WhatWasMissingAndComesOnALaterStatementIsClosedAndCountedOnce) {
  we_have("slow", 1000, 0, kYesterday - days{5});
  const Made first = ran(csv(""), kYesterday - days{5});
  EXPECT_EQ(states(first.id)["slow"], "missing 1 0");
  const Made later = ran(csv("capture,slow,1000,0,usd,2026-11-21\n"));
  EXPECT_EQ(states(first.id)["slow"], "missing 2 0");
  EXPECT_EQ(items(first.id).at(0).resolution, "appeared");
  EXPECT_EQ(items(first.id).at(0).resolved_run, later.id);
  EXPECT_EQ(run_now(first.id).open, 0);
  EXPECT_EQ(states(later.id)["slow"], "date 1 0");  // five days late is worth a look
  check_suspense();
}

TEST_P(ReconciliationsTest, ALineAroundMidnightIsOnOneStatementAndMissedOnNone) {
  we_have("night", 1000, 0, kYesterday);
  const Made before = ran(csv("capture,night,1000,0,usd,2026-11-20\n"), kYesterday - days{1});
  EXPECT_EQ(states(before.id)["night"], "matched 0 0");
  const Made day = ran(csv(""));
  EXPECT_EQ(day.items, 0);
}

TEST_P(ReconciliationsTest, WhatWasExtraIsClearedWhenWeHaveRecordedIt) {
  const Made first =
      ran(csv("capture,early,1000,30,usd,2026-11-21\n"
              "capture,other,200,0,usd,2026-11-21\n"));
  EXPECT_EQ(balance("suspense:usd"), 1170);
  set_clock(start_of(kToday + days{1}) + std::chrono::hours{4});
  we_have("early", 1000, 30, kToday);  // its notice came a day late
  we_have("other", 150, 0, kToday);    // and this one says something else
  const Made second = ran(csv(""), kToday);
  EXPECT_EQ(second.items, 0);
  EXPECT_EQ(states(first.id)["early"], "extra 2 0");
  EXPECT_EQ(states(first.id)["other"], "amount 1 50");
  EXPECT_EQ(run_now(first.id).open, 1);
  EXPECT_EQ(balance("suspense:usd"), 50);
  check_suspense();
}

TEST_P(ReconciliationsTest, PeopleSettleBreaksAndEachIsBookedOnce) {
  we_have("lost", 500);
  we_have("less", 700);
  const Made run =
      ran(csv("capture,less,650,0,usd,2026-11-21\n"
              "capture,odd,40,0,usd,2026-11-21\n"));
  EXPECT_EQ(resolve(run.id, 1, Resolution::kExplained).error().reason,
            std::string("resolution_unfit"));
  ASSERT_TRUE(resolve(run.id, 1, Resolution::kWrittenOff).ok());
  EXPECT_EQ(balance("differences:usd"), -50);
  EXPECT_EQ(resolve(run.id, 1, Resolution::kWrittenOff).error().reason,
            std::string("break_resolved"));
  ASSERT_TRUE(resolve(run.id, 2, Resolution::kCorrected).ok());
  EXPECT_EQ(resolve(run.id, 3, Resolution::kCorrected).error().reason,
            std::string("resolution_unfit"));
  ASSERT_TRUE(resolve(run.id, 3, Resolution::kWrittenOff).ok());
  EXPECT_EQ(balance("differences:usd"), -550);
  EXPECT_EQ(balance("suspense:usd"), 0);
  EXPECT_EQ(run_now(run.id).open, 0);
  EXPECT_EQ(resolve(run.id, 9, Resolution::kExplained).error().reason,
            std::string("break_not_found"));
  // What was written off stands: the statement cannot be exchanged under it.
  EXPECT_EQ(refused(csv(""), kYesterday, true), "reconciliation_settled");
  check_suspense();
}

TEST_P(ReconciliationsTest, AReplacedRunOpensAgainWhatItHadClosed) {
  we_have("slow", 1000, 0, kYesterday - days{5});
  const Made first = ran(csv(""), kYesterday - days{5});
  const Made wrong = ran(csv("capture,slow,1000,0,usd,2026-11-21\n"));
  EXPECT_EQ(run_now(first.id).open, 0);
  const Made right = ran(csv("capture,else,7,0,usd,2026-11-21\n"), kYesterday, true);
  EXPECT_EQ(states(first.id)["slow"], "missing 1 0");
  EXPECT_EQ(run_now(first.id).open, 1);
  EXPECT_EQ(states(right.id)["else"], "extra 1 7");
  EXPECT_EQ(run_now(wrong.id).open, 0);
  check_suspense();
}

TEST_P(ReconciliationsTest, SomebodyElsesStatementIsRefusedWhole) {
  std::string lines;
  for (std::size_t i = 0; i <= Reconciliations::kMaxBreaks; ++i) {
    lines += "capture,x" + std::to_string(i) + ",5,0,usd,2026-11-21\n";
  }
  EXPECT_EQ(refused(csv(lines)), "too_many_breaks");
  EXPECT_EQ(balance("suspense:usd"), 0);
  // Nothing is left in the way of the right one.
  EXPECT_EQ(ran(csv("")).id, "rec_bank_20261121");
}

TEST_P(ReconciliationsTest, ARunWhoseProcessDiedIsBegunAgain) {
  Made dead;
  dead.id = run_id("bank", kYesterday, 1);
  dead.provider = "bank";
  dead.day = kYesterday;
  dead.at = clock_.now();
  dead.hash = "x";
  ASSERT_TRUE(db_->write(storage::Context::tenant(ledger::kAlice),
                         [&](Transaction& tx) { return store::insert_run(tx, dead); })
                  .ok());
  EXPECT_EQ(refused(csv("")), "reconciliation_running");
  set_clock(clock_.now() + Reconciliations::kRunningFor);
  EXPECT_EQ(ran(csv("")).id, dead.id);
}

TEST_P(ReconciliationsTest, IsOnlyTheTenantsOwn) {
  ran(csv("capture,odd,40,0,usd,2026-11-21\n"));
  const auto others = db_->read(storage::Context::tenant(ledger::kBob), [](Transaction& tx) {
    return store::list_open(tx, "", std::nullopt, 10);
  });
  ASSERT_TRUE(others.ok());
  EXPECT_TRUE(others->empty());
}

TEST_P(ReconciliationsTest, ReportsAreForPeopleAndRunNothing) {
  we_have("lost", 123456);
  const Made run =
      ran("type,reference,amount,currency,date,description\n"
          "capture,=1+1,40,usd,2026-11-21,<script>alert(1)</script>\n");
  const std::vector<Item> all = items(run.id);
  const std::string page = report_page(run, all, kToday);
  EXPECT_EQ(page.find("<script>"), std::string::npos);
  EXPECT_NE(page.find("1,234.56"), std::string::npos);
  EXPECT_NE(page.find("0 of 2 lines match; 2 do not, 2 of them are open."), std::string::npos);
  std::string rows;
  for (const Item& item : all) rows += csv_row(item);
  EXPECT_NE(rows.find("\"'=1+1\""), std::string::npos);
  EXPECT_NE(rows.find(",-1234.56,"), std::string::npos);
}

}  // namespace
}  // namespace ashlar::payments::reconcile
