#include "modules/webhooks/webhooks.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/entropy.h"
#include "modules/webhooks/delivery_job.h"
#include "modules/webhooks/endpoint_health.h"
#include "modules/webhooks/endpoints_store.h"
#include "modules/webhooks/webhook_events.h"
#include "platform/events/event.h"
#include "platform/events/event_id.h"
#include "platform/json/writer.h"
#include "platform/outbound/target.h"
#include "platform/storage/database.h"

namespace ashlar::webhooks {
namespace {

using base::Code;

constexpr double kMaxRate = 10'000;
constexpr double kMinRate = 0.001;

base::Error refuse(const char* reason, std::string field, std::string detail) {
  return base::Error{Code::kInvalid, reason, detail, {{std::move(field), reason, detail}}};
}

base::Error not_found() {
  return base::fail(Code::kNotFound, "webhook_not_found", "There is no such webhook.");
}

base::Error disabled_error() {
  return base::fail(Code::kConflict, "webhook_disabled",
                    "The webhook is disabled; enable it first.");
}

base::Status check_types(const std::vector<std::string>& types) {
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (!events::is_type_pattern(types[i])) {
      return refuse("event_type_malformed", "/event_types/" + std::to_string(i),
                    "A type is a name such as link.created, one that ends with .* or * alone.");
    }
  }
  return base::ok_status();
}

base::Status check_rate(std::optional<double> rate) {
  if (!rate || (*rate >= kMinRate && *rate <= kMaxRate)) return base::ok_status();
  return refuse("rate_invalid", "/rate_per_s", "A rate is between 0.001 and 10,000 a second.");
}

// "Turned off" and "failing" are the server's words; a person says enabled or not.
void set_enabled(Endpoint& endpoint, bool enabled, base::Time now) {
  const bool is_enabled = endpoint.state == EndpointState::kEnabled;
  if (enabled == is_enabled) return;
  endpoint.state = enabled ? EndpointState::kEnabled : EndpointState::kDisabled;
  endpoint.failing_since.reset();
  endpoint.disabled_at.reset();
  if (!enabled) endpoint.disabled_at = now;
}

std::string test_data() {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().key("message").string("This is a test.").end_object();
  return text;
}

}  // namespace

outbound::SigningKey Webhooks::make_key(outbound::SignatureKind kind) const {
  return kind == outbound::SignatureKind::kHmac ? outbound::SigningKey::make_hmac(entropy_)
                                                : outbound::SigningKey::make_ed25519(entropy_);
}

base::Status Webhooks::save(storage::Transaction& tx, const Endpoint& endpoint) const {
  ASHLAR_TRY(store::update_endpoint(tx, endpoint));
  ASHLAR_TRY(jobs_.set_queue(tx, endpoint.tenant, kDeliverJob, endpoint.id.to_string(),
                             queue_of(endpoint)));
  tx.on_commit([this, id = endpoint.id] { health_.forget(id); });
  return base::ok_status();
}

base::Result<WithSecret> Webhooks::create(storage::Transaction& tx,
                                          const NewEndpoint& wanted) const {
  ASHLAR_ASSIGN(const outbound::Target target,
                outbound::check_target(wanted.url, {allow_private_}));
  ASHLAR_TRY(check_types(wanted.event_types));
  ASHLAR_TRY(check_rate(wanted.rate_per_s));
  outbound::SigningKey key = make_key(wanted.signature);
  if (wanted.secret) {
    auto given = outbound::SigningKey::parse(*wanted.secret);
    if (!given || given->kind != wanted.signature) {
      return refuse("secret_malformed", "/secret",
                    "A secret is whsec_ and 24 to 64 bytes in base64; with ed25519 whsk_ and 64.");
    }
    key = std::move(*given);
  }
  ASHLAR_ASSIGN(const std::int64_t count, store::count_endpoints(tx));
  if (count >= kMaxEndpoints) {
    return base::fail(Code::kConflict, "too_many_webhooks", "A tenant has at most 200 webhooks.");
  }
  Endpoint endpoint;
  endpoint.tenant = tx.context().tenant_id();
  endpoint.url = target.url;
  endpoint.description = wanted.description;
  endpoint.event_types = wanted.event_types;
  endpoint.format = wanted.format;
  endpoint.ordered = wanted.ordered;
  endpoint.rate_per_s = wanted.rate_per_s;
  endpoint.max_running = wanted.max_running;
  endpoint.created_at = endpoint.updated_at = clock_.now();
  ASHLAR_ASSIGN(endpoint.id, store::insert_endpoint(tx, endpoint));
  endpoint.sealed_keys = SigningKeys(key).seal(box_, endpoint.tenant, endpoint.id);
  ASHLAR_TRY(save(tx, endpoint));
  return WithSecret{std::move(endpoint), std::move(key)};
}

base::Result<Endpoint> Webhooks::find(storage::Transaction& tx, EndpointId id) const {
  ASHLAR_ASSIGN(std::optional<Endpoint> endpoint, store::find_endpoint(tx, id));
  if (!endpoint) return not_found();
  return *std::move(endpoint);
}

base::Result<Endpoint> Webhooks::update(storage::Transaction& tx, EndpointId id,
                                        const EndpointChange& change) const {
  ASHLAR_ASSIGN(Endpoint endpoint, find(tx, id));
  if (change.url) {
    ASHLAR_ASSIGN(const outbound::Target target,
                  outbound::check_target(*change.url, {allow_private_}));
    endpoint.url = target.url;
  }
  if (change.event_types) {
    ASHLAR_TRY(check_types(*change.event_types));
    endpoint.event_types = *change.event_types;
  }
  if (change.rate_per_s) {
    ASHLAR_TRY(check_rate(*change.rate_per_s));
    endpoint.rate_per_s = *change.rate_per_s;
  }
  if (change.description) endpoint.description = *change.description;
  if (change.format) endpoint.format = *change.format;
  if (change.ordered) endpoint.ordered = *change.ordered;
  if (change.max_running) endpoint.max_running = *change.max_running;
  endpoint.updated_at = clock_.now();
  if (change.enabled) set_enabled(endpoint, *change.enabled, endpoint.updated_at);
  ++endpoint.version;
  ASHLAR_TRY(save(tx, endpoint));
  return endpoint;
}

base::Status Webhooks::remove(storage::Transaction& tx, EndpointId id) const {
  ASHLAR_ASSIGN(const bool removed, store::delete_endpoint(tx, id));
  if (!removed) return not_found();
  ASHLAR_TRY(jobs_.forget_queue(tx, tx.context().tenant_id(), kDeliverJob, id.to_string()));
  tx.on_commit([this, id] { health_.forget(id); });
  return base::ok_status();
}

base::Result<WithSecret> Webhooks::rotate(storage::Transaction& tx, EndpointId id,
                                          std::optional<outbound::SignatureKind> kind,
                                          base::Seconds overlap) const {
  ASHLAR_ASSIGN(Endpoint endpoint, find(tx, id));
  auto keys = SigningKeys::open(box_, endpoint.sealed_keys, endpoint.tenant, endpoint.id);
  outbound::SigningKey key =
      make_key(kind.value_or(keys ? keys->kind() : outbound::SignatureKind::kHmac));
  endpoint.updated_at = clock_.now();
  // Keys that cannot be read any more sign nothing: rotation is how to mend that.
  if (keys) {
    keys->rotate(key, endpoint.updated_at, overlap);
  } else {
    keys.emplace(key);
  }
  endpoint.sealed_keys = keys->seal(box_, endpoint.tenant, endpoint.id);
  ++endpoint.version;
  ASHLAR_TRY(save(tx, endpoint));
  return WithSecret{std::move(endpoint), std::move(key)};
}

base::Result<Delivery> Webhooks::test(storage::Transaction& tx, EndpointId id,
                                      const TestSend& send) const {
  ASHLAR_ASSIGN(const Endpoint endpoint, find(tx, id));
  const base::Time now = clock_.now();
  Message message;
  message.event_id = events::make_event_id(now, entropy_);
  message.type = send.event_type.empty() ? std::string(kTestType) : send.event_type;
  message.aggregate_type = kWebhookAggregate;
  message.aggregate_id = id.to_string();
  message.data = send.data.empty() ? test_data() : send.data;
  message.occurred_at = now;
  if (!events::is_type_pattern(message.type) || message.type.find('*') != std::string::npos) {
    return refuse("event_type_malformed", "/event_type", "A type is a name such as link.created.");
  }
  ASHLAR_TRY(store::put_message(tx, message, now));
  ASHLAR_ASSIGN(const DeliveryId delivery, store::insert_test(tx, id, message, now));
  ASHLAR_TRY(jobs_.enqueue(tx, job_of(delivery, 0, endpoint, true)));
  return find_delivery(tx, id, delivery);
}

base::Result<Delivery> Webhooks::find_delivery(storage::Transaction& tx, EndpointId endpoint,
                                               DeliveryId id) const {
  ASHLAR_ASSIGN(std::optional<Delivery> delivery, store::find_delivery(tx, endpoint, id));
  if (!delivery) {
    return base::fail(Code::kNotFound, "delivery_not_found",
                      "There is no such delivery, or it is too old to be kept.");
  }
  return *std::move(delivery);
}

base::Result<Delivery> Webhooks::retry(storage::Transaction& tx, EndpointId endpoint_id,
                                       DeliveryId id) const {
  ASHLAR_ASSIGN(const Endpoint endpoint, find(tx, endpoint_id));
  ASHLAR_ASSIGN(const Delivery delivery, find_delivery(tx, endpoint_id, id));
  if (delivery.state == DeliveryState::kDelivered) {
    return base::fail(Code::kConflict, "delivery_delivered",
                      "It was delivered; a replay with \"only\": \"all\" sends it again.");
  }
  if (endpoint.state != EndpointState::kEnabled && !delivery.test) return disabled_error();
  const bool ended = delivery.state != DeliveryState::kPending;
  ASHLAR_TRY(ended ? store::reopen(tx, std::vector{id}) : store::hurry(tx, id));
  const std::int64_t series = delivery.series + (ended ? 1 : 0);
  ASHLAR_ASSIGN(const jobs::Enqueued job,
                jobs_.enqueue(tx, job_of(id, series, endpoint, delivery.test)));
  if (job.existed) {
    // Where it is on its way at this moment there is nothing to hurry.
    const base::Status hurried = jobs_.run_now(tx, endpoint.tenant, job.id);
    if (!hurried.ok() && hurried.error().code != Code::kConflict) return hurried.error();
  }
  tx.on_commit([this, endpoint_id] { health_.forget(endpoint_id); });
  return find_delivery(tx, endpoint_id, id);
}

base::Status Webhooks::enqueue_again(storage::Transaction& tx, const Endpoint& endpoint,
                                     const std::vector<Delivery>& deliveries) const {
  if (deliveries.empty()) return base::ok_status();
  std::vector<DeliveryId> ids;
  std::vector<jobs::NewJob> work;
  for (const Delivery& delivery : deliveries) {
    ids.push_back(delivery.id);
    work.push_back(job_of(delivery.id, delivery.series + 1, endpoint, delivery.test));
  }
  ASHLAR_TRY(store::reopen(tx, ids));
  ASHLAR_TRY(jobs_.enqueue_many(tx, endpoint.tenant, work));
  return base::ok_status();
}

base::Result<Replayed> Webhooks::replay(storage::Transaction& tx, EndpointId id,
                                        const ReplayRequest& request) const {
  ASHLAR_ASSIGN(const Endpoint endpoint, find(tx, id));
  if (endpoint.state != EndpointState::kEnabled) return disabled_error();
  if (request.range.from > request.range.to) {
    return refuse("range_invalid", "/to", "The range ends before it begins.");
  }
  std::vector<Delivery> found;
  Replayed replayed;
  if (!request.event_ids.empty()) {
    ASHLAR_ASSIGN(found,
                  store::ended_deliveries_of(tx, id, request.event_ids, request.range.failed_only));
  } else {
    ASHLAR_ASSIGN(found,
                  store::ended_deliveries(tx, id, request.range, request.after, kReplayBatch));
    if (static_cast<std::int64_t>(found.size()) == kReplayBatch) {
      replayed.next =
          store::Position{base::to_micros(found.back().created_at), found.back().id.value};
    }
  }
  ASHLAR_TRY(enqueue_again(tx, endpoint, found));
  replayed.count = static_cast<std::int64_t>(found.size());
  tx.on_commit([this, id] { health_.forget(id); });
  return replayed;
}

std::vector<std::string> Webhooks::public_keys(const Endpoint& endpoint) const {
  std::vector<std::string> found;
  const auto keys = SigningKeys::open(box_, endpoint.sealed_keys, endpoint.tenant, endpoint.id);
  if (!keys) return found;
  for (const outbound::SigningKey& key : keys->at(clock_.now())) {
    if (key.kind == outbound::SignatureKind::kEd25519) found.push_back(key.public_text());
  }
  return found;
}

outbound::SignatureKind Webhooks::signature_of(const Endpoint& endpoint) const {
  const auto keys = SigningKeys::open(box_, endpoint.sealed_keys, endpoint.tenant, endpoint.id);
  return keys ? keys->kind() : outbound::SignatureKind::kHmac;
}

}  // namespace ashlar::webhooks
