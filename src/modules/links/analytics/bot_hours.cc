#include "modules/links/analytics/bot_hours.h"

#include <algorithm>
#include <map>

namespace ashlar::links::analytics {
namespace {

constexpr Hour kHoursOfDay = 24;

// Of `bots` those that come before `before` of `all` clicks: differences of it add up to all of
// them.
std::int64_t share(std::int64_t bots, std::int64_t before, std::int64_t all) {
  __extension__ using Wide = __int128;
  return static_cast<std::int64_t>(static_cast<Wide>(bots) * before / all);
}

}  // namespace

void BotHours::spread(const OfRollup& rollup) {
  const auto from = std::lower_bound(hours_.begin(), hours_.end(), rollup.first,
                                     [](const OfHour& a, Hour hour) { return a.hour < hour; });
  auto until = from;
  std::int64_t room = 0;
  for (; until != hours_.end() && until->hour < rollup.first + rollup.length; ++until) {
    room += until->clicks - until->bots;
  }
  if (room <= 0) return;
  const std::int64_t bots = std::min(rollup.bots, room);
  std::int64_t before = 0;
  for (auto at = from; at != until; ++at) {
    const std::int64_t after = before + at->clicks - at->bots;
    at->bots += share(bots, after, room) - share(bots, before, room);
    before = after;
  }
}

void BotHours::spread(const std::function<void(Hour, std::int64_t, std::int64_t)>& sink) {
  std::map<Hour, std::int64_t> left;  // of days
  std::erase_if(rollups_, [&](const OfRollup& rollup) {
    if (rollup.length > 1) return false;
    const auto at = std::lower_bound(hours_.begin(), hours_.end(), rollup.first,
                                     [](const OfHour& a, Hour hour) { return a.hour < hour; });
    const bool there = at != hours_.end() && at->hour == rollup.first;
    const std::int64_t fit = there ? std::min(rollup.bots, at->clicks - at->bots) : 0;
    if (there) at->bots += fit;
    left[rollup.first / kHoursOfDay * kHoursOfDay] += rollup.bots - fit;
    return true;
  });
  for (const auto& [day, bots] : left) spread({day, kHoursOfDay, bots});
  for (const OfRollup& rollup : rollups_) spread(rollup);
  for (const OfHour& hour : hours_) sink(hour.hour, hour.clicks, hour.bots);
}

}  // namespace ashlar::links::analytics
