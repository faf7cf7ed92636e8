// No statement of tasks reaches another tenant's rows: each is run as Carol, who has nothing, with
// parameters that name what is Bob's. That they are good enough is proved by running the same as
// Bob.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "modules/tasks/tasks_store.h"
#include "platform/storage/database.h"
#include "platform/storage/statement_rules.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::tasks {
namespace {

using storage::Blob;
using storage::Context;
using storage::Dialect;
using storage::Row;
using storage::Sql;
using storage::Transaction;

constexpr base::TenantId kBob{2};
constexpr base::TenantId kCarol{3};
constexpr base::Time kThen = base::from_micros(1'700'000'000'000'000);

// What Bob has, named by whatever the statement asks for.
base::Result<std::int64_t> run(Transaction& tx, const Sql& sql) {
  const auto ignore = [](const Row&) {};
  const auto has = [&](std::string_view part) {
    return sql.text.find(part) != std::string_view::npos;
  };
  if (sql.text.starts_with("UPDATE")) {
    return tx.execute(sql, {Blob{"sealed"}, Blob{"before"}, std::int64_t{2}, std::int64_t{3}});
  }
  if (sql.text.starts_with("DELETE")) {
    if (has("LIMIT ?1")) return tx.execute(sql, {std::int64_t{1'000}});
    return has("?1") ? tx.execute(sql, {std::string_view("tick")}) : tx.execute(sql, {});
  }
  if (has("LIMIT ?2")) return tx.query(sql, {std::string_view(""), std::int64_t{100}}, ignore);
  if (has("queue = ?1")) return tx.query(sql, {std::string_view("q")}, ignore);
  if (has("?1")) return tx.query(sql, {std::string_view("tick")}, ignore);
  std::int64_t rows = 0;
  const bool counts = has("count(*)");
  ASHLAR_TRY(tx.query(sql, {}, [&](const Row& row) { rows += counts ? row.integer(0) : 1; }));
  return rows;
}

class TasksStatementsTest : public testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override {
    store_ = storage::make_product_store(GetParam());
    if (store_ == nullptr) GTEST_SKIP() << storage::kNoPostgres;
    auto db = store_->open();
    ASSERT_TRUE(db.ok());
    db_ = std::move(*db);
    const base::Status seeded =
        db_->write(Context::tenant(kBob), [](Transaction& tx) -> base::Status {
          store::Schedule schedule;
          schedule.name = "tick";
          schedule.cron = "* * * * *";
          schedule.time_zone = "UTC";
          schedule.queue = "q";
          schedule.task = "{}";
          schedule.next_at = schedule.created_at = schedule.updated_at = kThen;
          ASHLAR_TRY(store::put_schedule(tx, schedule));
          ASHLAR_TRY(store::put_target_limits(tx, "q", {3, 0.5}));
          store::SigningRow row;
          row.sealed = "sealed";
          row.created_at = kThen;
          ASHLAR_TRY(store::insert_signing(tx, row));
          return base::ok_status();
        });
    ASSERT_TRUE(seeded.ok()) << seeded.error().detail;
  }
  void TearDown() override { db_.reset(); }

  // Rows seen or changed; nothing stays changed.
  std::int64_t try_as(base::TenantId tenant, const Sql& sql) {
    std::int64_t rows = -1;
    const auto undone = db_->write(Context::tenant(tenant), [&](Transaction& tx) -> base::Status {
      ASHLAR_ASSIGN(rows, run(tx, sql));
      return base::fail(base::Code::kConflict, "undo", "");
    });
    EXPECT_STREQ(undone.error().reason, "undo") << sql.text << undone.error().detail;
    return rows;
  }

  std::unique_ptr<storage::TestStore> store_;
  std::unique_ptr<storage::Database> db_;
};

INSTANTIATE_TEST_SUITE_P(Storage, TasksStatementsTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(TasksStatementsTest, NobodySeesOrChangesAnothersRows) {
  int tried = 0;
  for (const Sql* sql : store::statements()) {
    // Making rows of her own is her right.
    if (sql->audience != storage::Audience::kTenant || sql->text.starts_with("INSERT")) continue;
    ++tried;
    EXPECT_GT(try_as(kBob, *sql), 0) << sql->text;
    EXPECT_EQ(try_as(kCarol, *sql), 0) << sql->text;
  }
  EXPECT_EQ(tried, 11);
}

TEST_P(TasksStatementsTest, WhatIsStoredComesBack) {
  const auto read = db_->read(Context::tenant(kBob), [](Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const auto schedule, store::find_schedule(tx, "tick"));
    EXPECT_TRUE(schedule.has_value());
    EXPECT_EQ(schedule->next_at, kThen);
    EXPECT_FALSE(schedule->last_at.has_value());
    EXPECT_FALSE(schedule->last_task.has_value());
    ASHLAR_ASSIGN(const auto limits, store::find_target_limits(tx, "q"));
    EXPECT_EQ(limits->max_running, 3);
    EXPECT_EQ(limits->rate_per_s, 0.5);
    ASHLAR_ASSIGN(const auto signing, store::find_signing(tx));
    EXPECT_EQ(signing->sealed, "sealed");
    EXPECT_FALSE(signing->previous.has_value());
    EXPECT_FALSE(signing->previous_until.has_value());
    return base::ok_status();
  });
  EXPECT_TRUE(read.ok());
}

TEST_P(TasksStatementsTest, ATenantIsErasedWhole) {
  const auto erased = db_->write(Context::tenant(kBob), [](Transaction& tx) -> base::Status {
    int rounds = 0;
    while (true) {
      ASHLAR_ASSIGN(const std::int64_t rows, store::erase_some(tx, 10));
      if (rows == 0) break;
      EXPECT_LT(++rounds, 10);
    }
    EXPECT_EQ(rounds, 3);
    return base::ok_status();
  });
  EXPECT_TRUE(erased.ok());
}

TEST_P(TasksStatementsTest, KeepTheRulesOfBothEngines) {
  for (const Sql* sql : store::statements()) {
    for (const Dialect dialect : {Dialect::kSqlite, Dialect::kPostgres}) {
      EXPECT_TRUE(storage::engine_text(*sql, dialect).ok()) << sql->text;
    }
  }
}

}  // namespace
}  // namespace ashlar::tasks
