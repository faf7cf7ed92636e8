// ClickRetention: takes old click details away, and what dead processes left in
// links_click_writers; makes old roll-ups coarser (analytics/rollup_retention.h); forgets what
// links that were removed kPlaceAge ago belonged to (settings_store.h, keep_place()).
//
// Details older than kDetailAge go, kBatch a transaction, at most kMaxBatches a run. Counts stay.
// run() from one thread at a time.
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "base/time.h"

namespace ashlar::obs {
class Log;
}
namespace ashlar::runtime {
class Periodic;
}
namespace ashlar::storage {
class Database;
}

namespace ashlar::links {

class ClickRetention {
 public:
  static constexpr base::Seconds kDetailAge{30 * 86'400};
  static constexpr base::Seconds kWriterAge{86'400};
  // Clicks are added up a minute or two after they were made; this is for a day on which they wait.
  static constexpr base::Seconds kPlaceAge{6 * 3'600};
  static constexpr std::int64_t kBatch = 1'000;
  static constexpr int kMaxBatches = 100;
  static constexpr base::Millis kInterval{60'000};

  ClickRetention(storage::Database& db, const base::Clock& clock, obs::Log& log);
  ~ClickRetention();
  ClickRetention(const ClickRetention&) = delete;
  ClickRetention& operator=(const ClickRetention&) = delete;

  base::Status run();
  void start();  // the thread that runs it
  void stop();   // idempotent

 private:
  storage::Database& db_;
  const base::Clock& clock_;
  obs::Log& log_;
  std::unique_ptr<runtime::Periodic> thread_;
};

}  // namespace ashlar::links
