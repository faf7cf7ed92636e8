#include "platform/storage/migrations.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "platform/storage/testing/test_store.h"

namespace ashlar::storage {
namespace {

using List = std::vector<EmbeddedMigration>;

constexpr Sql kMarks{Audience::kPlatform, "SELECT count(*) FROM marks"};

class Migrations : public testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    if (GetParam() == "sqlite") {
      store_ = make_sqlite_test_store();
    } else {
      store_ = make_postgres_test_store();
    }
    if (store_ == nullptr) GTEST_SKIP() << kNoPostgres;
  }

  base::Result<std::size_t> apply(const List& list) {
    auto schema = store_->open_schema();
    EXPECT_TRUE(schema.ok());
    return apply_migrations(**schema, list, store_->clock);
  }
  base::Result<std::vector<PendingMigration>> plan(const List& list) {
    auto schema = store_->open_schema();
    EXPECT_TRUE(schema.ok());
    return plan_migrations(**schema, list);
  }
  // -1: there is no such table.
  std::int64_t marks() {
    const auto db = store_->open();
    EXPECT_TRUE(db.ok());
    std::int64_t found = -1;
    const Context context = Context::platform(PlatformUse::kMaintenance);
    const auto read = (*db)->read(context, [&](Transaction& tx) {
      return tx.query(kMarks, {}, [&](const Row& row) { found = row.integer(0); });
    });
    return read.ok() ? found : -1;
  }

  std::unique_ptr<TestStore> store_;
};

// The roles that the second statement names exist on PostgreSQL alone.
constexpr std::string_view kMarksTable = "CREATE TABLE marks (id BIGINT);";
constexpr std::string_view kMarksTablePg =
    "CREATE TABLE marks (id BIGINT); GRANT ALL ON marks TO ashlar_platform;";
constexpr std::string_view kOneMark = "INSERT INTO marks VALUES (1);";

const List kTwo{{"a", 1, "marks", kMarksTable, kMarksTablePg}, {"a", 2, "one", kOneMark, ""}};

TEST_P(Migrations, AreAppliedOnceInOrder) {
  const List first{kTwo[0]};
  EXPECT_EQ(plan(first)->size(), 1U);
  EXPECT_EQ(marks(), -1);
  EXPECT_EQ(*apply(first), 1U);
  EXPECT_EQ(*apply(first), 0U);
  const auto left = plan(kTwo);
  ASSERT_EQ(left->size(), 1U);
  EXPECT_EQ(left->front().module, "a");
  EXPECT_EQ(left->front().number, 2);
  EXPECT_EQ(left->front().name, "one");
  EXPECT_EQ(*apply(kTwo), 1U);
  EXPECT_EQ(*apply(kTwo), 0U);
  EXPECT_EQ(marks(), 1);
}

TEST_P(Migrations, ThePlatformComesFirst) {
  const List list{{"a", 1, "uses", kOneMark, ""},
                  {"platform", 1, "makes", kMarksTable, kMarksTablePg}};
  EXPECT_EQ(*apply(list), 2U);
  EXPECT_EQ(marks(), 1);
}

TEST_P(Migrations, ANewerDatabaseIsRefused) {
  ASSERT_TRUE(apply(kTwo).ok());
  for (const List& older : {List{kTwo[0]}, List{}, List{kTwo[0], {"b", 2, "one", kOneMark, ""}}}) {
    const auto refused = apply(older);
    ASSERT_FALSE(refused.ok());
    EXPECT_STREQ(refused.error().reason, "storage_schema_newer");
    EXPECT_NE(refused.error().detail.find("migration a/"), std::string::npos);
    EXPECT_STREQ(plan(older).error().reason, "storage_schema_newer");
  }
  EXPECT_EQ(marks(), 1);
}

TEST_P(Migrations, AChangedScriptIsRefused) {
  ASSERT_TRUE(apply(kTwo).ok());
  const List changed{kTwo[0], {"a", 2, "one", "INSERT INTO marks VALUES (2);", ""}};
  EXPECT_STREQ(apply(changed).error().reason, "storage_schema_changed");
  EXPECT_EQ(marks(), 1);
}

TEST_P(Migrations, AHoleIsRefused) {
  const List hole{kTwo[0], {"a", 3, "one", kOneMark, ""}};
  ASSERT_TRUE(apply(hole).ok());
  const List filled{kTwo[0], {"a", 2, "late", kOneMark, ""}, hole[1]};
  EXPECT_STREQ(apply(filled).error().reason, "storage_schema_changed");
}

TEST_P(Migrations, AFailingOneLeavesNothingAndTheOnesBeforeItStay) {
  const List list{kTwo[0], {"a", 2, "bad", "INSERT INTO marks VALUES (1); SELECT no_such();", ""}};
  const auto failed = apply(list);
  ASSERT_FALSE(failed.ok());
  EXPECT_STREQ(failed.error().reason, "storage_migration_failed");
  EXPECT_NE(failed.error().detail.find("a/2 (bad)"), std::string::npos) << failed.error().detail;
  EXPECT_EQ(marks(), 0);
  EXPECT_EQ(*apply(kTwo), 1U);  // mended, it runs
  EXPECT_EQ(marks(), 1);
}

TEST_P(Migrations, WhatWouldHarmOthersIsRefused) {
  const List ends_transaction{kTwo[0], {"a", 2, "commit", "COMMIT;", ""}};
  EXPECT_STREQ(apply(ends_transaction).error().reason, "storage_migration_failed");
  const List ends_quietly{kTwo[0], {"a", 2, "end", "END;", ""}};
  EXPECT_STREQ(apply(ends_quietly).error().reason, "storage_migration_failed");
  const List defers{{"b", 1, "defer",
                     "CREATE TABLE x (a BIGINT PRIMARY KEY, b BIGINT"
                     " REFERENCES x (a) DEFERRABLE INITIALLY DEFERRED);",
                     ""}};
  const List with_first{kTwo[0], defers[0]};
  EXPECT_STREQ(apply(with_first).error().reason, "storage_migration_failed");
}

TEST_P(Migrations, ProgramsThatStartAtOnceDoEachOnce) {
  constexpr int kPrograms = 6;
  std::atomic<std::size_t> applied{0};
  std::vector<std::thread> programs;
  for (int i = 0; i < kPrograms; ++i) {
    programs.emplace_back([&] {
      const auto done = apply(kTwo);
      ASSERT_TRUE(done.ok()) << done.error().detail;
      applied += *done;
    });
  }
  for (std::thread& program : programs) program.join();
  EXPECT_EQ(applied, 2U);
  EXPECT_EQ(marks(), 1);
}

TEST_P(Migrations, TheEmbeddedOnesMakeADatabase) {
  const auto all = embedded_migrations();
  const List list(all.begin(), all.end());
  ASSERT_FALSE(list.empty());
  const auto done = apply(list);
  ASSERT_TRUE(done.ok()) << done.error().detail;
  EXPECT_EQ(*done, list.size());
}

TEST_P(Migrations, TenantsRowsWithoutProtectionAreRefused) {
  const bool postgres = GetParam() == "postgres";
  const List list{{"a", 1, "open", "CREATE TABLE open (tenant_id BIGINT NOT NULL);", ""}};
  const auto done = apply(list);
  EXPECT_EQ(done.ok(), !postgres);
  if (postgres) {
    EXPECT_NE(done.error().detail.find("ashlar_isolate('open')"), std::string::npos);
  }
}

TEST_P(Migrations, RowsWithoutTheirParentsAreRefused) {
  const List list{{"a", 1, "orphan",
                   "CREATE TABLE parents (id BIGINT PRIMARY KEY);"
                   "CREATE TABLE children (parent BIGINT REFERENCES parents (id));"
                   "INSERT INTO children VALUES (7);",
                   ""}};
  EXPECT_STREQ(apply(list).error().reason, "storage_migration_failed");
}

INSTANTIATE_TEST_SUITE_P(Engines, Migrations, testing::Values("sqlite", "postgres"),
                         [](const auto& one) { return std::string(one.param); });

}  // namespace
}  // namespace ashlar::storage
