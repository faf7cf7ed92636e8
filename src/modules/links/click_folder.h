// ClickFolder: adds the click batches of busy times to the hourly counters, later and cheaply.
//
//   raw batches --slice()--> sliced batches (disjoint, sorted, <= kSlicePairs) --fold()--> counters
//
// slice() adds up as many raw batches as kMaxPairs allows and replaces them, in one transaction, by
// slices of what they hold together. fold() removes one slice, adds it to the counters and leaves
// it to analytics (analytics/rollup_folder.h), in one transaction. So after a crash at any point
// each click is in exactly one place; and two processes on one database cannot take the same batch:
// removing it decides, and the other one gives up.
//
// While redirects are busy, work waits until kMaxAge or kMaxPairs and then takes at most
// 1 / kDutyDivisor of the time; with a backlog of kBacklogPairs the limit is lifted. Idle: at once,
// or kIdleLook later where nothing was waiting. Half of that time or more is waiting for the disk:
// at 100,000 clicks a second on a million links (Zipf) recording, flushing and folding cost
// some 3.5 % of a core, and statistics are a minute or two behind, as ClickStats::as_of then says.
//
// Threads: run(), step() from one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/time.h"

namespace ashlar::obs {
class Gauge;
class Log;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::runtime {
class Periodic;
}
namespace ashlar::storage {
class Database;
}

namespace ashlar::links {

namespace store {
struct BatchInfo;
}

class ClickFolder {
 public:
  static constexpr std::int64_t kSlicePairs = 2'000;
  static constexpr std::int64_t kMaxPairs = 3'000'000;  // of raw batches, sliced at once
  static constexpr std::int64_t kBacklogPairs = 20'000'000;
  static constexpr std::int64_t kMaxBatches = 4'096;  // looked at in one step
  static constexpr int kDutyDivisor = 10;
  static constexpr base::Seconds kMaxAge{60};
  static constexpr base::Millis kInterval{100};
  static constexpr base::Seconds kIdleLook{2};  // idle: looks so often for batches

  // `busy`: are redirects busy just now? Everything outlives it.
  ClickFolder(storage::Database& db, const base::Clock& clock, obs::Registry& metrics,
              obs::Log& log, std::function<bool()> busy);
  ~ClickFolder();
  ClickFolder(const ClickFolder&) = delete;
  ClickFolder& operator=(const ClickFolder&) = delete;

  // One slice() or fold(), whatever the hour. False: nothing waits.
  base::Result<bool> step();
  // As many steps as are due now.
  base::Status run();

  void start();  // the thread that runs it
  void stop();   // idempotent

 private:
  base::Result<std::vector<store::BatchInfo>> waiting();
  [[nodiscard]] bool due(const std::vector<store::BatchInfo>& batches) const;
  base::Status advance(const std::vector<store::BatchInfo>& batches, std::size_t max_folds);
  base::Status slice(const std::vector<store::BatchInfo>& raw);
  base::Status fold(const store::BatchInfo& batch);

  storage::Database& db_;
  const base::Clock& clock_;
  obs::Log& log_;
  obs::Gauge& pending_;
  const std::function<bool()> busy_;
  base::Mono rest_until_{};  // while busy
  base::Mono look_at_{};     // while not
  std::unique_ptr<runtime::Periodic> thread_;
};

}  // namespace ashlar::links
