#include "modules/webhooks/delivery_job.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace ashlar::webhooks {
namespace {

constexpr int kTestPriority = 50;            // somebody waits for it
constexpr base::Millis kJobTimeout{60'000};  // an attempt has a nearer one of its own

}  // namespace

jobs::NewJob job_of(DeliveryId delivery, std::int64_t series, const Endpoint& endpoint, bool test,
                    std::string_view traceparent) {
  jobs::NewJob job;
  job.kind = kDeliverJob;
  job.queue = endpoint.id.to_string();
  job.payload = delivery.to_string();
  job.unique_key = delivery.to_string() + ":" + std::to_string(series);
  // The plan of retries is the delivery's (attempt_verdict.h); a job that only loses its leases
  // ends some time too.
  job.max_attempts = jobs::kMaxAttempts;
  job.timeout = kJobTimeout;
  job.traceparent = traceparent;
  if (test) {
    job.priority = kTestPriority;
  } else if (endpoint.ordered) {
    job.key = "in order";
    job.ordered = true;
  }
  return job;
}

std::optional<DeliveryId> delivery_of(std::string_view payload) {
  std::int64_t id = 0;
  const auto read = std::from_chars(payload.data(), payload.data() + payload.size(), id);
  if (read.ec != std::errc() || read.ptr != payload.data() + payload.size() || id <= 0) return {};
  return DeliveryId(id);
}

jobs::QueueSettings queue_of(const Endpoint& endpoint) {
  jobs::QueueSettings settings;
  settings.max_running = endpoint.max_running;
  settings.rate_per_s = endpoint.rate_per_s;
  if (endpoint.rate_per_s) {
    settings.burst = std::max<std::int64_t>(1, std::llround(*endpoint.rate_per_s));
  }
  return settings;
}

}  // namespace ashlar::webhooks
