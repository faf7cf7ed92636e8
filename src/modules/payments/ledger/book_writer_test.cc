// BookWriter on both engines: what commits together, what falls apart, two writers on one book.
#include "modules/payments/ledger/book_writer.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "modules/payments/ledger/testing/ledger_fixture.h"
#include "platform/storage/testing/forgetful_database.h"

namespace ashlar::ledger {
namespace {

using Reasons = std::vector<std::string>;

// Any table of a tenant's, for rows of the units' own.
constexpr storage::Sql kAddRow{storage::Audience::kTenant,
                               "INSERT INTO tasks_queues (tenant_id, queue) VALUES (:tenant, ?1)"};
constexpr storage::Sql kCountRows{storage::Audience::kTenant,
                                  "SELECT count(*) FROM tasks_queues WHERE tenant_id = :tenant"};

base::Status add_row(Booking& booking, std::string_view name) {
  ASHLAR_TRY(booking.tx().execute(kAddRow, {name}));
  return base::ok_status();
}

base::Error refused() { return base::fail(base::Code::kConflict, "refused_by_test", ""); }

class BookWriterTest : public LedgerFixture {
 protected:
  void SetUp() override {
    LedgerFixture::SetUp();
    if (IsSkipped()) return;
    const AccountRules solvent{.debits_must_not_exceed_credits = true};
    const base::Status opened =
        open_accounts({account_of("cash"), account_of("alice", "USD", solvent),
                       account_of("bob", "USD", solvent)});
    ASSERT_TRUE(opened.ok()) << opened.error().detail;
  }
  void TearDown() override {
    if (db_ != nullptr) expect_sound();
    LedgerFixture::TearDown();
  }

  // Submits; what done() said comes into outcomes_ by the name.
  void submit(const std::string& name, BookWriter::Unit unit,
              std::optional<base::Mono> deadline = {}) {
    writer_->submit(
        kAlice, std::move(unit),
        [this, name](const base::Status& done) {
          outcomes_.push_back(name + " " + (done.ok() ? "ok" : done.error().reason));
        },
        deadline);
  }
  std::int64_t rows() {
    return read([](storage::Transaction& tx) -> base::Result<std::int64_t> {
      std::int64_t count = -1;
      ASHLAR_TRY(
          tx.query(kCountRows, {}, [&](const storage::Row& row) { count = row.integer(0); }));
      return count;
    });
  }
  std::int64_t batches() {
    const auto head = read([](storage::Transaction& tx) { return store::find_head(tx); });
    return head ? head->seq : 0;
  }

  Reasons outcomes_;
};

INSTANTIATE_TEST_SUITE_P(Storage, BookWriterTest, storage::both_engines(), storage::engine_name);

TEST_P(BookWriterTest, MovesMoneyAndItsTotalsAreThereAfterwards) {
  ASSERT_EQ(reason_of(move({moves("t1", "cash", "alice", 100), moves("t2", "alice", "bob", 30)})),
            "");
  EXPECT_EQ(totals("alice"), (Totals{.debits_posted = 30, .credits_posted = 100}));
  EXPECT_EQ(totals("bob"), (Totals{.credits_posted = 30}));
  EXPECT_EQ(totals("cash"), (Totals{.debits_posted = 100}));
  EXPECT_EQ(reason_of(move({moves("t3", "bob", "cash", 31)})), "exceeds_credits");
  EXPECT_EQ(reason_of(move({moves("t1", "cash", "alice", 100)})), "exists");
}

TEST_P(BookWriterTest, UnitsThatWaitTogetherCommitTogether) {
  const std::int64_t before = batches();
  for (int i = 0; i < 50; ++i) {
    const std::string id = "t" + std::to_string(i);
    submit(id, [id](Booking& booking) -> base::Status {
      ASHLAR_TRY(add_row(booking, id));
      const NewTransfer transfer = moves(id, "cash", "alice", 1);
      return booking.move({&transfer, 1});
    });
  }
  writer_->drain();
  EXPECT_EQ(batches(), before + 1);
  EXPECT_EQ(rows(), 50);
  EXPECT_EQ(totals("alice").credits_posted, 50);
  ASSERT_EQ(outcomes_.size(), 50U);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(outcomes_[static_cast<std::size_t>(i)], "t" + std::to_string(i) + " ok");
  }
}

TEST_P(BookWriterTest, AUnitThatFailsBeforeItWroteLeavesTheOthersAsTheyWere) {
  const std::int64_t before = batches();
  submit("one", [](Booking& booking) {
    const NewTransfer transfer = moves("t1", "cash", "alice", 10);
    return booking.move({&transfer, 1});
  });
  submit("two", [](Booking& booking) -> base::Status {
    const NewTransfer transfer = moves("t2", "cash", "alice", 100);
    ASHLAR_TRY(booking.move({&transfer, 1}));
    EXPECT_EQ(booking.account("alice")->totals.credits_posted, 110);
    return refused();
  });
  submit("three", [](Booking& booking) {
    EXPECT_EQ(booking.account("alice")->totals.credits_posted, 10);
    const NewTransfer transfer = moves("t2", "cash", "alice", 5);
    return booking.move({&transfer, 1});
  });
  writer_->drain();
  EXPECT_EQ(outcomes_, (Reasons{"one ok", "two refused_by_test", "three ok"}));
  EXPECT_EQ(batches(), before + 1);
  EXPECT_EQ(totals("alice").credits_posted, 15);
}

TEST_P(BookWriterTest, AUnitThatFailsAfterItWroteFailsAlone) {
  std::atomic<int> told = 0;
  for (int i = 0; i < 9; ++i) {
    const std::string id = "t" + std::to_string(i);
    submit(id, [&told, id, i](Booking& booking) -> base::Status {
      ASHLAR_TRY(add_row(booking, id));
      booking.tx().on_commit([&told] { ++told; });
      const NewTransfer transfer = moves(id, "cash", "alice", 1);
      ASHLAR_TRY(booking.move({&transfer, 1}));
      if (i % 4 == 3) return refused();
      // The transaction is lost with the statement, whatever the unit makes of it.
      if (i == 5) {
        EXPECT_FALSE(add_row(booking, id).ok());
      }
      return base::ok_status();
    });
  }
  writer_->drain();
  EXPECT_EQ(outcomes_, (Reasons{"t0 ok", "t1 ok", "t2 ok", "t3 refused_by_test", "t4 ok",
                                "t5 storage_duplicate", "t6 ok", "t7 refused_by_test", "t8 ok"}));
  EXPECT_EQ(rows(), 6);
  EXPECT_EQ(told, 6);
  EXPECT_EQ(totals("alice").credits_posted, 6);
}

TEST_P(BookWriterTest, AUnitThatThrowsFailsAlone) {
  submit("one", [](Booking& booking) { return add_row(booking, "one"); });
  submit("two", [](Booking&) -> base::Status { throw std::runtime_error("by test"); });
  writer_->drain();
  EXPECT_EQ(outcomes_, (Reasons{"one ok", "two internal"}));
  EXPECT_EQ(rows(), 1);
}

TEST_P(BookWriterTest, IdsAreKnownForEver) {
  EXPECT_EQ(apply({moves("t1", "cash", "alice", 10), moves("t1", "cash", "alice", 10),
                   moves("poor", "bob", "cash", 1), moves("poor", "bob", "cash", 1)}),
            (Reasons{"created", "exists", "exceeds_credits", "id_already_failed"}));
  writer_ = make_writer(*db_);  // remembers nothing
  EXPECT_EQ(apply({moves("t1", "cash", "alice", 10), moves("t1", "cash", "alice", 11),
                   moves("t1", "cash", "nobody", 10), moves("poor", "bob", "cash", 1),
                   moves("t1", "cash", "cash", 10), moves("t2", "cash", "bob", 1)}),
            (Reasons{"exists", "exists_with_different_legs", "exists_with_different_legs",
                     "id_already_failed", "exists_with_different_legs", "created"}));
  // Refused for a passing reason now, so that its id would be used up if it were new.
  EXPECT_EQ(apply({moves("t1", "bob", "cash", 50)}), Reasons{"exists_with_different_legs"});
  EXPECT_EQ(apply({holds("h1", "cash", "bob", 5), posts("p1", "h1", 2), voids("v1", "none")}),
            (Reasons{"created", "created", "hold_not_found"}));
  writer_ = make_writer(*db_);
  EXPECT_EQ(
      apply({holds("h1", "cash", "bob", 5), posts("p1", "h1", 2), posts("p1", "h1", 1),
             posts("p1", "t1", 2), posts("p2", "h1"), voids("v2", "h1"), voids("v3", "t1"),
             voids("v1", "h1")}),
      (Reasons{"exists", "exists", "exists_with_different_legs", "exists_with_different_hold",
               "hold_already_posted", "hold_already_posted", "not_a_hold", "id_already_failed"}));
  EXPECT_EQ(totals("alice").credits_posted, 10);
  EXPECT_EQ(totals("bob"), (Totals{.credits_posted = 3}));
}

TEST_P(BookWriterTest, AnAnswerThatWasLostIsNotDoneTwice) {
  auto forgetful = std::make_unique<storage::ForgetfulDatabase>(open());
  const auto writer = make_writer(*forgetful);
  const auto go = [&](const NewTransfer& transfer) {
    return reason_of(
        writer->run(kAlice, [&](Booking& booking) { return booking.move({&transfer, 1}); }));
  };
  EXPECT_EQ(go(moves("t1", "cash", "alice", 10)), "");
  forgetful->forget_next();
  EXPECT_EQ(go(moves("t2", "cash", "alice", 10)), "storage_unavailable");
  EXPECT_EQ(go(moves("t2", "cash", "alice", 10)), "exists");
  EXPECT_EQ(go(moves("t3", "alice", "cash", 20)), "");
  EXPECT_EQ(totals("alice"), (Totals{.debits_posted = 20, .credits_posted = 20}));
}

// A process that is killed within a batch leaves the batch before, whole, and nothing of its own.
TEST_P(BookWriterTest, WhatWasKilledBeforeItsCommitHasNotHappened) {
  writer_.reset();
  db_.reset();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto db = open();
    const auto writer = make_writer(*db);
    const auto book = [](const char* id, bool dies) {
      return [id, dies](Booking& booking) -> base::Status {
        ASHLAR_TRY(add_row(booking, id));
        const NewTransfer transfer = moves(id, "cash", "alice", 1);
        ASHLAR_TRY(booking.move({&transfer, 1}));
        if (dies) ::raise(SIGKILL);
        return base::ok_status();
      };
    };
    if (!writer->run(kAlice, book("t1", false)).ok()) ::_exit(1);
    writer->submit(kAlice, book("t2", false), [](const base::Status&) {});
    writer->submit(kAlice, book("t3", true), [](const base::Status&) {});
    writer->drain();
    ::_exit(2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
  db_ = open();
  writer_ = make_writer(*db_);
  EXPECT_EQ(rows(), 1);
  EXPECT_EQ(totals("alice").credits_posted, 1);
  EXPECT_EQ(apply({moves("t1", "cash", "alice", 1), moves("t2", "cash", "alice", 1),
                   moves("t3", "cash", "alice", 1)}),
            (Reasons{"exists", "created", "created"}));
}

TEST_P(BookWriterTest, WritersTakeTurnsOnOneBook) {
  const auto other_db = open();
  const auto other = make_writer(*other_db);
  for (int i = 0; i < 10; ++i) {
    BookWriter& writer = i % 2 == 0 ? *writer_ : *other;
    const std::string n = std::to_string(i);
    const std::vector<NewTransfer> transfers{moves("in" + n, "cash", "alice", 2),
                                             holds("hold" + n, "alice", "bob", 1)};
    EXPECT_EQ(reason_of(writer.run(kAlice, [&](Booking& b) { return b.move(transfers); })), "");
    // What the other has held, this one posts.
    if (i == 0) continue;
    const NewTransfer post = posts("post" + n, "hold" + std::to_string(i - 1));
    EXPECT_EQ(reason_of(writer.run(kAlice, [&](Booking& b) { return b.move({&post, 1}); })), "");
  }
  EXPECT_EQ(totals("alice"),
            (Totals{.debits_pending = 1, .debits_posted = 9, .credits_posted = 20}));
}

TEST_P(BookWriterTest, WritersAtOnceLoseAndDoubleNothing) {
  constexpr int kEach = 60;
  const auto other_db = open();
  const auto other = make_writer(*other_db);
  writer_->start();
  other->start();
  std::atomic<int> booked = 0, paid = 0;
  const auto client = [&](BookWriter& writer, int number) {
    for (int i = 0; i < kEach; ++i) {
      // Each transfer is asked for twice, by both writers.
      const NewTransfer in =
          moves("in" + std::to_string(number / 2) + "." + std::to_string(i), "cash", "alice", 1);
      const base::Status done = writer.run(kAlice, [&](Booking& b) { return b.move({&in, 1}); });
      if (done.ok()) ++booked;
      if (!done.ok()) {
        EXPECT_STREQ(done.error().reason, "exists");
      }
      const NewTransfer out =
          moves("out" + std::to_string(number) + "." + std::to_string(i), "alice", "bob", 1);
      if (writer.run(kAlice, [&](Booking& b) { return b.move({&out, 1}); }).ok()) ++paid;
    }
  };
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back(client, std::ref(i % 2 == 0 ? *writer_ : *other), i);
  }
  for (std::thread& thread : clients) thread.join();
  other->stop();
  writer_->stop();
  EXPECT_EQ(booked, 2 * kEach);
  EXPECT_EQ(totals("alice"), (Totals{.debits_posted = paid, .credits_posted = Amount{2} * kEach}));
  EXPECT_LE(paid, 2 * kEach);
}

TEST_P(BookWriterTest, AHoldIsOverInTimeEvenIfNobodySweeps) {
  ASSERT_EQ(reason_of(move({moves("in", "cash", "alice", 10),
                            expiring(holds("h1", "alice", "bob", 6), base::Millis(1000)),
                            expiring(holds("h2", "alice", "bob", 4), base::Millis(5000))})),
            "");
  EXPECT_EQ(*writer_->sweep(), 0);
  clock_.advance(base::Seconds(2));
  EXPECT_EQ(totals("alice").debits_pending, 10);
  EXPECT_EQ(apply({posts("p1", "h1"), voids("v1", "h1"), posts("p2", "h2")}),
            (Reasons{"hold_expired", "hold_expired", "created"}));
  EXPECT_EQ(totals("alice"), (Totals{.debits_posted = 4, .credits_posted = 10}));
  ASSERT_EQ(reason_of(move({expiring(holds("h3", "alice", "bob", 6), base::Millis(1000))})), "");
  clock_.advance(base::Seconds(2));
  EXPECT_EQ(*writer_->sweep(), 1);
  writer_->drain();
  EXPECT_EQ(totals("alice").debits_pending, 0);
  EXPECT_EQ(*writer_->sweep(), 0);
  const auto gone = read([](storage::Transaction& tx) { return store::find_hold(tx, "h3"); });
  ASSERT_TRUE(gone.has_value());
  EXPECT_EQ(gone->state, HoldState::kExpired);
  EXPECT_EQ(gone->left(), 0);
}

TEST_P(BookWriterTest, AnyLegIsFoundByNumberAndByTime) {
  constexpr std::int64_t kLegs = 130;
  std::vector<base::Time> times;
  for (std::int64_t i = 1; i <= kLegs; ++i) {
    clock_.advance(base::Micros(10));
    const std::string n = std::to_string(i);
    // Legs of others lie between.
    ASSERT_EQ(
        reason_of(move({moves("a" + n, "cash", "alice", i), moves("b" + n, "cash", "bob", 1)})),
        "");
    if (i % 7 == 0) writer_ = make_writer(*db_);  // finds the chain in the store
    times.push_back(clock_.now());
  }
  const AccountNo alice =
      read([](storage::Transaction& tx) { return store::find_account(tx, "alice"); })->no;
  const auto at = [&](base::Time time) {
    return read([&](storage::Transaction& tx) { return store::find_leg_at(tx, alice, time); });
  };
  EXPECT_FALSE(at(times.front() - base::Micros(1)).has_value());
  for (std::int64_t i = 1; i <= kLegs; ++i) {
    const base::Time time = times[static_cast<std::size_t>(i - 1)];
    const auto found = at(time);
    ASSERT_TRUE(found.has_value()) << i;
    EXPECT_EQ(found->movement.leg_no, i);
    EXPECT_EQ(found->movement.after.credits_posted, i * (i + 1) / 2);
    EXPECT_EQ(at(time + base::Micros(9))->movement.leg_no, i);
  }
  const auto numbers = [&](bool newest_first, std::int64_t from, std::int64_t limit) {
    const auto legs = read([&](storage::Transaction& tx) {
      return newest_first ? store::legs_before(tx, alice, from, limit)
                          : store::legs_after(tx, alice, from, limit);
    });
    std::vector<std::int64_t> found;
    for (const store::LegRow& leg : legs) found.push_back(leg.movement.leg_no);
    return found;
  };
  using Numbers = std::vector<std::int64_t>;
  EXPECT_EQ(numbers(true, std::numeric_limits<std::int64_t>::max(), 3), (Numbers{130, 129, 128}));
  EXPECT_EQ(numbers(true, 3, 10), (Numbers{2, 1}));
  EXPECT_EQ(numbers(true, 1, 10), Numbers{});
  EXPECT_EQ(numbers(false, 0, 2), (Numbers{1, 2}));
  EXPECT_EQ(numbers(false, 128, 10), (Numbers{129, 130}));
  EXPECT_EQ(numbers(false, 130, 10), Numbers{});
  for (std::int64_t i = 0; i < kLegs; ++i) EXPECT_EQ(numbers(false, i, 1), Numbers{i + 1});
}

TEST_P(BookWriterTest, UnitsThatWaitTooLongAreNotBegun) {
  submit(
      "late", [](Booking&) -> base::Status { throw std::logic_error("begun"); },
      clock_.mono() + base::Seconds(1));
  clock_.advance(base::Seconds(2));
  writer_->drain();
  EXPECT_EQ(outcomes_, Reasons{"late ledger_deadline"});
}

TEST_P(BookWriterTest, TakesNoMoreThanItsQueueHolds) {
  int ok = 0, busy = 0;
  for (std::size_t i = 0; i < BookWriter::kMaxQueued + 3; ++i) {
    writer_->submit(
        kAlice, [](Booking&) { return base::ok_status(); },
        [&](const base::Status& done) { ++(done.ok() ? ok : busy); });
  }
  EXPECT_EQ(busy, 3);
  writer_->stop();
  EXPECT_EQ(ok, static_cast<int>(BookWriter::kMaxQueued));
  EXPECT_EQ(reason_of(run([](Booking&) { return base::ok_status(); })), "ledger_stopped");
}

TEST_P(BookWriterTest, TenantsHaveBooksOfTheirOwn) {
  EXPECT_EQ(reason_of(open_accounts({account_of("cash", "EUR"), account_of("alice", "EUR")}, kBob)),
            "");
  EXPECT_EQ(reason_of(move({moves("t1", "cash", "alice", 7)}, kBob)), "");
  EXPECT_EQ(reason_of(move({moves("t1", "cash", "alice", 5)})), "");
  EXPECT_EQ(totals("alice", kBob).credits_posted, 7);
  EXPECT_EQ(totals("alice").credits_posted, 5);
  EXPECT_EQ(reason_of(move({moves("t2", "cash", "bob", 5)}, kBob)), "account_not_found");
  expect_sound(kBob);
}

TEST_P(BookWriterTest, AWholeRequestIsOneBatch) {
  std::vector<NewTransfer> all;
  for (std::size_t i = 0; i < 1500; ++i) {
    all.push_back(moves("t" + std::to_string(i), "cash", i % 3 == 0 ? "alice" : "bob", 1));
  }
  all.back().linked = true;  // with nothing
  const Reasons reasons = apply(all);
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), "created"), 1499);
  EXPECT_EQ(reasons.back(), "linked_event_chain_open");
  const Reasons again = apply(all);
  EXPECT_EQ(std::count(again.begin(), again.end(), "exists"), 1499);
  EXPECT_EQ(totals("alice").credits_posted + totals("bob").credits_posted, 1499);
  all.resize(kMaxBatch + 1);
  EXPECT_EQ(reason_of(run([&](Booking& b) -> base::Status {
              ASHLAR_TRY(b.apply(all));
              return base::ok_status();
            })),
            "ledger_batch_too_large");
}

TEST_P(BookWriterTest, TimeInABookOnlyRises) {
  ASSERT_EQ(reason_of(move({moves("t1", "cash", "alice", 1)})), "");
  clock_.step_wall(base::Seconds(-3600));
  base::Time now{};
  ASSERT_EQ(reason_of(run([&](Booking& b) -> base::Status {
              now = b.now();
              const NewTransfer transfer = moves("t2", "cash", "alice", 1);
              return b.move({&transfer, 1});
            })),
            "");
  EXPECT_GT(now, clock_.now() + base::Seconds(3599));
}

TEST_P(BookWriterTest, OpensAnAccountOnce) {
  EXPECT_EQ(reason_of(open_accounts({account_of("cash")})), "");
  EXPECT_EQ(reason_of(open_accounts({account_of("cash", "EUR")})), "account_exists");
  EXPECT_EQ(reason_of(open_accounts({account_of("alice")})), "account_exists");  // other rules
  EXPECT_EQ(reason_of(open_accounts({account_of("sp ace")})), "account_id_invalid");
  EXPECT_EQ(reason_of(open_accounts({account_of("x", "usd")})), "account_currency_invalid");
  // One that the same unit has looked for in vain.
  EXPECT_EQ(reason_of(run([](Booking& b) -> base::Status {
              EXPECT_STREQ(b.account("new").error().reason, "account_not_found");
              ASHLAR_TRY(b.open(account_of("new")));
              const NewTransfer transfer = moves("t1", "cash", "new", 1);
              return b.move({&transfer, 1});
            })),
            "");
}

TEST_P(BookWriterTest, ReservedAccountsMoveForPartsAlone) {
  ASSERT_EQ(reason_of(open_accounts({account_of("kept", "USD", {.reserved = true})})), "");
  EXPECT_EQ(apply({moves("t1", "cash", "kept", 1), holds("h1", "kept", "cash", 1)}),
            (Reasons{"account_reserved", "account_reserved"}));
  ASSERT_EQ(reason_of(move({moves("t2", "cash", "kept", 5), holds("h2", "kept", "cash", 2)})), "");
  EXPECT_EQ(apply({posts("p1", "h2"), voids("v1", "h2")}),
            (Reasons{"account_reserved", "account_reserved"}));
  base::Result<Amount> held = Amount{0};
  ASSERT_EQ(reason_of(run([&](Booking& b) -> base::Status {
              held = b.held("h2");
              EXPECT_STREQ(b.held("t2").error().reason, "transfer_not_found");
              const NewTransfer post = posts("p2", "h2", 1, true);
              ASHLAR_TRY(b.move({&post, 1}));
              EXPECT_EQ(*b.held("h2"), 1);
              return base::ok_status();
            })),
            "");
  EXPECT_EQ(*held, 2);
}

}  // namespace
}  // namespace ashlar::ledger
