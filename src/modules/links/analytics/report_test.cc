// What reports promise, whatever visitors send and whatever becomes of links and rows.
#include "modules/links/analytics/report.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "modules/links/analytics/rollup_retention.h"
#include "modules/links/analytics/testing/analytics_fixture.h"
#include "modules/links/settings_store.h"
#include "platform/storage/database.h"

namespace ashlar::links::analytics {
namespace {

using storage::Context;
using storage::PlatformUse;
using storage::Transaction;

class ReportTest : public AnalyticsFixture {};

INSTANTIATE_TEST_SUITE_P(Storage, ReportTest, storage::both_engines(), storage::engine_name);

// However it is cut into intervals and zones, a range has the same clicks and the same bots in it,
// before its hours became a day and after.
TEST_P(ReportTest, ARangeHasItsBotsHoweverItIsCut) {
  const auto recorder = make_recorder(db());
  const auto half_hours = [&](int clicks, const char* agent) {
    for (int i = 0; i < clicks; ++i) {
      click(*recorder, spring_, {.user_agent = agent, .address = "192.0.2." + std::to_string(i)});
    }
  };
  half_hours(6, kPhone);  // at 10:15
  half_hours(4, kBot);
  ASSERT_TRUE(recorder->flush().ok());
  fold();
  clock_.advance(12 * kDay);
  RollupRetention retention(db(), clock_, log_);
  for (const bool rolled_up : {false, true}) {
    if (rolled_up) {
      ASSERT_TRUE(retention.run().ok());
    }
    for (const Interval interval : {Interval::kHour, Interval::kDay, Interval::kMonth}) {
      for (const bool bots : {true, false}) {
        const Report got =
            report(kAlice, Subject::link(spring_), spring_, bots, interval, 14 * kDay);
        SCOPED_TRACE(std::string(name_of(interval)) + (rolled_up ? ", rolled up" : ""));
        EXPECT_EQ(got.totals.clicks, bots ? 10 : 6);
        EXPECT_EQ(got.totals.bots, bots ? 4 : 0);
        EXPECT_EQ(got.totals.visitors, 6);
      }
    }
  }
}

// Of a link that is removed before its last clicks are added up, they stay those of its tags.
TEST_P(ReportTest, ARemovedLinkLeavesItsClicks) {
  const auto recorder = make_recorder(db());
  for (int i = 0; i < 3; ++i) click(*recorder, spring_, {.user_agent = kPhone});
  ASSERT_TRUE(recorder->flush().ok());
  click(*recorder, spring_, {.user_agent = kBot});  // flushed when it is gone
  ASSERT_TRUE(db().write(Context::tenant(kAlice),
                         [&](Transaction& tx) { return links_.remove(tx, {.code = "spring"}, {}); })
                  .ok());
  ASSERT_TRUE(recorder->flush().ok());
  fold();
  for (const Subject& subject : {Subject::tenant(), Subject::domain(0), Subject::owner("ada"),
                                 Subject::tag("spring"), Subject::tag("shop")}) {
    const Report got = report(kAlice, subject);
    EXPECT_EQ(got.totals.clicks, 4) << subject.key;
    EXPECT_EQ(got.totals.bots, 1) << subject.key;
    EXPECT_EQ(list(got, Dimension::kLink), "other:4 unknown:0");
  }
  const auto context = Context::platform(PlatformUse::kClickWriter);
  const auto forgotten = [&](base::Time before) {
    return db().write(context,
                      [&](Transaction& tx) { return links::store::forget_places(tx, before, 10); });
  };
  EXPECT_EQ(*forgotten(clock_.now()), 0);
  EXPECT_EQ(*forgotten(clock_.now() + base::Seconds(1)), 1);
}

TEST_P(ReportTest, LinksThatAreGoneLeaveTheirPlacesInLists) {
  const auto recorder = make_recorder(db());
  for (int i = 0; i < 8; ++i) {
    const LinkId link = make_link(kAlice, "many-" + std::to_string(i), {"many"}, "");
    for (int clicks = 0; clicks < 20 - i; ++clicks) click(*recorder, link, {});
  }
  ASSERT_TRUE(recorder->flush().ok());
  fold();
  EXPECT_EQ(list(report(kAlice, Subject::tag("many")), Dimension::kLink),
            "many-0:20 many-1:19 many-2:18 many-3:17 many-4:16 other:42 unknown:0");
  for (const char* code : {"many-0", "many-1", "many-2", "many-3", "many-4", "many-6"}) {
    ASSERT_TRUE(db().write(Context::tenant(kAlice),
                           [&](Transaction& tx) { return links_.remove(tx, {.code = code}, {}); })
                    .ok());
  }
  EXPECT_EQ(list(report(kAlice, Subject::tag("many")), Dimension::kLink),
            "many-5:15 many-7:13 other:104 unknown:0");
}

TEST_P(ReportTest, BotsAreLeftOutOfTheListOfLinksToo) {
  const auto recorder = make_recorder(db());
  for (int i = 0; i < 7; ++i) click(*recorder, spring_, {.user_agent = kBot});
  for (int i = 0; i < 3; ++i) click(*recorder, spring_, {.user_agent = kPhone});
  for (int i = 0; i < 4; ++i) click(*recorder, plain_, {.user_agent = kDesktop});
  ASSERT_TRUE(recorder->flush().ok());
  fold();
  EXPECT_EQ(list(report(kAlice, Subject::tenant()), Dimension::kLink),
            "spring:10 plain:4 other:0 unknown:0");
  EXPECT_EQ(list(report(kAlice, Subject::tenant(), {}, false), Dimension::kLink),
            "plain:4 spring:3 other:0 unknown:0");
}

// Junk in a header, sent before anybody came, keeps the commonest value out of no list.
TEST_P(ReportTest, TheCommonestValueIsNotLost) {
  const auto recorder = make_recorder(db());
  for (int i = 0; i < 2; ++i) {
    for (int junk = 0; junk < 700; ++junk) {
      const std::string referrer = "https://junk-" + std::to_string(junk) + ".example/";
      click(*recorder, spring_, {.referrer = referrer});
    }
    ASSERT_TRUE(recorder->flush().ok());
  }
  fold();
  for (int i = 0; i < 11; ++i) {
    click(*recorder, spring_, {.referrer = "https://news.example/"});
    ASSERT_TRUE(recorder->flush().ok());
    fold();
  }
  const Report got = of_link(spring_);
  for (const TopList& top : got.top) {
    if (top.dimension != Dimension::kReferrer) continue;
    ASSERT_FALSE(top.values.empty());
    EXPECT_EQ(top.values.front().value, "news.example");
    EXPECT_GE(top.values.front().clicks + top.error, 11);
    EXPECT_LE(top.error, got.told / 500);
    EXPECT_GT(top.error, 0);
  }
}

// One row that cannot be read holds nobody else up.
TEST_P(ReportTest, ADamagedRowHoldsNobodyUp) {
  constexpr storage::Sql kSpoilSettings{
      storage::Audience::kPlatform, "UPDATE links_settings SET data = 'spoilt' WHERE link_id = ?1"};
  constexpr storage::Sql kSpoilRollup{
      storage::Audience::kPlatform,
      "UPDATE links_analytics SET data = ?1 WHERE subject = '*' AND tenant_id = ?2"};
  const auto context = Context::platform(PlatformUse::kClickWriter);
  const auto spoil = [&](const storage::Sql& sql, std::initializer_list<storage::Param> params) {
    ASSERT_TRUE(db().write(context, [&](Transaction& tx) { return tx.execute(sql, params); }).ok());
  };
  const auto recorder = make_recorder(db());
  const auto click_both = [&] {
    click(*recorder, spring_, {.user_agent = kPhone});
    click(*recorder, bobs_, {.user_agent = kPhone}, kBob);
    ASSERT_TRUE(recorder->flush().ok());
    fold();
  };
  spoil(kSpoilSettings, {spring_.value});
  click_both();
  EXPECT_EQ(report(kBob, Subject::tag("spring")).totals.clicks, 1);
  EXPECT_EQ(report(kAlice, Subject::tenant()).totals.clicks, 1);
  EXPECT_EQ(report(kAlice, Subject::tag("spring")).totals.clicks, 0);

  spoil(kSpoilRollup, {storage::Blob{"spoilt"}, kAlice.value});
  click_both();
  EXPECT_EQ(report(kBob, Subject::tag("spring")).totals.clicks, 2);
  EXPECT_EQ(report(kAlice, Subject::tenant()).totals.clicks, 2);
  EXPECT_EQ(report(kAlice, Subject::tenant()).told, 1);  // the others were in the damaged row

  spoil(kSpoilRollup, {storage::Blob{"spoilt"}, kAlice.value});
  clock_.advance(12 * kDay);
  ASSERT_TRUE(RollupRetention(db(), clock_, log_).run().ok());
  EXPECT_EQ(report(kBob, Subject::tag("spring"), {}, true, Interval::kDay, 20 * kDay).told, 2);
}

}  // namespace
}  // namespace ashlar::links::analytics
