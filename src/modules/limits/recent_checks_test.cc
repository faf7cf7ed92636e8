#include "modules/limits/recent_checks.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ashlar::limits {
namespace {

constexpr base::TenantId kAlice{1};
constexpr base::TenantId kBob{2};

base::Time at(std::int64_t second) { return base::Time{base::Seconds{second}}; }

TEST(RecentChecks, GivesBackWhatWasRecordedByTime) {
  RecentChecks recent;
  const std::vector<Attribute> attributes{{"user", "alice"}, {"endpoint", "GET /ä"}};
  recent.record(kAlice, attributes, 7, false, at(20));
  recent.record(kAlice, {}, std::nullopt, true, at(10));
  recent.record(kBob, {}, 0, true, at(1));
  const std::vector<RecentCheck> checks = recent.of(kAlice);
  ASSERT_EQ(checks.size(), 2U);
  EXPECT_EQ(checks[0].at, at(10));
  EXPECT_FALSE(checks[0].cost.has_value());
  EXPECT_TRUE(checks[0].attributes.empty());
  EXPECT_EQ(checks[1].cost, 7U);
  EXPECT_FALSE(checks[1].allowed);
  ASSERT_EQ(checks[1].attributes.size(), 2U);
  EXPECT_EQ(checks[1].attributes[1].first, "endpoint");
  EXPECT_EQ(checks[1].attributes[1].second, "GET /ä");
  EXPECT_EQ(recent.of(kBob)[0].cost, 0U);
  recent.forget(kBob);
  EXPECT_TRUE(recent.of(kBob).empty());
}

TEST(RecentChecks, KeepsTheLastOfATenant) {
  RecentChecks recent;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(RecentChecks::kMaxChecks) + 50; ++i) {
    recent.record(kAlice, {}, std::nullopt, true, at(i));
  }
  const std::vector<RecentCheck> checks = recent.of(kAlice);
  ASSERT_EQ(checks.size(), RecentChecks::kMaxChecks);
  EXPECT_EQ(checks.front().at, at(50));
}

TEST(RecentChecks, MemoryIsBoundedAndWhoIsQuietLongestGivesWay) {
  RecentChecks recent(100'000);
  const std::string value(200, 'v');
  const std::vector<Attribute> attributes{{"user", value}};
  for (int i = 0; i < 100; ++i) recent.record(kAlice, attributes, 1, true, at(i));
  for (int i = 0; i < 1000; ++i) recent.record(kBob, attributes, 1, true, at(i));
  EXPECT_LE(recent.bytes(), 100'000U);
  EXPECT_TRUE(recent.of(kAlice).empty());
  EXPECT_GT(recent.of(kBob).size(), 200U);
  EXPECT_EQ(recent.of(kBob).back().at, at(999));
}

}  // namespace
}  // namespace ashlar::limits
