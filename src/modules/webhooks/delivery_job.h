// DeliveryJob: the job that makes a delivery's attempts (platform/jobs). Its queue is the
// endpoint's, so that an endpoint's bounds hold over all instances; of an ordered one all jobs have
// one key.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "modules/webhooks/delivery.h"
#include "platform/jobs/jobs.h"

namespace ashlar::webhooks {

// `series`: Delivery::series, so that the job of an earlier one, about to end, is not taken for it.
jobs::NewJob job_of(DeliveryId delivery, std::int64_t series, const Endpoint& endpoint, bool test,
                    std::string_view traceparent = {});
// Of a job's payload. nullopt: not one of ours.
std::optional<DeliveryId> delivery_of(std::string_view payload);

jobs::QueueSettings queue_of(const Endpoint& endpoint);

}  // namespace ashlar::webhooks
