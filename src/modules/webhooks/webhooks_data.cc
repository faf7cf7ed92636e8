// The webhooks' share of a tenant's data: exported whole but for the secrets, erased in small
// steps.
#include <cstdint>
#include <string>
#include <vector>

#include "modules/webhooks/deliveries_store.h"
#include "modules/webhooks/endpoints_store.h"
#include "modules/webhooks/webhooks_module.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::webhooks {
namespace {

constexpr std::int64_t kPage = 1'000;

void write_time(json::Writer& json, std::string_view key, std::optional<base::Time> time) {
  json.key(key);
  if (time) {
    json.string(base::format_rfc3339(*time));
  } else {
    json.null();
  }
}

void write_text(json::Writer& json, std::string_view key, const std::optional<std::string>& text) {
  json.key(key);
  if (text) {
    json.string(*text);
  } else {
    json.null();
  }
}

std::string endpoint_line(const Endpoint& endpoint) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("webhooks").key("table").string("endpoints");
  json.key("id").string(endpoint.id.to_string()).key("url").string(endpoint.url);
  write_text(json, "description", endpoint.description);
  json.key("event_types").raw(to_column(endpoint.event_types));
  json.key("format").integer(static_cast<std::int64_t>(endpoint.format));
  json.key("ordered").boolean(endpoint.ordered).key("rate_per_s");
  if (endpoint.rate_per_s) {
    json.real(*endpoint.rate_per_s);
  } else {
    json.null();
  }
  json.key("max_running").integer(endpoint.max_running);
  write_text(json, "disabled_reason", disabled_reason(endpoint.state));
  write_time(json, "failing_since", endpoint.failing_since);
  write_time(json, "created_at", endpoint.created_at);
  write_time(json, "updated_at", endpoint.updated_at);
  json.end_object();
  return line;
}

std::string delivery_line(const Delivery& delivery) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("webhooks").key("table").string("deliveries");
  json.key("id").string(delivery.id.to_string());
  json.key("webhook_id").string(delivery.endpoint.to_string());
  json.key("event_id").string(delivery.event_id).key("event_type").string(delivery.event_type);
  json.key("state").integer(static_cast<std::int64_t>(delivery.state));
  json.key("attempts").integer(delivery.attempts);
  write_text(json, "error", delivery.error);
  write_time(json, "created_at", delivery.created_at);
  write_time(json, "attempted_at", delivery.attempted_at);
  json.end_object();
  return line;
}

base::Status export_all(storage::Transaction& tx, const security::LineSink& sink) {
  EndpointId endpoint;
  while (true) {
    ASHLAR_ASSIGN(const auto page, store::export_endpoints(tx, endpoint, kPage));
    if (page.empty()) break;
    for (const Endpoint& one : page) ASHLAR_TRY(sink(endpoint_line(one)));
    endpoint = page.back().id;
  }
  DeliveryId delivery;
  while (true) {
    ASHLAR_ASSIGN(const auto page, store::export_deliveries(tx, delivery, kPage));
    if (page.empty()) return base::ok_status();
    for (const Delivery& one : page) ASHLAR_TRY(sink(delivery_line(one)));
    delivery = page.back().id;
  }
}

// Endpoints first: from then on nothing is sent any more.
base::Result<std::int64_t> erase_some(storage::Transaction& tx, std::int64_t limit) {
  ASHLAR_ASSIGN(const std::int64_t endpoints, store::erase_endpoints(tx, limit));
  if (endpoints > 0) return endpoints;
  return store::erase_deliveries(tx, limit);
}

}  // namespace

security::TenantData webhooks_tenant_data() { return {"webhooks", export_all, erase_some}; }

}  // namespace ashlar::webhooks
