#include "platform/zone/time_zone.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/entropy.h"
#include "base/random.h"
#include "platform/zone/zone_directory.h"

namespace ashlar::zone {
namespace {

using base::Time;

constexpr const char* kFolder = "/usr/share/zoneinfo";

Time at(const char* rfc3339) { return *base::parse_rfc3339(rfc3339); }
LocalTime wall(const char* rfc3339) { return LocalTime{at(rfc3339).time_since_epoch()}; }
std::string text(Time t) { return base::format_rfc3339(t); }
std::string text(LocalTime t) { return base::format_rfc3339(Time{t.time_since_epoch()}); }

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TimeZone rule(const char* posix) { return *TimeZone::from_rule("test", posix); }

std::shared_ptr<const TimeZone> installed(const char* name) {
  static ZoneDirectory directory;
  const auto zone = directory.find(name);
  return zone.ok() ? *zone : nullptr;
}

#define NEEDS_TZDATA                                                                       \
  if (!std::filesystem::exists(kFolder)) GTEST_SKIP() << "Debian's package tzdata is not " \
                                                         "installed"

TEST(TimeZone, AGapIsPassedAtItsEnd) {
  const TimeZone berlin = rule("CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_EQ(text(berlin.first_reaching(wall("2026-03-29T01:59:00Z"))), "2026-03-29T00:59:00Z");
  EXPECT_EQ(text(berlin.first_reaching(wall("2026-03-29T02:00:00Z"))), "2026-03-29T01:00:00Z");
  EXPECT_EQ(text(berlin.first_reaching(wall("2026-03-29T02:59:00Z"))), "2026-03-29T01:00:00Z");
  EXPECT_EQ(text(berlin.first_reaching(wall("2026-03-29T03:00:00Z"))), "2026-03-29T01:00:00Z");
  EXPECT_EQ(text(berlin.first_reaching(wall("2026-03-29T03:01:00Z"))), "2026-03-29T01:01:00Z");
}

TEST(TimeZone, OfATimeThatComesTwiceTheFirst) {
  const TimeZone berlin = rule("CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_EQ(text(berlin.first_reaching(wall("2026-10-25T02:30:00Z"))), "2026-10-25T00:30:00Z");
  EXPECT_EQ(text(berlin.first_reaching(wall("2026-10-25T03:00:00Z"))), "2026-10-25T02:00:00Z");
  EXPECT_EQ(text(berlin.local(at("2026-10-25T01:30:00Z"))), "2026-10-25T02:30:00Z");
  EXPECT_EQ(text(berlin.furthest(at("2026-10-25T01:30:00Z"))), "2026-10-25T02:59:59.999999Z");
  EXPECT_EQ(text(berlin.furthest(at("2026-10-25T02:00:00Z"))), "2026-10-25T03:00:00Z");
}

TEST(TimeZone, PeriodsOfARuleAdjoinForEver) {
  const TimeZone berlin = rule("CET-1CEST,M3.5.0,M10.5.0/3");
  for (const char* start : {"2026-07-01T00:00:00Z", "9990-01-01T00:00:00Z"}) {
    TimeZone::Period period = berlin.at(at(start));
    for (int i = 0; i < 20; ++i) {
      const TimeZone::Period next = berlin.at(period.until);
      EXPECT_EQ(next.from, period.until);
      EXPECT_NE(next.type->daylight, period.type->daylight);
      if (next.until == Time::max()) break;
      period = next;
    }
  }
  EXPECT_EQ(rule("JST-9").at(at("2026-01-01T00:00:00Z")).until, Time::max());
}

TEST(TimeZone, DaylightTimeAllTheYearHasNoGapAndNoDouble) {
  const TimeZone zone = rule("XXX3EDT4,0/0,J365/23");
  for (Time t = at("2025-12-01T00:00:00Z"); t < at("2026-02-01T00:00:00Z");
       t += base::Seconds{97}) {
    ASSERT_EQ(zone.at(t).offset(), base::Seconds{-4 * 3600}) << text(t);
    ASSERT_EQ(zone.first_reaching(zone.local(t)), t);
  }
}

// What is promised of the two: a pair of Galois, whatever the zone.
TEST(TimeZone, ReachedExactlyWhereFurthestHasIt) {
  NEEDS_TZDATA;
  base::Random random(base::SystemEntropy().u64());
  for (const char* name : {"Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Manila",
                           "America/Sao_Paulo", "Africa/Casablanca", "America/Juneau"}) {
    const auto zone = installed(name);
    ASSERT_NE(zone, nullptr) << name;
    for (int i = 0; i < 2000; ++i) {
      // Around a change, mostly.
      const Time somewhere{
          base::Seconds{-4'000'000'000 + static_cast<std::int64_t>(random.below(9'000'000'000))}};
      const TimeZone::Period period = zone->at(somewhere);
      const Time edge = period.until == Time::max() ? somewhere : period.until;
      const auto near = [&] {
        return base::Seconds{static_cast<std::int64_t>(random.below(260'000)) - 130'000};
      };
      const Time t = edge + near();
      const LocalTime local{(edge + period.offset() + near()).time_since_epoch()};
      const Time reached = zone->first_reaching(local);
      ASSERT_GE(zone->local(reached), local) << name << ' ' << text(local);
      ASSERT_LT(zone->local(reached - base::Micros{1}), local) << name << ' ' << text(local);
      ASSERT_EQ(reached <= t, local <= zone->furthest(t))
          << name << ' ' << text(local) << " at " << text(t);
    }
  }
}

// Against the C library's reader of the same files, which shares nothing with ours.
class GlibcZone {
 public:
  explicit GlibcZone(const std::string& name) {
    setenv("TZ", (":" + name).c_str(), 1);
    tzset();
  }
  ~GlibcZone() {
    unsetenv("TZ");
    tzset();
  }
  GlibcZone(const GlibcZone&) = delete;
  GlibcZone& operator=(const GlibcZone&) = delete;

  static LocalType at(std::int64_t unix_s) {
    const time_t seconds = unix_s;
    struct tm broken{};
    localtime_r(&seconds, &broken);
    return {static_cast<std::int32_t>(broken.tm_gmtoff), broken.tm_isdst > 0, broken.tm_zone};
  }
};

std::vector<std::string> all_zones() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kFolder)) {
    const std::string name = entry.path().string().substr(std::string(kFolder).size() + 1);
    const bool beside = name.starts_with("posix") || name.starts_with("right") ||
                        (name[0] >= 'a' && name[0] <= 'z');
    if (entry.is_regular_file() && !beside) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST(TimeZone, AgreesWithTheCLibraryOnEveryZone) {
  NEEDS_TZDATA;
  const auto seed = base::SystemEntropy().u64();
  SCOPED_TRACE("seed " + std::to_string(seed));
  base::Random random(seed);
  const std::vector<std::string> names = all_zones();
  ASSERT_GT(names.size(), 300U);
  for (const std::string& name : names) {
    const auto zone = installed(name.c_str());
    ASSERT_NE(zone, nullptr) << name;
    const GlibcZone glibc(name);
    for (int i = 0; i < 150; ++i) {
      // 1900 to 2400; every other one a second before, at or after a change.
      std::int64_t unix_s =
          -2'208'988'800 + static_cast<std::int64_t>(random.below(15'778'800'000));
      const TimeZone::Period around = zone->at(Time{base::Seconds{unix_s}});
      if (i % 2 == 0 && around.until != Time::max()) {
        unix_s =
            base::to_unix_seconds(around.until) + static_cast<std::int64_t>(random.below(3)) - 1;
      }
      const TimeZone::Period period = zone->at(Time{base::Seconds{unix_s}});
      ASSERT_LE(period.from, Time{base::Seconds{unix_s}});
      ASSERT_GT(period.until, Time{base::Seconds{unix_s}});
      const LocalType theirs = GlibcZone::at(unix_s);
      ASSERT_EQ(*period.type, theirs) << name << " at " << text(Time{base::Seconds{unix_s}}) << ": "
                                      << period.type->offset_s << ' ' << period.type->abbreviation
                                      << ", not " << theirs.offset_s << ' ' << theirs.abbreviation;
    }
  }
}

TEST(TimeZone, ADayThatWasLeftOutAndOneThatCameTwice) {
  NEEDS_TZDATA;
  // Samoa moved over the date line: 30 December 2011 was not.
  const auto apia = installed("Pacific/Apia");
  EXPECT_EQ(text(apia->first_reaching(wall("2011-12-30T12:00:00Z"))), "2011-12-30T10:00:00Z");
  EXPECT_EQ(text(apia->local(at("2011-12-30T10:00:00Z"))), "2011-12-31T00:00:00Z");
  // Kwajalein had it the same way in 1993; Manila's 1844 is before its file's first rule.
  EXPECT_EQ(text(installed("Pacific/Kwajalein")->first_reaching(wall("1993-08-21T08:00:00Z"))),
            "1993-08-21T12:00:00Z");
  // Alaska's 18 October 1867 came twice.
  const auto juneau = installed("America/Juneau");
  const TimeZone::Period first = juneau->at(at("1800-01-01T00:00:00Z"));
  EXPECT_GT(juneau->furthest(first.until), juneau->local(first.until) + std::chrono::hours{23});
}

TEST(TimeZone, RefusesFilesThatAreNotWellFormed) {
  NEEDS_TZDATA;
  const std::string good = bytes_of(std::string(kFolder) + "/Europe/Berlin");
  ASSERT_TRUE(TimeZone::from_tzif("x", good).ok());
  const auto refused = [](const std::string& bytes) {
    const base::Result<TimeZone> zone = TimeZone::from_tzif("x", bytes);
    return !zone.ok() && std::string(zone.error().reason).starts_with("zone_");
  };
  for (std::size_t length = 0; length < good.size(); ++length) {
    ASSERT_TRUE(refused(good.substr(0, length))) << length;
  }
  std::string changed = good;
  changed[4] = '\0';  // version 1
  EXPECT_TRUE(refused(changed));
  changed = good;
  changed.replace(good.rfind("CET-1CEST"), 5, "CET-2");  // the rule contradicts the last change
  EXPECT_TRUE(refused(changed));
  EXPECT_TRUE(refused(good + std::string(TimeZone::kMaxFileBytes, '\n')));
  const std::string with_leaps = bytes_of(std::string(kFolder) + "/right/Europe/Berlin");
  EXPECT_TRUE(with_leaps.empty() || refused(with_leaps));
}

}  // namespace
}  // namespace ashlar::zone
