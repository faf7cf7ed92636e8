// What notifications publish, as any other module does. The aggregate is the notification.
//
//   notification.sent, .delivered, .opened, .failed
//     {"notification_id", "delivery_id", "channel", "user_id", "category", "reason"}
//   One for each delivery and state; "reason" is null but of failed ones.
#pragma once

#include <optional>
#include <string_view>

#include "modules/notifications/notification.h"
#include "platform/events/event.h"

namespace ashlar::notifications {

inline constexpr std::string_view kNotificationAggregate = "notification";

// nullopt: nothing is published of this state.
std::optional<events::NewEvent> state_event(const Delivery& delivery, std::string_view category,
                                            State state, std::string_view reason,
                                            std::string_view traceparent);

}  // namespace ashlar::notifications
