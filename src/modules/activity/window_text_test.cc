#include "modules/activity/window_text.h"

#include <gtest/gtest.h>

namespace ashlar::activity {
namespace {

TEST(WindowText, ReadsWhatPeopleWrite) {
  for (const auto& [text, seconds] : {std::pair{"300", 300},
                                      {"300s", 300},
                                      {"1", 1},
                                      {"90s", 90},
                                      {"5m", 300},
                                      {"1h", 3'600},
                                      {"24h", 86'400},
                                      {"1d", 86'400},
                                      {"86400", 86'400}}) {
    ASSERT_TRUE(parse_window(text).has_value()) << text;
    EXPECT_EQ(parse_window(text)->count(), seconds) << text;
  }
  for (const char* text : {"", "0", "0s", "-5", "86401", "25h", "2d", "5 m", "m", "1w", "1.5h",
                           "5mm", "99999999999999999999", "0x10", "+5"}) {
    EXPECT_FALSE(parse_window(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace ashlar::activity
