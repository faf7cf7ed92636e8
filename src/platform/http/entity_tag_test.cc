#include "platform/http/entity_tag.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ashlar::http {
namespace {

TEST(EntityTag, Matches) {
  using enum TagMatch;
  struct Case {
    std::string list, current;
    TagMatch strong, weak;
  };
  const std::vector<Case> cases = {
      // RFC 9110, 8.8.3.2
      {"W/\"1\"", "W/\"1\"", kNone, kMatch},
      {"W/\"1\"", "W/\"2\"", kNone, kNone},
      {"W/\"1\"", "\"1\"", kNone, kMatch},
      {"\"1\"", "W/\"1\"", kNone, kMatch},
      {"\"1\"", "\"1\"", kMatch, kMatch},
      // lists
      {"\"0\", \"1\"", "\"1\"", kMatch, kMatch},
      {"\"0\",W/\"1\" ,\"2\"", "\"1\"", kNone, kMatch},
      {" , \"1\",, ", "\"1\"", kMatch, kMatch},
      {"\"a,b\"", "\"a,b\"", kMatch, kMatch},
      {"\"\"", "\"\"", kMatch, kMatch},
      {"\"1\"", "\"10\"", kNone, kNone},
      {"\"A\"", "\"a\"", kNone, kNone},
      {"\"z\xc3\xbc\"", "\"z\xc3\xbc\"", kMatch, kMatch},
      // anything, nothing
      {"*", "\"1\"", kMatch, kMatch},
      {" * ", "W/\"1\"", kMatch, kMatch},
      {"*", "", kNone, kNone},
      {"\"1\"", "", kNone, kNone},
      // what is no list of tags
      {"", "\"1\"", kMalformed, kMalformed},
      {",", "\"1\"", kMalformed, kMalformed},
      {"1", "\"1\"", kMalformed, kMalformed},
      {"\"1", "\"1\"", kMalformed, kMalformed},
      {"w/\"1\"", "\"1\"", kMalformed, kMalformed},
      {"W/ \"1\"", "\"1\"", kMalformed, kMalformed},
      {"\"1\" \"2\"", "\"1\"", kMalformed, kMalformed},
      {"\"1\", *", "\"1\"", kMalformed, kMalformed},
      {"*, \"1\"", "\"1\"", kMalformed, kMalformed},
      {"\"a b\"", "\"a b\"", kMalformed, kMalformed},
      {"\"1\"x", "\"1\"", kMalformed, kMalformed},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(match_strong(c.list, c.current), c.strong) << c.list << " against " << c.current;
    EXPECT_EQ(match_weak(c.list, c.current), c.weak) << c.list << " against " << c.current;
  }
}

}  // namespace
}  // namespace ashlar::http
