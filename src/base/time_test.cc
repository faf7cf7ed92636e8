#include "base/time.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/entropy.h"
#include "base/random.h"

namespace ashlar::base {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr Time kFirst = from_micros(-62'135'596'800 * kSecond);     // 0001-01-01T00:00:00Z
constexpr Time kLast = from_micros(253'402'300'800 * kSecond - 1);  // 9999-12-31T23:59:59.999999Z

TEST(Rfc3339, Reads) {
  struct Row {
    std::string_view text;
    std::int64_t micros;
  };
  constexpr std::int64_t kNov22 = 1'795'341'600 * kSecond;  // 2026-11-22T10:00:00Z
  const Row rows[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2026-11-22T10:00:00Z", kNov22},
      {"2026-11-22t10:00:00z", kNov22},
      {"2026-11-22 10:00:00Z", kNov22},
      {"2026-11-22T10:00:00+00:00", kNov22},
      {"2026-11-22T10:00:00-00:00", kNov22},
      {"2026-11-22T12:00:00+02:00", kNov22},
      {"2026-11-22T04:30:00-05:30", kNov22},
      {"2026-11-23T09:59:00+23:59", kNov22},
      {"2026-11-21T10:01:00-23:59", kNov22},
      {"2026-11-22T10:00:00.1Z", kNov22 + 100'000},
      {"2026-11-22T10:00:00.12Z", kNov22 + 120'000},
      {"2026-11-22T10:00:00.123Z", kNov22 + 123'000},
      {"2026-11-22T10:00:00.123456Z", kNov22 + 123'456},
      {"2026-11-22T10:00:00.123456999Z", kNov22 + 123'456},
      {"2026-11-22T10:00:00.000000001Z", kNov22},
      {"2026-11-22T10:00:00.5+00:00", kNov22 + 500'000},
      {"1969-12-31T23:59:59.5Z", -500'000},
      {"2000-02-29T00:00:00Z", 951'782'400 * kSecond},
      {"2024-02-29T23:59:59Z", 1'709'251'199 * kSecond},
      {"2016-12-31T23:59:60Z", 1'483'228'800 * kSecond},  // a leap second
      {"2017-01-01T00:59:60+01:00", 1'483'228'800 * kSecond},
      {"2016-12-31T18:29:60.25-05:30", 1'483'228'800 * kSecond + 250'000},
      {"0001-01-01T00:00:00Z", to_micros(kFirst)},
      {"9999-12-31T23:59:59.999999Z", to_micros(kLast)},
      {"9999-12-31T23:59:59.999999999Z", to_micros(kLast)},
      {"0001-01-01T01:00:00+01:00", to_micros(kFirst)},
  };
  for (const Row& row : rows) {
    const std::optional<Time> time = parse_rfc3339(row.text);
    ASSERT_TRUE(time) << row.text;
    EXPECT_EQ(to_micros(*time), row.micros) << row.text;
  }
}

TEST(Rfc3339, Refuses) {
  const std::string_view rows[] = {
      "",
      "2026",
      "2026-11-22",
      "2026-11-22T10:00Z",
      "2026-11-22T10:00:00",
      "2026-11-22T10:00:00ZZ",
      "2026-11-22T10:00:00Z ",
      " 2026-11-22T10:00:00Z",
      "2026-11-22T10:00:00+0200",
      "2026-11-22T10:00:00+02",
      "2026-11-22T10:00:00+2:00",
      "2026-11-22T10:00:00+24:00",
      "2026-11-22T10:00:00+02:60",
      "2026-11-22T10:00:00 +02:00",
      "2026-11-22T10:00:00.Z",
      "2026-11-22T10:00:00,5Z",
      "2026-11-22T10:00:00.1234567890Z",
      "2026-11-22T24:00:00Z",
      "2026-11-22T10:60:00Z",
      "2026-11-22T10:00:61Z",
      "2026-11-22T10:00:60Z",
      "2026-11-22T23:59:60+01:00",
      "2026-00-22T10:00:00Z",
      "2026-13-22T10:00:00Z",
      "2026-11-00T10:00:00Z",
      "2026-11-31T10:00:00Z",
      "2026-02-29T10:00:00Z",
      "1900-02-29T10:00:00Z",
      "2026-11-22_10:00:00Z",
      "2026-11-22T10:00:00\u221202:00",
      "20261122T100000Z",
      "2026/11/22T10:00:00Z",
      "+2026-11-22T10:00:00Z",
      "-026-11-22T10:00:00Z",
      "0000-01-01T00:00:00Z",
      "12026-11-22T10:00:00Z",
      "2026-1-22T10:00:00Z",
      "2026-11-22T1:00:00Z",
      "2026-11-22T10:00:0xZ",
      "2026-11- 2T10:00:00Z",
      "2026-11-22T10:-1:00Z",
      "0001-01-01T00:59:59+01:00",
      "9999-12-31T23:59:59-00:01",
      "9999-12-31T23:59:60Z",
      "2026-W47-7T10:00:00Z",
      "now",
  };
  for (const std::string_view row : rows) EXPECT_FALSE(parse_rfc3339(row)) << row;
  EXPECT_FALSE(parse_rfc3339(std::string_view("2026-11-22T10:00:00Z\0", 21)));
}

TEST(Rfc3339, Writes) {
  struct Row {
    std::int64_t micros;
    std::string_view text;
  };
  const Row rows[] = {
      {0, "1970-01-01T00:00:00Z"},
      {1, "1970-01-01T00:00:00.000001Z"},
      {1'000, "1970-01-01T00:00:00.001Z"},
      {999'999, "1970-01-01T00:00:00.999999Z"},
      {120'000, "1970-01-01T00:00:00.120Z"},
      {-1, "1969-12-31T23:59:59.999999Z"},
      {951'868'799 * kSecond, "2000-02-29T23:59:59Z"},
      {to_micros(kFirst), "0001-01-01T00:00:00Z"},
      {to_micros(kLast), "9999-12-31T23:59:59.999999Z"},
  };
  for (const Row& row : rows) EXPECT_EQ(format_rfc3339(from_micros(row.micros)), row.text);
}

TEST(Rfc3339, RandomTimesComeBack) {
  const std::uint64_t seed = SystemEntropy().u64();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  const auto range = static_cast<std::uint64_t>(to_micros(kLast) - to_micros(kFirst));
  for (int i = 0; i < 20'000; ++i) {
    std::int64_t micros = to_micros(kFirst) + static_cast<std::int64_t>(random.below(range + 1));
    if (i % 3 == 1) micros = to_unix_seconds(from_micros(micros)) * kSecond;
    if (i % 3 == 2) micros -= micros % 1000;
    const std::string text = format_rfc3339(from_micros(micros));
    const std::optional<Time> back = parse_rfc3339(text);
    ASSERT_TRUE(back) << text;
    ASSERT_EQ(to_micros(*back), micros) << text;
  }
}

TEST(Rfc3339DeathTest, YearsBeyondFourDigitsAreAProgrammersError) {
  EXPECT_DEATH(format_rfc3339(kLast + Micros{1}), "CHECK failed");
  EXPECT_DEATH(format_rfc3339(kFirst - Micros{1}), "CHECK failed");
}

TEST(Time, SecondsAreRoundedDown) {
  EXPECT_EQ(to_unix_seconds(from_micros(1'999'999)), 1);
  EXPECT_EQ(to_unix_seconds(from_micros(0)), 0);
  EXPECT_EQ(to_unix_seconds(from_micros(-1)), -1);
}

TEST(HttpDate, Writes) {
  struct Row {
    std::string_view rfc3339;
    std::string_view http;
  };
  const Row rows[] = {
      {"1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT"},  // RFC 9110's own
      {"1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
      {"2026-11-22T10:00:00.999999Z", "Sun, 22 Nov 2026 10:00:00 GMT"},
      {"2024-02-29T23:59:59Z", "Thu, 29 Feb 2024 23:59:59 GMT"},
      {"2000-12-31T00:00:00Z", "Sun, 31 Dec 2000 00:00:00 GMT"},
      {"1969-12-31T23:59:59.5Z", "Wed, 31 Dec 1969 23:59:59 GMT"},
      {"0001-01-01T00:00:00Z", "Mon, 01 Jan 0001 00:00:00 GMT"},
      {"2026-07-18T12:00:00Z", "Sat, 18 Jul 2026 12:00:00 GMT"},
      {"2026-08-18T12:00:00Z", "Tue, 18 Aug 2026 12:00:00 GMT"},
      {"2026-05-15T12:00:00Z", "Fri, 15 May 2026 12:00:00 GMT"},
  };
  for (const Row& row : rows) EXPECT_EQ(format_http_date(*parse_rfc3339(row.rfc3339)), row.http);
}

TEST(ManualClock, MovesOnlyWhenTold) {
  ManualClock clock(from_micros(5));
  const Mono start = clock.mono();
  EXPECT_EQ(to_micros(clock.now()), 5);
  clock.advance(Micros{10});
  EXPECT_EQ(to_micros(clock.now()), 15);
  EXPECT_EQ(clock.mono() - start, Micros{10});
  clock.step_wall(Micros{-12});
  EXPECT_EQ(to_micros(clock.now()), 3);
  EXPECT_EQ(clock.mono() - start, Micros{10});
}

TEST(SystemClock, GoesForward) {
  const SystemClock clock;
  EXPECT_GT(clock.now(), *parse_rfc3339("2020-01-01T00:00:00Z"));
  Mono last = clock.mono();
  for (int i = 0; i < 1000; ++i) {
    const Mono next = clock.mono();
    ASSERT_GE(next, last);
    last = next;
  }
}

}  // namespace
}  // namespace ashlar::base
