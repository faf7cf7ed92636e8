// Schedules on both engines, with a clock moved by hand: each occurrence once, also over two
// instances; what is missed; what is wrong.
#include "modules/tasks/schedules.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/testing/product_store.h"
#include "platform/zone/zone_directory.h"

namespace ashlar::tasks {
namespace {

using storage::Context;
using storage::Transaction;

constexpr base::TenantId kAlice{1};
constexpr base::TenantId kBob{2};

// One process on the database.
struct Instance {
  Instance(std::unique_ptr<storage::Database> database, const base::Clock& clock)
      : db(std::move(database)),
        jobs({}, *db, clock, registry, log),
        tasks({}, jobs, clock, [](base::TenantId, const std::string&) {}),
        schedules(tasks, jobs, *db, zones, clock, [](base::TenantId, const std::string&) {}) {}
  ~Instance() { db.reset(); }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  base::SystemClock own;
  obs::Registry registry;
  obs::Log log{obs::Level::kOff, 2, own, registry};
  std::unique_ptr<storage::Database> db;
  jobs::Jobs jobs;
  zone::ZoneDirectory zones;
  const Tasks tasks;
  Schedules schedules;
};

class SchedulesTest : public testing::TestWithParam<storage::Dialect> {
 protected:
  void SetUp() override {
    store_ = storage::make_product_store(GetParam());
    if (store_ == nullptr) GTEST_SKIP() << storage::kNoPostgres;
    one_ = open();
  }
  std::unique_ptr<Instance> open() {
    auto db = store_->open();
    EXPECT_TRUE(db.ok());
    return std::make_unique<Instance>(std::move(*db), clock_);
  }

  base::Result<store::Schedule> put(NewSchedule schedule, base::TenantId tenant = kAlice) {
    if (schedule.task.queue.empty()) schedule.task.queue = "cron";
    if (schedule.task.payload.empty()) schedule.task.payload = "{}";
    return one_->db->write(Context::tenant(tenant),
                           [&](Transaction& tx) { return one_->schedules.put(tx, schedule); });
  }
  store::Schedule find(std::string_view name, base::TenantId tenant = kAlice) {
    auto found = one_->db->read(Context::tenant(tenant),
                                [&](Transaction& tx) { return one_->schedules.find(tx, name); });
    EXPECT_TRUE(found.ok());
    return found.ok() ? *found : store::Schedule{};
  }
  std::vector<jobs::JobView> made(base::TenantId tenant = kAlice) {
    auto page = one_->db->read(Context::tenant(tenant), [&](Transaction& tx) {
      TaskQuery query;
      query.limit = 500;
      return one_->tasks.list(tx, query);
    });
    EXPECT_TRUE(page.ok()) << page.error().detail;
    return page->tasks;
  }
  std::int64_t fire(Instance& instance) {
    const auto fired = instance.schedules.fire_due();
    EXPECT_TRUE(fired.ok()) << fired.error().detail;
    return fired.ok() ? *fired : -1;
  }
  void at(std::string_view time) { clock_.advance(*base::parse_rfc3339(time) - clock_.now()); }

  base::ManualClock clock_{*base::parse_rfc3339("2026-11-22T10:00:30Z")};
  std::unique_ptr<storage::TestStore> store_;
  std::unique_ptr<Instance> one_;
};

INSTANTIATE_TEST_SUITE_P(Storage, SchedulesTest, storage::both_engines(), storage::engine_name);

TEST_P(SchedulesTest, EachOccurrenceMakesOneTask) {
  ASSERT_TRUE(put({"tick", "*/5 * * * *", "UTC", {}, false}).ok());
  EXPECT_EQ(find("tick").next_at, base::parse_rfc3339("2026-11-22T10:05:00Z"));
  EXPECT_EQ(fire(*one_), 0);
  at("2026-11-22T10:05:00Z");
  EXPECT_EQ(fire(*one_), 1);
  EXPECT_EQ(fire(*one_), 0);
  const store::Schedule after = find("tick");
  EXPECT_EQ(after.next_at, base::parse_rfc3339("2026-11-22T10:10:00Z"));
  EXPECT_EQ(after.last_at, base::parse_rfc3339("2026-11-22T10:05:00Z"));
  ASSERT_EQ(made().size(), 1U);
  EXPECT_EQ(after.last_task, made()[0].id);
  const TaskMeta meta = TaskMeta::parse(made()[0].meta);
  ASSERT_TRUE(meta.occurrence.has_value());
  EXPECT_EQ(meta.occurrence->schedule, "tick");
  EXPECT_EQ(meta.occurrence->at, *base::parse_rfc3339("2026-11-22T10:05:00Z"));
}

TEST_P(SchedulesTest, WhatWasMissedIsOneTask) {
  ASSERT_TRUE(put({"tick", "* * * * *", "UTC", {}, false}).ok());
  at("2026-11-25T17:30:15Z");
  EXPECT_EQ(fire(*one_), 1);
  ASSERT_EQ(made().size(), 1U);
  EXPECT_EQ(TaskMeta::parse(made()[0].meta).occurrence->at,
            *base::parse_rfc3339("2026-11-22T10:01:00Z"));
  EXPECT_EQ(find("tick").next_at, base::parse_rfc3339("2026-11-25T17:31:00Z"));
}

TEST_P(SchedulesTest, APauseIsNotMadeUpFor) {
  ASSERT_TRUE(put({"tick", "* * * * *", "UTC", {}, true}).ok());
  at("2026-11-22T12:00:30Z");
  EXPECT_EQ(fire(*one_), 0);
  ASSERT_TRUE(one_->db
                  ->write(Context::tenant(kAlice),
                          [&](Transaction& tx) { return one_->schedules.pause(tx, "tick", false); })
                  .ok());
  EXPECT_EQ(fire(*one_), 0);
  EXPECT_EQ(find("tick").next_at, base::parse_rfc3339("2026-11-22T12:01:00Z"));
}

TEST_P(SchedulesTest, PuttingTheSameAgainLosesNothingThatIsDue) {
  const NewSchedule tick{"tick", "* * * * *", "UTC", {}, false};
  ASSERT_TRUE(put(tick).ok());
  at("2026-11-22T10:01:02Z");
  ASSERT_TRUE(put(tick).ok());
  EXPECT_EQ(fire(*one_), 1);
  at("2026-11-22T10:02:00Z");
  NewSchedule other = tick;
  other.cron = "30 * * * *";
  ASSERT_TRUE(put(other).ok());
  EXPECT_EQ(fire(*one_), 0);
}

TEST_P(SchedulesTest, NoPileUpWithAUniqueKey) {
  NewSchedule tick{"tick", "* * * * *", "UTC", {}, false};
  tick.task.unique_key = "tick";
  ASSERT_TRUE(put(tick).ok());
  for (const char* time :
       {"2026-11-22T10:01:00Z", "2026-11-22T10:02:00Z", "2026-11-22T10:03:00Z"}) {
    at(time);
    EXPECT_EQ(fire(*one_), 1);
  }
  EXPECT_EQ(made().size(), 1U);
}

TEST_P(SchedulesTest, TwoInstancesAtOnceMakeEachTaskOnce) {
  if (GetParam() == storage::Dialect::kSqlite) GTEST_SKIP() << "SQLite has one process";
  const std::unique_ptr<Instance> two = open();
  for (int i = 0; i < 120; ++i) {
    const base::TenantId tenant = i % 2 == 0 ? kAlice : kBob;
    ASSERT_TRUE(put({"s" + std::to_string(i), "* * * * *", "UTC", {}, false}, tenant).ok());
  }
  for (int round = 1; round <= 5; ++round) {
    clock_.advance(base::Seconds{60});
    std::int64_t fired[2] = {};
    std::thread first([&] { fired[0] = fire(*one_); });
    std::thread second([&] { fired[1] = fire(*two); });
    first.join();
    second.join();
    // A row that the other had locked is left to it.
    EXPECT_EQ(fired[0] + fired[1] + fire(*one_), 120);
    EXPECT_EQ(made(kAlice).size(), static_cast<std::size_t>(60 * round));
    EXPECT_EQ(made(kBob).size(), static_cast<std::size_t>(60 * round));
  }
}

TEST_P(SchedulesTest, OneThatCannotMakeItsTaskHoldsUpNoOther) {
  NewSchedule push{"push", "* * * * *", "UTC", {}, false};
  push.task.target =
      PushTarget{.url = "https://example.com/", .method = "POST", .headers = {}, .give_up_on = {}};
  ASSERT_TRUE(put(push).ok());
  ASSERT_TRUE(put({"tick", "* * * * *", "UTC", {}, false}, kBob).ok());
  // What was a good target is none any more.
  store_->run_script(
      "UPDATE tasks_schedules SET task = replace(task, 'example.com', '127.0.0.1') WHERE name = "
      "'push'");
  at("2026-11-22T10:01:00Z");
  EXPECT_EQ(fire(*one_), 2);
  EXPECT_EQ(made().size(), 0U);
  EXPECT_EQ(made(kBob).size(), 1U);
  EXPECT_TRUE(find("push").error.has_value());
  EXPECT_EQ(find("push").next_at, base::parse_rfc3339("2026-11-22T10:02:00Z"));
}

TEST_P(SchedulesTest, SaysWhatIsWrong) {
  const auto reason = [&](NewSchedule schedule) -> std::string {
    const auto result = put(std::move(schedule));
    return result.ok()
               ? ""
               : std::string(result.error().reason) + " " + result.error().fields.at(0).field;
  };
  EXPECT_EQ(reason({"x", "* * * *", "UTC", {}, false}), "cron_invalid /cron");
  EXPECT_EQ(reason({"x", "* * * * *", "Nowhere/At_All", {}, false}), "zone_unknown /time_zone");
  NewSchedule large{"x", "* * * * *", "UTC", {}, false};
  large.task.payload = std::string(jobs::kMaxPayloadBytes + 1, '1');
  EXPECT_EQ(reason(large), "payload_too_large /payload");
}

}  // namespace
}  // namespace ashlar::tasks
