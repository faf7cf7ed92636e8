#include "modules/webhooks/webhook_events.h"

#include "platform/json/writer.h"

namespace ashlar::webhooks {

events::NewEvent disabled_event(const Endpoint& endpoint, EndpointState state, base::Time now) {
  events::NewEvent event;
  event.type = "webhook.disabled";
  event.aggregate_type = kWebhookAggregate;
  event.aggregate_id = endpoint.id.to_string();
  json::Writer data(event.data);
  data.begin_object().key("webhook_id").string(endpoint.id.to_string());
  data.key("url").string(endpoint.url);
  data.key("reason").string(disabled_reason(state).value_or(""));
  data.key("failing_since").string(base::format_rfc3339(endpoint.failing_since.value_or(now)));
  data.key("disabled_at").string(base::format_rfc3339(now)).end_object();
  return event;
}

}  // namespace ashlar::webhooks
