// What webhooks themselves publish, as any other module does.
//
//   webhook.disabled  {"webhook_id", "url", "reason", "failing_since", "disabled_at"}
//                     reason: "gone" (410), "failing" (5 days of nothing but failures)
//   webhook.test      what a test send carries; it is in no log of events
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"
#include "modules/webhooks/endpoint.h"
#include "platform/events/event.h"

namespace ashlar::webhooks {

inline constexpr std::string_view kWebhookAggregate = "webhook";
inline constexpr std::string_view kTestType = "webhook.test";

events::NewEvent disabled_event(const Endpoint& endpoint, EndpointState state, base::Time now);

}  // namespace ashlar::webhooks
