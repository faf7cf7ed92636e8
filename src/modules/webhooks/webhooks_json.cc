#include "modules/webhooks/webhooks_json.h"

#include <array>
#include <chrono>
#include <string_view>

namespace ashlar::webhooks {
namespace {

constexpr const char* kUrlDoc =
    "Where events are sent: http or https, at most 2,048 bytes, on the public internet.";
constexpr const char* kTypesDoc =
    "Which events: types such as link.created, all below one (link.*), or all (*).";
constexpr const char* kFormatDoc =
    "Body: standard (type, timestamp, data) or cloudevents (CloudEvents 1.0, structured).";
constexpr const char* kOrderedDoc =
    "One delivery at a time, in the order of the events: while one is tried again, the later ones "
    "wait.";
constexpr const char* kRateDoc = "Deliveries begun a second, at most; null: no bound.";
constexpr const char* kRunningDoc = "Deliveries under way at once, at most.";

const json::Choices kSignatures{"hmac", "ed25519"};
const json::Choices kFormats{"standard", "cloudevents"};
const json::Choices kStates{"pending", "delivered", "failed"};

constexpr std::array<std::string_view, 3> kStateNames{"pending", "delivered", "failed"};

json::FieldRules types_rules() {
  return {.doc = kTypesDoc,
          .min_length = 1,
          .max_length = 128,
          .min_items = 1,
          .max_items = kMaxEventTypes,
          .example = "link.*"};
}

BodyFormat format_of(std::string_view name) {
  return name == "cloudevents" ? BodyFormat::kCloudEvents : BodyFormat::kStandard;
}

}  // namespace

const json::Schema<NewWebhookJson>& new_webhook_schema() {
  static const auto kSchema =
      json::Schema<NewWebhookJson>("CreateWebhook", "Whom to tell of which events.")
          .required("url", &NewWebhookJson::url,
                    {.doc = kUrlDoc, .example = "https://example.com/hooks/ashlar"})
          .required("event_types", &NewWebhookJson::event_types, types_rules())
          .optional("description", &NewWebhookJson::description,
                    {.doc = "For people.", .max_length = 500, .example = "Billing"})
          .optional("signature", &NewWebhookJson::signature,
                    {.doc = "How deliveries are signed: with a shared secret (hmac) or with a key "
                            "pair whose public half you get (ed25519).",
                     .one_of = kSignatures})
          .optional("secret", &NewWebhookJson::secret,
                    {.doc = "A secret that you have already: whsec_… or, with ed25519, whsk_…. "
                            "Without it one is made.",
                     .max_length = 200,
                     .format = "password"})
          .optional("format", &NewWebhookJson::format, {.doc = kFormatDoc, .one_of = kFormats})
          .optional("ordered", &NewWebhookJson::ordered, {.doc = kOrderedDoc})
          .optional("rate_per_s", &NewWebhookJson::rate_per_s, {.doc = kRateDoc})
          .optional("max_running", &NewWebhookJson::max_running,
                    {.doc = kRunningDoc, .min = 1, .max = kMaxMaxRunning});
  return kSchema;
}

const json::Schema<WebhookPatchJson>& webhook_patch_schema() {
  static const auto kSchema =
      json::Schema<WebhookPatchJson>("UpdateWebhook", "What to change; the rest stays.")
          .optional("url", &WebhookPatchJson::url, {.doc = kUrlDoc})
          .optional("event_types", &WebhookPatchJson::event_types, types_rules())
          .optional("description", &WebhookPatchJson::description,
                    {.doc = "For people; null: none.", .max_length = 500})
          .optional("format", &WebhookPatchJson::format, {.doc = kFormatDoc, .one_of = kFormats})
          .optional("ordered", &WebhookPatchJson::ordered, {.doc = kOrderedDoc})
          .optional("rate_per_s", &WebhookPatchJson::rate_per_s, {.doc = kRateDoc})
          .optional("max_running", &WebhookPatchJson::max_running,
                    {.doc = kRunningDoc, .min = 1, .max = kMaxMaxRunning})
          .optional("enabled", &WebhookPatchJson::enabled,
                    {.doc = "What happens while it is false is kept for a replay, not sent."});
  return kSchema;
}

const json::Schema<WebhookJson>& webhook_schema() {
  static const auto kSchema =
      json::Schema<WebhookJson>("Webhook", "An endpoint that is told of events.")
          .required("id", &WebhookJson::id, {.example = "12"})
          .required("url", &WebhookJson::url, {.doc = kUrlDoc})
          .required("event_types", &WebhookJson::event_types,
                    {.doc = kTypesDoc, .example = "link.*"})
          .required("description", &WebhookJson::description, {.doc = "For people."})
          .required("signature", &WebhookJson::signature,
                    {.doc = "Of the newest key.", .one_of = kSignatures})
          .optional("secret", &WebhookJson::secret,
                    {.doc = "whsec_…: shown once, when it is made. A repeat with the same "
                            "Idempotency-Key is answered without it.",
                     .format = "password"})
          .required("public_keys", &WebhookJson::public_keys,
                    {.doc = "whpk_… of each key pair that signs now, newest first."})
          .required("format", &WebhookJson::format, {.doc = kFormatDoc, .one_of = kFormats})
          .required("ordered", &WebhookJson::ordered, {.doc = kOrderedDoc})
          .required("rate_per_s", &WebhookJson::rate_per_s, {.doc = kRateDoc})
          .required("max_running", &WebhookJson::max_running, {.doc = kRunningDoc})
          .required("enabled", &WebhookJson::enabled)
          .required("disabled_reason", &WebhookJson::disabled_reason,
                    {.doc = "disabled (by you), gone (it answered 410) or failing (nothing but "
                            "failures for 5 days); null: it is enabled.",
                     .example = "failing"})
          .required("failing_since", &WebhookJson::failing_since,
                    {.doc = "No attempt has succeeded since then; null: the last one did."})
          .required("disabled_at", &WebhookJson::disabled_at)
          .required("created_at", &WebhookJson::created_at)
          .required("updated_at", &WebhookJson::updated_at);
  return kSchema;
}

const json::Schema<json::Page<WebhookJson>>& webhook_page_schema() {
  static const auto kSchema = json::page_schema(webhook_schema());
  return kSchema;
}

const json::Schema<RotateJson>& rotate_schema() {
  static const auto kSchema =
      json::Schema<RotateJson>("RotateSecret", "A new secret beside or instead of the old one.")
          .optional("overlap_s", &RotateJson::overlap_s,
                    {.doc = "For so long deliveries are signed with the old one too; 0: not at "
                            "all.",
                     .min = 0,
                     .max = SigningKeys::kMaxOverlap.count(),
                     .example = 86400})
          .optional("signature", &RotateJson::signature,
                    {.doc = "Of the new one; without it as before.", .one_of = kSignatures});
  return kSchema;
}

const json::Schema<TestJson>& test_schema() {
  static const auto kSchema =
      json::Schema<TestJson>("TestWebhook", "What to send as a test; may be left out.")
          .optional(
              "event_type", &TestJson::event_type,
              {.doc = "Without it webhook.test.", .max_length = 128, .example = "link.created"})
          .optional("data", &TestJson::data,
                    {.doc = "Any object.", .example = R"({"code":"spring-sale"})"});
  return kSchema;
}

const json::Schema<ReplayJson>& replay_schema() {
  static const auto kSchema =
      json::Schema<ReplayJson>("ReplayWebhook",
                               "Which deliveries to send again: those of a time or of some events.")
          .optional("from", &ReplayJson::from, {.doc = "Of deliveries made from then on."})
          .optional("to", &ReplayJson::to, {.doc = "Of deliveries made before then."})
          .optional("event_ids", &ReplayJson::event_ids,
                    {.doc = "Of these events, whenever they were.",
                     .min_length = 1,
                     .max_length = 100,
                     .max_items = 100,
                     .example = "0198c2f4-6a3e-7cc1-9f0e-5b8c2b0f6f11"})
          .optional(
              "only", &ReplayJson::only,
              {.doc = "Only failed ones, or all that have ended.", .one_of = {"failed", "all"}})
          .optional("cursor", &ReplayJson::cursor,
                    {.doc = "next_cursor of the call before, with the same range."});
  return kSchema;
}

const json::Schema<ReplayedJson>& replayed_schema() {
  static const auto kSchema =
      json::Schema<ReplayedJson>("ReplayedWebhook", "What is on its way again.")
          .required("replayed", &ReplayedJson::replayed, {.doc = "Deliveries, 500 at most."})
          .required("next_cursor", &ReplayedJson::next_cursor,
                    {.doc = "There may be more: call again with it as cursor."});
  return kSchema;
}

namespace {

const json::Schema<AttemptJson>& attempt_schema() {
  static const auto kSchema =
      json::Schema<AttemptJson>("WebhookAttempt", "One request to the endpoint.")
          .required("number", &AttemptJson::number, {.doc = "1 for the first."})
          .required("at", &AttemptJson::at)
          .required("duration_ms", &AttemptJson::duration_ms)
          .required("status", &AttemptJson::status, {.doc = "Of the answer; null: there was none."})
          .required("error", &AttemptJson::error, {.doc = "null: delivered."})
          .required("answer", &AttemptJson::answer,
                    {.doc = "The first 500 bytes of the answer's body."});
  return kSchema;
}

}  // namespace

const json::Schema<DeliveryJson>& delivery_schema() {
  static const auto kSchema =
      json::Schema<DeliveryJson>("WebhookDelivery", "One event on its way to one endpoint.")
          .required("id", &DeliveryJson::id, {.example = "4711"})
          .required("event_id", &DeliveryJson::event_id,
                    {.doc = "The receiver's webhook-id, the same at every attempt.",
                     .example = "0198c2f4-6a3e-7cc1-9f0e-5b8c2b0f6f11"})
          .required("event_type", &DeliveryJson::event_type, {.example = "link.created"})
          .required("state", &DeliveryJson::state, {.one_of = kStates})
          .required("test", &DeliveryJson::test, {.doc = "Of a test send."})
          .required("attempts", &DeliveryJson::attempts, {.doc = "Made so far."})
          .required("status", &DeliveryJson::status,
                    {.doc = "Of the last answer; null: there was none."})
          .required("error", &DeliveryJson::error, {.doc = "Of the last attempt; null: delivered."})
          .required("created_at", &DeliveryJson::created_at)
          .required("attempted_at", &DeliveryJson::attempted_at, {.doc = "The last time."})
          .required("next_attempt_at", &DeliveryJson::next_attempt_at,
                    {.doc = "While it is pending: not before."})
          .optional("history", &DeliveryJson::history, attempt_schema(),
                    {.doc = "The last 100 attempts, newest first; not in lists."});
  return kSchema;
}

const json::Schema<json::Page<DeliveryJson>>& delivery_page_schema() {
  static const auto kSchema = json::page_schema(delivery_schema());
  return kSchema;
}

outbound::SignatureKind signature_of(const std::string& name) {
  return name == "ed25519" ? outbound::SignatureKind::kEd25519 : outbound::SignatureKind::kHmac;
}

NewEndpoint endpoint_of(const NewWebhookJson& given) {
  return {
      given.url,        given.event_types,       given.description, signature_of(given.signature),
      given.secret,     format_of(given.format), given.ordered,     given.rate_per_s,
      given.max_running};
}

EndpointChange change_of(const WebhookPatchJson& given) {
  EndpointChange change;
  if (given.url) change.url = *given.url;
  if (given.event_types) change.event_types = *given.event_types;
  if (given.description) change.description = *given.description;
  if (given.format) change.format = format_of(*given.format);
  if (given.ordered) change.ordered = *given.ordered;
  if (given.rate_per_s) change.rate_per_s = *given.rate_per_s;
  if (given.max_running) change.max_running = *given.max_running;
  if (given.enabled) change.enabled = *given.enabled;
  return change;
}

DeliveryJson render(const Delivery& d) {
  DeliveryJson json;
  json.id = d.id;
  json.event_id = d.event_id;
  json.event_type = d.event_type;
  json.state = kStateNames[static_cast<std::size_t>(d.state)];
  json.test = d.test;
  json.attempts = d.attempts;
  json.status = d.status;
  json.error = d.error;
  json.created_at = d.created_at;
  json.attempted_at = d.attempted_at;
  json.next_attempt_at = d.next_at;
  return json;
}

AttemptJson render(const AttemptRecord& attempt) {
  return {attempt.number, attempt.at,    std::chrono::ceil<base::Millis>(attempt.took).count(),
          attempt.status, attempt.error, attempt.answer};
}

std::optional<DeliveryState> state_of(std::string_view name) {
  for (std::size_t i = 0; i < kStateNames.size(); ++i) {
    if (kStateNames[i] == name) return static_cast<DeliveryState>(i);
  }
  return std::nullopt;
}

}  // namespace ashlar::webhooks
