#include "modules/webhooks/fan_out.h"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "modules/webhooks/deliveries_store.h"
#include "modules/webhooks/delivery_job.h"
#include "modules/webhooks/endpoints_store.h"
#include "modules/webhooks/webhook_events.h"
#include "platform/events/event.h"
#include "platform/jobs/jobs.h"

namespace ashlar::webhooks {
namespace {

bool is_about(const events::Event& event, const Endpoint& endpoint) {
  return event.aggregate_type == kWebhookAggregate && event.aggregate_id == endpoint.id.to_string();
}

Message message_of(const events::Event& event) {
  return {event.id,   event.type,        event.aggregate_type, event.aggregate_id,
          event.data, event.traceparent, event.time,           event.seq.value};
}

}  // namespace

base::Status FanOut::consume(storage::Transaction& tx, const events::Event& event) const {
  if (!event.tenant.is_set()) return base::ok_status();
  ASHLAR_ASSIGN(std::vector<Endpoint> endpoints, store::endpoints_of(tx, event.tenant));
  std::erase_if(endpoints, [&](const Endpoint& endpoint) {
    return !matches(endpoint.event_types, event.type) || is_about(event, endpoint);
  });
  if (endpoints.empty()) return base::ok_status();
  const Message message = message_of(event);
  const base::Time now = clock_.now();
  ASHLAR_TRY(store::put_message_for(tx, event.tenant, message, now));
  std::vector<store::NewDelivery> wanted;
  wanted.reserve(endpoints.size());
  for (const Endpoint& endpoint : endpoints) {
    const bool enabled = endpoint.state == EndpointState::kEnabled;
    wanted.push_back({endpoint.id, enabled ? DeliveryState::kPending : DeliveryState::kFailed});
  }
  ASHLAR_ASSIGN(const auto made, store::insert_deliveries(tx, event.tenant, message, wanted, now));
  std::vector<jobs::NewJob> work;
  for (const auto& [delivery, id] : made) {
    const auto endpoint = std::ranges::find(endpoints, id, &Endpoint::id);
    CHECK(endpoint != endpoints.end());
    if (endpoint->state != EndpointState::kEnabled) continue;
    work.push_back(job_of(delivery, 0, *endpoint, false, event.traceparent));
  }
  for (std::span<const jobs::NewJob> left(work); !left.empty();) {
    const std::size_t some = std::min<std::size_t>(left.size(), jobs::Jobs::kMaxBatch);
    ASHLAR_TRY(jobs_.enqueue_many(tx, event.tenant, left.first(some)));
    left = left.subspan(some);
  }
  return base::ok_status();
}

}  // namespace ashlar::webhooks
