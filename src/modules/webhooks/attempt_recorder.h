// AttemptRecorder: writes what attempts came to, many in one transaction, and only then lets their
// jobs end.
//
//   add ──> queue ── the thread: attempts, deliveries, endpoints, notices ──commit──> done(outcome)
//
// So an attempt that is in no log has not ended its job either: it is made again. And a delivery
// that was recorded as delivered is not sent again, though its job's end be lost.
//
// Promises
//  1. done of each record is called once: after the commit, or, where it cannot be written, with an
//     outcome that brings the job back.
//  2. An endpoint that answered 410, or that has failed for kFailingLimit, is disabled in the same
//     transaction, with the event webhook.disabled, a line in the log and a count.
// A thread of its own; any thread may call.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "modules/webhooks/deliveries_store.h"
#include "modules/webhooks/delivery.h"
#include "platform/jobs/job.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::events {
class Outbox;
}
namespace ashlar::obs {
class Log;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::storage {
class Database;
}

namespace ashlar::webhooks {

class AttemptRecorder {
 public:
  struct Record {
    store::Made made;
    Endpoint endpoint;  // as it was loaded
    bool test = false;
    bool gone = false;
    bool dropped = false;  // no attempt was made: the endpoint is disabled
    jobs::Outcome outcome;
    std::function<void(jobs::Outcome)> done;
  };

  // All outlive it.
  AttemptRecorder(storage::Database& db, events::Outbox& outbox, const base::Clock& clock,
                  obs::Registry& metrics, obs::Log& log);
  ~AttemptRecorder();  // stop()
  AttemptRecorder(const AttemptRecorder&) = delete;
  AttemptRecorder& operator=(const AttemptRecorder&) = delete;

  void add(Record record);
  // Writes what is queued and ends; what comes later brings its job back. Idempotent.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::webhooks
