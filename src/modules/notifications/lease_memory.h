// LeaseMemory: of which deliveries this process knows that no lease before this one has begun an
// attempt, though leases were lost. So nobody is told that something may have arrived twice where
// nothing was sent: a lease ran out while storage stood still, or its delivery waited for a place.
//
//   leased ──> ended ──> leased (the next lease of the job) ──> ended …
//      └─ begun: from here on nothing is known for certain
//
// It knows only what it has seen: where another process had one of the leases, or this one has
// started since, it knows nothing. Forgetting is safe: then an attempt may have been made.
// Bounded: kMost deliveries, beyond that all are forgotten. Any thread.
#pragma once

#include <cstddef>
#include <mutex>
#include <unordered_map>

#include "modules/notifications/notification.h"
#include "platform/jobs/job.h"

namespace ashlar::notifications {

class LeaseMemory {
 public:
  static constexpr std::size_t kMost = 16'384;

  void leased(DeliveryId delivery, jobs::LeaseRef lease);
  void begun(DeliveryId delivery);
  // Nothing is begun any more under this lease.
  void ended(DeliveryId delivery, jobs::LeaseRef lease);
  // It will not be leased again, or what comes is another attempt.
  void forget(DeliveryId delivery);

  // Every lease of the job before this one was seen here, has ended, and began nothing.
  [[nodiscard]] bool none_begun(DeliveryId delivery, jobs::LeaseRef lease) const;

 private:
  struct Seen {
    jobs::JobId job;
    int last = 0;   // attempt; those before it were seen too
    int alive = 0;  // leases that have not ended
    bool begun = false;
  };
  mutable std::mutex mutex_;
  std::unordered_map<DeliveryId, Seen> seen_;  // guarded by mutex_
};

}  // namespace ashlar::notifications
