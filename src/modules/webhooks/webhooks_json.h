// The JSON of webhooks: what the API takes and gives, declared once for parsing, rendering and
// OpenAPI.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/webhooks/webhooks.h"
#include "platform/json/schema.h"

namespace ashlar::webhooks {

struct NewWebhookJson {
  std::string url;
  std::vector<std::string> event_types;
  std::optional<std::string> description;
  std::string signature = "hmac";
  std::optional<std::string> secret;
  std::string format = "standard";
  bool ordered = false;
  std::optional<double> rate_per_s;
  std::int64_t max_running = kDefaultMaxRunning;
};
struct WebhookPatchJson {
  json::Patch<std::string> url;
  json::Patch<std::vector<std::string>> event_types;
  json::Patch<std::optional<std::string>> description;
  json::Patch<std::string> format;
  json::Patch<bool> ordered;
  json::Patch<std::optional<double>> rate_per_s;
  json::Patch<std::int64_t> max_running;
  json::Patch<bool> enabled;
};
struct WebhookJson {
  EndpointId id;
  std::string url;
  std::vector<std::string> event_types;
  std::optional<std::string> description;
  std::string signature;
  json::Patch<std::string> secret;  // set where it is shown
  std::vector<std::string> public_keys;
  std::string format;
  bool ordered = false;
  std::optional<double> rate_per_s;
  std::int64_t max_running = 0;
  bool enabled = true;
  std::optional<std::string> disabled_reason;
  std::optional<base::Time> failing_since;
  std::optional<base::Time> disabled_at;
  base::Time created_at{};
  base::Time updated_at{};
};
struct RotateJson {
  std::int64_t overlap_s = Webhooks::kDefaultOverlap.count();
  std::optional<std::string> signature;
};
struct TestJson {
  std::optional<std::string> event_type;
  json::Patch<json::Value::Object> data;
};
struct ReplayJson {
  std::optional<base::Time> from;
  std::optional<base::Time> to;
  std::vector<std::string> event_ids;
  std::string only = "failed";
  std::optional<std::string> cursor;
};
struct ReplayedJson {
  std::int64_t replayed = 0;
  std::optional<std::string> next_cursor;
};
struct AttemptJson {
  std::int64_t number = 0;
  base::Time at{};
  std::int64_t duration_ms = 0;
  std::optional<std::int64_t> status;
  std::optional<std::string> error;
  std::optional<std::string> answer;
};
struct DeliveryJson {
  DeliveryId id;
  std::string event_id;
  std::string event_type;
  std::string state;
  bool test = false;
  std::int64_t attempts = 0;
  std::optional<std::int64_t> status;
  std::optional<std::string> error;
  base::Time created_at{};
  std::optional<base::Time> attempted_at;
  std::optional<base::Time> next_attempt_at;
  json::Patch<std::vector<AttemptJson>> history;  // of one delivery alone
};

const json::Schema<NewWebhookJson>& new_webhook_schema();
const json::Schema<WebhookPatchJson>& webhook_patch_schema();
const json::Schema<WebhookJson>& webhook_schema();
const json::Schema<json::Page<WebhookJson>>& webhook_page_schema();
const json::Schema<RotateJson>& rotate_schema();
const json::Schema<TestJson>& test_schema();
const json::Schema<ReplayJson>& replay_schema();
const json::Schema<ReplayedJson>& replayed_schema();
const json::Schema<DeliveryJson>& delivery_schema();
const json::Schema<json::Page<DeliveryJson>>& delivery_page_schema();

NewEndpoint endpoint_of(const NewWebhookJson& given);
EndpointChange change_of(const WebhookPatchJson& given);
outbound::SignatureKind signature_of(const std::string& name);
DeliveryJson render(const Delivery& delivery);
AttemptJson render(const AttemptRecord& attempt);
std::optional<DeliveryState> state_of(std::string_view name);

}  // namespace ashlar::webhooks
