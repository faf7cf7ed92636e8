// RollupRetention: makes old roll-ups coarser: hours become days, days months; and forgets the
// salts of days that are over.
//
//   hours --kHoursKept--> days --kDaysKept--> months        (UTC)
//
// Each transaction takes the oldest kBatch rows of a grain and adds them to the coarser ones: after
// a crash at any point each click is in exactly one roll-up. A row that is damaged stays where it
// is, and the log says so. Counts stay by the hour for ever. run() from one thread at a time.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/result.h"
#include "base/time.h"

namespace ashlar::obs {
class Log;
}
namespace ashlar::storage {
class Database;
}

namespace ashlar::links::analytics {

class RollupRetention {
 public:
  static constexpr base::Seconds kHoursKept{8 * 86'400};
  static constexpr base::Seconds kDaysKept{400 * 86'400};
  static constexpr std::int64_t kBatch = 200;
  static constexpr int kMaxBatches = 100;  // a run

  // All outlive it.
  RollupRetention(storage::Database& db, const base::Clock& clock, obs::Log& log)
      : db_(db), clock_(clock), log_(log) {}

  base::Status run();

 private:
  storage::Database& db_;
  const base::Clock& clock_;
  obs::Log& log_;
};

}  // namespace ashlar::links::analytics
