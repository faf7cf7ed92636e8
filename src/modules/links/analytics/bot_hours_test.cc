#include "modules/links/analytics/bot_hours.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace ashlar::links::analytics {
namespace {

constexpr Hour kDay = 24 * 20'000;

struct Bots {
  Hour first;
  Hour length;
  std::int64_t bots;
};

struct Case {
  const char* name;
  std::vector<std::pair<Hour, std::int64_t>> clicks;  // hours of the day
  std::vector<Bots> rollups;
  std::string told;  // "hour:clicks/bots …"
};

std::vector<Case> cases() {
  return {
      {"hours are their own", {{1, 5}, {2, 3}}, {{1, 1, 4}, {2, 1, 0}}, "1:5/4 2:3/0 "},
      {"a day by its clicks", {{1, 10}, {5, 30}}, {{0, 24, 8}}, "1:10/2 5:30/6 "},
      {"nothing is lost in rounding",
       {{1, 1}, {2, 1}, {3, 1}, {4, 1}, {5, 1}},
       {{0, 24, 3}},
       "1:1/0 2:1/1 3:1/0 4:1/1 5:1/1 "},
      {"no more than clicks", {{1, 2}, {2, 3}}, {{0, 24, 9}}, "1:2/2 2:3/3 "},
      {"weight of before goes to the day", {{1, 10}, {2, 4}}, {{2, 1, 9}}, "1:10/5 2:4/4 "},
      {"an hour without clicks", {{1, 10}}, {{7, 1, 3}}, "1:10/3 "},
      {"not to another day", {{1, 10}}, {{25, 1, 3}}, "1:10/0 "},
      {"a month", {{1, 10}, {700, 10}}, {{0, 720, 6}}, "1:10/3 700:10/3 "},
      {"half a day is rolled up", {{1, 10}, {13, 4}}, {{0, 24, 6}, {13, 1, 4}}, "1:10/6 13:4/4 "},
      {"nothing is known", {{1, 10}}, {}, "1:10/0 "},
      {"and of nothing", {}, {{0, 24, 6}}, ""},
      {"large numbers",
       {{1, std::int64_t{1} << 47}, {2, std::int64_t{1} << 47}},
       {{0, 24, std::int64_t{1} << 47}},
       "1:140737488355328/70368744177664 2:140737488355328/70368744177664 "},
  };
}

TEST(BotHoursTest, Spreads) {
  for (const Case& c : cases()) {
    BotHours hours;
    for (const auto& [hour, clicks] : c.clicks) hours.add_clicks(kDay + hour, clicks);
    for (const Bots& bots : c.rollups) hours.add_bots(kDay + bots.first, bots.length, bots.bots);
    std::string told;
    hours.spread([&](Hour hour, std::int64_t clicks, std::int64_t bots) {
      told += std::to_string(hour - kDay) + ":" + std::to_string(clicks) + "/" +
              std::to_string(bots) + " ";
    });
    EXPECT_EQ(told, c.told) << c.name;
  }
}

}  // namespace
}  // namespace ashlar::links::analytics
