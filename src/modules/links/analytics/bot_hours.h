// BotHours: how many of each hour's clicks were bots'. Clicks are known by the hour for ever, bots
// by the hour, the day or the month, as old as they are. Pure. Not thread-safe.
//
// Promises
//  1. An hour has no more bots than clicks.
//  2. Roll-ups of an hour go to that hour. Those of days and months are spread over their hours in
//     proportion to clicks, and so is what an hour has no room for (where the detail of one click
//     stands for several, its weight may belong to the hours before): over its day.
//  3. Of each roll-up all its bots are told, as far as there are clicks; so sums over a range do
//  not
//     hang on how it is cut into buckets.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "modules/links/click_count.h"

namespace ashlar::links::analytics {

class BotHours {
 public:
  // REQUIRES: rising hours, each once, all before spread().
  void add_clicks(Hour hour, std::int64_t clicks) { hours_.push_back({hour, clicks}); }
  // A roll-up of `length` hours.
  void add_bots(Hour first, Hour length, std::int64_t bots) {
    rollups_.push_back({first, length, bots});
  }
  // Once. In order; hours with clicks alone.
  void spread(const std::function<void(Hour, std::int64_t clicks, std::int64_t bots)>& sink);

 private:
  struct OfHour {
    Hour hour = 0;
    std::int64_t clicks = 0;
    std::int64_t bots = 0;
  };
  struct OfRollup {
    Hour first = 0;
    Hour length = 1;
    std::int64_t bots = 0;
  };

  void spread(const OfRollup& rollup);

  std::vector<OfHour> hours_;
  std::vector<OfRollup> rollups_;
};

}  // namespace ashlar::links::analytics
