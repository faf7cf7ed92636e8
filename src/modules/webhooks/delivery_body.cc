#include "modules/webhooks/delivery_body.h"

#include <utility>

#include "platform/events/cloud_event.h"
#include "platform/events/event.h"
#include "platform/json/writer.h"

namespace ashlar::webhooks {
namespace {

std::string standard_text(const Message& message) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().key("type").string(message.type);
  writer.key("timestamp").string(base::format_rfc3339(message.occurred_at));
  writer.key("data").raw(message.data).end_object();
  return text;
}

std::string cloud_event_text(const Message& message, base::TenantId tenant,
                             std::string_view source) {
  events::Event event;
  event.seq = events::EventSeq{message.seq};
  event.id = message.event_id;
  event.tenant = tenant;
  event.type = message.type;
  event.aggregate_type = message.aggregate_type;
  event.aggregate_id = message.aggregate_id;
  event.data = message.data;
  event.traceparent = message.traceparent;
  event.time = message.occurred_at;
  events::CloudEvent cloud = events::cloud_event_of(event, source);
  // A test stands in no log, so it has no place in it.
  if (message.seq == 0) {
    std::erase_if(cloud.extensions, [](const auto& one) { return one.first == "sequence"; });
  }
  return events::structured_json(cloud);
}

}  // namespace

DeliveryBody body_of(const Message& message, BodyFormat format, base::TenantId tenant,
                     std::string_view source) {
  if (format == BodyFormat::kCloudEvents) {
    return {events::kStructuredContentType, cloud_event_text(message, tenant, source)};
  }
  return {"application/json", standard_text(message)};
}

}  // namespace ashlar::webhooks
