// What Database promises, held against both engines.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <latch>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "platform/storage/database.h"
#include "platform/storage/statement_rules.h"
#include "platform/storage/testing/test_store.h"

namespace ashlar::storage {
namespace {

using std::string_view;

constexpr Sql kAdd{Audience::kTenant,
                   "INSERT INTO notes (id, tenant_id, name) VALUES (?1, :tenant, ?2)"};
constexpr Sql kAddAll{Audience::kTenant,
                      "INSERT INTO notes (tenant_id, id, name, body, weight, bytes)"
                      " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5)"};
constexpr Sql kAddIfNew{Audience::kTenant,
                        "INSERT INTO notes (id, tenant_id, name) VALUES (?1, :tenant, ?2)"
                        " ON CONFLICT DO NOTHING RETURNING id"};
constexpr Sql kFind{Audience::kTenant,
                    "SELECT name, body, weight, bytes FROM notes WHERE tenant_id = :tenant"
                    " AND id = ?1"};
constexpr Sql kCount{Audience::kTenant, "SELECT count(*) FROM notes WHERE tenant_id = :tenant"};
constexpr Sql kHas{Audience::kTenant,
                   "SELECT EXISTS (SELECT 1 FROM notes WHERE tenant_id = :tenant AND id = ?1)"};
constexpr Sql kRename{Audience::kTenant,
                      "UPDATE notes SET name = ?1 WHERE tenant_id = :tenant AND id = ?2"};
constexpr Sql kReply{Audience::kTenant,
                     "INSERT INTO replies (id, tenant_id, note_id) VALUES (?1, :tenant, ?2)"};
constexpr Sql kSum{Audience::kPlatform, "SELECT sum(value) FROM counters"};
constexpr Sql kSetCounter{Audience::kPlatform,
                          "INSERT INTO counters (id, value) VALUES (?1, ?2)"
                          " ON CONFLICT (id) DO UPDATE SET value = excluded.value"};
constexpr Sql kGetCounter{Audience::kPlatform, "SELECT value FROM counters WHERE id = ?1"};
// Minutes of work for either engine.
constexpr Sql kEndless{Audience::kPlatform,
                       "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                       " WHERE i < 20000000000) SELECT count(*) FROM n"};

const Context kOne = Context::tenant(base::TenantId(1));
const Context kTwo = Context::tenant(base::TenantId(2));
const Context kPlatform = Context::platform(PlatformUse::kMaintenance);

base::Status add(Transaction& tx, std::int64_t id, string_view name) {
  ASHLAR_TRY(tx.execute(kAdd, {id, name}));
  return base::ok_status();
}

std::string reason_of(const base::Status& status) {
  return status.ok() ? "" : status.error().reason;
}

class Suite : public testing::TestWithParam<string_view> {
 protected:
  void SetUp() override {
    if (GetParam() == "sqlite")
      store_ = make_sqlite_test_store();
    else
      store_ = make_postgres_test_store();
    if (store_ == nullptr) GTEST_SKIP() << kNoPostgres;
    ASSERT_NO_FATAL_FAILURE(migrate_for_tests(*store_));
    db_ = open();
  }
  void TearDown() override {
    db_.reset();
    store_.reset();
  }

  std::unique_ptr<Database> open(TestLimits limits = {}) {
    auto opened = store_->open(limits);
    EXPECT_TRUE(opened.ok()) << opened.error().detail;
    return std::move(opened).value();
  }

  std::int64_t count(const Context& context) {
    const auto rows = db_->read(context, [](Transaction& tx) -> base::Result<std::int64_t> {
      std::int64_t n = -1;
      ASHLAR_TRY(tx.query(kCount, {}, [&](const Row& row) { n = row.integer(0); }));
      return n;
    });
    EXPECT_TRUE(rows.ok()) << rows.error().detail;
    return rows.ok() ? *rows : -1;
  }

  base::Mono in(base::Millis time) const { return store_->clock.mono() + time; }

  // Waits, for a bounded time, until another thread has made it true.
  bool eventually(const std::function<bool()>& holds) const {
    const base::Mono end = in(base::Millis(10'000));
    while (!holds()) {
      if (store_->clock.mono() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }

  std::unique_ptr<TestStore> store_;
  std::unique_ptr<Database> db_;
};

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
    const auto has = db_->read(kOne, [&, id = id, expected = expected](Transaction& tx) {
      return tx.query(kHas, {id}, [&](const Row& row) { EXPECT_EQ(row.integer(0), expected); });
    });
    EXPECT_TRUE(has.ok());
  }
}

TEST_P(Suite, AnErrorRollsEverythingBack) {
  bool committed = false;
  const base::Status refused = db_->write(kOne, [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(add(tx, 1, "a"));
    tx.on_commit([&] { committed = true; });
    return base::fail(base::Code::kForbidden, "not_today", "");
  });
  EXPECT_EQ(reason_of(refused), "not_today");
  const base::Status thrown = db_->write(kOne, [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(add(tx, 1, "a"));
    throw std::runtime_error("out of patience");
  });
  EXPECT_EQ(reason_of(thrown), "storage_error");
  EXPECT_FALSE(committed);
  EXPECT_EQ(count(kOne), 0);
  EXPECT_TRUE(db_->write(kOne, [](Transaction& tx) { return add(tx, 1, "a"); }).ok());
  EXPECT_EQ(count(kOne), 1);
}

TEST_P(Suite, AFailedStatementDoomsItsTransaction) {
  ASSERT_TRUE(db_->write(kOne, [](Transaction& tx) { return add(tx, 1, "a"); }).ok());
  std::string later;
  const base::Status status = db_->write(kOne, [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(add(tx, 2, "b"));
    EXPECT_EQ(reason_of(add(tx, 1, "c")), "storage_duplicate");
    later = reason_of(add(tx, 3, "d"));
    return base::ok_status();  // keeps the error to itself
  });
  EXPECT_EQ(later, "storage_duplicate");
  EXPECT_EQ(reason_of(status), "storage_duplicate");
  EXPECT_EQ(count(kOne), 1);
}

TEST_P(Suite, ConstraintsHaveTheirReasons) {
  ASSERT_TRUE(db_->write(kOne, [](Transaction& tx) { return add(tx, 1, "a"); }).ok());
  const auto reason = [&](const Sql& sql, std::initializer_list<Param> params) {
    const auto result = db_->write(kOne, [&](Transaction& tx) { return tx.execute(sql, params); });
    return std::string(result.ok() ? "" : result.error().reason);
  };
  EXPECT_EQ(reason(kAdd, {std::int64_t{1}, string_view("b")}), "storage_duplicate");
  EXPECT_EQ(reason(kAdd, {std::int64_t{2}, string_view("a")}), "storage_duplicate");
  EXPECT_EQ(reason(kReply, {std::int64_t{1}, std::int64_t{99}}), "storage_constraint");
  EXPECT_EQ(reason(kReply, {std::int64_t{1}, nullptr}), "storage_constraint");
  EXPECT_EQ(reason(kAddAll, {std::int64_t{3}, nullptr, nullptr, -1.0, nullptr}),
            "storage_constraint");
  EXPECT_EQ(reason(kReply, {std::int64_t{1}, std::int64_t{1}}), "");
}

TEST_P(Suite, WhatOneEngineWouldTakeAndTheOtherNotIsRefusedByBoth) {
  const auto reason = [&](string_view name) {
    return reason_of(db_->write(kOne, [&](Transaction& tx) { return add(tx, 1, name); }));
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
    ASHLAR_TRY(add(tx, 1, "a"));
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
    return tx.query(kSum, {},
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
        ASSERT_TRUE(db_->write(kOne, [&](Transaction& tx) { return add(tx, id, name); }).ok());
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
    ASHLAR_TRY(tx.query(kCount, {}, [&](const Row& row) { before = row.integer(0); }));
    std::thread([&] {
      EXPECT_TRUE(db_->write(kOne, [](Transaction& other) { return add(other, 1, "a"); }).ok());
    }).join();
    ASHLAR_TRY(tx.query(kCount, {}, [&](const Row& row) { after = row.integer(0); }));
    EXPECT_EQ(before, 0);
    EXPECT_EQ(after, 0);
    return base::ok_status();
  });
  EXPECT_TRUE(read.ok());
  EXPECT_EQ(count(kOne), 1);
}

TEST_P(Suite, TenantsSeeTheirOwn) {
  ASSERT_TRUE(db_->write(kOne, [](Transaction& tx) { return add(tx, 1, "same"); }).ok());
  ASSERT_TRUE(db_->write(kTwo, [](Transaction& tx) { return add(tx, 2, "same"); }).ok());
  EXPECT_EQ(count(kOne), 1);
  EXPECT_EQ(count(kTwo), 1);
  const auto foreign = db_->write(kTwo, [](Transaction& tx) {
    return tx.execute(kRename, {string_view("mine"), std::int64_t{1}});
  });
  EXPECT_EQ(*foreign, 0);
}

TEST_P(Suite, WhatIsTooLateDoesNotRun) {
  bool ran = false;
  const Context late = Context::tenant(base::TenantId(1), store_->clock.mono());
  const auto body = [&](Transaction&) -> base::Status {
    ran = true;
    return base::ok_status();
  };
  EXPECT_EQ(reason_of(db_->write(late, body)), "storage_deadline");
  EXPECT_EQ(reason_of(db_->read(late, body)), "storage_deadline");
  EXPECT_FALSE(ran);
}

TEST_P(Suite, AStatementBeyondItsDeadlineIsEnded) {
  const auto endless = [](Transaction& tx) -> base::Status {
    ASHLAR_TRY(tx.execute(kSetCounter, {std::int64_t{9}, std::int64_t{9}}));
    ASHLAR_TRY(tx.query(kEndless, {}, [](const Row&) {}));
    return base::ok_status();
  };
  const auto endless_read = [](Transaction& tx) {
    return tx.query(kEndless, {}, [](const Row&) {});
  };
  const base::Mono started = store_->clock.mono();
  const auto soon = [&] {
    return Context::platform(PlatformUse::kMaintenance, in(base::Millis(100)));
  };
  EXPECT_EQ(reason_of(db_->write(soon(), endless)), "storage_deadline");
  const auto read = db_->read(soon(), endless_read);
  EXPECT_EQ(read.ok() ? "" : std::string(read.error().reason), "storage_deadline");
  EXPECT_LT(store_->clock.mono() - started, base::Seconds(10));
  const auto sum = db_->read(kPlatform, [](Transaction& tx) {
    return tx.query(kSum, {}, [](const Row& row) { EXPECT_TRUE(row.is_null(0)); });
  });
  EXPECT_TRUE(sum.ok());
}

// One transaction holds the writer (or the only connection), one waits, the third is too many.
TEST_P(Suite, AFullQueueRefusesAtOnce) {
  db_ = open({.waiting = 1, .connections = 1});
  std::latch holding(1);
  std::latch release(1);
  std::thread first([&] {
    const base::Status held = db_->write(kOne, [&](Transaction& tx) -> base::Status {
      holding.count_down();
      release.wait();
      return add(tx, 1, "first");
    });
    EXPECT_TRUE(held.ok());
  });
  holding.wait();
  std::atomic<int> refused{0};
  std::atomic<int> accepted{0};
  std::vector<std::thread> others;
  for (std::int64_t i = 2; i <= 5; ++i) {
    others.emplace_back([&, i] {
      const std::string name = std::to_string(i);
      const base::Status status =
          db_->write(kOne, [&](Transaction& tx) { return add(tx, i, name); });
      EXPECT_EQ(reason_of(status), status.ok() ? "" : "storage_busy");
      ++(status.ok() ? accepted : refused);
    });
  }
  EXPECT_TRUE(eventually([&] { return refused == 3; }));
  release.count_down();
  first.join();
  for (std::thread& other : others) other.join();
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(count(kOne), 2);
}

TEST_P(Suite, ReadsWaitForAConnectionUntilTheirDeadline) {
  db_ = open({.connections = 1});
  std::latch holding(1);
  std::latch release(1);
  std::thread first([&] {
    const base::Status held = db_->read(kOne, [&](Transaction&) -> base::Status {
      holding.count_down();
      release.wait();
      return base::ok_status();
    });
    EXPECT_TRUE(held.ok());
  });
  holding.wait();
  const Context soon = Context::tenant(base::TenantId(1), in(base::Millis(50)));
  const base::Status late = db_->read(soon, [](Transaction&) { return base::ok_status(); });
  EXPECT_EQ(reason_of(late), "storage_deadline");
  release.count_down();
  first.join();
  EXPECT_EQ(count(kOne), 0);
}

TEST_P(Suite, NoticesArriveBeforeWriteReturnsAndOnlyAfterCommit) {
  std::vector<std::string> heard;
  db_->subscribe("links", [&](const Database::Notice& notice) {
    if (!notice.resync) heard.emplace_back(notice.payload);
  });
  const base::Status refused = db_->write(kOne, [&](Transaction& tx) -> base::Status {
    tx.notify("links", "never");
    return base::fail(base::Code::kInvalid, "no", "");
  });
  EXPECT_FALSE(refused.ok());
  const std::string long_payload(4000, 'x');
  const base::Status status = db_->write(kOne, [&](Transaction& tx) -> base::Status {
    tx.notify("links", "a:b");
    tx.notify("keys", "other channel");
    tx.notify("links", "");
    tx.notify("links", long_payload);
    EXPECT_TRUE(heard.empty());
    return base::ok_status();
  });
  EXPECT_TRUE(status.ok()) << status.error().detail;
  EXPECT_EQ(heard, (std::vector<std::string>{"a:b", "", long_payload}));
}

// PostgreSQL carries the notice; SQLite sees that another process wrote, and says resync.
TEST_P(Suite, NoticesReachOtherProcesses) {
  const std::unique_ptr<Database> other = open();
  std::atomic<int> resyncs{0};
  std::atomic<int> notices{0};
  std::atomic<int> own{0};
  other->subscribe("links", [&](const Database::Notice& notice) {
    if (notice.resync)
      ++resyncs;
    else if (notice.payload == "abc")
      ++notices;
  });
  db_->subscribe("links", [&](const Database::Notice&) { ++own; });
  const base::Status status = db_->write(kOne, [&](Transaction& tx) -> base::Status {
    tx.notify("links", "abc");
    return add(tx, 1, "a");
  });
  EXPECT_TRUE(status.ok());
  EXPECT_TRUE(
      eventually([&] { return db_->dialect() == Dialect::kSqlite ? resyncs > 0 : notices > 0; }));
  // Our own came once, and what we wrote ourselves is no reason to resync.
  for (std::int64_t i = 2; i < 20; ++i) {
    const std::string name = std::to_string(i);
    EXPECT_TRUE(db_->write(kOne, [&](Transaction& tx) { return add(tx, i, name); }).ok());
  }
  EXPECT_EQ(own, 1);
}

TEST_P(Suite, SoundAndAlive) {
  EXPECT_TRUE(db_->ping(in(base::Millis(5000))).ok());
  EXPECT_EQ(reason_of(db_->ping(store_->clock.mono())), "storage_deadline");
  ASSERT_TRUE(db_->write(kOne, [](Transaction& tx) { return add(tx, 1, "a"); }).ok());
  const auto findings = db_->check_integrity();
  ASSERT_TRUE(findings.ok()) << findings.error().detail;
  EXPECT_EQ(*findings, "");
}

TEST_P(Suite, MetricsTellWhatHappened) {
  ASSERT_TRUE(db_->write(kOne, [](Transaction& tx) { return add(tx, 1, "a"); }).ok());
  EXPECT_EQ(count(kOne), 1);
  const std::string text = store_->registry.render();
  for (const string_view sample :
       {"ashlar_storage_commit_batch_size_count 1",
        "ashlar_storage_commit_duration_seconds_count 1", "ashlar_storage_queue_depth ",
        "ashlar_storage_pool_wait_seconds_bucket{", "ashlar_storage_retries_total 0",
        "ashlar_storage_wal_bytes "}) {
    EXPECT_NE(text.find(sample), std::string::npos) << sample << "\n" << text;
  }
}

using SuiteDeathTest = Suite;

TEST_P(SuiteDeathTest, BreachesOfTheContractAbort) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto run = [&](const Context& context, const Sql& sql) {
    (void)db_->read(context, [&](Transaction& tx) { return tx.query(sql, {}, [](const Row&) {}); });
  };
  static constexpr Sql kForgets{Audience::kTenant, "SELECT count(*) FROM notes"};
  static constexpr Sql kEnds{Audience::kPlatform, "COMMIT"};
  EXPECT_DEATH(run(kPlatform, kCount), "a tenant's statement in a platform context");
  EXPECT_DEATH(run(kOne, kSum), "a platform statement in a tenant's context");
  EXPECT_DEATH(run(kOne, kForgets), "must mention :tenant");
  EXPECT_DEATH(run(kPlatform, kEnds), "a statement begins with");
  EXPECT_DEATH((void)db_->read(kOne, [](Transaction& tx) { return add(tx, 1, "a"); }),
               "a statement that writes, inside read");
  EXPECT_DEATH((void)db_->write(kOne,
                                [&](Transaction&) {
                                  return db_->write(kOne,
                                                    [](Transaction&) { return base::ok_status(); });
                                }),
               "inside_transaction_function");
}

INSTANTIATE_TEST_SUITE_P(Engines, Suite, testing::Values("sqlite", "postgres"),
                         [](const auto& one) { return std::string(one.param); });
INSTANTIATE_TEST_SUITE_P(Engines, SuiteDeathTest, testing::Values("sqlite", "postgres"),
                         [](const auto& one) { return std::string(one.param); });

}  // namespace
}  // namespace ashlar::storage
