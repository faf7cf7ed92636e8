// What a power cut leaves: everything that was acknowledged, and no half of anything.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"
#include "platform/storage/sqlite_connection.h"
#include "platform/storage/sqlite_database.h"
#include "platform/storage/testing/power_cut_vfs.h"
#include "platform/storage/testing/temporary_directory.h"

namespace ashlar::storage {
namespace {

// One transaction writes two halves: the same id into both tables.
constexpr Sql kLeft{Audience::kPlatform, "INSERT INTO lefts (id, filling) VALUES (?1, ?2)"};
constexpr Sql kRight{Audience::kPlatform, "INSERT INTO rights (id) VALUES (?1)"};
constexpr Sql kBoth{Audience::kPlatform,
                    "SELECT l.id, r.id FROM lefts l FULL OUTER JOIN rights r ON l.id = r.id",
                    "SELECT 1, 1"};
constexpr const char* kSchema =
    "CREATE TABLE lefts (id INTEGER PRIMARY KEY, filling TEXT); CREATE TABLE rights (id INTEGER "
    "PRIMARY KEY)";

const Context kPlatform = Context::platform(PlatformUse::kMaintenance);

struct Findings {
  std::size_t acknowledged = 0;
  std::size_t missing = 0;  // acknowledged, and not there
  std::size_t halves = 0;
  bool sound = false;
};

class PowerCut : public testing::Test {
 protected:
  // 16 callers write; at a random moment the power is cut; the disk's image is opened anew.
  Findings run(std::uint64_t seed, Syncs syncs) {
    PowerCutVfs vfs("power-cut-" + std::to_string(seed));
    const TemporaryDirectory directory;
    SqliteOptions options;
    options.directory = directory.path();
    options.vfs = vfs.name();
    // Small, so that checkpoints and the log's new starts fall into the run.
    options.wal_soft_bytes = 64 << 10;
    options.wal_hard_bytes = 256 << 10;
    prepare(options);
    vfs.set_syncs(syncs);
    base::Random random(seed);
    const std::size_t cut_after = 20 + random.below(600);
    Findings found;
    std::set<std::int64_t> acknowledged;
    std::map<std::string, std::string> image;
    {
      auto db = open_sqlite(options, clock_, log_, registry_);
      EXPECT_TRUE(db.ok()) << db.error().detail;
      write_until_cut(**db, cut_after, acknowledged, [&] { image = vfs.image(seed); });
    }
    found.acknowledged = acknowledged.size();
    look(image, acknowledged, found);
    return found;
  }

  void prepare(const SqliteOptions& options) {
    SqliteFile file;
    file.path = options.directory + "/" + kSqliteFileName;
    file.vfs = options.vfs;
    auto connection = SqliteConnection::open(file, SqliteConnection::Access::kWrite, clock_);
    ASSERT_TRUE(connection.ok()) << connection.error().detail;
    ASSERT_TRUE((*connection)->execute_script(kSchema).ok());
  }

  template <class Cut>
  static void write_until_cut(Database& db, std::size_t cut_after,
                              std::set<std::int64_t>& acknowledged, const Cut& cut) {
    constexpr int kCallers = 16;
    std::mutex mutex;
    bool is_cut = false;
    std::atomic<std::int64_t> next{1};
    std::vector<std::thread> callers;
    for (int i = 0; i < kCallers; ++i) {
      callers.emplace_back([&] {
        const std::string filling(300, 'x');
        for (;;) {
          const std::int64_t id = next++;
          const base::Status status = db.write(kPlatform, [&](Transaction& tx) -> base::Status {
            ASHLAR_TRY(tx.execute(kLeft, {id, std::string_view(filling)}));
            ASHLAR_TRY(tx.execute(kRight, {id}));
            return base::ok_status();
          });
          EXPECT_TRUE(status.ok());
          const std::lock_guard lock(mutex);
          if (is_cut) return;
          acknowledged.insert(id);
          if (acknowledged.size() < cut_after) continue;
          is_cut = true;
          cut();  // while the others are in the middle of theirs
          return;
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
  }

  void look(const std::map<std::string, std::string>& image,
            const std::set<std::int64_t>& acknowledged, Findings& found) {
    const TemporaryDirectory directory;
    for (const auto& [name, bytes] : image) {
      std::ofstream(directory.path() + "/" + name, std::ios::binary) << bytes;
    }
    SqliteOptions options;
    options.directory = directory.path();
    auto db = open_sqlite(options, clock_, log_, registry_);
    if (!db.ok()) return;
    const auto findings = (*db)->check_integrity();
    found.sound = findings.ok() && findings->empty();
    std::set<std::int64_t> whole;
    const auto read = (*db)->read(kPlatform, [&](Transaction& tx) {
      return tx.query(kBoth, {}, [&](const Row& row) {
        if (row.is_null(0) || row.is_null(1)) {
          ++found.halves;
        } else {
          whole.insert(row.integer(0));
        }
      });
    });
    found.sound = found.sound && read.ok();
    for (const std::int64_t id : acknowledged) found.missing += whole.contains(id) ? 0 : 1;
  }

  base::SystemClock clock_;
  obs::Registry registry_;
  obs::Log log_{obs::Level::kOff, 2, clock_, registry_};
};

TEST_F(PowerCut, LosesNothingThatWasAcknowledged) {
  const std::uint64_t first = base::to_micros(base::SystemClock().now());
  for (std::uint64_t seed = first; seed < first + 20; ++seed) {
    const Findings found = run(seed, Syncs::kWork);
    EXPECT_TRUE(found.sound) << "seed " << seed;
    EXPECT_EQ(found.missing, 0U) << "of " << found.acknowledged << ", seed " << seed;
    EXPECT_EQ(found.halves, 0U) << "seed " << seed;
    EXPECT_GE(found.acknowledged, 20U) << "seed " << seed;
  }
}

// The control: were syncs left out, this test would see it.
TEST_F(PowerCut, WithoutSyncsTransactionsAreLost) {
  std::size_t missing = 0;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) missing += run(seed, Syncs::kLie).missing;
  EXPECT_GT(missing, 0U);
}

TEST_F(PowerCut, AFullDiskIsToldAndSurvived) {
  PowerCutVfs vfs("full-disk");
  const TemporaryDirectory directory;
  SqliteOptions options;
  options.directory = directory.path();
  options.vfs = vfs.name();
  prepare(options);
  auto db = open_sqlite(options, clock_, log_, registry_);
  ASSERT_TRUE(db.ok());
  std::int64_t id = 0;
  const auto write = [&] {
    return (*db)->write(kPlatform, [&](Transaction& tx) -> base::Status {
      ASHLAR_TRY(tx.execute(kRight, {++id}));
      return base::ok_status();
    });
  };
  EXPECT_TRUE(write().ok());
  vfs.set_full(true);
  for (int i = 0; i < 3; ++i) {
    const base::Status refused = write();
    ASSERT_FALSE(refused.ok());
    EXPECT_STREQ(refused.error().reason, "storage_full");
  }
  vfs.set_full(false);
  EXPECT_TRUE(write().ok());
  Findings found;
  look(vfs.image(1), {}, found);
  EXPECT_TRUE(found.sound);
  EXPECT_EQ(found.halves, 2U);  // only right halves were written: two, not five
}

using PowerCutDeathTest = PowerCut;

// Nobody knows then what the file holds; going on could acknowledge what is not there.
TEST_F(PowerCutDeathTest, ACommitThatTheDiskFailsEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH((void)run(1, Syncs::kFail), "the commit reached the disk: disk I/O error");
}

}  // namespace
}  // namespace ashlar::storage
