// Timeline: one notification's story, put together from what is kept of it. Pure.
//
//   accepted ─ scheduled ─ for each delivery: deferred, as often as it was ─ queued | skipped
//            ─ attempts ─ reports
//
// What was put off stays in it: queued, skipped and cancelled stand where that ended.
// In order of time; of one moment in the order above.
#pragma once

#include <string>
#include <vector>

#include "modules/notifications/notification.h"

namespace ashlar::notifications {

struct Moment {
  base::Time at{};
  std::string event{};  // "accepted", "deferred", "attempt.accepted", "delivered" …
  DeliveryId delivery{};
  std::optional<Channel> channel{};
  std::string provider{};
  std::int64_t status = 0;
  std::string code{}, detail{};
};

std::vector<Moment> timeline_of(const Notification& notification,
                                const std::vector<Delivery>& deliveries,
                                const std::vector<AttemptRecord>& attempts,
                                const std::vector<ReportRecord>& reports);

}  // namespace ashlar::notifications
