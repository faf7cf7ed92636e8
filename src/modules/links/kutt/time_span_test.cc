#include "modules/links/kutt/time_span.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

namespace ashlar::links::kutt {
namespace {

TEST(TimeSpanTest, ReadsWhatPeopleWrite) {
  const std::pair<const char*, std::int64_t> cases[] = {
      {"2 minutes", 120'000}, {"1 hour", 3'600'000},   {"3 days", 259'200'000},
      {"1.5h", 5'400'000},    {"30d", 2'592'000'000},  {" 10 s ", 10'000},
      {"500", 500},           {"1 Week", 604'800'000}, {"1y", 31'557'600'000},
      {"0.5 MINS", 30'000},
  };
  for (const auto& [text, milliseconds] : cases) {
    EXPECT_EQ(parse_time_span(text), base::Millis{milliseconds}) << text;
  }
  for (const char* text :
       {"", "soon", "minutes", "-1 hour", "0 s", "1 fortnight", "1 hour 2", "1e3 s", "inf", "nan",
        "1000 years", "0.1 ms", "99999999999999999999 d"}) {
    EXPECT_EQ(parse_time_span(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace ashlar::links::kutt
