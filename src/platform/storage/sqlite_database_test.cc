// What is SQLite's own: group commit, other processes on the same file, the write-ahead log's
// bounds.
#include "platform/storage/sqlite_database.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "platform/storage/database.h"
#include "platform/storage/directory_lock.h"
#include "platform/storage/sqlite_connection.h"
#include "platform/storage/testing/temporary_directory.h"
#include "platform/storage/testing/temporary_sqlite.h"

namespace ashlar::storage {
namespace {

constexpr Sql kAdd{Audience::kPlatform, "INSERT INTO things (id, name) VALUES (?1, ?2)"};
constexpr Sql kCount{Audience::kPlatform, "SELECT count(*) FROM things"};
constexpr Sql kOrphan{Audience::kPlatform, "INSERT INTO late (parent) VALUES (?1)"};

const Context kPlatform = Context::platform(PlatformUse::kMaintenance);
const std::vector<EmbeddedMigration> kMigrations{
    {"test", 1, "things", "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT);", ""}};

base::Status add(Transaction& tx, std::int64_t id, std::string_view name = "x") {
  ASHLAR_TRY(tx.execute(kAdd, {id, name}));
  return base::ok_status();
}

std::string reason_of(const base::Status& status) {
  return status.ok() ? "" : status.error().reason;
}

class SqliteDatabaseTest : public testing::Test {
 protected:
  // As another process, or a careless administrator, would.
  void run_script(const std::string& script) {
    SqliteFile file;
    file.path = store_.directory() + "/" + kSqliteFileName;
    auto connection = SqliteConnection::open(file, SqliteConnection::Access::kWrite, clock_);
    ASSERT_TRUE(connection.ok());
    const base::Status status = (*connection)->execute_script(script);
    ASSERT_TRUE(status.ok()) << status.error().detail;
  }
  std::int64_t count() {
    std::int64_t n = -1;
    const auto read = store_.database().read(kPlatform, [&](Transaction& tx) {
      return tx.query(kCount, {}, [&](const Row& row) { n = row.integer(0); });
    });
    EXPECT_TRUE(read.ok());
    return n;
  }
  // Runs the functions in one group, in this order: the writer is held until all of them wait.
  std::vector<base::Status> in_one_group(
      const std::vector<std::function<base::Status(Transaction&)>>& functions) {
    std::vector<base::Status> outcomes(functions.size());
    std::latch holding(1);
    std::latch release(1);
    std::thread holder([&] {
      EXPECT_TRUE(store_.database()
                      .write(kPlatform,
                             [&](Transaction&) -> base::Status {
                               holding.count_down();
                               release.wait();
                               return base::ok_status();
                             })
                      .ok());
    });
    holding.wait();
    std::vector<std::thread> callers;
    for (std::size_t i = 0; i < functions.size(); ++i) {
      callers.emplace_back(
          [&, i] { outcomes[i] = store_.database().write(kPlatform, functions[i]); });
      wait_until_queued();
    }
    release.count_down();
    holder.join();
    for (std::thread& caller : callers) caller.join();
    return outcomes;
  }
  bool eventually(const std::function<bool()>& holds) const {
    const base::Mono end = clock_.mono() + base::Seconds(10);
    while (!holds()) {
      if (clock_.mono() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }
  // The writer looks into its queue only when it is free, so a caller's place is given by time
  // alone.
  void wait_until_queued() const {
    const base::Mono end = clock_.mono() + base::Millis(5);
    while (clock_.mono() < end) std::this_thread::yield();
  }

  base::SystemClock clock_;
  TemporarySqlite store_{kMigrations};
};

TEST_F(SqliteDatabaseTest, FilesAreTheOwnersAlone) {
  struct stat found{};
  TemporaryDirectory parent;
  SqliteOptions options;
  options.directory = parent.path() + "/a/b";
  const auto db = open_sqlite(options, clock_, store_.log(), store_.registry());
  ASSERT_TRUE(db.ok());
  ASSERT_EQ(::stat(options.directory.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0700U);
  for (const char* name : {"/ashlar.db", "/ashlar.db-wal", "/ashlar.db-shm"}) {
    ASSERT_EQ(::stat((options.directory + name).c_str(), &found), 0) << name;
    EXPECT_EQ(found.st_mode & 0777U, 0600U) << name;
  }
}

TEST_F(SqliteDatabaseTest, WhatCannotBeOpenedIsTold) {
  SqliteOptions options;
  options.directory = "/proc/none";
  const auto db = open_sqlite(options, clock_, store_.log(), store_.registry());
  ASSERT_FALSE(db.ok());
  EXPECT_STREQ(db.error().reason, "storage_unavailable");
  EXPECT_NE(db.error().detail.find("/proc/none"), std::string::npos);
}

TEST_F(SqliteDatabaseTest, AFailingTransactionHarmsNoOtherOfItsGroup) {
  ASSERT_TRUE(store_.database().write(kPlatform, [](Transaction& tx) { return add(tx, 1); }).ok());
  std::vector<int> order;
  const auto good = [&](std::int64_t id) {
    return [&order, id](Transaction& tx) -> base::Status {
      tx.on_commit([&order, id] { order.push_back(static_cast<int>(id)); });
      return add(tx, id);
    };
  };
  const auto outcomes = in_one_group({
      good(2),
      [](Transaction& tx) -> base::Status {  // its first half must go too
        ASHLAR_TRY(add(tx, 50));
        return add(tx, 1);
      },
      good(3),
      [](Transaction& tx) -> base::Status {
        ASHLAR_TRY(add(tx, 51));
        return base::fail(base::Code::kForbidden, "no", "");
      },
      [](Transaction& tx) -> base::Status {  // a savepoint's change is seen by those after it
        std::int64_t n = 0;
        ASHLAR_TRY(tx.query(kCount, {}, [&](const Row& row) { n = row.integer(0); }));
        EXPECT_EQ(n, 3);
        return base::ok_status();
      },
      good(4),
  });
  EXPECT_EQ(reason_of(outcomes[0]), "");
  EXPECT_EQ(reason_of(outcomes[1]), "storage_duplicate");
  EXPECT_EQ(reason_of(outcomes[2]), "");
  EXPECT_EQ(reason_of(outcomes[3]), "no");
  EXPECT_EQ(reason_of(outcomes[4]), "");
  EXPECT_EQ(reason_of(outcomes[5]), "");
  EXPECT_EQ(count(), 4);
  EXPECT_EQ(order, (std::vector<int>{2, 3, 4}));
  EXPECT_NE(store_.registry().render().find("ashlar_storage_retries_total 0"), std::string::npos);
}

// The statement itself is refused at prepare; a table made by other means can still do it.
TEST_F(SqliteDatabaseTest, WhenTheOuterTransactionDiesTheGroupRunsAgainOneByOne) {
  run_script(
      "CREATE TABLE fatal (id INTEGER PRIMARY KEY ON CONFLICT ROLLBACK); INSERT INTO fatal VALUES "
      "(1)");
  static constexpr Sql kFatal{Audience::kPlatform, "INSERT INTO fatal (id) VALUES (1)"};
  std::atomic<int> runs{0};
  std::atomic<int> commits{0};
  const auto good = [&](std::int64_t id) {
    return [&, id](Transaction& tx) -> base::Status {
      ++runs;
      tx.on_commit([&] { ++commits; });
      return add(tx, id);
    };
  };
  const auto outcomes = in_one_group({
      good(1),
      good(2),
      [](Transaction& tx) -> base::Status {
        ASHLAR_TRY(add(tx, 50));
        ASHLAR_TRY(tx.execute(kFatal, {}));
        return base::ok_status();
      },
      good(3),
  });
  EXPECT_EQ(reason_of(outcomes[0]), "");
  EXPECT_EQ(reason_of(outcomes[1]), "");
  EXPECT_EQ(reason_of(outcomes[2]), "storage_duplicate");
  EXPECT_EQ(reason_of(outcomes[3]), "");
  EXPECT_EQ(count(), 3);
  EXPECT_GE(runs, 5);  // the two before it ran twice
  EXPECT_EQ(commits, 3);
}

TEST_F(SqliteDatabaseTest, WhenTheCommitIsRefusedTheGroupRunsAgainOneByOne) {
  run_script(
      "CREATE TABLE late (parent INTEGER REFERENCES things (id) DEFERRABLE INITIALLY DEFERRED)");
  const auto outcomes = in_one_group({
      [](Transaction& tx) { return add(tx, 1); },
      [](Transaction& tx) -> base::Status {
        ASHLAR_TRY(tx.execute(kOrphan, {std::int64_t{99}}));
        return base::ok_status();
      },
      [](Transaction& tx) { return add(tx, 2); },
  });
  EXPECT_EQ(reason_of(outcomes[0]), "");
  EXPECT_EQ(reason_of(outcomes[1]), "storage_constraint");
  EXPECT_EQ(reason_of(outcomes[2]), "");
  EXPECT_EQ(count(), 2);
}

TEST_F(SqliteDatabaseTest, OneThatIsInterruptedHarmsNoOther) {
  static constexpr Sql kEndless{
      Audience::kPlatform,
      "INSERT INTO things (id) WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n)"
      " SELECT max(i) FROM n"};
  std::vector<base::Status> outcomes(3);
  std::vector<std::thread> callers;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    callers.emplace_back([&, i] {
      const Context soon =
          Context::platform(PlatformUse::kMaintenance, clock_.mono() + base::Millis(200));
      outcomes[i] = i == 1 ? store_.database().write(soon,
                                                     [](Transaction& tx) -> base::Status {
                                                       ASHLAR_TRY(tx.execute(kEndless, {}));
                                                       return base::ok_status();
                                                     })
                           : store_.database().write(kPlatform, [&](Transaction& tx) {
                               return add(tx, static_cast<std::int64_t>(i) + 1);
                             });
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(reason_of(outcomes[0]), "");
  EXPECT_EQ(reason_of(outcomes[1]), "storage_deadline");
  EXPECT_EQ(reason_of(outcomes[2]), "");
  EXPECT_EQ(count(), 2);
}

TEST_F(SqliteDatabaseTest, WritesOfOtherProcessesMeanResyncAndOursDoNot) {
  std::atomic<int> resyncs{0};
  store_.database().subscribe("links", [&](const Database::Notice& notice) {
    if (notice.resync) ++resyncs;
  });
  for (std::int64_t i = 1; i <= 30; ++i) {
    ASSERT_TRUE(
        store_.database().write(kPlatform, [&](Transaction& tx) { return add(tx, i); }).ok());
    EXPECT_EQ(count(), i);
  }
  EXPECT_EQ(resyncs, 0);
  run_script("INSERT INTO things (id) VALUES (1000)");
  EXPECT_TRUE(eventually([&] { return resyncs == 1; }));  // though we are idle
  run_script("INSERT INTO things (id) VALUES (1001)");
  ASSERT_TRUE(
      store_.database().write(kPlatform, [&](Transaction& tx) { return add(tx, 40); }).ok());
  EXPECT_GE(resyncs, 2);  // before our next group
  EXPECT_EQ(count(), 33);
}

TEST_F(SqliteDatabaseTest, AnotherProcessThatHoldsTheLockIsWaitedForAndThenTold) {
  SqliteOptions options;
  options.directory = store_.directory();
  options.busy_timeout = base::Millis(100);
  auto impatient = open_sqlite(options, clock_, store_.log(), store_.registry());
  ASSERT_TRUE(impatient.ok());
  SqliteFile file;
  file.path = store_.directory() + "/" + kSqliteFileName;
  auto holder = SqliteConnection::open(file, SqliteConnection::Access::kWrite, clock_);
  ASSERT_TRUE((*holder)->execute_script("BEGIN IMMEDIATE").ok());
  const auto attempt = [&] {
    return reason_of((*impatient)->write(kPlatform, [](Transaction& tx) { return add(tx, 1); }));
  };
  EXPECT_EQ(attempt(), "storage_busy");
  ASSERT_TRUE((*holder)->execute_script("ROLLBACK").ok());
  EXPECT_EQ(attempt(), "");
}

// `ashlar key create` beside a server whose writer hardly ever rests.
TEST_F(SqliteDatabaseTest, AnotherProcessGetsItsTurnBesideABusyServer) {
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> next{1};
  std::vector<std::thread> callers;
  for (int t = 0; t < 16; ++t) {
    callers.emplace_back([&] {
      while (!stop) {
        EXPECT_EQ(reason_of(store_.database().write(
                      kPlatform, [&](Transaction& tx) { return add(tx, next++); })),
                  "");
      }
    });
  }
  SqliteOptions options;
  options.directory = store_.directory();
  for (int i = 0; i < 5; ++i) {
    auto other = open_sqlite(options, clock_, store_.log(), store_.registry());
    ASSERT_TRUE(other.ok()) << other.error().detail;
    EXPECT_EQ(
        reason_of((*other)->write(kPlatform, [&](Transaction& tx) { return add(tx, next++); })),
        "");
  }
  stop = true;
  for (std::thread& caller : callers) caller.join();
}

TEST(SqliteLog, StaysWithinItsBounds) {
  SqliteOptions options;
  options.wal_soft_bytes = 200 << 10;
  options.wal_hard_bytes = 1 << 20;
  TemporarySqlite store(kMigrations, options);
  std::atomic<int> resyncs{0};
  store.database().subscribe("links", [&](const Database::Notice&) { ++resyncs; });
  const std::string filling(20'000, 'x');
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t) {
    callers.emplace_back([&, t] {
      for (std::int64_t i = 0; i < 150; ++i) {
        EXPECT_TRUE(
            store.database()
                .write(kPlatform, [&](Transaction& tx) { return add(tx, t * 1000 + i, filling); })
                .ok());
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  // 12 MB were written. The bound is looked at between groups, so one group may exceed it.
  EXPECT_LT(std::filesystem::file_size(store.directory() + "/ashlar.db-wal"), 3U << 20);
  EXPECT_EQ(resyncs, 0);  // our own checkpoints are no foreign writes
}

TEST(SqliteLog, IsGoneAfterACleanEnd) {
  TemporaryDirectory directory;
  base::SystemClock clock;
  obs::Registry registry;
  obs::Log log(obs::Level::kOff, 2, clock, registry);
  SqliteOptions options;
  options.directory = directory.path();
  {
    ASSERT_TRUE(open_sqlite(options, clock, log, registry).ok());
  }
  EXPECT_TRUE(std::filesystem::exists(directory.path() + "/ashlar.db"));
  EXPECT_FALSE(std::filesystem::exists(directory.path() + "/ashlar.db-wal"));
}

// While a connection is open its process holds a shared lock on the file, or another process that
// ends beside it would take itself for the last one and delete the log. Closing any descriptor of
// the file would give that lock back.
TEST_F(SqliteDatabaseTest, KeepsItsLockOnTheFile) {
  EXPECT_EQ(count(), 0);  // a reader is open too
  const std::string path = store_.directory() + "/" + kSqliteFileName;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {  // locks are between processes; only calls that are safe after fork
    constexpr off_t kSharedFirst = 0x40000002;
    constexpr off_t kSharedSize = 510;
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    struct flock wanted{};
    wanted.l_type = F_WRLCK;
    wanted.l_whence = SEEK_SET;
    wanted.l_start = kSharedFirst;
    wanted.l_len = kSharedSize;
    const bool held = ::fcntl(fd, F_GETLK, &wanted) == 0 && wanted.l_type == F_RDLCK;
    ::_exit(held ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST_F(SqliteDatabaseTest, ABackupIsADatabase) {
  ASSERT_TRUE(store_.database().write(kPlatform, [](Transaction& tx) { return add(tx, 1); }).ok());
  TemporaryDirectory elsewhere;
  const std::string copy = elsewhere.path() + "/ashlar.db";
  ASSERT_TRUE(backup_sqlite(store_.directory(), copy, clock_).ok());
  EXPECT_FALSE(backup_sqlite(store_.directory(), copy, clock_).ok());  // it is there already
  SqliteOptions options;
  options.directory = elsewhere.path();
  const auto restored = open_sqlite(options, clock_, store_.log(), store_.registry());
  ASSERT_TRUE(restored.ok());
  const auto rows = (*restored)->read(kPlatform, [](Transaction& tx) {
    return tx.query(kCount, {}, [](const Row& row) { EXPECT_EQ(row.integer(0), 1); });
  });
  EXPECT_TRUE(rows.ok());
}

TEST_F(SqliteDatabaseTest, ABackupThatFailsLeavesNothing) {
  TemporaryDirectory damaged;
  TemporaryDirectory elsewhere;
  SqliteFile file;
  file.path = damaged.path() + "/" + kSqliteFileName;
  {
    auto made = SqliteConnection::open(file, SqliteConnection::Access::kWrite, clock_);
    ASSERT_TRUE(made.ok());
    const std::string script = "CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(100000))";
    ASSERT_TRUE((*made)->execute_script(script).ok());
  }
  std::fstream(file.path).seekp(4096) << std::string(8192, 'x');
  const std::string copy = elsewhere.path() + "/ashlar.db";
  EXPECT_FALSE(backup_sqlite(damaged.path(), copy, clock_).ok());
  EXPECT_FALSE(std::filesystem::exists(copy));
}

TEST_F(SqliteDatabaseTest, DamageIsFound) {
  run_script(
      "CREATE TABLE kids (parent INTEGER REFERENCES things (id)); PRAGMA foreign_keys=OFF;"
      "INSERT INTO kids VALUES (77)");
  const auto findings = store_.database().check_integrity();
  ASSERT_TRUE(findings.ok());
  EXPECT_NE(findings->find("kids"), std::string::npos) << *findings;
}

TEST(DirectoryLock, HasOneOwnerAtATime) {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/data";
  {
    auto first = lock_directory(path);
    ASSERT_TRUE(first.ok());
    const auto second = lock_directory(path);
    ASSERT_FALSE(second.ok());
    EXPECT_STREQ(second.error().reason, "storage_directory_in_use");
    EXPECT_NE(second.error().detail.find(path), std::string::npos);
    DirectoryLock moved = std::move(first).value();
    EXPECT_FALSE(lock_directory(path).ok());
  }
  EXPECT_TRUE(lock_directory(path).ok());
}

}  // namespace
}  // namespace ashlar::storage
