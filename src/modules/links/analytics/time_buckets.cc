#include "modules/links/analytics/time_buckets.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "platform/zone/time_zone.h"

namespace ashlar::links::analytics {
namespace {

using zone::LocalTime;

constexpr base::Seconds kHour{3'600};
constexpr base::Seconds kDay{86'400};
constexpr base::Time kLatest = base::from_micros(221'845'392'000'000'000);  // the year 9000

constexpr std::array<std::pair<Interval, std::string_view>, 3> kNames{
    {{Interval::kHour, "hour"}, {Interval::kDay, "day"}, {Interval::kMonth, "month"}}};

base::Error refused(const char* field, const char* reason, std::string detail) {
  base::Error error =
      base::fail(base::Code::kInvalid, "invalid_request", "The query of the request is wrong.");
  error.fields.push_back({field, reason, std::move(detail)});
  return error;
}

LocalTime floor_local(LocalTime local, Interval interval) {
  const auto day = std::chrono::floor<std::chrono::days>(local);
  if (interval == Interval::kDay) return day;
  const std::chrono::year_month_day date{day};
  return std::chrono::local_days{date.year() / date.month() / 1};
}

LocalTime next_local(LocalTime start, Interval interval) {
  const auto day = std::chrono::floor<std::chrono::days>(start);
  if (interval == Interval::kDay) return day + std::chrono::days{1};
  const std::chrono::year_month_day date{day};
  return std::chrono::local_days{(date.year() / date.month() / 1) + std::chrono::months{1}};
}

// Where an hour begins as clocks show it: zones of half hours have theirs at half past.
base::Time floor_hour(const zone::TimeZone& zone, base::Time at) {
  const LocalTime local = zone.local(at);
  return at - (local - std::chrono::floor<std::chrono::hours>(local));
}

}  // namespace

std::string_view name_of(Interval interval) {
  for (const auto& [known, name] : kNames) {
    if (known == interval) return name;
  }
  return "day";
}

std::optional<Interval> interval_named(std::string_view name) {
  for (const auto& [interval, known] : kNames) {
    if (known == name) return interval;
  }
  return std::nullopt;
}

Interval interval_for(base::Time from, base::Time until) {
  if (until - from <= kDay * 3) return Interval::kHour;
  return until - from <= kDay * 200 ? Interval::kDay : Interval::kMonth;
}

base::Result<TimeBuckets> TimeBuckets::cut(const zone::TimeZone& zone, Interval interval,
                                           base::Time from, base::Time until) {
  if (from < base::from_micros(0)) {
    return refused("?from", "out_of_range", "Give a time after 1970.");
  }
  if (until > kLatest) return refused("?to", "out_of_range", "Give a time before the year 9000.");
  if (until <= from) return refused("?to", "range_empty", "Give a time after ?from.");
  TimeBuckets buckets;
  const auto too_long = [&] {
    return refused("?from", "range_too_long",
                   "A report has at most 800 intervals: ask for longer ones, or for less.");
  };
  if (interval == Interval::kHour) {
    base::Time at = floor_hour(zone, from);
    for (; at < until; at += kHour) {
      if (buckets.starts_.size() == kMaxBuckets) return too_long();
      buckets.starts_.push_back(at);
    }
    buckets.until_ = at;
    return buckets;
  }
  LocalTime local = floor_local(zone.local(from), interval);
  base::Time at = zone.first_reaching(local);
  while (at < until) {
    if (buckets.starts_.size() == kMaxBuckets) return too_long();
    buckets.starts_.push_back(at);
    // A day that a zone left out begins when the next one does, and is none.
    do {
      local = next_local(local, interval);
    } while (zone.first_reaching(local) <= at);
    at = zone.first_reaching(local);
  }
  buckets.until_ = at;
  return buckets;
}

std::optional<std::size_t> TimeBuckets::index_of(base::Time at) const {
  if (at < from() || at >= until_) return std::nullopt;
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), at);
  return static_cast<std::size_t>(after - starts_.begin()) - 1;
}

}  // namespace ashlar::links::analytics
