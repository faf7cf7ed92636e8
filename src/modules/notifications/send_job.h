// SendJob: the job that makes a delivery's attempts (platform/jobs).
//
// A tenant's jobs lie in three queues, one for each priority, which take turns: a campaign does not
// hold up what is urgent. Within a queue a user's deliveries of one channel run in the order in
// which they were accepted. One that has failed kLaneRounds (send_plan.h) leaves that order: its
// job ends, and another one without a key goes on with it, so that one dead address does not hold
// up its user for days. Who has no user keeps no order.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "modules/notifications/notification.h"
#include "platform/jobs/jobs.h"

namespace ashlar::notifications {

// What a job's payload says: [delivery] or [delivery, rounds, since].
struct SendJob {
  DeliveryId delivery;
  std::int64_t rounds = 0;            // made before this job, by one that was in order
  std::optional<base::Time> since{};  // when it was to go first; unset: when the job was enqueued

  [[nodiscard]] bool is_in_order() const { return rounds == 0; }
};
// nullopt: not one of ours.
std::optional<SendJob> send_job_of(std::string_view payload);

// REQUIRES: the delivery has its id, user and channel.
jobs::NewJob first_job_of(const Delivery& delivery, Priority priority,
                          std::string_view traceparent);
// Its successor out of order.
jobs::NewJob later_job_of(const Delivery& delivery, Priority priority, std::string_view traceparent,
                          const SendJob& job, base::Time run_at);

}  // namespace ashlar::notifications
