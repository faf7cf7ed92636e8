// What Sender knows of one delivery while it is in its hands. Of sender*.cc alone.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "modules/notifications/sender.h"

namespace ashlar::notifications {

// Storage does not answer: when to come back.
inline constexpr base::Seconds kStorageAway{5};

struct Sender::Sending {
  Sending(std::atomic<int>& running, LeaseMemory& memory, DeliveryId of, jobs::LeaseRef own_lease)
      : running_now(running), leases(memory), delivery(of), lease(own_lease) {
    running_now.fetch_add(1);
    leases.leased(delivery, lease);
  }
  ~Sending() {
    leases.ended(delivery, lease);
    running_now.fetch_sub(1);
  }
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;

  std::atomic<int>& running_now;
  LeaseMemory& leases;
  const DeliveryId delivery;
  const jobs::LeaseRef lease;
  store::Sending loaded;
  SendJob job;
  std::function<void(jobs::Outcome)> done;
  base::Mono deadline{};
  std::int64_t job_rounds = 0;
  std::int64_t round = 1;
  bool after_unknown = false;
  bool is_repeat_counted = false;

  RenderedMessage message;
  std::vector<ProviderId> asked;
  std::vector<AttemptRecord> attempts;
  ProviderId provider;  // that was asked last
  std::string provider_name, provider_ref;
  base::Time began_at{};
  base::Mono began{};
  std::optional<base::Mono> queued_since;
  SendPlan plan;  // what the last answer comes to if nobody else can be asked
  std::optional<base::Time> gone_since;
};

}  // namespace ashlar::notifications
