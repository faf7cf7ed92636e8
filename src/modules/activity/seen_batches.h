// SeenBatches: which batches this process has counted, so that each is counted once, whoever hands
// it over first: the commit that wrote it or the look at what is new in the database.
//
// Ids are given in order, but PostgreSQL may commit a lower one later. So an id is remembered for
// kOverlap after it was seen, and the search for new ones starts at floor(), below which nothing
// can come any more (no transaction lives that long). Times are of the steady clock: a step of the
// wall clock makes nothing be forgotten early or kept for ever. Pure; one thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>

#include "base/time.h"

namespace ashlar::activity {

class SeenBatches {
 public:
  static constexpr base::Seconds kOverlap{60};

  // False: it was seen before.
  bool take(std::int64_t id, base::Mono now) {
    return id > floor_ && seen_.emplace(id, now).second;
  }
  [[nodiscard]] bool has(std::int64_t id) const { return id <= floor_ || seen_.contains(id); }

  // Forgets what was seen before now - kOverlap; floor() follows.
  void advance(base::Mono now) {
    while (!seen_.empty() && seen_.begin()->second + kOverlap < now) {
      floor_ = std::max(floor_, seen_.begin()->first);
      seen_.erase(seen_.begin());
    }
  }

  [[nodiscard]] std::int64_t floor() const { return floor_; }
  [[nodiscard]] std::size_t size() const { return seen_.size(); }

 private:
  std::int64_t floor_ = 0;
  std::map<std::int64_t, base::Mono> seen_;  // all above floor_
};

}  // namespace ashlar::activity
