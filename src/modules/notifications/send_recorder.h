// SendRecorder: writes what attempts came to, many in one transaction, and only then lets their
// jobs end.
//
//   add ──> queue ── the thread: attempts, states, devices, suppressions, events, later jobs
//                     ──commit──> done(outcome)
//
// So an attempt that is in no record has not ended its job either: it is made again, and said to be
// a repetition (sender.h).
//
// Promises
//  1. done of each record is called once: after the commit, or, where it cannot be written, with an
//     outcome that brings the job back.
//  2. States go by rank only (notification.h, 1); a notification's own follows in the same
//     transaction, and the events notification.sent and notification.failed are published with it.
//  3. One record that cannot be written keeps no other from it.
//  4. A queued record without attempts is a note: which provider is asked next.
//  5. Where many tokens of one provider look wrong within kBurstSpan, the provider is taken for
//     misconfigured: no device is put aside any more until it is quiet again, and that is told.
// A thread of its own; any thread may call.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/notifications/delivery_store.h"
#include "modules/notifications/send_plan.h"
#include "platform/jobs/jobs.h"

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

namespace ashlar::notifications {

class SendRecorder {
 public:
  static constexpr int kBurst = 20;
  static constexpr base::Seconds kBurstSpan{300};

  struct Record {
    Delivery delivery;  // as it was loaded
    std::string category;
    store::Made made;
    std::vector<AttemptRecord> attempts;  // of this round, in order; may be empty
    Effect effect = Effect::kNone;
    std::optional<base::Time> gone_since;  // kDropDevice
    std::optional<store::Caught> caught;
    std::optional<jobs::NewJob> next_job;  // goes on with it out of order (send_job.h)
    std::string traceparent;
    jobs::Outcome outcome;
    std::function<void(jobs::Outcome)> done;
  };

  // All outlive it.
  SendRecorder(storage::Database& db, jobs::Jobs& jobs, events::Outbox& outbox,
               const base::Clock& clock, obs::Registry& metrics, obs::Log& log);
  ~SendRecorder();  // stop()
  SendRecorder(const SendRecorder&) = delete;
  SendRecorder& operator=(const SendRecorder&) = delete;

  void add(Record record);
  // Writes what is queued and ends; what comes later brings its job back. Idempotent.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::notifications
