// Deadlines, bounds, notices and metrics of a Database, held against both engines.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "platform/storage/database.h"
#include "platform/storage/testing/suite.h"

namespace ashlar::storage {
namespace {

using std::string_view;

// Minutes of work for either engine.
constexpr Sql kEndless{Audience::kPlatform,
                       "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                       " WHERE i < 20000000000) SELECT count(*) FROM n"};

using Bounds = Suite;

TEST_P(Bounds, WhatIsTooLateDoesNotRun) {
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

TEST_P(Bounds, AStatementBeyondItsDeadlineIsEnded) {
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
    return tx.query(kSumCounters, {}, [](const Row& row) { EXPECT_TRUE(row.is_null(0)); });
  });
  EXPECT_TRUE(sum.ok());
}

// One transaction holds the writer (or the only connection), one waits, the third is too many.
TEST_P(Bounds, AFullQueueRefusesAtOnce) {
  db_ = open({.waiting = 1, .connections = 1});
  std::latch holding(1);
  std::latch release(1);
  std::thread first([&] {
    const base::Status held = db_->write(kOne, [&](Transaction& tx) -> base::Status {
      holding.count_down();
      release.wait();
      return add_note(tx, 1, "first");
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
          db_->write(kOne, [&](Transaction& tx) { return add_note(tx, i, name); });
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

TEST_P(Bounds, ReadsWaitForAConnectionUntilTheirDeadline) {
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

TEST_P(Bounds, NoticesArriveBeforeWriteReturnsAndOnlyAfterCommit) {
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
TEST_P(Bounds, NoticesReachOtherProcesses) {
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
    return add_note(tx, 1, "a");
  });
  EXPECT_TRUE(status.ok());
  EXPECT_TRUE(
      eventually([&] { return db_->dialect() == Dialect::kSqlite ? resyncs > 0 : notices > 0; }));
  // Our own came once, and what we wrote ourselves is no reason to resync.
  for (std::int64_t i = 2; i < 20; ++i) {
    const std::string name = std::to_string(i);
    EXPECT_TRUE(db_->write(kOne, [&](Transaction& tx) { return add_note(tx, i, name); }).ok());
  }
  EXPECT_EQ(own, 1);
}

TEST_P(Bounds, SoundAndAlive) {
  EXPECT_TRUE(db_->ping(in(base::Millis(5000))).ok());
  EXPECT_EQ(reason_of(db_->ping(store_->clock.mono())), "storage_deadline");
  ASSERT_TRUE(db_->write(kOne, [](Transaction& tx) { return add_note(tx, 1, "a"); }).ok());
  const auto findings = db_->check_integrity();
  ASSERT_TRUE(findings.ok()) << findings.error().detail;
  EXPECT_EQ(*findings, "");
}

TEST_P(Bounds, MetricsTellWhatHappened) {
  ASSERT_TRUE(db_->write(kOne, [](Transaction& tx) { return add_note(tx, 1, "a"); }).ok());
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

INSTANTIATE_TEST_SUITE_P(Engines, Bounds, testing::Values("sqlite", "postgres"), engine_name);

}  // namespace
}  // namespace ashlar::storage
