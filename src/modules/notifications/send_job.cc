#include "modules/notifications/send_job.h"

#include <string>

#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"

namespace ashlar::notifications {
namespace {

constexpr base::Millis kTimeout{60'000};

std::optional<std::int64_t> integer_at(const json::Value::Array& items, std::size_t index) {
  const std::int64_t* found = items[index].if_integer();
  if (found == nullptr || *found <= 0) return std::nullopt;
  return *found;
}

jobs::NewJob job_of(const Delivery& delivery, Priority priority, std::string_view traceparent) {
  jobs::NewJob job;
  job.kind = kSendJob;
  job.queue = name_of(priority);
  // The plan is the delivery's (send_plan.h); a job that only loses its leases ends some time too.
  job.max_attempts = jobs::kMaxAttempts;
  job.timeout = kTimeout;
  job.traceparent = traceparent;
  json::Writer(job.payload).begin_array().integer(delivery.id.value).end_array();
  return job;
}

}  // namespace

std::optional<SendJob> send_job_of(std::string_view payload) {
  const base::Result<json::Value> parsed = json::parse(payload);
  const json::Value::Array* items = parsed.ok() ? parsed->if_array() : nullptr;
  if (items == nullptr || (items->size() != 1 && items->size() != 3)) return std::nullopt;
  const auto delivery = integer_at(*items, 0);
  if (!delivery) return std::nullopt;
  SendJob job{DeliveryId(*delivery)};
  if (items->size() == 1) return job;
  const auto rounds = integer_at(*items, 1);
  const auto since = integer_at(*items, 2);
  if (!rounds || !since) return std::nullopt;
  job.rounds = *rounds;
  job.since = base::from_micros(*since);
  return job;
}

jobs::NewJob first_job_of(const Delivery& delivery, Priority priority,
                          std::string_view traceparent) {
  jobs::NewJob job = job_of(delivery, priority, traceparent);
  if (!delivery.user_id.empty()) {
    std::string key = delivery.user_id + ":" + std::string(name_of(delivery.channel));
    // A user's id is shorter; whoever has a longer one keeps no order rather than another's.
    if (key.size() <= jobs::kMaxKeyBytes) {
      job.key = std::move(key);
      job.ordered = true;
    }
  }
  return job;
}

jobs::NewJob later_job_of(const Delivery& delivery, Priority priority, std::string_view traceparent,
                          const SendJob& before, base::Time run_at) {
  jobs::NewJob job = job_of(delivery, priority, traceparent);
  job.payload.clear();
  json::Writer writer(job.payload);
  writer.begin_array().integer(delivery.id.value).integer(before.rounds);
  writer.integer(base::to_micros(before.since.value_or(run_at))).end_array();
  job.run_at = run_at;
  // Whoever enqueues it twice, as after a crash, gets the first one.
  job.unique_key = delivery.id.to_string();
  return job;
}

}  // namespace ashlar::notifications
