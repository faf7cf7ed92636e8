// Delivery: one event on its way to one endpoint.
//
//             fan-out, test
//   (none) ────────────────> [pending] ── 2xx ─────────────────────────> [delivered]
//                              ^ ^  └──── the plan's last attempt, ────> [failed]
//                              │ │        410, the endpoint is disabled     │
//                              │ └────────────── retry, replay ─────────────┤
//                              └──────────────── replay of all ─────────────┘ (and of delivered)
//
// While it is pending a job of kind kDeliverJob, unique by its id and series, is alive: it makes
// the attempts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/strong_id.h"
#include "base/time.h"
#include "modules/webhooks/attempt_verdict.h"
#include "modules/webhooks/endpoint.h"

namespace ashlar::webhooks {

using DeliveryId = base::StrongId<struct WebhookDeliveryTag>;

inline constexpr std::string_view kDeliverJob = "webhooks.deliver";
inline constexpr std::string_view kDisabledError = "The endpoint was disabled.";

// An event, as kept for its deliveries.
struct Message {
  std::string event_id, type, aggregate_type, aggregate_id, data, traceparent;
  base::Time occurred_at{};
  std::int64_t seq = 0;  // in the log of events; 0: a test, which is not there
};

struct Delivery {
  DeliveryId id;
  base::TenantId tenant;
  EndpointId endpoint;
  std::string event_id, event_type;
  DeliveryState state = DeliveryState::kPending;
  bool test = false;
  std::int64_t attempts = 0;
  std::int64_t series = 0;        // how often it was asked to be sent again
  std::int64_t series_start = 0;  // attempts made before the last time that it was
  base::Time created_at{};
  std::optional<base::Time> attempted_at, next_at;
  std::optional<std::int64_t> status;
  std::optional<std::string> error;
};

// One attempt, as the log shows it.
struct AttemptRecord {
  std::int64_t number = 0;
  base::Time at{};
  base::Micros took{0};
  std::optional<std::int64_t> status;
  std::optional<std::string> error, answer;
};

// What an attempt needs, read at once.
struct LoadedDelivery {
  Delivery delivery;
  Message message;
  Endpoint endpoint;
};

}  // namespace ashlar::webhooks
