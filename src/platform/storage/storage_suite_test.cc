// What Database promises of transactions, held against both engines.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "platform/storage/database.h"
#include "platform/storage/statement_rules.h"
#include "platform/storage/testing/suite.h"

namespace ashlar::storage {
namespace {

using std::string_view;

constexpr Sql kAddAll{Audience::kTenant,
                      "INSERT INTO notes (tenant_id, id, name, body, weight, bytes)"
                      " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5)"};
constexpr Sql kAddIfNew{Audience::kTenant,
                        "INSERT INTO notes (id, tenant_id, name) VALUES (?1, :tenant, ?2)"
                        " ON CONFLICT DO NOTHING RETURNING id"};
constexpr Sql kFind{Audience::kTenant,
                    "SELECT name, body, weight, bytes FROM notes WHERE tenant_id = :tenant"
                    " AND id = ?1"};
constexpr Sql kHas{Audience::kTenant,
                   "SELECT EXISTS (SELECT 1 FROM notes WHERE tenant_id = :tenant AND id = ?1)"};
constexpr Sql kRename{Audience::kTenant,
                      "UPDATE notes SET name = ?1 WHERE tenant_id = :tenant AND id = ?2"};
constexpr Sql kReply{Audience::kTenant,
                     "INSERT INTO replies (id, tenant_id, note_id) VALUES (?1, :tenant, ?2)"};
constexpr Sql kGetCounter{Audience::kPlatform, "SELECT value FROM counters WHERE id = ?1"};

TEST_P(Suite, ValuesComeBackAsTheyWere) {
  struct Values {
    std::int64_t id;
    std::optional<std::string> text;
    std::optional<double> weight;
    std::optional<std::string> bytes;
  };
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes.push_back(static_cast<char>(i));
  const Values cases[] = {
      {std::numeric_limits<std::int64_t>::max(), "zo\xc3\xab \xf0\x9f\xa6\x8a \"'\\$1?1", 0.1,
       all_bytes},
      {std::numeric_limits<std::int64_t>::min(), "", 0.0, ""},
      {0, std::nullopt, std::nullopt, std::nullopt},
      {-1, std::string(100'000, 'x'), 1.7976931348623157e308, std::string(100'000, '\0')},
      {7, "line\r\nbreak\t", 5e-324, "\\x41"},
      {8, std::nullopt, 3.0, std::nullopt},
  };
  for (const Values& v : cases) {
    const auto text = v.text ? Param(string_view(*v.text)) : Param(nullptr);
    const auto weight = v.weight ? Param(*v.weight) : Param(nullptr);
    const auto bytes = v.bytes ? Param(Blob{*v.bytes}) : Param(nullptr);
    const auto written = db_->write(kOne, [&](Transaction& tx) {
      return tx.execute(kAddAll, {v.id, nullptr, text, weight, bytes});
    });
    ASSERT_TRUE(written.ok()) << v.id << written.error().detail;
    EXPECT_EQ(*written, 1);
    const auto read = db_->read(kOne, [&](Transaction& tx) {
      return tx.query(kFind, {v.id}, [&](const Row& row) {
        EXPECT_TRUE(row.is_null(0));
        EXPECT_EQ(row.maybe_text(1), v.text);
        EXPECT_EQ(row.is_null(2), !v.weight.has_value());
        if (v.weight) {
          EXPECT_EQ(row.real(2), *v.weight);
        }
        EXPECT_EQ(row.is_null(3), !v.bytes.has_value());
        if (v.bytes) {
          EXPECT_EQ(row.blob(3), *v.bytes);
        }
      });
    });
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(*read, 1);
  }
  for (const auto& [id, expected] : std::map<std::int64_t, std::int64_t>{{7, 1}, {9, 0}}) {
    const auto has = db_->read(kOne, [&, wanted = id, answer = expected](Transaction& tx) {
      return tx.query(kHas, {wanted}, [&](const Row& row) { EXPECT_EQ(row.integer(0), answer); });
    });
    EXPECT_TRUE(has.ok());
  }
}

TEST_P(Suite, AnErrorRollsEverythingBack) {
  bool committed = false;
  const base::Status refused = db_->write(kOne, [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(add_note(tx, 1, "a"));
    tx.on_commit([&] { committed = true; });
    return base::fail(base::Code::kForbidden, "not_today", "");
  });
  EXPECT_EQ(reason_of(refused), "not_today");
  const base::Status thrown = db_->write(kOne, [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(add_note(tx, 1, "a"));
    throw std::runtime_error("out of patience");
  });
  EXPECT_EQ(reason_of(thrown), "storage_error");
  EXPECT_FALSE(committed);
  EXPECT_EQ(count(kOne), 0);
  EXPECT_TRUE(db_->write(kOne, [](Transaction& tx) { return add_note(tx, 1, "a"); }).ok());
  EXPECT_EQ(count(kOne), 1);
}

TEST_P(Suite, AFailedStatementDoomsItsTransaction) {
  ASSERT_TRUE(db_->write(kOne, [](Transaction& tx) { return add_note(tx, 1, "a"); }).ok());
  std::string later;
  const base::Status status = db_->write(kOne, [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(add_note(tx, 2, "b"));
    EXPECT_EQ(reason_of(add_note(tx, 1, "c")), "storage_duplicate");
    later = reason_of(add_note(tx, 3, "d"));
    return base::ok_status();  // keeps the error to itself
  });
  EXPECT_EQ(later, "storage_duplicate");
  EXPECT_EQ(reason_of(status), "storage_duplicate");
  EXPECT_EQ(count(kOne), 1);
}

TEST_P(Suite, ConstraintsHaveTheirReasons) {
  ASSERT_TRUE(db_->write(kOne, [](Transaction& tx) { return add_note(tx, 1, "a"); }).ok());
  const auto reason = [&](const Sql& sql, std::initializer_list<Param> params) {
    const auto result = db_->write(kOne, [&](Transaction& tx) { return tx.execute(sql, params); });
    return std::string(result.ok() ? "" : result.error().reason);
  };
  EXPECT_EQ(reason(kAddNote, {std::int64_t{1}, string_view("b")}), "storage_duplicate");
  EXPECT_EQ(reason(kAddNote, {std::int64_t{2}, string_view("a")}), "storage_duplicate");
  EXPECT_EQ(reason(kReply, {std::int64_t{1}, std::int64_t{99}}), "storage_constraint");
  EXPECT_EQ(reason(kReply, {std::int64_t{1}, nullptr}), "storage_constraint");
  EXPECT_EQ(reason(kAddAll, {std::int64_t{3}, nullptr, nullptr, -1.0, nullptr}),
            "storage_constraint");
  EXPECT_EQ(reason(kReply, {std::int64_t{1}, std::int64_t{1}}), "");
}

TEST_P(Suite, WhatOneEngineWouldTakeAndTheOtherNotIsRefusedByBoth) {
  const auto reason = [&](string_view name) {
    return reason_of(db_->write(kOne, [&](Transaction& tx) { return add_note(tx, 1, name); }));
  };
  EXPECT_EQ(reason(string_view("a\0b", 3)), "storage_text");
  EXPECT_EQ(reason("\xc3"), "storage_text");
  EXPECT_EQ(reason(std::string(kMaxParameterBytes + 1, 'x')), "storage_too_large");
  EXPECT_EQ(count(kOne), 0);
}

TEST_P(Suite, AnswersOfStatements) {
  const auto insert = [&](std::int64_t id) {
    return db_->write(kOne, [&](Transaction& tx) {
      return tx.query(kAddIfNew, {id, string_view("name")},
                      [&](const Row& row) { EXPECT_EQ(row.integer(0), id); });
    });
  };
  EXPECT_EQ(*insert(1), 1);
  EXPECT_EQ(*insert(1), 0);
  EXPECT_EQ(*insert(2), 0);  // the name is taken
  const auto renamed = db_->write(kOne, [](Transaction& tx) {
    return tx.execute(kRename, {string_view("x"), std::int64_t{99}});
  });
  EXPECT_EQ(*renamed, 0);
}

TEST_P(Suite, OnCommitRunsInOrderBeforeWriteReturns) {
  std::vector<int> order;
  const base::Status status = db_->write(kOne, [&](Transaction& tx) -> base::Status {
    tx.on_commit([&] { order.push_back(1); });
    ASHLAR_TRY(add_note(tx, 1, "a"));
    tx.on_commit([&] { order.push_back(2); });
    tx.on_commit([&] { order.push_back(3); });
    EXPECT_TRUE(order.empty());
    return base::ok_status();
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST_P(Suite, NoUpdateIsLost) {
  constexpr int kThreads = 16;
  constexpr int kRounds = 25;
  ASSERT_TRUE(db_->write(kPlatform,
                         [](Transaction& tx) {
                           return tx.execute(kSetCounter, {std::int64_t{1}, std::int64_t{0}});
                         })
                  .ok());
  std::atomic<int> on_commits{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        // Reads, thinks, writes: only serializable transactions get this right.
        const base::Status status = db_->write(kPlatform, [&](Transaction& tx) -> base::Status {
          std::int64_t value = -1;
          ASHLAR_TRY(tx.query(kGetCounter, {std::int64_t{1}},
                              [&](const Row& row) { value = row.integer(0); }));
          ASHLAR_TRY(tx.execute(kSetCounter, {std::int64_t{1}, value + 1}));
          tx.on_commit([&] { ++on_commits; });
          return base::ok_status();
        });
        EXPECT_TRUE(status.ok()) << status.error().reason << status.error().detail;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(on_commits, kThreads * kRounds);
  const auto sum = db_->read(kPlatform, [](Transaction& tx) {
    return tx.query(kSumCounters, {},
                    [](const Row& row) { EXPECT_EQ(row.integer(0), kThreads * kRounds); });
  });
  EXPECT_TRUE(sum.ok());
}

TEST_P(Suite, OfManyWhoWantOneNameOneGetsIt) {
  constexpr int kThreads = 16;
  std::atomic<int> winners{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const auto inserted = db_->write(kOne, [&](Transaction& tx) {
        return tx.query(kAddIfNew, {std::int64_t{t}, string_view("wanted")}, [](const Row&) {});
      });
      ASSERT_TRUE(inserted.ok()) << inserted.error().detail;
      winners += static_cast<int>(*inserted);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(count(kOne), 1);
}

TEST_P(Suite, AReadSeesEachWriteThatWasAcknowledgedBeforeIt) {
  constexpr int kThreads = 8;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::int64_t i = 1; i <= 50; ++i) {
        const std::int64_t id = t * 1000 + i;
        const std::string name = std::to_string(id);
        ASSERT_TRUE(db_->write(kOne, [&](Transaction& tx) { return add_note(tx, id, name); }).ok());
        const auto seen = db_->read(
            kOne, [&](Transaction& tx) { return tx.query(kFind, {id}, [](const Row&) {}); });
        ASSERT_TRUE(seen.ok());
        EXPECT_EQ(*seen, 1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(Suite, AReadSeesOneSnapshot) {
  const auto read = db_->read(kOne, [&](Transaction& tx) -> base::Status {
    std::int64_t before = -1;
    std::int64_t after = -1;
    ASHLAR_TRY(tx.query(kCountNotes, {}, [&](const Row& row) { before = row.integer(0); }));
    std::thread([&] {
      EXPECT_TRUE(
          db_->write(kOne, [](Transaction& other) { return add_note(other, 1, "a"); }).ok());
    }).join();
    ASHLAR_TRY(tx.query(kCountNotes, {}, [&](const Row& row) { after = row.integer(0); }));
    EXPECT_EQ(before, 0);
    EXPECT_EQ(after, 0);
    return base::ok_status();
  });
  EXPECT_TRUE(read.ok());
  EXPECT_EQ(count(kOne), 1);
}

TEST_P(Suite, TenantsSeeTheirOwn) {
  ASSERT_TRUE(db_->write(kOne, [](Transaction& tx) { return add_note(tx, 1, "same"); }).ok());
  ASSERT_TRUE(db_->write(kTwo, [](Transaction& tx) { return add_note(tx, 2, "same"); }).ok());
  EXPECT_EQ(count(kOne), 1);
  EXPECT_EQ(count(kTwo), 1);
  const auto foreign = db_->write(kTwo, [](Transaction& tx) {
    return tx.execute(kRename, {string_view("mine"), std::int64_t{1}});
  });
  EXPECT_EQ(*foreign, 0);
}

using SuiteDeathTest = Suite;

TEST_P(SuiteDeathTest, BreachesOfTheContractAbort) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto run = [&](const Context& context, const Sql& sql) {
    (void)db_->read(context, [&](Transaction& tx) { return tx.query(sql, {}, [](const Row&) {}); });
  };
  static constexpr Sql kForgets{Audience::kTenant, "SELECT count(*) FROM notes"};
  static constexpr Sql kEnds{Audience::kPlatform, "COMMIT"};
  EXPECT_DEATH((void)db_->read(kOne, [](Transaction& tx) { return add_note(tx, 1, "a"); }),
               "a statement that writes, inside read");
  EXPECT_DEATH(run(kPlatform, kCountNotes), "a tenant's statement in a platform context");
  // Each death begins with a database of its own, so what is not the engine's is shown on one.
  if (db_->dialect() == Dialect::kPostgres) return;
  EXPECT_DEATH(run(kOne, kSumCounters), "a platform statement in a tenant's context");
  EXPECT_DEATH(run(kOne, kForgets), "must mention :tenant");
  EXPECT_DEATH(run(kPlatform, kEnds), "a statement begins with");
  const auto nothing = [](Transaction&) { return base::ok_status(); };
  EXPECT_DEATH((void)db_->write(kOne, [&](Transaction&) { return db_->write(kOne, nothing); }),
               "inside_transaction_function");
}

INSTANTIATE_TEST_SUITE_P(Engines, Suite, testing::Values("sqlite", "postgres"), engine_name);
INSTANTIATE_TEST_SUITE_P(Engines, SuiteDeathTest, testing::Values("sqlite", "postgres"),
                         engine_name);

}  // namespace
}  // namespace ashlar::storage
