#include "modules/links/kutt/kutt_stats.h"

#include <array>
#include <utility>

#include "platform/storage/database.h"

namespace ashlar::links::kutt {
namespace {

constexpr Hour kHoursOfDay = 24;
constexpr std::int64_t kMostDetails = 1'000;

// So many views of so many hours each, the last one ending with this hour.
struct Scale {
  KuttSpan KuttStats::* span;
  Hour views;
  Hour hours;
};
constexpr std::array kScales{
    Scale{&KuttStats::day, 24, 1}, Scale{&KuttStats::week, 7, kHoursOfDay},
    Scale{&KuttStats::month, 30, kHoursOfDay},
    Scale{&KuttStats::year, 12, 730},  // a month of a year of 365 days
};

// Which view a click of that hour belongs to; negative: none.
Hour view_of(const Scale& scale, Hour hour, Hour now) {
  const Hour ago = (now - hour) / scale.hours;
  return hour > now || ago >= scale.views ? -1 : scale.views - 1 - ago;
}

void count(KuttSpan& span, const store::StoredClick& click) {
  span.browsers[std::string(agent_name(click.agent))] += 1;
  span.referrers[click.referrer.value_or("Direct")] += 1;
}

void write_counts(json::Writer& out, std::string_view key,
                  const std::map<std::string, std::int64_t>& counts) {
  out.key(key).begin_array();
  for (const auto& [name, value] : counts) {
    out.begin_object().key("name").string(name).key("value").integer(value).end_object();
  }
  out.end_array();
}

void write_span(json::Writer& out, std::string_view key, const KuttSpan& span) {
  out.key(key).begin_object().key("stats").begin_object();
  write_counts(out, "browser", span.browsers);
  write_counts(out, "os", {});
  write_counts(out, "country", {});
  write_counts(out, "referrer", span.referrers);
  out.end_object().key("views").begin_array();
  for (const std::int64_t views : span.views) out.integer(views);
  out.end_array().end_object();
}

}  // namespace

base::Result<KuttStats> read_stats(storage::Transaction& tx, LinkId link, base::Time now) {
  KuttStats stats;
  const Hour this_hour = hour_of(now);
  Hour first = this_hour;
  for (const Scale& scale : kScales) {
    (stats.*scale.span).views.assign(static_cast<std::size_t>(scale.views), 0);
    first = std::min(first, this_hour - scale.views * scale.hours + 1);
  }
  ASHLAR_TRY(store::hourly_clicks(tx, link, first, [&](Hour hour, std::int64_t clicks) {
    for (const Scale& scale : kScales) {
      const Hour view = view_of(scale, hour, this_hour);
      if (view >= 0) (stats.*scale.span).views[static_cast<std::size_t>(view)] += clicks;
    }
  }));
  ASHLAR_ASSIGN(const std::vector<store::StoredClick> clicks,
                store::list_details(tx, link, std::int64_t{1} << 62, kMostDetails));
  for (const store::StoredClick& click : clicks) {
    for (const Scale& scale : kScales) {
      if (view_of(scale, hour_of(click.at), this_hour) >= 0) count(stats.*scale.span, click);
    }
  }
  return stats;
}

void write_stats(json::Writer& out, const KuttStats& stats) {
  write_span(out, "lastDay", stats.day);
  write_span(out, "lastWeek", stats.week);
  write_span(out, "lastMonth", stats.month);
  write_span(out, "lastYear", stats.year);
}

}  // namespace ashlar::links::kutt
