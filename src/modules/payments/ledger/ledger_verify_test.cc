// Every kind of damage that SQL can do to a book is done to one, in a transaction that is rolled
// back, and is found: any column of any row changed, any row removed, rows that nobody booked.
#include "modules/payments/ledger/ledger_verify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "modules/payments/ledger/book_writer.h"
#include "modules/payments/ledger/codec/chain.h"
#include "modules/payments/ledger/ledger_store.h"
#include "modules/payments/ledger/ledger_views.h"
#include "modules/payments/ledger/verdict.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::ledger {
namespace {

using storage::Audience;
using storage::Context;
using storage::Param;
using storage::Row;
using storage::Sql;
using storage::Transaction;

constexpr base::TenantId kAlice{1};
constexpr base::TenantId kBob{2};
const std::string kSeed(HeadSigner::kSeedBytes, 's');

// A statement of the test's own: its text must live for ever.
const Sql& sql(std::string text) {
  static std::deque<std::string> texts;
  static std::deque<Sql> statements;
  texts.push_back(std::move(text));
  return statements.emplace_back(Sql{Audience::kTenant, texts.back()});
}

struct Table {
  std::string name, key;  // the key's column beside tenant_id
  std::vector<std::string> numbers, texts, blobs;
};

const std::vector<Table>& tables() {
  static const std::vector<Table> kTables{
      {"ledger_books",
       "tenant_id",
       {"seq", "accounts", "transfers", "legs", "burned", "at", "last_at"},
       {},
       {"head", "signature"}},
      {"ledger_batches",
       "seq",
       {"seq", "at", "first_account", "accounts", "first_transfer", "transfers", "first_leg",
        "legs", "first_burned", "burned"},
       {},
       {"previous", "hash", "signature"}},
      {"ledger_accounts",
       "no",
       {"no", "rules", "created_at"},
       {"id", "currency", "name", "metadata"},
       {}},
      {"ledger_totals",
       "account_no",
       {"account_no", "debits_pending", "debits_posted", "credits_pending", "credits_posted",
        "legs", "last_leg", "closing"},
       {},
       {}},
      {"ledger_ids", "id", {"no"}, {"id"}, {}},
      {"ledger_burned", "no", {"no", "verdict", "batch", "at"}, {"id"}, {}},
      {"ledger_transfers",
       "no",
       {"no", "kind", "hold_no", "batch", "at", "timeout_ms", "flags", "asked", "first_leg",
        "legs"},
       {"id", "code", "metadata"},
       {}},
      {"ledger_holds", "transfer_no", {"transfer_no", "state", "expires_at"}, {"lefts"}, {}},
      {"ledger_legs",
       "no",
       {"no", "account_no", "leg_no", "transfer_no", "kind", "side", "posted", "pending",
        "debits_pending", "debits_posted", "credits_pending", "credits_posted", "at", "prev",
        "jump", "jump_leg", "jump_at"},
       {},
       {}},
  };
  return kTables;
}

class LedgerVerifyTest : public ::testing::TestWithParam<storage::Dialect> {
 protected:
  void SetUp() override {
    store_ = storage::make_product_store(GetParam());
    if (!store_) GTEST_SKIP() << storage::kNoPostgres;
    db_ = std::move(store_->open()).value();
    writer_ = std::make_unique<BookWriter>(*db_, clock_, metrics_, log_, &signer_);
    make_book(kAlice);
    make_book(kBob);
  }

  void run(base::TenantId tenant, const BookWriter::Unit& unit) {
    clock_.advance(base::Millis{1'000});
    base::Status status = base::fail(base::Code::kInternal, "not_done", "");
    writer_->submit(tenant, unit, [&](base::Status done) { status = std::move(done); });
    writer_->drain();
    ASSERT_TRUE(status.ok()) << status.error().reason << " " << status.error().detail;
  }
  static NewTransfer make(std::string id, TransferKind kind, std::string debit, std::string credit,
                          Amount amount) {
    NewTransfer transfer;
    transfer.id = std::move(id);
    transfer.kind = kind;
    transfer.legs = {{std::move(debit), Side::kDebit, amount},
                     {std::move(credit), Side::kCredit, amount}};
    transfer.code = "sale";
    transfer.metadata = R"({"n":1})";
    return transfer;
  }
  static NewTransfer of_hold(std::string id, TransferKind kind, std::string hold, Amount part) {
    NewTransfer transfer;
    transfer.id = std::move(id);
    transfer.kind = kind;
    transfer.hold = std::move(hold);
    transfer.part = part;
    return transfer;
  }

  // Of everything some: kinds, holds of every state, a burned id, limits, three currencies of legs.
  void make_book(base::TenantId tenant) {
    run(tenant, [](Booking& booking) -> base::Status {
      const AccountRules wallet{.debits_must_not_exceed_credits = true};
      ASHLAR_TRY(booking.open({"world", "USD", {}, "The world", R"({"a":1})"}));
      ASHLAR_TRY(booking.open({"ada", "USD", wallet, "", ""}));
      ASHLAR_TRY(booking.open({"shop", "USD", {}, "", ""}));
      return booking.open({"unused", "EUR", {.reserved = true}, "", ""});
    });
    run(tenant, [](Booking& booking) -> base::Status {
      NewTransfer hold = make("h-expires", TransferKind::kPending, "ada", "shop", 7);
      hold.timeout = base::Millis{1'500};
      NewTransfer rest = of_hold("p1", TransferKind::kPost, "h-parts", 10);
      rest.keep_rest = true;
      NewTransfer balancing = make("bal", TransferKind::kPosted, "ada", "shop", 5'000);
      balancing.balancing_debit = true;
      NewTransfer linked = make("l1", TransferKind::kPosted, "world", "ada", 1);
      linked.linked = true;
      const std::vector<NewTransfer> transfers{
          make("t1", TransferKind::kPosted, "world", "ada", 1'000),
          make("t2", TransferKind::kPosted, "ada", "shop", 200),
          make("h-parts", TransferKind::kPending, "ada", "shop", 100),
          make("h-void", TransferKind::kPending, "ada", "shop", 30),
          make("h-open", TransferKind::kPending, "ada", "shop", 40),
          hold,
          rest,
          of_hold("v1", TransferKind::kVoid, "h-void", 0),
          of_hold("p2", TransferKind::kPost, "h-parts", 20),
          make("too-much", TransferKind::kPosted, "ada", "shop", 9'999),
          balancing,
          linked,
          make("l2", TransferKind::kPosted, "world", "ada", 2)};
      ASHLAR_ASSIGN(const auto outcomes, booking.apply(transfers));
      for (std::size_t i = 0; i < outcomes.size(); ++i) {
        const Verdict wanted =
            transfers[i].id == "too-much" ? Verdict::kExceedsCredits : Verdict::kCreated;
        EXPECT_EQ(reason(outcomes[i].verdict), std::string(reason(wanted))) << transfers[i].id;
      }
      return base::ok_status();
    });
    clock_.advance(base::Millis{5'000});  // h-expires goes at the beginning of the next batch
    for (int i = 0; i < 9; ++i) {         // legs enough for jumps
      run(tenant, [i](Booking& booking) -> base::Status {
        const std::vector<NewTransfer> one{
            make("x" + std::to_string(i), TransferKind::kPosted, "world", "shop", i + 1)};
        return booking.move(one);
      });
    }
  }

  VerifyReport verify(Transaction& tx, std::vector<SignedHead> kept = {}) {
    auto report = verify_book(tx, kAlice, &signer_, kept);
    EXPECT_TRUE(report.ok()) << (report.ok() ? "" : report.error().detail);
    return report.ok() ? std::move(*report) : VerifyReport{};
  }

  // Damages Alice's book by the statement, verifies, and takes the damage back.
  VerifyReport damaged(const Sql& statement, std::vector<SignedHead> kept = {}) {
    return damaged(std::vector<const Sql*>{&statement}, std::move(kept));
  }
  VerifyReport damaged(const std::vector<const Sql*>& statements,
                       std::vector<SignedHead> kept = {}) {
    VerifyReport report;
    const base::Status status =
        db_->write(Context::tenant(kAlice), [&](Transaction& tx) -> base::Status {
          for (const Sql* statement : statements) {
            ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(*statement, {}));
            EXPECT_GT(rows, 0) << statement->text;
          }
          report = verify(tx, std::move(kept));
          return base::fail(base::Code::kConflict, "rolled_back", "");
        });
    EXPECT_STREQ(status.ok() ? "" : status.error().reason, "rolled_back")
        << (status.ok() ? "" : status.error().detail);
    return report;
  }

  static bool names(const VerifyReport& report, const std::string& table) {
    return std::ranges::any_of(report.findings,
                               [&](const Finding& finding) { return finding.table == table; });
  }
  static std::string all(const VerifyReport& report) {
    std::string text;
    for (const Finding& finding : report.findings) text += finding.text() + "\n";
    return text;
  }

  // The row that has the largest key, or a value of that column that is not NULL.
  static std::string row_of(const Table& table, const std::string& order) {
    return " WHERE tenant_id = :tenant AND " + table.key + " = (SELECT " + order + "(" + table.key +
           ") FROM " + table.name + " WHERE tenant_id = :tenant)";
  }

  void expect_found(const std::string& statement, const std::string& table) {
    const VerifyReport report = damaged(sql(statement));
    EXPECT_FALSE(report.findings.empty()) << statement;
    EXPECT_TRUE(names(report, table) || names(report, "ledger_batches")) << statement << "\n"
                                                                         << all(report);
  }

  SignedHead head_now() {
    auto row =
        db_->read(Context::tenant(kAlice), [](Transaction& tx) { return store::find_head(tx); });
    EXPECT_TRUE(row.ok() && row->has_value());
    const Head head{kAlice, (*row)->seq, (*row)->transfers, (*row)->at, (*row)->hash};
    return {head, signer_.sign(head), signer_.public_key()};
  }

  std::unique_ptr<storage::TestStore> store_;
  base::ManualClock clock_{base::from_micros(1'700'000'000'000'000)};
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  HeadSigner signer_{kSeed};
  std::unique_ptr<storage::Database> db_;
  std::unique_ptr<BookWriter> writer_;
};

TEST_P(LedgerVerifyTest, ASoundBookIsSound) {
  const auto report = db_->read(Context::tenant(kAlice), [&](Transaction& tx) {
    return verify_book(tx, kAlice, &signer_, {});
  });
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(all(*report), "");
  EXPECT_EQ(report->accounts, 4);
  EXPECT_EQ(report->transfers, 22);  // 12 of the second batch, 9, and one that expired
  EXPECT_EQ(report->open_holds, 1);
  EXPECT_EQ(report->batches, 11);
}

TEST_P(LedgerVerifyTest, AnEmptyBookIsSound) {
  const base::TenantId nobody{3};
  const auto report = db_->read(Context::tenant(nobody), [&](Transaction& tx) {
    return verify_book(tx, nobody, &signer_, {});
  });
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(all(*report), "");
  EXPECT_EQ(report->batches, 0);
}

TEST_P(LedgerVerifyTest, AChangeOfAnyNumberIsFound) {
  for (const Table& table : tables()) {
    for (const std::string& column : table.numbers) {
      for (const std::string order : {"min", "max"}) {
        const bool nullable = column == "timeout_ms" || column == "expires_at";
        const std::string value =
            nullable ? "coalesce(" + column + ", 0) + 1" : column + " + 1000000";
        const bool enumerated = column == "kind" || column == "side" || column == "state";
        expect_found(
            "UPDATE " + table.name + " SET " + column + " = " +
                (enumerated ? "CASE WHEN " + column + " = 0 THEN 1 ELSE " + column + " - 1 END"
                            : value) +
                row_of(table, order),
            table.name);
        if (HasFailure()) return;
      }
    }
  }
}

TEST_P(LedgerVerifyTest, AChangeOfAnyTextOrBlobIsFound) {
  for (const Table& table : tables()) {
    for (const std::string order : {"min", "max"}) {
      if (table.name == "ledger_books" && order == "max") continue;  // one row
      for (const std::string& column : table.texts) {
        const std::string value = column == "lefts"      ? "'[1,1]'"
                                  : column == "metadata" ? R"('{"n":2}')"
                                                         : "'X' || " + column;
        expect_found(
            "UPDATE " + table.name + " SET " + column + " = " + value + row_of(table, order),
            table.name);
      }
      for (const std::string& column : table.blobs) {
        const bool sqlite = GetParam() == storage::Dialect::kSqlite;
        const std::string zeros = sqlite ? "zeroblob(32)" : "decode(repeat('00', 32), 'hex')";
        if (column == "previous" && order == "min") continue;  // that is what it is
        expect_found(
            "UPDATE " + table.name + " SET " + column + " = " + zeros + row_of(table, order),
            table.name);
      }
    }
  }
}

TEST_P(LedgerVerifyTest, ARowThatIsMissingIsFound) {
  for (const Table& table : tables()) {
    for (const std::string order : {"min", "max"}) {
      expect_found("DELETE FROM " + table.name + row_of(table, order), table.name);
    }
  }
}

TEST_P(LedgerVerifyTest, ARowTooMuchIsFoundAndNamed) {
  const VerifyReport ids =
      damaged(sql("INSERT INTO ledger_ids (tenant_id, id, no) VALUES (:tenant, 'planted', 3)"));
  EXPECT_NE(all(ids).find("ledger_ids planted: nothing in the book is the reason"),
            std::string::npos)
      << all(ids);
  const VerifyReport holds =
      damaged(sql("INSERT INTO ledger_holds (tenant_id, transfer_no, state, expires_at, lefts)"
                  " VALUES (:tenant, 999, 0, NULL, '[]')"));
  EXPECT_TRUE(names(holds, "ledger_holds")) << all(holds);
  const VerifyReport account = damaged(
      sql("INSERT INTO ledger_accounts (tenant_id, no, id, currency, rules, created_at, name,"
          " metadata) VALUES (:tenant, 99, 'planted', 'USD', 0, 1, '', '')"));
  EXPECT_TRUE(names(account, "ledger_accounts")) << all(account);
}

TEST_P(LedgerVerifyTest, WhatIsWrongIsNamedByTableRowAndValue) {
  const VerifyReport totals =
      damaged(sql("UPDATE ledger_totals SET credits_posted = credits_posted + 5"
                  " WHERE tenant_id = :tenant AND account_no = 2"));
  EXPECT_NE(all(totals).find("ledger_totals account_no 2 (ada): it has "), std::string::npos)
      << all(totals);
  EXPECT_NE(all(totals).find("debits are not credits"), std::string::npos) << all(totals);
  const VerifyReport leg =
      damaged(sql("UPDATE ledger_legs SET posted = posted + 1"
                  " WHERE tenant_id = :tenant AND no = 1"));
  EXPECT_NE(all(leg).find("ledger_batches seq 2: its hash is not that of its rows"),
            std::string::npos)
      << all(leg);
  const VerifyReport gap =
      damaged(sql("DELETE FROM ledger_transfers"
                  " WHERE tenant_id = :tenant AND no = 5"));
  EXPECT_NE(all(gap).find("ledger_transfers no 5: missing"), std::string::npos) << all(gap);
}

// Whoever can write to the database can compute hashes again; not the signatures.
TEST_P(LedgerVerifyTest, ATailThatIsRewrittenWithItsHashesIsFoundByItsSignature) {
  const auto rewritten = [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(tx.execute(sql("UPDATE ledger_transfers SET code = 'theft' WHERE no = 22"
                              " AND tenant_id = :tenant"),
                          {}));
    ASHLAR_ASSIGN(const auto batches, store::list_batches(tx, 10, 1));
    ASHLAR_ASSIGN(const auto rows, store::list_transfers(tx, 21, 1));
    BatchEncoder encoder(batches.front().seq, batches.front().at);
    encoder.accounts({});
    const std::vector<Entry> entries{rows.front().entry};
    encoder.entries(entries);
    encoder.burned(batches.front().first_burned, {});
    const std::string hash = encoder.hash(batches.front().previous);
    ASHLAR_TRY(tx.execute(sql("UPDATE ledger_batches SET hash = ?1 WHERE seq = 11"
                              " AND tenant_id = :tenant"),
                          {storage::Blob{hash}}));
    ASHLAR_TRY(tx.execute(sql("UPDATE ledger_books SET head = ?1 WHERE tenant_id = :tenant"),
                          {storage::Blob{hash}}));
    const VerifyReport report = verify(tx);
    EXPECT_EQ(report.findings.size(), 2U) << all(report);
    EXPECT_TRUE(names(report, "ledger_batches") && names(report, "ledger_books")) << all(report);
    EXPECT_NE(all(report).find("signature"), std::string::npos) << all(report);
    return base::fail(base::Code::kConflict, "rolled_back", "");
  };
  EXPECT_FALSE(db_->write(Context::tenant(kAlice), rewritten).ok());
}

// The whole tail goes and the head is put back to an older one, with the signature that it had: all
// of that is in the database. Only what was kept elsewhere tells.
TEST_P(LedgerVerifyTest, ATailThatIsCutOffIsFoundByAHeadThatWasKept) {
  const SignedHead kept = head_now();
  const std::vector<const Sql*> cut{
      &sql("DELETE FROM ledger_ids WHERE tenant_id = :tenant AND id = 'x8'"),
      &sql("UPDATE ledger_totals SET"
           " debits_posted = debits_posted - CASE account_no WHEN 1 THEN 9 ELSE 0 END,"
           " credits_posted = credits_posted - CASE account_no WHEN 3 THEN 9 ELSE 0 END,"
           " last_leg = (SELECT prev FROM ledger_legs AS l WHERE l.tenant_id = :tenant"
           " AND l.no = ledger_totals.last_leg), legs = legs - 1"
           " WHERE tenant_id = :tenant AND account_no IN (1, 3)"),
      &sql("DELETE FROM ledger_legs WHERE tenant_id = :tenant AND transfer_no = 22"),
      &sql("DELETE FROM ledger_transfers WHERE tenant_id = :tenant AND no = 22"),
      &sql("DELETE FROM ledger_batches WHERE tenant_id = :tenant AND seq = 11"),
      &sql("UPDATE ledger_books SET seq = 10, transfers = 21, legs = legs - 2,"
           " at = (SELECT at FROM ledger_batches WHERE tenant_id = :tenant AND seq = 10),"
           " last_at = (SELECT at FROM ledger_transfers WHERE tenant_id = :tenant AND no = 21),"
           " head = (SELECT hash FROM ledger_batches WHERE tenant_id = :tenant AND seq = 10),"
           " signature = (SELECT signature FROM ledger_batches WHERE tenant_id = :tenant"
           " AND seq = 10) WHERE tenant_id = :tenant")};
  EXPECT_EQ(all(damaged(cut)), "") << "the cut was not clean";
  const VerifyReport report = damaged(cut, {kept});
  ASSERT_EQ(report.findings.size(), 1U) << all(report);
  EXPECT_EQ(report.findings.front().text(),
            "ledger_batches seq 11: it is missing, though a head of it was kept: the book ends "
            "with batch 10");
}

TEST_P(LedgerVerifyTest, HeadsThatWereKeptAreHeldAgainstTheBook) {
  const SignedHead kept = head_now();
  const auto with = [&](const SignedHead& head) {
    const auto report = db_->read(Context::tenant(kAlice), [&](Transaction& tx) {
      return verify_book(tx, kAlice, &signer_, std::vector{head});
    });
    return report.ok() ? all(*report) : "error";
  };
  EXPECT_EQ(with(kept), "");
  run(kAlice, [](Booking& booking) -> base::Status {
    return booking.move(std::vector{make("later", TransferKind::kPosted, "world", "shop", 1)});
  });
  EXPECT_EQ(with(kept), "");  // of a book that has grown since
  SignedHead changed = kept;
  changed.head.transfers += 1;
  EXPECT_NE(with(changed).find("its signature is wrong"), std::string::npos) << with(changed);
  const HeadSigner other(std::string(HeadSigner::kSeedBytes, 'o'));
  const SignedHead foreign{kept.head, other.sign(kept.head), other.public_key()};
  EXPECT_NE(with(foreign).find("another installation"), std::string::npos) << with(foreign);
  Head lied = kept.head;
  lied.hash[0] = static_cast<char>(lied.hash[0] ^ 1);
  const SignedHead forked{lied, signer_.sign(lied), signer_.public_key()};
  EXPECT_NE(with(forked).find("it is not what it was when its head was kept"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Storage, LedgerVerifyTest, storage::both_engines(), storage::engine_name);

}  // namespace
}  // namespace ashlar::ledger
