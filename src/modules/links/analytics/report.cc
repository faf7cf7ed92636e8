#include "modules/links/analytics/report.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "modules/links/analytics/analytics_store.h"
#include "modules/links/analytics/rollup_sum.h"
#include "modules/links/analytics/time_buckets.h"
#include "modules/links/clicks_store.h"
#include "platform/storage/database.h"

namespace ashlar::links::analytics {
namespace {

using store::Grain;

constexpr Hour kHoursOfDay = 24;
constexpr Hour kLongestMonth = 31 * kHoursOfDay;

base::Time middle_of(Grain grain, Hour hour) {
  const Hour hours = grain == Grain::kHour  ? 1
                     : grain == Grain::kDay ? kHoursOfDay
                                            : 30 * kHoursOfDay;
  return start_of(hour) + base::Seconds{hours * 1'800};
}

// Roll-ups of one subject, added up as they are read.
class Gatherer {
 public:
  Gatherer(const TimeBuckets& buckets, std::vector<Traffic>& series)
      : buckets_(buckets), series_(series) {}

  base::Status add(Grain grain, Hour hour, std::string_view data) {
    const auto bucket = buckets_.index_of(middle_of(grain, hour));
    if (!bucket) return base::ok_status();
    ASHLAR_ASSIGN(const RollupSum::Added added, all_.add(data));
    series_[*bucket].bots += added.all.bots;
    // Sketches of one day know the same visitors; those of another day know others.
    const std::pair<Grain, Hour> day{grain == Grain::kMonth ? grain : Grain::kDay,
                                     grain == Grain::kMonth ? hour : hour / kHoursOfDay};
    of_buckets_[{*bucket, day}].merge(added.visitors);
    of_days_[day].merge(added.visitors);
    return base::ok_status();
  }

  std::int64_t finish() {
    for (const auto& [key, sketch] : of_buckets_) series_[key.first].visitors += sketch.estimate();
    std::int64_t visitors = 0;
    for (const auto& [day, sketch] : of_days_) visitors += sketch.estimate();
    return visitors;
  }
  [[nodiscard]] const RollupSum& all() const { return all_; }

 private:
  using Day = std::pair<Grain, Hour>;

  const TimeBuckets& buckets_;
  std::vector<Traffic>& series_;
  std::map<std::pair<std::size_t, Day>, VisitorSketch> of_buckets_;
  std::map<Day, VisitorSketch> of_days_;
  RollupSum all_;
};

base::Status gather(storage::Transaction& tx, const Subject& subject, const TimeBuckets& buckets,
                    Gatherer& gatherer) {
  base::Status damaged;
  const Hour from = hour_of(buckets.from());
  const Hour until = hour_of(buckets.until()) + 1;
  for (const auto& [grain, before] : {std::pair{Grain::kHour, Hour{1}},
                                      {Grain::kDay, kHoursOfDay},
                                      {Grain::kMonth, kLongestMonth}}) {
    ASHLAR_TRY(store::rollups_of(tx, subject.key, grain, from - before, until,
                                 [&](Hour hour, std::string_view data) {
                                   if (damaged.ok()) damaged = gatherer.add(grain, hour, data);
                                 }));
  }
  return damaged;
}

TopList top_list(const RollupSum& all, Dimension dimension, const ReportQuery& query,
                 std::int64_t clicks) {
  TopList list;
  list.dimension = dimension;
  const auto counted = [&](const Tally& tally) {
    return query.bots ? tally.clicks : tally.clicks - tally.bots;
  };
  list.other = counted(all.rest(dimension));
  std::int64_t told = list.other;
  all.each_value(dimension, [&](std::string_view value, const Tally& tally) {
    if (counted(tally) <= 0) return;
    list.values.push_back({std::string(value), counted(tally)});
    told += counted(tally);
  });
  const auto more = [](const TopValue& a, const TopValue& b) {
    return a.clicks != b.clicks ? a.clicks > b.clicks : a.value < b.value;
  };
  const std::size_t shown = std::min(query.top, list.values.size());
  std::partial_sort(list.values.begin(), list.values.begin() + static_cast<std::ptrdiff_t>(shown),
                    list.values.end(), more);
  for (std::size_t i = shown; i < list.values.size(); ++i) list.other += list.values[i].clicks;
  list.values.resize(shown);
  list.unknown = std::max<std::int64_t>(clicks - told, 0);
  return list;
}

// Ids become "code", or "host/code" on a domain; of links that are gone nothing is told.
base::Status name_links(storage::Transaction& tx, TopList& list) {
  std::vector<LinkId> ids;
  std::vector<TopValue> named;
  const auto id_of = [](const std::string& text) {
    std::int64_t id = 0;
    std::from_chars(text.data(), text.data() + text.size(), id);
    return LinkId(id);
  };
  for (const TopValue& value : list.values) ids.push_back(id_of(value.value));
  std::unordered_map<LinkId, std::string> codes;
  ASHLAR_TRY(store::codes_of(tx, ids, [&](LinkId id, LinkRef ref) { codes[id] = link_key(ref); }));
  for (TopValue& value : list.values) {
    const auto code = codes.find(id_of(value.value));
    if (code == codes.end()) {
      list.other += value.clicks;
    } else {
      named.push_back({code->second, value.clicks});
    }
  }
  list.values = std::move(named);
  return base::ok_status();
}

base::Status count(storage::Transaction& tx, const ReportQuery& query, const TimeBuckets& buckets,
                   Report& report) {
  const auto sink = [&](Hour hour, std::int64_t clicks) {
    const auto bucket = buckets.index_of(middle_of(Grain::kHour, hour));
    if (bucket) report.series[*bucket].clicks += clicks;
  };
  const Hour from = std::max<Hour>(1, hour_of(buckets.from()) - 1);
  const Hour until = hour_of(buckets.until()) + 1;
  if (query.subject.kind == SubjectKind::kLink) {
    return store::link_counts(tx, query.link, from, until, sink);
  }
  return store::subject_counts(tx, query.subject.key, from, until, sink);
}

}  // namespace

base::Result<Report> read_report(storage::Transaction& tx, const ReportQuery& query,
                                 const TimeBuckets& buckets, base::Time flushed_until) {
  Report report;
  report.series.resize(buckets.starts().size());
  ASHLAR_TRY(count(tx, query, buckets, report));
  Gatherer gatherer(buckets, report.series);
  ASHLAR_TRY(gather(tx, query.subject, buckets, gatherer));
  report.totals.visitors = gatherer.finish();
  for (Traffic& traffic : report.series) {
    traffic.bots = std::min(traffic.bots, traffic.clicks);
    report.totals.bots += traffic.bots;
    if (!query.bots) traffic.clicks -= std::exchange(traffic.bots, 0);
    report.totals.clicks += traffic.clicks;
  }
  if (!query.bots) report.totals.bots = 0;
  const RollupSum& all = gatherer.all();
  report.kept = all.kept();
  report.told = all.all().clicks;
  const std::int64_t told = query.bots ? all.all().clicks : all.all().clicks - all.all().bots;
  for (const Dimension dimension : all_dimensions()) {
    const bool of_links = dimension == Dimension::kLink;
    if (of_links && query.subject.kind == SubjectKind::kLink) continue;
    report.top.push_back(top_list(all, dimension, query, of_links ? 0 : told));
    if (of_links) ASHLAR_TRY(name_links(tx, report.top.back()));
  }
  report.as_of = flushed_until;
  ASHLAR_ASSIGN(const std::optional<base::Time> counts, links::store::batches_wait_since(tx));
  ASHLAR_ASSIGN(const std::optional<base::Time> rollups, store::batches_wait_since(tx));
  if (counts) report.as_of = std::min(report.as_of, *counts);
  if (rollups) report.as_of = std::min(report.as_of, *rollups);
  return report;
}

}  // namespace ashlar::links::analytics
