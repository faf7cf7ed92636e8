#include "platform/jobs/cron.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/entropy.h"
#include "base/random.h"
#include "platform/zone/zone_directory.h"

namespace ashlar::jobs {
namespace {

using base::Time;

#define NEEDS_TZDATA                                            \
  if (!std::filesystem::exists("/usr/share/zoneinfo")) {        \
    GTEST_SKIP() << "Debian's package tzdata is not installed"; \
  }

std::shared_ptr<const zone::TimeZone> zone_of(const std::string& name) {
  static zone::ZoneDirectory directory;
  const auto zone = directory.find(name);
  EXPECT_TRUE(zone.ok()) << name;
  return zone.ok() ? *zone : nullptr;
}

// The next times after `after`, in the zone's own time with its offset: "2026-03-29T03:00+02:00".
std::string wall(const zone::TimeZone& zone, Time t) {
  const auto offset_min = std::chrono::floor<std::chrono::minutes>(zone.at(t).offset()).count();
  std::string text = base::format_rfc3339(Time{zone.local(t).time_since_epoch()}).substr(0, 16);
  const auto digits = [](std::int64_t n) {
    return std::string(1, static_cast<char>('0' + n / 10)) + static_cast<char>('0' + n % 10);
  };
  const std::int64_t size = offset_min < 0 ? -offset_min : offset_min;
  return text + (offset_min < 0 ? '-' : '+') + digits(size / 60) + ":" + digits(size % 60);
}

std::vector<std::string> runs(const std::string& text, const std::string& zone_name,
                              const std::string& after, std::size_t count) {
  const base::Result<Cron> cron = Cron::parse(text);
  if (!cron.ok()) return {cron.error().detail};
  const auto zone = zone_of(zone_name);
  Time t = *base::parse_rfc3339(after);
  std::vector<std::string> found;
  while (found.size() < count) {
    const base::Result<Time> next = cron->next(*zone, t);
    if (!next.ok()) {
      found.emplace_back(next.error().reason);
      break;
    }
    EXPECT_GT(*next, t) << text;
    t = *next;
    found.push_back(wall(*zone, t));
  }
  return found;
}

using Strings = std::vector<std::string>;

TEST(Cron, Fields) {
  const struct {
    const char* text;
    const char* after;
    Strings expected;
  } rows[] = {
      {"*/5 9-17 * * MON-FRI",
       "2026-11-20T17:50:00Z",
       {"2026-11-20T17:55+00:00", "2026-11-23T09:00+00:00"}},
      {"* * * * *", "2026-11-22T10:00:00Z", {"2026-11-22T10:01+00:00", "2026-11-22T10:02+00:00"}},
      {"0 0 1 JAN *", "2026-11-22T10:00:00Z", {"2027-01-01T00:00+00:00", "2028-01-01T00:00+00:00"}},
      {"15,45 6,18 * feb-mar/1 *",
       "2026-03-31T18:15:00Z",
       {"2026-03-31T18:45+00:00", "2027-02-01T06:15+00:00"}},
      {"0 12 * * 7", "2026-11-22T12:00:00Z", {"2026-11-29T12:00+00:00"}},
      {"0 12 * * FRI-SUN",
       "2026-11-22T12:00:00Z",
       {"2026-11-27T12:00+00:00", "2026-11-28T12:00+00:00", "2026-11-29T12:00+00:00",
        "2026-12-04T12:00+00:00"}},
      {"0 12 * * Sun-Tue",
       "2026-11-22T12:00:00Z",
       {"2026-11-23T12:00+00:00", "2026-11-24T12:00+00:00", "2026-11-29T12:00+00:00"}},
      {"0 12 * * 4/2",
       "2026-11-22T12:00:00Z",
       {"2026-11-26T12:00+00:00", "2026-11-28T12:00+00:00", "2026-12-03T12:00+00:00"}},
      {"50/5 23 31 12 *",
       "2026-11-22T12:00:00Z",
       {"2026-12-31T23:50+00:00", "2026-12-31T23:55+00:00", "2027-12-31T23:50+00:00"}},
      {"0 0 29 2 *", "2026-11-22T10:00:00Z", {"2028-02-29T00:00+00:00", "2032-02-29T00:00+00:00"}},
      {"0 0 29 2 *", "2096-03-01T00:00:00Z", {"2104-02-29T00:00+00:00"}},
      {"0 0 31 * *", "2026-02-01T00:00:00Z", {"2026-03-31T00:00+00:00", "2026-05-31T00:00+00:00"}},
      {"  0\t0  * * *  ", "2026-11-22T10:00:00Z", {"2026-11-23T00:00+00:00"}},
      {"@hourly", "2026-11-22T10:00:00Z", {"2026-11-22T11:00+00:00"}},
      {"@Daily", "2026-11-22T10:00:00Z", {"2026-11-23T00:00+00:00"}},
      {"@midnight", "2026-11-22T10:00:00Z", {"2026-11-23T00:00+00:00"}},
      {"@weekly", "2026-11-21T10:00:00Z", {"2026-11-22T00:00+00:00"}},
      {"@monthly", "2026-11-22T10:00:00Z", {"2026-12-01T00:00+00:00"}},
      {"@yearly", "2026-11-22T10:00:00Z", {"2027-01-01T00:00+00:00"}},
      {"@annually", "2026-11-22T10:00:00Z", {"2027-01-01T00:00+00:00"}},
      // Strictly after, to the microsecond.
      {"0 12 * * *", "2026-11-22T12:00:00Z", {"2026-11-23T12:00+00:00"}},
      {"0 12 * * *", "2026-11-22T11:59:59.999999Z", {"2026-11-22T12:00+00:00"}},
      {"* * * * *", "1960-01-01T00:00:00Z", {"1970-01-01T00:01+00:00"}},
      {"0 0 * * *", "9998-12-31T00:00:00Z", {"cron_ended"}},
      {"* * * * *", "9999-12-31T23:59:59Z", {"cron_ended"}},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(runs(row.text, "UTC", row.after, row.expected.size()), row.expected) << row.text;
  }
}

TEST(Cron, DayOrWeekdayAsVixie) {
  // Both restricted: either. November 2026 begins with a Sunday.
  EXPECT_EQ(runs("0 0 13 * FRI", "UTC", "2026-11-01T00:00:00Z", 4),
            (Strings{"2026-11-06T00:00+00:00", "2026-11-13T00:00+00:00", "2026-11-20T00:00+00:00",
                     "2026-11-27T00:00+00:00"}));
  EXPECT_EQ(runs("0 0 30 2 MON", "UTC", "2026-02-20T00:00:00Z", 2),
            (Strings{"2026-02-23T00:00+00:00", "2027-02-01T00:00+00:00"}));
  // One begins with `*`: both have to fit, as with */2.
  EXPECT_EQ(
      runs("0 0 */2 * MON", "UTC", "2026-11-01T00:00:00Z", 3),
      (Strings{"2026-11-09T00:00+00:00", "2026-11-23T00:00+00:00", "2026-12-07T00:00+00:00"}));
  // 29 February on a weekend: 28 years here, over 2100.
  EXPECT_EQ(runs("0 0 29 2 */6", "UTC", "2080-01-01T00:00:00Z", 2),
            (Strings{"2088-02-29T00:00+00:00", "2116-02-29T00:00+00:00"}));
}

TEST(Cron, WhatIsRefusedSaysWhy) {
  const struct {
    const char* text;
    const char* says;
  } rows[] = {
      {"", "five fields"},
      {"* * * *", "five fields"},
      {"0 * * * * *", "five fields"},
      {"60 * * * *", "minute: out of bounds"},
      {"* 24 * * *", "hour: out of bounds"},
      {"* * 0 * *", "day: out of bounds"},
      {"* * 32 * *", "day: out of bounds"},
      {"* * * 0 *", "month: out of bounds"},
      {"* * * 13 *", "month: out of bounds"},
      {"* * * * 8", "weekday: out of bounds"},
      {"* * * MON *", "month: not understood; it takes 1-12 or JAN-DEC"},
      {"JAN * * * *", "minute: not understood; it takes 0-59"},
      {"* * * * FRI-MON", "weekday: a range runs upward"},
      {"* 22-6 * * *", "hour: a range runs upward"},
      {"*/0 * * * *", "minute: a step"},
      {"*/61 * * * *", "minute: a step longer than the field"},
      {"*/x * * * *", "minute: a step"},
      {"*/ * * * *", "minute: a step"},
      {"5- * * * *", "minute: not understood"},
      {"-5 * * * *", "minute: not understood"},
      {"1,,2 * * * *", "minute: not understood"},
      {", * * * *", "minute: not understood"},
      {"1-2-3 * * * *", "minute: not understood"},
      {"**  * * * *", "minute: not understood"},
      {"*-5 * * * *", "minute: not understood"},
      {"0x5 * * * *", "minute: not understood"},
      // What other programs add: what to write instead.
      {"0 0 L * *", "day: there is no L: run on 28-31"},
      {"0 0 L-3 * *", "day: there is no L: run on 28-31"},
      {"0 0 * * 5L", "weekday: there is no L: run on each such weekday"},
      {"0 0 15W * *", "day: there is no W: run on MON-FRI"},
      {"0 0 * * MON#2", "weekday: there is no #: run on each such weekday"},
      {"0 0 ? * MON", "day: there is no ?: write *"},
      {"0 0 * APRIL *", "month: not understood"},
      {"+5 * * * *", "minute: not understood"},
      {"5.0 * * * *", "minute: not understood"},
      {"0005 * * * *", "minute: not understood"},
      {"0 0 30 2 *", "day: none of the months has such a day"},
      {"0 0 31 FEB,APR,JUN,SEP,NOV *", "day: none of the months has such a day"},
      {"0 0 30 2 */2", "day: none of the months has such a day"},
      {"@reboot", "@yearly"},
      {"@every 5m", "@yearly"},
      {"0 0 * *\n*", "five fields"},
  };
  for (const auto& row : rows) {
    const base::Result<Cron> cron = Cron::parse(row.text);
    ASSERT_FALSE(cron.ok()) << row.text;
    EXPECT_STREQ(cron.error().reason, "cron_invalid");
    EXPECT_NE(cron.error().detail.find(row.says), std::string::npos)
        << row.text << ": " << cron.error().detail;
  }
  EXPECT_FALSE(Cron::parse(std::string(Cron::kMaxBytes, ' ') + "* * * * *").ok());
}

struct ZoneRow {
  const char* text;
  const char* zone;
  const char* after;
  Strings expected;
};

void expect_rows(const std::vector<ZoneRow>& rows) {
  for (const ZoneRow& row : rows) {
    EXPECT_EQ(runs(row.text, row.zone, row.after, row.expected.size()), row.expected)
        << row.text << " in " << row.zone;
  }
}

TEST(Cron, ATimeThatDoesNotExistRunsOnceAfterTheGap) {
  NEEDS_TZDATA;
  expect_rows({
      {"30 2 * * *",
       "Europe/Berlin",
       "2026-03-28T00:00:00Z",
       {"2026-03-28T02:30+01:00", "2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"}},
      {"0,15,30,45 2 * * *",
       "Europe/Berlin",
       "2026-03-28T01:40:00Z",
       {"2026-03-28T02:45+01:00", "2026-03-29T03:00+02:00", "2026-03-30T02:00+02:00"}},
      // With one that falls on the end of the gap: one run.
      {"0 2,3 * * *",
       "Europe/Berlin",
       "2026-03-28T12:00:00Z",
       {"2026-03-29T03:00+02:00", "2026-03-30T02:00+02:00"}},
      {"30 2,3 * * *",
       "Europe/Berlin",
       "2026-03-28T12:00:00Z",
       {"2026-03-29T03:00+02:00", "2026-03-29T03:30+02:00", "2026-03-30T02:30+02:00"}},
      {"30 2 * * *",
       "America/New_York",
       "2026-03-07T12:00:00Z",
       {"2026-03-08T03:00-04:00", "2026-03-09T02:30-04:00"}},
      // Half an hour is left out: 02:00 to 02:30.
      {"10 2 * * *",
       "Australia/Lord_Howe",
       "2026-10-03T12:00:00Z",
       {"2026-10-04T02:30+11:00", "2026-10-05T02:10+11:00"}},
      {"40 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", {"2026-10-04T02:40+11:00"}},
      // Midnight itself is left out: the day begins at one o'clock.
      {"@daily",
       "America/Sao_Paulo",
       "2018-11-03T12:00:00Z",
       {"2018-11-04T01:00-02:00", "2018-11-05T00:00-02:00"}},
      {"30 0 * * SUN",
       "America/Sao_Paulo",
       "2018-11-03T12:00:00Z",
       {"2018-11-04T01:00-02:00", "2018-11-11T00:30-02:00"}},
      // After Ramadan.
      {"30 2 * * *",
       "Africa/Casablanca",
       "2026-03-21T12:00:00Z",
       {"2026-03-22T03:00+01:00", "2026-03-23T02:30+01:00"}},
      // A whole day is left out: 30 December 2011.
      {"0 12 * * *",
       "Pacific/Apia",
       "2011-12-29T12:00:00Z",
       {"2011-12-29T12:00-10:00", "2011-12-31T00:00+14:00", "2011-12-31T12:00+14:00"}},
      {"0 12 30 12 *",
       "Pacific/Apia",
       "2010-12-31T00:00:00Z",
       {"2011-12-31T00:00+14:00", "2012-12-30T12:00+14:00"}},
      // The zone was redrawn, by a quarter of an hour.
      {"10 0 1 1 *",
       "Asia/Kathmandu",
       "1985-06-01T00:00:00Z",
       {"1986-01-01T00:15+05:45", "1987-01-01T00:10+05:45"}},
  });
}

TEST(Cron, ATimeThatComesTwiceRunsAtTheFirst) {
  NEEDS_TZDATA;
  expect_rows({
      {"30 2 * * *",
       "Europe/Berlin",
       "2026-10-24T12:00:00Z",
       {"2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"}},
      // Also where somebody asks between the two, or while the hour comes for the second time.
      {"30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", {"2026-10-26T02:30+01:00"}},
      {"30 2 * * *", "Europe/Berlin", "2026-10-25T00:45:00Z", {"2026-10-26T02:30+01:00"}},
      {"*/20 2 * * *",
       "Europe/Berlin",
       "2026-10-25T00:30:00Z",
       {"2026-10-25T02:40+02:00", "2026-10-26T02:00+01:00"}},
      {"0 */2 * * *",
       "Europe/Berlin",
       "2026-10-24T21:59:00Z",
       {"2026-10-25T00:00+02:00", "2026-10-25T02:00+02:00", "2026-10-25T04:00+01:00"}},
      {"30 1 * * *",
       "America/New_York",
       "2026-10-31T12:00:00Z",
       {"2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00"}},
      {"45 1 * * *",
       "Australia/Lord_Howe",
       "2026-04-04T12:00:00Z",
       {"2026-04-05T01:45+11:00", "2026-04-06T01:45+10:30"}},
      // The hour before midnight comes twice: still one run for that day.
      {"30 23 * * *",
       "America/Sao_Paulo",
       "2019-02-16T12:00:00Z",
       {"2019-02-16T23:30-02:00", "2019-02-17T23:30-03:00"}},
      {"30 2 * * *",
       "Africa/Casablanca",
       "2026-02-14T12:00:00Z",
       {"2026-02-15T02:30+01:00", "2026-02-16T02:30+00:00"}},
  });
}

TEST(Cron, OfEveryHourRunsWheneverTheClockShowsIt) {
  NEEDS_TZDATA;
  expect_rows({
      {"30 * * * *",
       "Europe/Berlin",
       "2026-03-29T00:00:00Z",
       {"2026-03-29T01:30+01:00", "2026-03-29T03:30+02:00", "2026-03-29T04:30+02:00"}},
      {"30 * * * *",
       "Europe/Berlin",
       "2026-10-24T23:40:00Z",
       {"2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00", "2026-10-25T03:30+01:00"}},
      {"0 0-23 * * *",
       "America/New_York",
       "2026-11-01T04:30:00Z",
       {"2026-11-01T01:00-04:00", "2026-11-01T01:00-05:00", "2026-11-01T02:00-05:00"}},
      {"*/30 */1 * * *",
       "Australia/Lord_Howe",
       "2026-04-04T14:10:00Z",
       {"2026-04-05T01:30+11:00", "2026-04-05T01:30+10:30", "2026-04-05T02:00+10:30"}},
      {"*/20 * * * *",
       "Australia/Lord_Howe",
       "2026-10-03T15:05:00Z",
       {"2026-10-04T01:40+10:30", "2026-10-04T02:40+11:00", "2026-10-04T03:00+11:00"}},
      {"* * * * *",
       "Asia/Kathmandu",
       "1985-12-31T18:29:00Z",
       {"1986-01-01T00:15+05:45", "1986-01-01T00:16+05:45"}},
      // Only on some days: the double hour of such a day too.
      {"0 * 25 10 *",
       "Europe/Berlin",
       "2026-10-24T23:30:00Z",
       {"2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00", "2026-10-25T03:00+01:00"}},
      {"0 * 29 2 *", "Europe/Berlin", "2096-03-01T00:00:00Z", {"2104-02-29T00:00+01:00"}},
  });
}

// An expression as sets, with the text of which it was made.
struct Drawn {
  std::string text;
  std::array<std::vector<bool>, 5> sets;
  bool either = false;

  [[nodiscard]] bool fits(zone::LocalTime local) const {
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::year_month_day date{day};
    const auto minute =
        static_cast<std::size_t>(std::chrono::floor<std::chrono::minutes>(local - day).count());
    const bool by_day = sets[2][static_cast<unsigned>(date.day())];
    const bool by_weekday = sets[4][std::chrono::weekday{day}.c_encoding()];
    return sets[0][minute % 60] && sets[1][minute / 60] &&
           sets[3][static_cast<unsigned>(date.month())] &&
           (either ? by_day || by_weekday : by_day && by_weekday);
  }
  [[nodiscard]] bool every_hour() const {
    return std::count(sets[1].begin(), sets[1].end(), true) == 24;
  }
};

Drawn draw(base::Random& random) {
  constexpr std::array<std::array<std::size_t, 2>, 5> kBounds{
      {{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}}};
  constexpr std::array<double, 5> kStar{0.2, 0.35, 0.7, 0.9, 0.7};
  Drawn drawn;
  for (std::size_t field = 0; field < 5; ++field) {
    const auto [low, high] = kBounds[field];
    std::vector<bool>& set = drawn.sets[field];
    set.resize(high + 1);
    const auto put = [&](std::size_t from, std::size_t to, std::size_t step) {
      for (std::size_t value = from; value <= to; value += step) set[value] = true;
    };
    std::string text;
    if (random.chance(kStar[field])) {
      const std::size_t step = random.chance(0.7) ? 1 : 1 + random.below(high - low);
      put(low, high, step);
      text = step == 1 ? "*" : "*/" + std::to_string(step);
    } else {
      const std::size_t parts = 1 + random.below(3);
      for (std::size_t i = 0; i < parts; ++i) {
        // Small hours mostly: that is where clocks change.
        const std::size_t span = field == 1 && random.chance(0.7) ? 3 : high - low;
        const std::size_t from = low + random.below(span + 1);
        const std::size_t to = from + random.below(high - from + 1);
        const std::size_t step = 1 + random.below(4);
        text += (i == 0 ? "" : ",") + std::to_string(from);
        if (random.chance(0.6)) {
          put(from, from, 1);
        } else {
          put(from, to, step);
          text += "-" + std::to_string(to) + (step == 1 ? "" : "/" + std::to_string(step));
        }
      }
    }
    if (field == 2) drawn.either = text[0] != '*';
    if (field == 4) drawn.either = drawn.either && text[0] != '*';
    drawn.text += (field == 0 ? "" : " ") + text;
  }
  return drawn;
}

// The rule of cron.h acted out: a clock that goes minute by minute.
std::vector<Time> acted_out(const Drawn& drawn, const zone::TimeZone& zone, Time begin, Time end) {
  using std::chrono::minutes;
  std::vector<Time> found;
  zone::LocalTime shown_so_far = zone.local(begin - std::chrono::hours{60});
  for (Time t = begin - std::chrono::hours{60}; t < end; t += minutes{1}) {
    const zone::LocalTime shown = zone.local(t);
    bool run = drawn.every_hour() && drawn.fits(shown);
    if (!drawn.every_hour()) {
      for (zone::LocalTime l = shown_so_far + minutes{1}; l <= shown && !run; l += minutes{1}) {
        run = drawn.fits(l);
      }
    }
    shown_so_far = std::max(shown_so_far, shown);
    if (run && t >= begin) found.push_back(t);
  }
  return found;
}

TEST(Cron, AgreesWithItsRuleActedOut) {
  NEEDS_TZDATA;
  const std::uint64_t seed = base::SystemEntropy().u64();
  SCOPED_TRACE("seed " + std::to_string(seed));
  base::Random random(seed);
  constexpr std::array kZones{"Europe/Berlin",   "America/New_York",  "Australia/Lord_Howe",
                              "Asia/Kathmandu",  "Africa/Casablanca", "America/Sao_Paulo",
                              "Pacific/Apia",    "Europe/Dublin",     "Antarctica/Troll",
                              "America/Caracas", "Asia/Pyongyang",    "America/St_Johns"};
  std::size_t compared = 0;
  for (int round = 0; round < 400; ++round) {
    const Drawn drawn = draw(random);
    const base::Result<Cron> cron = Cron::parse(drawn.text);
    if (!cron.ok()) {
      ASSERT_NE(cron.error().detail.find("none of the months"), std::string::npos) << drawn.text;
      continue;
    }
    const auto zone = zone_of(kZones[random.below(kZones.size())]);
    // A change between 1985 and 2040, or any day where there is none.
    const Time somewhere{
        base::Seconds{473'385'600 + static_cast<std::int64_t>(random.below(1'735'000'000))}};
    const Time change = zone->at(somewhere).until;
    const Time center = std::chrono::floor<std::chrono::minutes>(
        change < Time{std::chrono::sys_days{std::chrono::year{2060} / 1 / 1}} ? change : somewhere);
    const Time begin = center - std::chrono::hours{30};
    const Time end = center + std::chrono::hours{30};
    std::vector<Time> ours;
    for (Time t = begin - base::Micros{1}; ours.size() < 10'000;) {
      const base::Result<Time> next = cron->next(*zone, t);
      if (!next.ok() || *next >= end) break;
      ours.push_back(t = *next);
    }
    const std::vector<Time> rule = acted_out(drawn, *zone, begin, end);
    compared += rule.size();
    const auto [mine, theirs] = std::mismatch(ours.begin(), ours.end(), rule.begin(), rule.end());
    ASSERT_EQ(ours.size(), rule.size())
        << drawn.text << " in " << zone->name() << " around " << base::format_rfc3339(center)
        << ": " << (mine == ours.end() ? "-" : base::format_rfc3339(*mine))
        << " where the rule has " << (theirs == rule.end() ? "-" : base::format_rfc3339(*theirs));
    ASSERT_EQ(ours, rule) << drawn.text << " in " << zone->name();
    // From any moment, not only from run to run.
    for (int i = 0; i < 20; ++i) {
      const Time t = begin + base::Seconds{static_cast<std::int64_t>(random.below(60 * 3600))};
      const auto expected = std::upper_bound(rule.begin(), rule.end(), t);
      if (expected == rule.end()) continue;
      const base::Result<Time> next = cron->next(*zone, t);
      ASSERT_TRUE(next.ok());
      ASSERT_EQ(*next, *expected) << drawn.text << " in " << zone->name() << " after "
                                  << base::format_rfc3339(t);
    }
  }
  EXPECT_GT(compared, 2000U);
}

}  // namespace
}  // namespace ashlar::jobs
