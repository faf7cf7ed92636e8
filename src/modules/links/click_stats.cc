#include "modules/links/click_stats.h"

#include <algorithm>
#include <optional>

#include "modules/links/clicks_store.h"

namespace ashlar::links {

base::Result<ClickStats> read_click_stats(storage::Transaction& tx, LinkId link, base::Time now,
                                          base::Time flushed_until) {
  const Hour this_hour = hour_of(now);
  const Hour first_hour = std::max<Hour>(1, this_hour - kStatsHours + 1);
  const Hour this_day = this_hour / 24;
  const Hour first_day = std::max<Hour>(0, this_day - kStatsDays + 1);
  ClickStats stats;
  for (Hour hour = first_hour; hour <= this_hour; ++hour)
    stats.by_hour.push_back({start_of(hour), 0});
  for (Hour day = first_day; day <= this_day; ++day)
    stats.by_day.push_back({start_of(day * 24), 0});
  ASHLAR_ASSIGN(stats.clicks, store::total_clicks(tx, link));
  const Hour from = std::max<Hour>(1, std::min(first_hour, first_day * 24));
  ASHLAR_TRY(store::hourly_clicks(tx, link, from, [&](Hour hour, std::int64_t clicks) {
    if (hour > this_hour) return;  // written by a process whose clock is ahead
    if (hour >= first_hour)
      stats.by_hour[static_cast<std::size_t>(hour - first_hour)].clicks = clicks;
    if (hour / 24 >= first_day) {
      stats.by_day[static_cast<std::size_t>(hour / 24 - first_day)].clicks += clicks;
    }
  }));
  ASHLAR_ASSIGN(const std::optional<base::Time> waiting, store::batches_wait_since(tx));
  stats.as_of = waiting ? std::min(*waiting, flushed_until) : flushed_until;
  return stats;
}

}  // namespace ashlar::links
