#include "modules/links/analytics/time_buckets.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "platform/zone/time_zone.h"
#include "platform/zone/zone_directory.h"

namespace ashlar::links::analytics {
namespace {

base::Time at(std::string_view text) { return *base::parse_rfc3339(text); }

struct Row {
  const char* zone;
  Interval interval;
  const char* from;
  const char* until;
  std::vector<const char*> starts;
  const char* end;
};

TEST(TimeBucketsTest, CutsAsClocksInTheZoneShow) {
  zone::ZoneDirectory zones;
  const std::vector<Row> rows{
      {"UTC",
       Interval::kHour,
       "2026-11-22T10:30:00Z",
       "2026-11-22T12:00:00Z",
       {"2026-11-22T10:00:00Z", "2026-11-22T11:00:00Z"},
       "2026-11-22T12:00:00Z"},
      {"UTC",
       Interval::kDay,
       "2026-11-22T10:30:00Z",
       "2026-11-23T00:00:01Z",
       {"2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"},
       "2026-11-24T00:00:00Z"},
      {"UTC",
       Interval::kMonth,
       "2026-12-31T10:30:00Z",
       "2027-02-01T00:00:00Z",
       {"2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
       "2027-02-01T00:00:00Z"},
      // A day of 23 hours, and one of 25.
      {"Europe/Berlin",
       Interval::kDay,
       "2026-03-28T23:00:00Z",
       "2026-03-30T00:00:00Z",
       {"2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},
       "2026-03-30T22:00:00Z"},
      {"Europe/Berlin",
       Interval::kDay,
       "2026-10-24T22:00:00Z",
       "2026-10-25T23:00:00Z",
       {"2026-10-24T22:00:00Z"},
       "2026-10-25T23:00:00Z"},
      {"Europe/Berlin",
       Interval::kHour,
       "2026-10-25T00:00:00Z",
       "2026-10-25T03:00:00Z",
       {"2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"},
       "2026-10-25T03:00:00Z"},
      {"Asia/Kolkata",
       Interval::kHour,
       "2026-11-22T10:00:00Z",
       "2026-11-22T11:00:00Z",
       {"2026-11-22T09:30:00Z", "2026-11-22T10:30:00Z"},
       "2026-11-22T11:30:00Z"},
      {"Asia/Kolkata",
       Interval::kDay,
       "2026-11-22T10:00:00Z",
       "2026-11-22T11:00:00Z",
       {"2026-11-21T18:30:00Z"},
       "2026-11-22T18:30:00Z"},
      // Samoa left the 30th of December 2011 out.
      {"Pacific/Apia",
       Interval::kDay,
       "2011-12-29T10:00:00Z",
       "2012-01-01T09:59:00Z",
       {"2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"},
       "2012-01-01T10:00:00Z"}};
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string(row.zone) + " " + row.from);
    const auto zone = zones.find(row.zone);
    ASSERT_TRUE(zone.ok());
    const auto buckets = TimeBuckets::cut(**zone, row.interval, at(row.from), at(row.until));
    ASSERT_TRUE(buckets.ok());
    std::vector<std::string> starts;
    for (const base::Time start : buckets->starts()) starts.push_back(base::format_rfc3339(start));
    EXPECT_EQ(starts, std::vector<std::string>(row.starts.begin(), row.starts.end()));
    EXPECT_EQ(base::format_rfc3339(buckets->until()), row.end);
  }
}

TEST(TimeBucketsTest, FindsTheBucketOfATime) {
  const auto buckets = TimeBuckets::cut(zone::TimeZone::utc(), Interval::kDay,
                                        at("2026-11-22T00:00:00Z"), at("2026-11-24T00:00:00Z"));
  ASSERT_TRUE(buckets.ok());
  EXPECT_EQ(buckets->index_of(at("2026-11-21T23:59:59Z")), std::nullopt);
  EXPECT_EQ(buckets->index_of(at("2026-11-22T00:00:00Z")), 0U);
  EXPECT_EQ(buckets->index_of(at("2026-11-22T23:59:59Z")), 0U);
  EXPECT_EQ(buckets->index_of(at("2026-11-23T00:00:00Z")), 1U);
  EXPECT_EQ(buckets->index_of(at("2026-11-24T00:00:00Z")), std::nullopt);
}

TEST(TimeBucketsTest, RefusesWhatNoReportCanShow) {
  const zone::TimeZone utc = zone::TimeZone::utc();
  const auto reason = [&](Interval interval, const char* from, const char* until) -> std::string {
    const auto buckets = TimeBuckets::cut(utc, interval, at(from), at(until));
    return buckets.ok()
               ? ""
               : buckets.error().fields.at(0).field + " " + buckets.error().fields.at(0).reason;
  };
  EXPECT_EQ(reason(Interval::kDay, "2026-11-22T00:00:00Z", "2026-11-22T00:00:00Z"),
            "?to range_empty");
  EXPECT_EQ(reason(Interval::kDay, "2026-11-22T00:00:00Z", "2026-11-21T00:00:00Z"),
            "?to range_empty");
  EXPECT_EQ(reason(Interval::kHour, "2026-01-01T00:00:00Z", "2026-02-03T08:00:00Z"), "");
  EXPECT_EQ(reason(Interval::kHour, "2026-01-01T00:00:00Z", "2026-02-03T08:00:01Z"),
            "?from range_too_long");
  EXPECT_EQ(reason(Interval::kDay, "2020-01-01T00:00:00Z", "2026-02-04T00:00:00Z"),
            "?from range_too_long");
  EXPECT_EQ(reason(Interval::kDay, "1969-12-31T00:00:00Z", "1970-01-02T00:00:00Z"),
            "?from out_of_range");
  EXPECT_EQ(reason(Interval::kDay, "2026-01-01T00:00:00Z", "9999-01-01T00:00:00Z"),
            "?to out_of_range");
}

TEST(TimeBucketsTest, Names) {
  for (const Interval interval : {Interval::kHour, Interval::kDay, Interval::kMonth}) {
    EXPECT_EQ(interval_named(name_of(interval)), interval);
  }
  EXPECT_EQ(interval_named("week"), std::nullopt);
  const base::Time now = at("2026-11-22T00:00:00Z");
  EXPECT_EQ(interval_for(now - base::Seconds(3 * 86'400), now), Interval::kHour);
  EXPECT_EQ(interval_for(now - base::Seconds(30 * 86'400), now), Interval::kDay);
  EXPECT_EQ(interval_for(now - base::Seconds(400 * 86'400), now), Interval::kMonth);
}

}  // namespace
}  // namespace ashlar::links::analytics
