// DeliveryBody: what is sent of an event.
//
//   standard     {"type": "link.created", "timestamp": "2026-…Z", "data": {…}}
//   cloudevents  CloudEvents 1.0, structured: application/cloudevents+json
//
// The same event gives the same bytes at every attempt. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/strong_id.h"
#include "modules/webhooks/delivery.h"

namespace ashlar::webhooks {

struct DeliveryBody {
  std::string_view content_type;
  std::string text;
};
// `source`: the installation's URL, the `source` of CloudEvents.
DeliveryBody body_of(const Message& message, BodyFormat format, base::TenantId tenant,
                     std::string_view source);

}  // namespace ashlar::webhooks
