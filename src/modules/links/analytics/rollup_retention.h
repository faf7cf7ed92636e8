// RollupRetention: makes old roll-ups coarser: hours become days, days months; and forgets the
// salts of days that are over.
//
//   hours --kHoursKept--> days --kDaysKept--> months        (UTC)
//
// Each transaction takes the oldest kBatch rows of a grain and adds them to the coarser ones: after
// a crash at any point each click is in exactly one roll-up. Counts stay by the hour for ever.
// run() from one thread at a time.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/result.h"
#include "base/time.h"

namespace ashlar::storage {
class Database;
}

namespace ashlar::links::analytics {

class RollupRetention {
 public:
  static constexpr base::Seconds kHoursKept{8 * 86'400};
  static constexpr base::Seconds kDaysKept{400 * 86'400};
  static constexpr std::int64_t kBatch = 200;
  static constexpr int kMaxBatches = 100;         // a run
  static constexpr std::size_t kMaxValues = 500;  // of a dimension, in a day or month of a subject

  // Both outlive it.
  RollupRetention(storage::Database& db, const base::Clock& clock) : db_(db), clock_(clock) {}

  base::Status run();

 private:
  storage::Database& db_;
  const base::Clock& clock_;
};

}  // namespace ashlar::links::analytics
