// From the redirect to the report, on both engines: what is clicked is counted once for everybody
// whose it is, whatever is refused, lost or interrupted.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "modules/links/analytics/analytics_store.h"
#include "modules/links/analytics/report.h"
#include "modules/links/analytics/rollup_folder.h"
#include "modules/links/analytics/rollup_retention.h"
#include "modules/links/analytics/testing/analytics_fixture.h"
#include "modules/links/click_folder.h"
#include "modules/links/clicks.h"
#include "modules/links/links_module.h"
#include "modules/links/testing/faulty_database.h"
#include "platform/storage/database.h"

namespace ashlar::links::analytics {
namespace {

using storage::Context;
using storage::PlatformUse;
using storage::Transaction;

class AnalyticsTest : public AnalyticsFixture {};

INSTANTIATE_TEST_SUITE_P(Storage, AnalyticsTest, storage::both_engines(), storage::engine_name);

TEST_P(AnalyticsTest, ClicksAreAddedUpForAllWhoseTheyAre) {
  const auto recorder = make_recorder(db());
  click(*recorder, spring_,
        {.referrer = "https://news.example/a?b", .user_agent = kPhone, .address = "192.0.2.1"});
  click(*recorder, spring_,
        {.user_agent = kPhone, .query = "utm_source=news+letter&x=1", .address = "192.0.2.1"});
  click(*recorder, spring_, {.user_agent = kBot, .address = "192.0.2.9"});
  click(*recorder, plain_,
        {.user_agent = kDesktop,
         .target = "https://example.com/?utm_source=a%20b&utm_medium=mail#top",
         .address = "192.0.2.2",
         .taken = Taken::kVariant,
         .index = 1});
  click(*recorder, bobs_, {.user_agent = kDesktop, .address = "192.0.2.3"}, kBob);
  ASSERT_TRUE(recorder->flush().ok());
  fold();

  const Report spring = of_link(spring_);
  EXPECT_EQ(spring.totals.clicks, 3);
  EXPECT_EQ(spring.totals.visitors, 1);
  EXPECT_EQ(spring.totals.bots, 1);
  EXPECT_EQ(spring.kept, 3);
  EXPECT_EQ(spring.told, 3);
  EXPECT_EQ(spring.series.back().clicks, 3);
  EXPECT_EQ(spring.series.back().visitors, 1);
  EXPECT_EQ(list(spring, Dimension::kReferrer), "news.example:1 other:0 unknown:2");
  EXPECT_EQ(list(spring, Dimension::kDevice), "mobile:2 bot:1 other:0 unknown:0");
  EXPECT_EQ(list(spring, Dimension::kUtmSource), "news letter:1 other:0 unknown:2");
  EXPECT_EQ(list(of_link(plain_), Dimension::kUtmMedium), "mail:1 other:0 unknown:0");
  EXPECT_EQ(list(of_link(plain_), Dimension::kChoice), "variant 2:1 other:0 unknown:0");

  const Report all = report(kAlice, Subject::tenant());
  EXPECT_EQ(all.totals.clicks, 4);
  EXPECT_EQ(all.totals.visitors, 2);
  EXPECT_EQ(list(all, Dimension::kLink), "spring:3 plain:1 other:0 unknown:0");
  EXPECT_EQ(list(all, Dimension::kUtmSource), "a b:1 news letter:1 other:0 unknown:2");
  for (const Subject& subject :
       {Subject::tag("spring"), Subject::tag("shop"), Subject::owner("ada")}) {
    EXPECT_EQ(report(kAlice, subject).totals.clicks, 3) << subject.key;
    EXPECT_EQ(report(kBob, subject).totals.clicks, subject.key == "t:shop" ? 0 : 1) << subject.key;
  }
  EXPECT_EQ(report(kAlice, Subject::domain(0)).totals.clicks, 4);
  EXPECT_EQ(report(kAlice, Subject::tag("none")).totals.clicks, 0);
  const Report people = report(kAlice, Subject::link(spring_), spring_, /*bots=*/false);
  EXPECT_EQ(people.totals.clicks, 2);
  EXPECT_EQ(people.series.back().clicks, 2);
  EXPECT_EQ(list(people, Dimension::kDevice), "mobile:2 other:0 unknown:0");
}

TEST_P(AnalyticsTest, AVisitorCountsOnceADayAndNobodyIsKnownTheNext) {
  const auto recorder = make_recorder(db());
  advance_to("2026-11-22T22:30:00Z");
  for (int hour = 0; hour < 4; ++hour) {
    click(*recorder, spring_, {.user_agent = kPhone, .address = "192.0.2.1"});
    ASSERT_TRUE(recorder->flush().ok());
    clock_.advance(kHour);
  }
  fold();
  const Report spring = of_link(spring_);
  EXPECT_EQ(spring.totals.clicks, 4);
  EXPECT_EQ(spring.totals.visitors, 2);  // 22:30 and 23:30; 0:30 and 1:30
  const Report days = report(kAlice, Subject::link(spring_), spring_, true, Interval::kDay);
  ASSERT_EQ(days.series.size(), 2U);
  EXPECT_EQ(days.series[0].visitors, 1);
  EXPECT_EQ(days.series[1].visitors, 1);
}

// Another process tells the same visitors apart by the same salt.
TEST_P(AnalyticsTest, ProcessesShareTheSalt) {
  const auto one = make_recorder(db());
  const auto other = make_recorder(db());
  for (const auto& recorder : {one.get(), other.get()}) {
    click(*recorder, spring_, {.user_agent = kPhone, .address = "192.0.2.1"});
    ASSERT_TRUE(recorder->flush().ok());
  }
  fold();
  EXPECT_EQ(of_link(spring_).totals.visitors, 1);
}

TEST_P(AnalyticsTest, SampledDetailStandsForAllClicks) {
  const auto recorder = make_recorder(db(), 10);
  constexpr int kClicks = 5'000;
  for (int i = 0; i < kClicks; ++i) {
    const std::string address = "192.0.2." + std::to_string(i % 200);
    click(*recorder, spring_, {.user_agent = i % 2 == 0 ? kPhone : kDesktop, .address = address});
    if (i % 500 == 0) {
      ASSERT_TRUE(recorder->flush().ok());
    }
  }
  ASSERT_TRUE(recorder->flush().ok());
  fold();
  const Report spring = of_link(spring_);
  EXPECT_EQ(spring.totals.clicks, kClicks);
  EXPECT_LT(spring.kept, spring.told);
  EXPECT_NEAR(static_cast<double>(spring.kept), kClicks / 10.0, 100);
  EXPECT_LE(spring.told, kClicks);
  EXPECT_GT(spring.told, kClicks - 20);
  for (const TopList& top : spring.top) {
    if (top.dimension != Dimension::kDevice) continue;
    ASSERT_EQ(top.values.size(), 2U);
    EXPECT_NEAR(static_cast<double>(top.values[0].clicks), kClicks / 2.0, kClicks / 10.0);
  }
}

// Under pressure the detail of most clicks is shed; its weight goes to those kept.
TEST_P(AnalyticsTest, ShedDetailLeavesItsWeight) {
  const auto recorder = make_recorder(db());
  constexpr int kClicks = 7'000;
  for (int i = 0; i < kClicks; ++i) click(*recorder, spring_, {.user_agent = kPhone});
  ASSERT_TRUE(recorder->flush().ok());
  fold();
  const Report spring = of_link(spring_);
  EXPECT_EQ(spring.kept, 1'000);
  EXPECT_EQ(spring.told, kClicks);
  EXPECT_EQ(list(spring, Dimension::kDevice), "mobile:7000 other:0 unknown:0");
}

// Recorded = counted for links, tags and tenants, whatever is refused or lost on the way back, and
// whoever dies in between.
TEST_P(AnalyticsTest, NothingIsLostOrDoubledByFaults) {
  const std::uint64_t seed = 20'261'123;
  SCOPED_TRACE("seed " + std::to_string(seed));
  base::Random random(seed);
  FaultyDatabase faulty(db(), seed);
  auto recorder = make_recorder(faulty);
  ASSERT_TRUE(recorder->flush().ok());
  faulty.set_faults(0.2, 0.2);
  auto counts = std::make_unique<ClickFolder>(faulty, clock_, metrics_, log_, [] { return false; });
  auto folder = make_folder(faulty);
  std::int64_t of_spring = 0;
  std::int64_t of_plain = 0;
  std::int64_t recorded = 0;
  std::int64_t failed = 0;
  for (int round = 0; round < 120; ++round) {
    for (std::uint64_t i = random.below(30); i > 0; --i) {
      const bool first = random.chance(0.5);
      click(*recorder, first ? spring_ : plain_, {.user_agent = kPhone});
      (first ? of_spring : of_plain) += 1;
      recorded += 1;
    }
    if (random.chance(0.1)) {  // enough links for a batch
      for (std::int64_t link = 1'000; link < 3'100; ++link) {
        click(*recorder, LinkId(link), {.user_agent = kPhone});
      }
      recorded += 2'100;
    }
    if (random.chance(0.2)) clock_.advance(base::Seconds(600));
    if (random.chance(0.7) && !recorder->flush().ok()) ++failed;
    for (std::uint64_t i = random.below(3); i > 0; --i) {
      if (!folder->step().ok()) ++failed;
      if (!counts->step().ok()) ++failed;
    }
    if (random.chance(0.1)) folder = make_folder(faulty);  // died and came back
  }
  EXPECT_GT(failed, 20);
  faulty.set_faults(0, 0);
  ASSERT_TRUE(recorder->stop().ok());
  ASSERT_TRUE(counts->run().ok());
  fold();
  EXPECT_EQ(of_link(spring_).totals.clicks, of_spring);
  EXPECT_EQ(of_link(plain_).totals.clicks, of_plain);
  EXPECT_EQ(report(kAlice, Subject::tag("shop")).totals.clicks, of_spring);
  EXPECT_EQ(report(kAlice, Subject::tenant()).totals.clicks, of_spring + of_plain);
  EXPECT_EQ(list(report(kAlice, Subject::tenant()), Dimension::kLink),
            of_spring >= of_plain ? "spring:" + std::to_string(of_spring) +
                                        " plain:" + std::to_string(of_plain) + " other:0 unknown:0"
                                  : "plain:" + std::to_string(of_plain) + " spring:" +
                                        std::to_string(of_spring) + " other:0 unknown:0");
  // Detail may be shed when a flush is refused, but never be told twice.
  EXPECT_LE(report(kAlice, Subject::tenant()).told, recorded);
  EXPECT_GT(of_link(spring_).told, 0);
}

TEST_P(AnalyticsTest, TwoFoldersAndARecorderAtOnce) {
  const auto recorder = make_recorder(db());
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  threads.reserve(2);
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      const auto folder = make_folder(db());
      while (!done) {
        const auto stepped = folder->step();
        EXPECT_TRUE(stepped.ok() || stepped.error().code == base::Code::kConflict)
            << stepped.error().detail;
      }
    });
  }
  constexpr int kRounds = 30;
  for (int i = 0; i < kRounds; ++i) {
    click(*recorder, spring_, {.user_agent = kPhone});
    click(*recorder, plain_, {.user_agent = kPhone});
    ASSERT_TRUE(recorder->flush().ok());
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  fold();
  EXPECT_EQ(report(kAlice, Subject::tenant()).totals.clicks, 2 * kRounds);
  EXPECT_EQ(report(kAlice, Subject::tenant()).told, 2 * kRounds);
  EXPECT_EQ(of_link(spring_).told, kRounds);
}

// Hours become days, days months; each click stays in exactly one roll-up all the while.
TEST_P(AnalyticsTest, OldRollupsBecomeCoarser) {
  const auto recorder = make_recorder(db());
  RollupRetention retention(db(), clock_, log_);
  constexpr int kDays = 40;
  for (int day = 0; day < kDays; ++day) {
    for (int hour = 0; hour < 3; ++hour) {
      click(*recorder, spring_, {.user_agent = kPhone, .address = "192.0.2.1"});
      ASSERT_TRUE(recorder->flush().ok());
      clock_.advance(kHour);
    }
    clock_.advance(kDay - 3 * kHour);
  }
  fold();
  const auto read = [&] {
    return report(kAlice, Subject::link(spring_), spring_, true, Interval::kDay, 45 * kDay);
  };
  const auto check = [&](const Report& got) {
    EXPECT_EQ(got.totals.clicks, 3 * kDays);
    EXPECT_EQ(got.told, 3 * kDays);
    EXPECT_EQ(list(got, Dimension::kOs), "ios:" + std::to_string(3 * kDays) + " other:0 unknown:0");
  };
  const Report before = read();
  check(before);
  EXPECT_EQ(before.totals.visitors, kDays);
  ASSERT_TRUE(retention.run().ok());
  const Report after = read();
  check(after);
  EXPECT_EQ(after.totals.visitors, kDays);
  for (std::size_t i = 0; i < after.series.size(); ++i) {
    EXPECT_EQ(after.series[i].clicks, before.series[i].clicks) << i;
    EXPECT_EQ(after.series[i].visitors, before.series[i].visitors) << i;
  }
  const auto rows = [&](store::Grain grain) {
    int found = 0;
    const auto status = db().read(Context::tenant(kAlice), [&](Transaction& tx) {
      found = 0;
      return store::rollups_of(tx, Subject::link(spring_).key, grain, 0, 1'000'000,
                               [&](Hour, std::string_view) { ++found; });
    });
    EXPECT_TRUE(status.ok());
    return found;
  };
  EXPECT_GE(rows(store::Grain::kDay), kDays - 9);
  EXPECT_LE(rows(store::Grain::kHour), 3 * 9);
  clock_.advance(RollupRetention::kDaysKept);
  ASSERT_TRUE(retention.run().ok());
  EXPECT_EQ(rows(store::Grain::kHour), 0);
  EXPECT_GE(rows(store::Grain::kMonth), 1);
  const Report later =
      report(kAlice, Subject::link(spring_), spring_, true, Interval::kMonth, 500 * kDay);
  check(later);
  EXPECT_NEAR(static_cast<double>(later.totals.visitors), kDays, 2);
}

TEST_P(AnalyticsTest, SaltsAreForgotten) {
  const auto recorder = make_recorder(db());
  ASSERT_TRUE(recorder->flush().ok());
  const std::int64_t day = base::to_unix_seconds(clock_.now()) / 86'400;
  const auto salt = [&] {
    const auto found = db().read(Context::platform(PlatformUse::kClickWriter),
                                 [&](Transaction& tx) { return store::find_salt(tx, day); });
    CHECK(found.ok());
    return *found;
  };
  RollupRetention retention(db(), clock_, log_);
  ASSERT_TRUE(retention.run().ok());
  ASSERT_TRUE(salt().has_value());
  EXPECT_EQ(salt()->size(), 16U);
  clock_.advance(kDay);
  ASSERT_TRUE(retention.run().ok());
  EXPECT_TRUE(salt().has_value());  // clicks of that day may still come
  clock_.advance(kDay);
  ASSERT_TRUE(retention.run().ok());
  EXPECT_FALSE(salt().has_value());
}

// What was under way when its tenant was erased does not bring it back.
TEST_P(AnalyticsTest, AnErasedTenantStaysErased) {
  const auto recorder = make_recorder(db());
  for (const LinkId link : {spring_, plain_}) click(*recorder, link, {.user_agent = kPhone});
  click(*recorder, bobs_, {.user_agent = kPhone}, kBob);
  ASSERT_TRUE(recorder->flush().ok());
  fold();
  click(*recorder, spring_, {.user_agent = kPhone});
  ASSERT_TRUE(recorder->flush().ok());          // a batch waits
  ASSERT_TRUE(make_folder(db())->step().ok());  // a slice waits
  click(*recorder, spring_, {.user_agent = kPhone});
  const security::TenantData data = links_tenant_data();
  for (std::int64_t rows = 1; rows > 0;) {
    const auto result =
        db().write(Context::tenant(kAlice), [&](Transaction& tx) { return data.erase(tx, 3); });
    ASSERT_TRUE(result.ok());
    rows = *result;
  }
  ASSERT_TRUE(recorder->flush().ok());
  fold();
  for (const Subject& subject : {Subject::tenant(), Subject::tag("shop"), Subject::link(spring_)}) {
    const Report left = report(kAlice, subject, spring_);
    EXPECT_EQ(left.totals.clicks, 0) << subject.key;
    EXPECT_EQ(left.told, 0) << subject.key;
  }
  EXPECT_EQ(report(kBob, Subject::tenant()).totals.clicks, 1);
}

TEST_P(AnalyticsTest, ReportsSayUpToWhenTheyAreWhole) {
  const auto recorder = make_recorder(db());
  ASSERT_TRUE(recorder->flush().ok());
  const base::Time before = clock_.now();
  clock_.advance(base::Seconds(5));
  click(*recorder, spring_, {.user_agent = kPhone});
  ASSERT_TRUE(recorder->flush().ok());
  EXPECT_EQ(of_link(spring_).as_of, before);
  fold();
  EXPECT_EQ(of_link(spring_).as_of, clock_.now());
}

TEST_P(AnalyticsTest, ExportsWhatIsAddedUp) {
  const auto recorder = make_recorder(db());
  click(*recorder, spring_, {.user_agent = kPhone});
  click(*recorder, bobs_, {.user_agent = kPhone}, kBob);
  ASSERT_TRUE(recorder->flush().ok());
  fold();
  std::string text;
  const security::TenantData data = links_tenant_data();
  const auto status = db().read(Context::tenant(kAlice), [&](Transaction& tx) {
    text.clear();
    return data.export_to(tx, [&](std::string_view line) -> base::Status {
      text += line;
      text += '\n';
      return base::ok_status();
    });
  });
  ASSERT_TRUE(status.ok());
  for (
      const char* part :
      {R"("table":"analytics_counts","subject":"t:spring","hour":"2026-11-22T10:00:00Z","clicks":1)",
       R"("table":"analytics","subject":"l1","hour":"2026-11-22T10:00:00Z","grain":"hour","kept":1)",
       R"("os":{"ios":1})"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
  EXPECT_EQ(text.find("l3"), std::string::npos);
}

}  // namespace
}  // namespace ashlar::links::analytics
