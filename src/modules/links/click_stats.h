// ClickStats: what GET /v1/links/{code}/stats tells of one link.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/links/click_count.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::links {

inline constexpr Hour kStatsHours = 48;
inline constexpr Hour kStatsDays = 90;

struct ClickBucket {
  base::Time start;
  std::int64_t clicks = 0;
};

struct ClickStats {
  std::int64_t clicks = 0;  // ever
  std::vector<ClickBucket>
      by_hour;  // the last kStatsHours, this one included, oldest first, zeros too
  std::vector<ClickBucket> by_day;  // the last kStatsDays in UTC, this one included, likewise
  base::Time as_of;                 // all clicks up to here are in it
};

// `flushed_until`: of this process's ClickRecorder. With several processes on one database, clicks
// of the others may be one flush interval younger than as_of and still missing.
base::Result<ClickStats> read_click_stats(storage::Transaction& tx, LinkId link, base::Time now,
                                          base::Time flushed_until);

}  // namespace ashlar::links
