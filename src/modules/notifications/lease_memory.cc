#include "modules/notifications/lease_memory.h"

namespace ashlar::notifications {

void LeaseMemory::leased(DeliveryId delivery, jobs::LeaseRef lease) {
  const std::lock_guard lock(mutex_);
  const auto known = seen_.find(delivery);
  if (known == seen_.end()) {
    if (lease.attempt != 1) return;  // who had those before it?
    if (seen_.size() == kMost) seen_.clear();
    seen_.emplace(delivery, Seen{.job = lease.id, .last = 1, .alive = 1, .begun = false});
    return;
  }
  Seen& seen = known->second;
  if (seen.job != lease.id || seen.last + 1 != lease.attempt) {
    seen_.erase(known);
    return;
  }
  ++seen.last;
  ++seen.alive;
}

void LeaseMemory::begun(DeliveryId delivery) {
  const std::lock_guard lock(mutex_);
  if (const auto known = seen_.find(delivery); known != seen_.end()) known->second.begun = true;
}

void LeaseMemory::ended(DeliveryId delivery, jobs::LeaseRef lease) {
  const std::lock_guard lock(mutex_);
  const auto known = seen_.find(delivery);
  if (known != seen_.end() && known->second.job == lease.id) --known->second.alive;
}

void LeaseMemory::forget(DeliveryId delivery) {
  const std::lock_guard lock(mutex_);
  seen_.erase(delivery);
}

bool LeaseMemory::none_begun(DeliveryId delivery, jobs::LeaseRef lease) const {
  const std::lock_guard lock(mutex_);
  const auto known = seen_.find(delivery);
  if (known == seen_.end()) return false;
  const Seen& seen = known->second;
  return seen.job == lease.id && seen.last == lease.attempt && seen.alive == 1 && !seen.begun;
}

}  // namespace ashlar::notifications
