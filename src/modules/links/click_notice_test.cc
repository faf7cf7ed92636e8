#include "modules/links/click_notice.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "base/random.h"

namespace ashlar::links {
namespace {

using base::TenantId;

LiveClicks live(std::int64_t tenant, std::int64_t link, std::int64_t clicks) {
  return {TenantId(tenant), LinkId(link), clicks, {{"mobile", clicks}, {"bot", 1}}, {{"DE", 2}}};
}

TEST(ClickNoticeTest, ComesBackAsItWasTold) {
  const std::vector<TenantId> watched{TenantId(1), TenantId(77)};
  const std::string watch = watch_notice(9, watched);
  EXPECT_EQ(watch, "w 9 1 77");
  EXPECT_EQ(*parse_click_notice(watch), (ClickNotice{9, watched, {}}));
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  const std::string clicks = clicks_notice(most, {live(1, 5, 2), live(1, 6, 3)});
  EXPECT_EQ(clicks, "c 18446744073709551615 1:6:3:bot=1,mobile=3:DE=2 1:5:2:bot=1,mobile=2:DE=2");
  EXPECT_EQ(*parse_click_notice(clicks), (ClickNotice{most, {}, {live(1, 6, 3), live(1, 5, 2)}}));
  const LiveClicks bare{TenantId(1), LinkId(5), 2};
  EXPECT_EQ(*parse_click_notice(clicks_notice(1, {bare})), (ClickNotice{1, {}, {bare}}));
}

TEST(ClickNoticeTest, TellsTheBusiestWhereThereIsNoRoomForAll) {
  std::vector<LiveClicks> many;
  std::vector<TenantId> tenants;
  for (int i = 1; i <= 5'000; ++i) {
    many.push_back(live(1, i, i));
    tenants.emplace_back(i);
  }
  const std::string text = clicks_notice(1, many);
  EXPECT_LE(text.size(), ClickNotice::kMaxBytes);
  const auto notice = parse_click_notice(text);
  ASSERT_TRUE(notice && notice->clicks.size() > 50);
  EXPECT_EQ(notice->clicks.front(), many.back());
  EXPECT_LE(watch_notice(1, tenants).size(), ClickNotice::kMaxBytes);
  EXPECT_TRUE(parse_click_notice(watch_notice(1, tenants)));
}

TEST(ClickNoticeTest, NamesThatWouldBreakItAreLeftOut) {
  LiveClicks odd = live(1, 5, 2);
  odd.countries = {{"DE FR", 1}, {"a=b", 1}, {"", 1}, {std::string(21, 'x'), 1}, {"FR", 1}};
  LiveClicks told = odd;
  told.countries = {{"FR", 1}};
  EXPECT_EQ(parse_click_notice(clicks_notice(1, {odd}))->clicks, std::vector{told});
}

TEST(ClickNoticeTest, WhatIsNoneIsRefused) {
  for (const char* text :
       {"", "x 1", "w", "w x", "w 1 x", "c 1 1", "c 1 1:2", "c 1 1:2:x::", "c 1 1:2:-3::",
        "c 1 1:2:3:mobile:", "c 1 1:2:3:=1:", "c 1 1:2:3::DE=x", "c 1 1:2:9223372036854775807::"}) {
    EXPECT_FALSE(parse_click_notice(text)) << text;
  }
  base::Random random(5);
  const std::string whole = clicks_notice(3, {live(1, 5, 2), live(1, 6, 3)});
  for (int i = 0; i < 5'000; ++i) {
    std::string text = whole;
    text[random.below(text.size())] = static_cast<char>(random.below(256));
    static_cast<void>(parse_click_notice(text));  // refused or not: it ends, within bounds
  }
}

}  // namespace
}  // namespace ashlar::links
