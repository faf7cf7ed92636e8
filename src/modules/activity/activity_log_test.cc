// ActivityLog on both engines: what was acknowledged survives, is counted once by every instance,
// and folding changes no answer.
#include "modules/activity/activity_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <latch>
#include <map>
#include <optional>
#include <string>
#include <thread>

#include "base/random.h"
#include "modules/activity/activity_module.h"
#include "modules/activity/activity_store.h"
#include "modules/activity/board.h"
#include "platform/security/tenants.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::activity {
namespace {

using storage::Context;
using storage::PlatformUse;
using storage::Transaction;

constexpr base::TenantId kAlice{1};
constexpr base::TenantId kBob{2};
constexpr base::Seconds kDay = Board::kMaxWindow;

using Counts = std::map<std::string, std::uint64_t>;

Tally one(std::int64_t second, const std::string& user, std::uint64_t count = 1) {
  Tally tally;
  tally.add("user", second, user, count);
  return tally;
}

// One process: its connection to the database, its board, its log.
struct Instance {
  Instance(storage::TestStore& store, const base::Clock& clock)
      : db(std::move(store.open()).value()), log(*db, board, clock, metrics, messages) {}

  void record(base::TenantId tenant, const Tally& tally) {
    const base::Status done = db->write(
        Context::tenant(tenant), [&](Transaction& tx) { return log.record(tx, tenant, tally); });
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }
  Counts counts(base::TenantId tenant, base::Seconds window, base::Time now) {
    Counts counts;
    for (const auto& row : board.top(tenant, "user", window, 1'000, now).rows) {
      counts[row.key] = row.estimate;
    }
    return counts;
  }

  obs::Registry metrics;
  base::SystemClock system_clock;
  obs::Log messages{obs::Level::kOff, 2, system_clock, metrics};
  Board board{{}};
  std::unique_ptr<storage::Database> db;
  ActivityLog log;
};

class ActivityLogTest : public ::testing::TestWithParam<storage::Dialect> {
 protected:
  void SetUp() override {
    store_ = storage::make_product_store(GetParam());
    if (!store_) GTEST_SKIP() << storage::kNoPostgres;
  }
  std::unique_ptr<Instance> instance() {
    auto made = std::make_unique<Instance>(*store_, clock_);
    EXPECT_TRUE(made->log.load().ok());
    return made;
  }
  [[nodiscard]] std::int64_t now_s() const { return base::to_unix_seconds(clock_.now()); }
  // Of one tenant, or of all.
  std::int64_t rows(Instance& of, std::optional<base::TenantId> tenant = std::nullopt) {
    std::int64_t count = 0;
    const auto read = of.db->read(
        Context::platform(PlatformUse::kActivity), [&](Transaction& tx) -> base::Status {
          ASHLAR_ASSIGN(const auto all, store::load(tx, 0, 0, 100'000));
          count = std::ranges::count_if(
              all, [&](const store::Batch& row) { return !tenant || row.tenant == *tenant; });
          return base::ok_status();
        });
    EXPECT_TRUE(read.ok());
    return count;
  }
  // Batches of one event of "u", past the Board.
  void append_rows(Instance& to, base::TenantId tenant, int count) {
    const std::string data = one(now_s(), "u").encode();
    const auto written = to.db->write(
        Context::platform(PlatformUse::kActivity), [&](Transaction& tx) -> base::Status {
          for (int i = 0; i < count; ++i) {
            ASHLAR_TRY(store::append_for(
                tx, tenant,
                {.folded = false, .newest = now_s(), .written_at = clock_.now(), .data = data}));
          }
          return base::ok_status();
        });
    ASSERT_TRUE(written.ok()) << written.error().detail;
  }

  std::unique_ptr<storage::TestStore> store_;
  base::ManualClock clock_{base::Time{base::Seconds{1'795'341'600}}};
};

INSTANTIATE_TEST_SUITE_P(Storage, ActivityLogTest, storage::both_engines(), storage::engine_name);

// Several instances: there is one process at a time on SQLite.
class ActivityClusterTest : public ActivityLogTest {};
INSTANTIATE_TEST_SUITE_P(Storage, ActivityClusterTest,
                         ::testing::Values(storage::Dialect::kPostgres), storage::engine_name);

TEST_P(ActivityLogTest, WhatIsCommittedIsCountedAndSurvives) {
  {
    const auto first = instance();
    first->record(kAlice, one(now_s(), "a", 3));
    first->record(kAlice, one(now_s() - 10, "b"));
    first->record(kBob, one(now_s(), "c"));
    ASSERT_TRUE(first->log.record_own(one(now_s(), "own", 7)).ok());
    EXPECT_EQ(first->counts(kAlice, base::Seconds{300}, clock_.now()),
              (Counts{{"a", 3}, {"b", 1}}));
  }
  const auto second = instance();
  EXPECT_EQ(second->counts(kAlice, base::Seconds{300}, clock_.now()), (Counts{{"a", 3}, {"b", 1}}));
  EXPECT_EQ(second->counts(kBob, base::Seconds{300}, clock_.now()), (Counts{{"c", 1}}));
  EXPECT_EQ(second->counts({}, base::Seconds{300}, clock_.now()), (Counts{{"own", 7}}));
}

TEST_P(ActivityLogTest, WhatIsRolledBackIsNotCounted) {
  const auto instance_ = instance();
  const base::Status undone =
      instance_->db->write(Context::tenant(kAlice), [&](Transaction& tx) -> base::Status {
        ASHLAR_TRY(instance_->log.record(tx, kAlice, one(now_s(), "a")));
        return base::fail(base::Code::kConflict, "undo", "");
      });
  EXPECT_FALSE(undone.ok());
  EXPECT_TRUE(instance_->counts(kAlice, base::Seconds{300}, clock_.now()).empty());
  EXPECT_EQ(rows(*instance_), 0);
}

// Two instances record at random, follow each other, fold, die and come back; both always end with
// what was acknowledged.
TEST_P(ActivityClusterTest, InstancesAgreeAndFoldingChangesNothing) {
  const std::uint64_t seed = 31;
  SCOPED_TRACE("seed " + std::to_string(seed));
  base::Random random(seed);
  std::array<std::unique_ptr<Instance>, 2> both{instance(), instance()};
  Counts truth;
  const base::Time began = clock_.now();
  for (int step = 0; step < 300; ++step) {
    Instance& at = *both[random.below(2)];
    switch (random.below(10)) {
      case 0:
        clock_.advance(base::Seconds{random.below(50)});
        break;
      case 1:
        ASSERT_TRUE(at.log.fold().ok());
        break;
      case 2:
        both[random.below(2)] = instance();
        break;
      case 3:
      case 4:
        ASSERT_TRUE(at.log.follow().ok());
        break;
      default: {
        const std::string user = "u" + std::to_string(random.below(20));
        const std::uint64_t count = 1 + random.below(5);
        at.record(kAlice, one(now_s() - static_cast<std::int64_t>(random.below(30)), user, count));
        truth[user] += count;
      }
    }
  }
  ASSERT_LT(clock_.now() - began, base::Seconds{20 * 3'600});
  for (const auto& one_of : both) ASSERT_TRUE(one_of->log.follow().ok());
  for (const auto& one_of : both) {
    EXPECT_EQ(one_of->counts(kAlice, kDay, clock_.now()), truth);
  }
  EXPECT_EQ(instance()->counts(kAlice, kDay, clock_.now()), truth);
}

TEST_P(ActivityLogTest, FoldingLeavesFewRowsAndTheSameAnswers) {
  auto first = instance();
  Counts truth;
  for (int i = 0; i < 120; ++i) {
    const std::string user = "u" + std::to_string(i % 7);
    first->record(kAlice, one(now_s(), user));
    ++truth[user];
    clock_.advance(base::Seconds{1});
  }
  EXPECT_EQ(rows(*first), 120);
  ASSERT_TRUE(first->log.fold().ok());
  EXPECT_EQ(rows(*first), 120) << "too new to be folded";
  clock_.advance(base::Seconds{600});
  ASSERT_TRUE(first->log.fold().ok());
  EXPECT_EQ(rows(*first), 1);
  EXPECT_EQ(first->counts(kAlice, base::Seconds{3'600}, clock_.now()), truth);
  first = instance();
  EXPECT_EQ(first->counts(kAlice, base::Seconds{3'600}, clock_.now()), truth);
  clock_.advance(kDay + base::Seconds{300});
  ASSERT_TRUE(first->log.fold().ok());
  EXPECT_EQ(rows(*first), 0) << "older than the longest window";
}

// Cut off for long, an instance reads everything anew: others may have folded what it has not seen.
TEST_P(ActivityClusterTest, ComesBackAfterALongInterruption) {
  const auto cut_off = instance();
  const auto other = instance();
  other->record(kAlice, one(now_s(), "a", 2));
  clock_.advance(base::Seconds{500});
  ASSERT_TRUE(other->log.follow().ok());
  ASSERT_TRUE(other->log.fold().ok());
  ASSERT_TRUE(cut_off->log.follow().ok());
  EXPECT_EQ(cut_off->counts(kAlice, base::Seconds{3'600}, clock_.now()), (Counts{{"a", 2}}));
}

// More batches within the overlap than one look takes.
TEST_P(ActivityClusterTest, FollowsManyBatches) {
  const auto one_of = instance();
  const auto other = instance();
  constexpr int kBatches = 12'000;
  append_rows(*other, kAlice, kBatches);
  ASSERT_TRUE(one_of->log.follow().ok());
  EXPECT_EQ(one_of->counts(kAlice, base::Seconds{300}, clock_.now())["u"], kBatches);
  other->record(kAlice, one(now_s(), "u"));
  ASSERT_TRUE(one_of->log.follow().ok());
  EXPECT_EQ(one_of->counts(kAlice, base::Seconds{300}, clock_.now())["u"], kBatches + 1);
  EXPECT_TRUE(one_of->log.check_current().ok());
  clock_.advance(base::Seconds{11});
  EXPECT_FALSE(one_of->log.check_current().ok());
  ASSERT_TRUE(one_of->log.follow().ok());
  EXPECT_TRUE(one_of->log.check_current().ok());
}

// The clock was an hour ahead for a while, and the board has let go what only seemed old. Once the
// clock is right again the board is made anew of the rows.
TEST_P(ActivityLogTest, TheBoardIsMadeAnewAfterTheClockIsSetBack) {
  constexpr base::Seconds kWindow{300};
  constexpr base::Seconds kWrong{3'600};
  const auto first = instance();
  first->record(kAlice, one(now_s(), "before", 2));
  clock_.step_wall(kWrong);
  first->log.work();
  first->record(kAlice,
                one(now_s() - kWrong.count(), "meanwhile"));  // by somebody whose clock is right
  EXPECT_EQ(first->counts(kAlice, kWindow, clock_.now()), Counts{});
  clock_.step_wall(-kWrong);
  first->record(kAlice, one(now_s(), "after"));
  EXPECT_EQ(first->counts(kAlice, kWindow, clock_.now()), Counts{}) << "its time does not go back";
  first->log.work();
  EXPECT_EQ(first->counts(kAlice, kWindow, clock_.now()),
            (Counts{{"after", 1}, {"before", 2}, {"meanwhile", 1}}));
  first->record(kAlice, one(now_s(), "later"));
  EXPECT_EQ(first->counts(kAlice, kWindow, clock_.now())["later"], 1U);
}

// Folding takes a tenant's rows out and puts one in, while another deletes all there is.
TEST_P(ActivityLogTest, NothingIsLeftOfATenantThatIsDeletedWhileItsRowsAreFolded) {
  const auto first = instance();
  security::Tenants tenants(*first->db, clock_, {activity_tenant_data()});
  constexpr base::TenantId kStays{1'000'000};
  constexpr int kRows = 450;  // three transactions of folding
  for (int round = 0; round < 6; ++round) {
    SCOPED_TRACE(round);
    const base::TenantId gone = tenants.create("gone")->id;
    append_rows(*first, gone, kRows);
    append_rows(*first, kStays, kRows);
    clock_.advance(base::Seconds{600});
    std::latch both(2);
    base::Status folded;
    std::thread folds([&] {
      both.arrive_and_wait();
      folded = first->log.fold();
    });
    both.arrive_and_wait();
    const base::Status erased = tenants.erase_whole("gone");
    folds.join();
    ASSERT_TRUE(erased.ok()) << erased.error().detail;
    ASSERT_TRUE(folded.ok()) << folded.error().detail;
    EXPECT_EQ(rows(*first, gone), 0);
    EXPECT_EQ(rows(*first, kStays), 3 * (round + 1));
    ASSERT_TRUE(first->log.load().ok());
    EXPECT_EQ(first->counts(gone, kDay, clock_.now()), Counts{});
    EXPECT_EQ(first->counts(kStays, kDay, clock_.now()), (Counts{{"u", kRows * (round + 1U)}}));
  }
}

// No statement of a tenant's reaches another's rows.
TEST_P(ActivityLogTest, TenantsAreApart) {
  const auto first = instance();
  first->record(kBob, one(now_s(), "b"));
  const auto read = first->db->write(Context::tenant(kAlice), [&](Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const auto exported, store::export_batches(tx, 0, 100));
    EXPECT_TRUE(exported.empty());
    ASHLAR_ASSIGN(const std::int64_t erased, store::erase(tx, 100));
    EXPECT_EQ(erased, 0);
    return base::ok_status();
  });
  ASSERT_TRUE(read.ok()) << read.error().detail;
  const auto own = first->db->write(Context::tenant(kBob), [&](Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const auto exported, store::export_batches(tx, 0, 100));
    EXPECT_EQ(exported.size(), 1U);
    ASHLAR_ASSIGN(const std::int64_t erased, store::erase(tx, 100));
    EXPECT_EQ(erased, 1);
    return base::ok_status();
  });
  ASSERT_TRUE(own.ok()) << own.error().detail;
}

}  // namespace
}  // namespace ashlar::activity
