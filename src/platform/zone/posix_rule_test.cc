#include "platform/zone/posix_rule.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/time.h"

namespace ashlar::zone {
namespace {

std::int64_t unix_s(const char* rfc3339) {
  return base::to_unix_seconds(*base::parse_rfc3339(rfc3339));
}

// The changes of one year, as (moment, daylight).
std::vector<std::string> changes_of(const std::string& rule, int year) {
  const base::Result<PosixRule> parsed = PosixRule::parse(rule);
  std::vector<std::string> found;
  if (!parsed.ok()) return {parsed.error().reason};
  for (const RuleChange& change : parsed->around(year)) {
    const std::string text = base::format_rfc3339(base::Time{base::Seconds{change.at_unix_s}});
    if (text.starts_with(std::to_string(year))) {
      found.push_back(text + (change.daylight ? " daylight" : " standard"));
    }
  }
  return found;
}

TEST(PosixRule, ReadsOffsetsAndNames) {
  const PosixRule berlin = *PosixRule::parse("CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_EQ(berlin.standard, (LocalType{3600, false, "CET"}));
  EXPECT_EQ(berlin.daylight, (LocalType{7200, true, "CEST"}));
  EXPECT_TRUE(berlin.changes);
  const PosixRule saint_pierre = *PosixRule::parse("<-03>3<-02>,M3.2.0,M11.1.0");
  EXPECT_EQ(saint_pierre.standard, (LocalType{-10800, false, "-03"}));
  EXPECT_EQ(saint_pierre.daylight, (LocalType{-7200, true, "-02"}));
  EXPECT_EQ(PosixRule::parse("<+0545>-5:45")->standard, (LocalType{20700, false, "+0545"}));
  EXPECT_EQ(PosixRule::parse("LMT0:53:28")->standard, (LocalType{-3208, false, "LMT"}));
  EXPECT_FALSE(PosixRule::parse("JST-9")->changes);
}

TEST(PosixRule, ChangesFallOnTheirDays) {
  using Strings = std::vector<std::string>;
  EXPECT_EQ(changes_of("CET-1CEST,M3.5.0,M10.5.0/3", 2026),
            (Strings{"2026-03-29T01:00:00Z daylight", "2026-10-25T01:00:00Z standard"}));
  EXPECT_EQ(changes_of("EST5EDT,M3.2.0,M11.1.0", 2026),
            (Strings{"2026-03-08T07:00:00Z daylight", "2026-11-01T06:00:00Z standard"}));
  // Lord Howe: half an hour, and the year begins in daylight time.
  EXPECT_EQ(changes_of("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2026),
            (Strings{"2026-04-04T15:00:00Z standard", "2026-10-03T15:30:00Z daylight"}));
  // Ireland: winter is the daylight time, backward.
  EXPECT_EQ(changes_of("IST-1GMT0,M10.5.0,M3.5.0/1", 2026),
            (Strings{"2026-03-29T01:00:00Z standard", "2026-10-25T01:00:00Z daylight"}));
  // Hours before the day and beyond it (Nuuk, Gaza's old rule).
  EXPECT_EQ(changes_of("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026),
            (Strings{"2026-03-29T01:00:00Z daylight", "2026-10-25T01:00:00Z standard"}));
  EXPECT_EQ(changes_of("EET-2EEST,M3.4.4/48,M10.4.4/49", 2026),
            (Strings{"2026-03-27T22:00:00Z daylight", "2026-10-23T22:00:00Z standard"}));
  // Days of the year, without and with 29 February.
  EXPECT_EQ(changes_of("AAA0BBB,J60/0,J300/0", 2024),
            (Strings{"2024-03-01T00:00:00Z daylight", "2024-10-26T23:00:00Z standard"}));
  EXPECT_EQ(changes_of("AAA0BBB,59/0,299/0", 2024),
            (Strings{"2024-02-29T00:00:00Z daylight", "2024-10-25T23:00:00Z standard"}));
}

TEST(PosixRule, DaylightTimeAllTheYear) {
  const PosixRule rule = *PosixRule::parse("XXX3EDT4,0/0,J365/23");
  const std::vector<RuleChange> changes = rule.around(2026);
  // Each moment at which it ends is one at which it starts again, which has the last word.
  for (std::size_t i = 0; i + 1 < changes.size(); ++i) {
    if (!changes[i].daylight) {
      EXPECT_EQ(changes[i + 1].at_unix_s, changes[i].at_unix_s);
      EXPECT_TRUE(changes[i + 1].daylight);
    }
  }
  EXPECT_EQ(changes.front().at_unix_s, unix_s("2024-01-01T03:00:00Z"));
}

TEST(PosixRule, RefusesWhatIsNoRule) {
  for (const char* text : {"",
                           "C",
                           "CET",
                           "CE-1",
                           "CET-",
                           "CET-25",
                           "CET-1CEST",
                           "CET-1CEST,M3.5.0",
                           "CET-1CEST,",
                           "CET-1CEST,M13.5.0,M10.5.0",
                           "CET-1CEST,M3.0.0,M10.5.0",
                           "CET-1CEST,M3.6.0,M10.5.0",
                           "CET-1CEST,M3.5.7,M10.5.0",
                           "CET-1CEST,M3.5,M10.5.0",
                           "CET-1CEST,J0,J365",
                           "CET-1CEST,J1,J366",
                           "CET-1CEST,0,366",
                           "CET-1CEST,M3.5.0/168,M10.5.0",
                           "CET-1CEST,M3.5.0/2:60,M10.5.0",
                           "CET-1CEST,M3.5.0,M10.5.0/3 ",
                           "<+03-3",
                           "<>-3",
                           "<+0>-3",
                           "CET-1:60",
                           "CET-1CEST,M3.5.0,M10.5.0,M11.1.0",
                           "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA1"}) {
    const base::Result<PosixRule> rule = PosixRule::parse(text);
    ASSERT_FALSE(rule.ok()) << text;
    EXPECT_STREQ(rule.error().reason, "zone_rule_invalid") << text;
  }
}

}  // namespace
}  // namespace ashlar::zone
