// FanOut: each event of a tenant becomes one delivery for each of its endpoints that want it, in
// the transaction of the consumer's position: none is lost, none is made twice.
//
// An endpoint that is disabled gets a failed delivery, for a later replay. No endpoint is told of
// its own disabling. Any thread.
#pragma once

#include "base/result.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::events {
struct Event;
}
namespace ashlar::jobs {
class Jobs;
}
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::webhooks {

class FanOut {
 public:
  // Both outlive it.
  FanOut(jobs::Jobs& jobs, const base::Clock& clock) : jobs_(jobs), clock_(clock) {}

  // events::Consume.
  base::Status consume(storage::Transaction& tx, const events::Event& event) const;

 private:
  jobs::Jobs& jobs_;
  const base::Clock& clock_;
};

}  // namespace ashlar::webhooks
