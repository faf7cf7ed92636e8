// Report: what was clicked in a range of time: totals, a series, the commonest values.
//
// Promises
//  1. Clicks are exact, in totals and series: they come from the hourly counters.
//  2. Visitors are estimates (visitor_sketch.h). Nobody is known again on another day (UTC), so
//     those of several days are added up; within a day each counts once.
//  3. Bots and the values of dimensions are exact as long as every click's detail was kept; else
//     they are estimates, and `kept` < `told` says so. Of dimensions with more values than are kept
//     (rollup.h) a list says by how much it may be wrong: TopList::error.
//  4. Visitors and dimensions of days and months fall into the bucket in which their middle lies:
//     what is older than RollupRetention::kHoursKept knows no other hours. Bots are spread over the
//     hours (bot_hours.h), so that totals of a range are the same however it is cut into buckets.
//
// Cost: one range of rows for counts, one a grain for roll-ups; bounded by TimeBuckets and by the
// retention, whatever the number of links and clicks. Memory: the series, a sketch a day, and
// RollupSum's tables, whatever is stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/links/analytics/dimension.h"
#include "modules/links/analytics/subject.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::links::analytics {

class TimeBuckets;

struct Traffic {
  std::int64_t clicks = 0;
  std::int64_t visitors = 0;  // bots are none
  std::int64_t bots = 0;      // of the clicks
};

struct TopValue {
  std::string value;
  std::int64_t clicks = 0;
};
struct TopList {
  Dimension dimension{};
  std::vector<TopValue> values;  // most clicks first
  std::int64_t other = 0;        // clicks of values that are not in the list
  std::int64_t unknown = 0;      // clicks without a value
  // A value may have had so many clicks more than it says, one that is missing so many in all.
  std::int64_t error = 0;
};

struct ReportQuery {
  Subject subject{};
  LinkId link{};           // of SubjectKind::kLink
  bool bots = true;        // false: clicks of bots are left out everywhere
  std::size_t top = 10;    // values a list
  std::uint64_t seed = 0;  // chance: see ValueTable
};

struct Report {
  Traffic totals;
  std::vector<Traffic> series;  // one a bucket
  std::vector<TopList> top;
  std::int64_t kept = 0;  // clicks whose detail was kept
  std::int64_t told = 0;  // clicks that they stand for
  base::Time as_of;       // all clicks up to here are in it
};

// `flushed_until`: of this process's ClickRecorder.
base::Result<Report> read_report(storage::Transaction& tx, const ReportQuery& query,
                                 const TimeBuckets& buckets, base::Time flushed_until);

}  // namespace ashlar::links::analytics
