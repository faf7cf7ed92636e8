#include "platform/http/caller_terms.h"

#include <gtest/gtest.h>

namespace ashlar::http {
namespace {

TEST(CallerTermsTest, APriorityLowersAndNeverRaises) {
  struct Case {
    std::string_view field;
    Importance of_live;
  };
  for (const Case& c : {
           Case{"", Importance::kLive},
           Case{"u=0", Importance::kLive},
           Case{"u=4", Importance::kLive},
           Case{"u=5", Importance::kBatch},
           Case{"u=7", Importance::kBatch},
           Case{"i, u=6", Importance::kBatch},
           Case{"u=6;x=1, i=?0", Importance::kBatch},
           Case{"u=6, u=1", Importance::kLive},  // the last counts
           Case{"u=8", Importance::kLive},
           Case{"u=66", Importance::kLive},
           Case{"u=\"6\"", Importance::kLive},
           Case{"U=6", Importance::kLive},
           Case{"background", Importance::kLive},
           Case{",,,", Importance::kLive},
           Case{"u=", Importance::kLive},
       }) {
    EXPECT_EQ(importance_of(Importance::kLive, c.field), c.of_live) << c.field;
    EXPECT_EQ(importance_of(Importance::kBatch, c.field), Importance::kBatch) << c.field;
  }
}

TEST(CallerTermsTest, ATimeoutIsMilliseconds) {
  const auto none = timeout_of("");
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->has_value());
  for (const auto& [text, ms] :
       {std::pair{"0", 0}, {"1", 1}, {"250", 250}, {"00250", 250}, {"86400000", 86'400'000}}) {
    const auto timeout = timeout_of(text);
    ASSERT_TRUE(timeout.ok()) << text;
    EXPECT_EQ(timeout->value().count(), ms);
  }
  for (const char* text :
       {"-1", "-0", "+1", "1.5", "1s", "86400001", "99999999999999999999", "x"}) {
    const auto timeout = timeout_of(text);
    ASSERT_FALSE(timeout.ok()) << text;
    EXPECT_STREQ(timeout.error().reason, "bad_timeout");
  }
}

}  // namespace
}  // namespace ashlar::http
