#include "modules/links/analytics/report.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "modules/links/analytics/analytics_store.h"
#include "modules/links/analytics/bot_hours.h"
#include "modules/links/analytics/rollup_sum.h"
#include "modules/links/analytics/time_buckets.h"
#include "modules/links/clicks_store.h"
#include "platform/storage/database.h"

namespace ashlar::links::analytics {
namespace {

using store::Grain;

constexpr Hour kHoursOfDay = 24;
constexpr Hour kLongestMonth = 31 * kHoursOfDay;
// Links are named so many at a time, until a list is full.
constexpr std::size_t kNamedAtOnce = 500;

Hour length_of(Grain grain, Hour first) {
  if (grain == Grain::kHour) return 1;
  if (grain == Grain::kDay) return kHoursOfDay;
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{first / kHoursOfDay}}};
  const std::chrono::year_month_day_last last{date.year() / date.month() / std::chrono::last};
  return static_cast<Hour>(static_cast<unsigned>(last.day())) * kHoursOfDay;
}

base::Time middle_of(Hour first, Hour length) {
  return start_of(first) + base::Seconds{length * 1'800};
}

// Reads of a roll-up what stands first.
class HeadOf final : public RollupParts {
 public:
  void head(std::int64_t kept, const Tally& all, VisitorSketch visitors) override {
    static_cast<void>(kept);
    static_cast<void>(visitors);
    all_ = all;
  }
  void rest(Dimension, const Tally&, std::int64_t) override {}
  void value(Dimension, std::string_view, const Tally&, std::int64_t) override {}

  [[nodiscard]] const Tally& all() const { return all_; }

 private:
  Tally all_;
};

// Roll-ups of one subject, added up as they are read.
class Gatherer {
 public:
  Gatherer(const TimeBuckets& buckets, std::vector<Traffic>& series, std::uint64_t seed)
      : buckets_(buckets), series_(series), all_(seed) {}

  base::Status add(Grain grain, Hour hour, std::string_view data) {
    const Hour length = length_of(grain, hour);
    if (start_of(hour + length) <= buckets_.from()) return base::ok_status();
    first_ = std::min(first_, hour);
    until_ = std::max(until_, hour + length);
    const auto bucket = buckets_.index_of(middle_of(hour, length));
    if (!bucket) {
      HeadOf head;
      ASHLAR_TRY(Rollup::read(data, head));
      bots_.add_bots(hour, length, head.all().bots);
      return base::ok_status();
    }
    ASHLAR_ASSIGN(const RollupSum::Added added, all_.add(data));
    bots_.add_bots(hour, length, added.all.bots);
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
  [[nodiscard]] BotHours& bots() { return bots_; }
  // The hours of all that was added; of roll-ups that the range cuts those outside of it too.
  [[nodiscard]] Hour first() const { return first_; }
  [[nodiscard]] Hour until() const { return until_; }

 private:
  using Day = std::pair<Grain, Hour>;

  const TimeBuckets& buckets_;
  std::vector<Traffic>& series_;
  std::map<std::pair<std::size_t, Day>, VisitorSketch> of_buckets_;
  std::map<Day, VisitorSketch> of_days_;
  RollupSum all_;
  BotHours bots_;
  Hour first_ = std::numeric_limits<Hour>::max();
  Hour until_ = 0;
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

void cut_at(TopList& list, std::size_t shown) {
  for (std::size_t i = shown; i < list.values.size(); ++i) list.other += list.values[i].clicks;
  list.values.resize(std::min(shown, list.values.size()));
}

// All that there is, most clicks first as far as the first `sorted`.
TopList top_list(const RollupSum& all, Dimension dimension, bool bots, std::int64_t clicks,
                 std::size_t sorted) {
  TopList list;
  list.dimension = dimension;
  const ValueTable& values = all.values(dimension);
  const auto counted = [&](const Tally& tally) {
    return std::max<std::int64_t>(bots ? tally.clicks : tally.clicks - tally.bots, 0);
  };
  list.error = values.missed();
  list.other = counted(values.rest());
  std::int64_t told = list.other;
  values.each([&](std::string_view value, const Tally& tally) {
    if (counted(tally) == 0) return;
    list.values.push_back({std::string(value), counted(tally)});
    told += counted(tally);
  });
  const auto more = [](const TopValue& a, const TopValue& b) {
    return a.clicks != b.clicks ? a.clicks > b.clicks : a.value < b.value;
  };
  const std::size_t first = std::min(sorted, list.values.size());
  std::partial_sort(list.values.begin(), list.values.begin() + static_cast<std::ptrdiff_t>(first),
                    list.values.end(), more);
  list.unknown = std::max<std::int64_t>(clicks - told, 0);
  return list;
}

LinkId link_named(const std::string& text) {
  std::int64_t id = 0;
  std::from_chars(text.data(), text.data() + text.size(), id);
  return LinkId(id);
}

// Ids become "code", or "host/code" on a domain. Of links that are gone nothing is told, and those
// that come after them take their places: as many as are shown, if there are so many.
base::Status name_links(storage::Transaction& tx, TopList& list, std::size_t shown) {
  std::vector<TopValue> named;
  std::size_t at = 0;
  while (at < list.values.size() && named.size() < shown) {
    const std::size_t begin = at;
    at = std::min(list.values.size(), at + std::min(kNamedAtOnce, shown + kNamedAtOnce * begin));
    std::vector<LinkId> ids;
    for (std::size_t i = begin; i < at; ++i) ids.push_back(link_named(list.values[i].value));
    std::unordered_map<LinkId, std::string> codes;
    ASHLAR_TRY(
        store::codes_of(tx, ids, [&](LinkId id, LinkRef ref) { codes[id] = link_key(ref); }));
    for (std::size_t i = begin; i < at; ++i) {
      const TopValue& value = list.values[i];
      const auto code = codes.find(link_named(value.value));
      if (code == codes.end() || named.size() == shown) {
        list.other += value.clicks;
      } else {
        named.push_back({code->second, value.clicks});
      }
    }
  }
  cut_at(list, at);
  list.values = std::move(named);
  return base::ok_status();
}

base::Status count(storage::Transaction& tx, const ReportQuery& query, const TimeBuckets& buckets,
                   Gatherer& gatherer, std::vector<Traffic>& series) {
  const Hour from = std::min(std::max<Hour>(1, hour_of(buckets.from()) - 1), gatherer.first());
  const Hour until = std::max(hour_of(buckets.until()) + 1, gatherer.until());
  const auto sink = [&](Hour hour, std::int64_t clicks) {
    gatherer.bots().add_clicks(hour, clicks);
  };
  if (query.subject.kind == SubjectKind::kLink) {
    ASHLAR_TRY(store::link_counts(tx, query.link, std::max<Hour>(1, from), until, sink));
  } else {
    ASHLAR_TRY(store::subject_counts(tx, query.subject.key, from, until, sink));
  }
  gatherer.bots().spread([&](Hour hour, std::int64_t clicks, std::int64_t bots) {
    const auto bucket = buckets.index_of(middle_of(hour, 1));
    if (!bucket) return;
    series[*bucket].clicks += query.bots ? clicks : clicks - bots;
    series[*bucket].bots += query.bots ? bots : 0;
  });
  return base::ok_status();
}

}  // namespace

base::Result<Report> read_report(storage::Transaction& tx, const ReportQuery& query,
                                 const TimeBuckets& buckets, base::Time flushed_until) {
  Report report;
  report.series.resize(buckets.starts().size());
  Gatherer gatherer(buckets, report.series, query.seed);
  ASHLAR_TRY(gather(tx, query.subject, buckets, gatherer));
  ASHLAR_TRY(count(tx, query, buckets, gatherer, report.series));
  report.totals.visitors = gatherer.finish();
  for (const Traffic& traffic : report.series) {
    report.totals.clicks += traffic.clicks;
    report.totals.bots += traffic.bots;
  }
  const RollupSum& all = gatherer.all();
  report.kept = all.kept();
  report.told = all.all().clicks;
  const std::int64_t told = query.bots ? all.all().clicks : all.all().clicks - all.all().bots;
  for (const Dimension dimension : all_dimensions()) {
    if (dimension != Dimension::kLink) {
      cut_at(report.top.emplace_back(top_list(all, dimension, query.bots, told, query.top)),
             query.top);
    } else if (query.subject.kind != SubjectKind::kLink) {
      TopList& links =
          report.top.emplace_back(top_list(all, dimension, query.bots, 0, ValueTable::kMost));
      ASHLAR_TRY(name_links(tx, links, query.top));
    }
  }
  report.as_of = flushed_until;
  ASHLAR_ASSIGN(const std::optional<base::Time> counts, links::store::batches_wait_since(tx));
  ASHLAR_ASSIGN(const std::optional<base::Time> rollups, store::batches_wait_since(tx));
  if (counts) report.as_of = std::min(report.as_of, *counts);
  if (rollups) report.as_of = std::min(report.as_of, *rollups);
  return report;
}

}  // namespace ashlar::links::analytics
