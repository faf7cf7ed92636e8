// RollupFolder: adds what flushes leave in links_analytics_batches to the roll-ups of links, tags,
// domains, owners and tenants, soon after and cheaply.
//
//   counts, visits --slice()--> slices of all subjects (disjoint, <= kSliceEntries) --fold()-->
//   links_analytics_counts, links_analytics
//
// slice() adds up as many batches as kMaxBytes allows, looks up what their links belong to, and
// replaces them, in one transaction, by slices. fold() removes one slice and adds it, in one
// transaction. So after a crash at any point each click is in exactly one place; and two processes
// on one database cannot take the same batch: removing it decides, and the other one gives up.
//
// What links belong to is looked up when they are sliced; of those removed meanwhile, what they
// belonged to last. A row that is damaged (settings of a link, a roll-up) holds nobody else up: the
// log names it, and the clicks go where they still can.
//
// While redirects are busy it takes at most 1 / kDutyDivisor of the time.
//
// Threads: run(), step() from one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/time.h"
#include "modules/links/analytics/keyed_rollup.h"

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

namespace ashlar::links::analytics {

namespace store {
struct BatchInfo;
}

class RollupFolder {
 public:
  static constexpr std::size_t kSliceEntries = 100;
  static constexpr std::size_t kSliceBytes = std::size_t{256} * 1024;  // and one entry more
  static constexpr std::int64_t kMaxBatches = 256;                     // looked at in one step
  static constexpr std::int64_t kMaxBytes = std::int64_t{4} << 20;     // of batches sliced at once
  static constexpr int kDutyDivisor = 10;
  static constexpr base::Millis kInterval{1'000};

  // `busy`: are redirects busy just now? Everything outlives it.
  RollupFolder(storage::Database& db, const base::Clock& clock, obs::Registry& metrics,
               obs::Log& log, std::function<bool()> busy);
  ~RollupFolder();
  RollupFolder(const RollupFolder&) = delete;
  RollupFolder& operator=(const RollupFolder&) = delete;

  // One slice() or fold(). False: nothing waits.
  base::Result<bool> step();
  // As many steps as are due now.
  base::Status run();

  void start();  // the thread that runs it
  void stop();   // idempotent

 private:
  base::Result<std::vector<store::BatchInfo>> waiting();
  base::Status advance(const std::vector<store::BatchInfo>& batches);
  base::Status slice(const std::vector<store::BatchInfo>& batches);
  base::Status fold(std::int64_t batch);
  void tell_damaged(const std::vector<std::string>& rows);

  storage::Database& db_;
  const base::Clock& clock_;
  obs::Log& log_;
  obs::Gauge& pending_;
  const std::function<bool()> busy_;
  base::Mono rest_until_{};  // while busy
  std::unique_ptr<runtime::Periodic> thread_;
};

}  // namespace ashlar::links::analytics
