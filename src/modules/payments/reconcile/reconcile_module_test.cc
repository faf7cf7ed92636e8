// The nightly chore, its jobs, and that no statement of reconciliation reaches another tenant's
// rows.
#include "modules/payments/reconcile/reconcile_module.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/entropy.h"
#include "modules/payments/ledger/testing/ledger_fixture.h"
#include "modules/payments/reconcile/nightly_store.h"
#include "modules/payments/reconcile/reconcile_store.h"
#include "platform/events/outbox.h"
#include "platform/jobs/jobs.h"
#include "platform/storage/database.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::payments::reconcile {
namespace {

using std::chrono::days;
using std::chrono::hours;
using storage::Audience;
using storage::Context;
using storage::Param;
using storage::Row;
using storage::Sql;
using storage::Transaction;

using Made = Run;  // a test has a Run of its own

const Day kToday = *parse_day("2026-11-22");

constexpr Sql kInsertEntry{
    Audience::kTenant,
    "INSERT INTO payment_entries (tenant_id, id, at, kind, source, subject, provider, currency,"
    " amount, fee, available_on, settled)"
    " VALUES (:tenant, ?1, ?2, 0, 'cap_x', 'po_x', 'bank', 'usd', 100, 0, ?2, 0)"};

class ReconcileModuleTest : public ledger::LedgerFixture {
 protected:
  void SetUp() override {
    LedgerFixture::SetUp();
    if (IsSkipped()) return;
    jobs_ = std::make_unique<jobs::Jobs>(jobs::Jobs::Options{}, *db_, clock_, metrics_, log_);
    StatementSource bank{"bank", StatementFormat::kCsv,
                         [this](base::TenantId /*tenant*/, Day day) -> base::Result<std::string> {
                           asked_.push_back(format_day(day));
                           return "type,reference,amount,currency,date\nfee,f,1,usd," +
                                  format_day(day) + "\n";
                         }};
    module_ = std::make_unique<ReconcileModule>(std::vector{std::move(bank)}, *db_, *writer_,
                                                outbox_, *jobs_, clock_, log_);
  }
  void TearDown() override {
    module_.reset();
    jobs_.reset();
    LedgerFixture::TearDown();
  }

  void set_clock(base::Time to) { clock_.advance(to - clock_.now()); }
  void entry(const std::string& id, base::Time at, base::TenantId tenant) {
    const auto done = db_->write(Context::tenant(tenant), [&](Transaction& tx) {
      return tx.execute(kInsertEntry, {id, base::to_micros(at)});
    });
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }
  int make_jobs() {
    const auto made = module_->make_jobs();
    EXPECT_TRUE(made.ok()) << made.error().detail;
    return made.ok() ? *made : -1;
  }
  // Works what waits; what each job ended with.
  std::vector<std::string> work() {
    std::vector<std::string> ends;
    const auto leased = jobs_->lease({.kind = kReconcileJob, .max = 10, .worker = "test"});
    EXPECT_TRUE(leased.ok());
    const jobs::KindOptions options = module_->kind();
    for (const jobs::LeasedJob& job : *leased) {
      const jobs::Outcome outcome = std::get<jobs::Handler>(options.handler)({.job = job});
      ends.push_back(outcome.kind == jobs::Outcome::Kind::kDone ? outcome.result : outcome.error);
      const std::vector<jobs::Ended> ended{{job.ref, outcome}};
      EXPECT_TRUE(jobs_->end_many(ended).ok());
    }
    return ends;
  }

  std::vector<std::string> asked_;
  base::SeededEntropy entropy_{5};
  events::Outbox outbox_{clock_, entropy_, [] {}};
  std::unique_ptr<jobs::Jobs> jobs_;
  std::unique_ptr<ReconcileModule> module_;
};

INSTANTIATE_TEST_SUITE_P(Storage, ReconcileModuleTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(ReconcileModuleTest, EachDayOfATenantIsReconciledOnceInTheNightAfterIt) {
  set_clock(start_of(kToday) + hours{2});
  entry("txn_a", start_of(kToday) - hours{1}, ledger::kAlice);
  EXPECT_EQ(make_jobs(), 0);  // the day is hardly over
  set_clock(start_of(kToday) + hours{3});
  EXPECT_EQ(make_jobs(), 1);
  EXPECT_EQ(make_jobs(), 0);  // it waits already
  // Its payout is in no table, so our side cannot be read: it is tried again, and says why.
  EXPECT_EQ(work().size(), 1U);
  EXPECT_EQ(asked_, std::vector<std::string>{"2026-11-21"});
}

TEST_P(ReconcileModuleTest, AJobOfADayWithoutOurLinesMakesItsRun) {
  set_clock(start_of(kToday) + hours{4});
  const auto enqueued = db_->write(Context::tenant(ledger::kBob), [&](Transaction& tx) {
    jobs::NewJob job;
    job.kind = kReconcileJob;
    job.payload = R"({"provider":"bank","day":"2026-11-20"})";
    return jobs_->enqueue(tx, job);
  });
  ASSERT_TRUE(enqueued.ok());
  EXPECT_EQ(work(), std::vector<std::string>{"rec_bank_20261120"});
  EXPECT_EQ(totals("suspense:usd", ledger::kBob).credits_posted, 100);
}

TEST_P(ReconcileModuleTest, ARunMadeAfterTheDayStopsTheChoreAndOneMadeDuringItDoesNot) {
  set_clock(start_of(kToday) - hours{2});
  entry("txn_a", start_of(kToday) - hours{3}, ledger::kAlice);
  Made run;
  run.id = run_id("bank", kToday - days{1}, 1);
  run.provider = "bank";
  run.day = kToday - days{1};
  run.state = RunState::kDone;
  run.at = clock_.now();
  const auto insert = [&] {
    return db_->write(Context::tenant(ledger::kAlice),
                      [&](Transaction& tx) { return store::insert_run(tx, run); });
  };
  ASSERT_TRUE(insert().ok());
  set_clock(start_of(kToday) + hours{4});
  ASSERT_EQ(store::unreconciled(*db_, "bank", kToday - days{1})->size(), 1U);
  run.id = run_id("bank", kToday - days{1}, 2);
  run.version = 2;
  run.at = clock_.now();
  ASSERT_TRUE(insert().ok());
  EXPECT_EQ(store::unreconciled(*db_, "bank", kToday - days{1})->size(), 0U);
  EXPECT_EQ(make_jobs(), 0);
}

TEST_P(ReconcileModuleTest, AProviderWithoutStatementsNeedsOne) {
  StatementFormat format = StatementFormat::kCsv;
  EXPECT_STREQ(module_->fetch(ledger::kAlice, "other", kToday, format).error().reason,
               "statement_needed");
}

// Bob's row is what each statement would reach; Carol has none.
class ReconcileStatementsTest : public ReconcileModuleTest {
 protected:
  static constexpr base::TenantId kCarol{3};

  void SetUp() override {
    ReconcileModuleTest::SetUp();
    if (IsSkipped()) return;
    Made run;
    run.id = "rec_b";
    run.provider = "bank";
    run.day = kToday;
    run.version = 1;
    Item item;
    item.run = "rec_b";
    item.no = 1;
    item.provider = "bank";
    item.day = kToday;
    item.outcome = Outcome::kAmount;
    item.state = ItemState::kOpen;
    item.ours = item.theirs = Half{1, 0, kToday};
    item.resolved_run = "rec_r";
    item.resolution = "appeared";
    item.currency = "usd";
    Item closed = item;
    closed.no = 2;
    closed.state = ItemState::kResolved;
    const auto done =
        db_->write(Context::tenant(ledger::kBob), [&](Transaction& tx) -> base::Status {
          ASHLAR_TRY(store::insert_run(tx, run));
          ASHLAR_TRY(store::insert_item(tx, item));
          return store::insert_item(tx, closed);
        });
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }

  static bool has(const Sql& sql, std::string_view what) {
    return sql.text.find(what) != std::string_view::npos;
  }
  base::Result<std::int64_t> try_sql(Transaction& tx, const Sql& sql) {
    const auto go = [&](std::initializer_list<Param> list) {
      return sql.text.starts_with("SELECT") ? tx.query(sql, list, [](const Row&) {})
                                            : tx.execute(sql, list);
    };
    constexpr std::int64_t kMuch = std::int64_t{1} << 60;
    const std::int64_t day = base::to_micros(start_of(kToday));
    const std::string_view id = "rec_b", bank = "bank", none = "";
    const std::int64_t one = 1, amount = static_cast<std::int64_t>(Outcome::kAmount);
    switch (storage::engine_text(sql, db_->dialect())->parameters) {
      case 1:
        return go({id});
      case 2:
        if (has(sql, "resolved_run = ?2")) return go({bank, std::string_view("rec_r")});
        return has(sql, "day = ?2") ? go({bank, day}) : go({id, one});
      case 4:
        if (has(sql, "our_day >= ?2")) return go({bank, day, day, none});
        return has(sql, "outcome = ?2") ? go({bank, amount, none, kMuch})
                                        : go({kMuch, none, none, kMuch});
      case 5:
        return go({none, std::int64_t{0}, none, std::int64_t{0}, kMuch});
      case 6:
        return has(sql, "UPDATE") ? go({id, one, one, one, std::string_view("[]"), one})
                                  : go({id, std::int64_t{0}, std::int64_t{-1}, std::int64_t{-1},
                                        std::int64_t{-1}, kMuch});
      case 7:
        return go({id, one, one, one, one, std::string_view("[]"), one});
      default:
        return go({id, one, one, one, none, none, none, nullptr, nullptr, nullptr, one, one, none,
                   none, none, none, nullptr});
    }
  }
  std::int64_t try_as(base::TenantId tenant, const Sql& sql) {
    std::int64_t rows = -1;
    const auto undone = db_->write(Context::tenant(tenant), [&](Transaction& tx) -> base::Status {
      ASHLAR_ASSIGN(rows, try_sql(tx, sql));
      return base::fail(base::Code::kConflict, "undo", "");
    });
    EXPECT_STREQ(undone.error().reason, "undo") << sql.text << " " << undone.error().detail;
    return rows;
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, ReconcileStatementsTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(ReconcileStatementsTest, NobodySeesOrChangesAnothersRows) {
  int tried = 0;
  for (const Sql* sql : store::statements()) {
    // Writing rows of her own is her right; a run that is not running is deleted by nobody.
    if (sql->text.starts_with("INSERT")) continue;
    ++tried;
    EXPECT_GT(try_as(ledger::kBob, *sql), 0) << sql->text;
    EXPECT_EQ(try_as(kCarol, *sql), 0) << sql->text;
  }
  EXPECT_EQ(tried, 15);
}

TEST_P(ReconcileStatementsTest, KeepTheRulesOfBothEngines) {
  std::set<std::string_view> texts;
  for (const auto list : {store::statements(), store::nightly_statements()}) {
    for (const Sql* sql : list) {
      EXPECT_TRUE(texts.insert(sql->text).second) << "listed twice: " << sql->text;
      for (const auto dialect : {storage::Dialect::kSqlite, storage::Dialect::kPostgres}) {
        EXPECT_TRUE(storage::engine_text(*sql, dialect).ok()) << sql->text;
      }
    }
  }
}

}  // namespace
}  // namespace ashlar::payments::reconcile
