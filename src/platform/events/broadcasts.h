// Broadcasts: events for every instance, to those who keep something in memory.
//
//   committed here ──tell()──────────────> told, before write() returns
//   the log ──step(), from where this instance began──> told, wherever it was committed
//
// What was committed here so comes twice. That is meant: of a commit whose answer was lost only the
// log knows. On SQLite there is one process, and it ends when a commit's outcome is not known, so
// the log is not read.
//
// Invariants
//  1. One call of a listener at a time. resync comes before the first event of the log, and again
//     where the log could not be read for longer than `keep`: what was in it may be gone.
//  2. From a resync on each event that commits is told, as long as steps succeed.
// tell() by any thread; step() by one at a time.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/events/event.h"
#include "platform/events/log_reader.h"

namespace ashlar::base {
class Clock;
}

namespace ashlar::events {

class Broadcasts {
 public:
  // All by reference outlives it.
  Broadcasts(base::Seconds keep, storage::Database& db, const base::Clock& clock)
      : keep_(keep), db_(db), clock_(clock) {}

  void add(std::vector<std::string> types, std::function<void(const Event*)> told);
  [[nodiscard]] bool empty() const { return listeners_.empty(); }
  [[nodiscard]] std::vector<std::string> types() const;

  void tell(const Event& event);
  base::Result<bool> step();  // whether there may be more at once

 private:
  struct Listener {
    std::vector<std::string> types;
    std::function<void(const Event*)> told;
  };
  base::Status begin();

  const base::Seconds keep_;
  storage::Database& db_;
  const base::Clock& clock_;
  std::vector<Listener> listeners_;  // fixed from the first step() or tell() on
  std::mutex telling_;               // held while listeners are called

  std::unique_ptr<LogReader> reader_;  // of step()
  std::optional<LogPosition> position_;
  base::Mono read_at_{};
};

}  // namespace ashlar::events
