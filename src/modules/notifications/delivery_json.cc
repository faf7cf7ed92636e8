#include "modules/notifications/delivery_json.h"

#include <chrono>
#include <string_view>

namespace ashlar::notifications {
namespace {

const json::Choices kChannelNames{"email", "sms", "push", "inbox", "chat", "http"};
const json::Choices kBreakerNames{"closed", "open", "half_open"};

constexpr const char* kReasonDoc =
    "Why: attempts_used, refused, malformed, no_provider, token_rejected, undelivered, or what "
    "was wrong with its template.";

std::optional<std::string> text_or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

std::string_view name_of(kit::CircuitBreaker::State state) {
  switch (state) {
    case kit::CircuitBreaker::State::kClosed:
      return "closed";
    case kit::CircuitBreaker::State::kOpen:
      return "open";
    case kit::CircuitBreaker::State::kHalfOpen:
      break;
  }
  return "half_open";
}

const json::Schema<DeadLetterJson>& dead_letter_schema() {
  static const auto kSchema =
      json::Schema<DeadLetterJson>("NotificationDeadLetter",
                                   "A delivery that has failed for good, until it is replayed.")
          .required("id", &DeadLetterJson::id, {.doc = "Of the delivery.", .example = "4711"})
          .required("notification_id", &DeadLetterJson::notification_id)
          .required("channel", &DeadLetterJson::channel, {.one_of = kChannelNames})
          .required("address", &DeadLetterJson::address)
          .required("reason", &DeadLetterJson::reason, {.doc = kReasonDoc})
          .required("detail", &DeadLetterJson::detail, {.doc = "The last answer."})
          .required("user_id", &DeadLetterJson::user_id)
          .required("category", &DeadLetterJson::category)
          .required("template", &DeadLetterJson::template_key)
          .required("provider_id", &DeadLetterJson::provider_id,
                    {.doc = "That was asked last; null: none was."})
          .required("attempts", &DeadLetterJson::attempts)
          .required("created_at", &DeadLetterJson::created_at)
          .required("failed_at", &DeadLetterJson::failed_at);
  return kSchema;
}

const json::Schema<CaughtJson>& caught_schema() {
  static const auto kSchema =
      json::Schema<CaughtJson>("CaughtMessage",
                               "What would have been sent, had the channel a provider.")
          .required("id", &CaughtJson::id)
          .required("delivery_id", &CaughtJson::delivery_id)
          .required("channel", &CaughtJson::channel, {.one_of = kChannelNames})
          .required("address", &CaughtJson::address)
          .required("subject", &CaughtJson::subject)
          .required("text", &CaughtJson::text)
          .required("html", &CaughtJson::html)
          .required("url", &CaughtJson::url)
          .required("at", &CaughtJson::at);
  return kSchema;
}

const json::Schema<SlowedDomainJson>& slowed_schema() {
  static const auto kSchema =
      json::Schema<SlowedDomainJson>("SlowedDomain", "A mail domain that asked to be spared.")
          .required("domain", &SlowedDomainJson::domain)
          .required("rate_per_s", &SlowedDomainJson::rate_per_s, {.doc = "At most, for now."});
  return kSchema;
}

const json::Schema<ProviderHealthJson>& provider_health_schema() {
  static const auto kSchema =
      json::Schema<ProviderHealthJson>("NotificationProviderHealth",
                                       "How this instance finds a provider at the moment.")
          .required("id", &ProviderHealthJson::id)
          .required("name", &ProviderHealthJson::name)
          .required("channel", &ProviderHealthJson::channel, {.one_of = kChannelNames})
          .required("type", &ProviderHealthJson::type)
          .required("enabled", &ProviderHealthJson::enabled)
          .required(
              "breaker", &ProviderHealthJson::breaker,
              {.doc = "Open: it fails or says nothing, and is not asked.", .one_of = kBreakerNames})
          .required("silent", &ProviderHealthJson::silent,
                    {.doc = "It has messages in hand and answers none."})
          .required(
              "credential", &ProviderHealthJson::credential,
              {.doc = "The same of its credential: open: it was refused.", .one_of = kBreakerNames})
          .required("running", &ProviderHealthJson::running, {.doc = "Messages it has in hand."})
          .required("calls", &ProviderHealthJson::calls, {.doc = "Of the last 40 or so."})
          .required("failures", &ProviderHealthJson::failures, {.doc = "Of these calls."})
          .required("openings", &ProviderHealthJson::openings,
                    {.doc = "How often its breaker has opened since the start."})
          .required("quiet_for_ms", &ProviderHealthJson::quiet_for_ms,
                    {.doc = "It asked to be left alone for so long."})
          .required("trouble", &ProviderHealthJson::trouble,
                    {.doc = "Why its settings cannot be used; null: they can."})
          .required("slowed", &ProviderHealthJson::slowed, slowed_schema())
          .required("silent_hosts", &ProviderHealthJson::silent_hosts,
                    {.doc = "Web push: push services that answer nothing, and are not asked."});
  return kSchema;
}

}  // namespace

const json::Schema<json::Page<DeadLetterJson>>& dead_letter_page_schema() {
  static const auto kSchema = json::page_schema(dead_letter_schema());
  return kSchema;
}

const json::Schema<ReplayLetterJson>& replay_letter_schema() {
  static const auto kSchema =
      json::Schema<ReplayLetterJson>("ReplayNotificationDeadLetter",
                                     "What to change before it is sent again.")
          .optional("data", &ReplayLetterJson::data, {.doc = "Other data for its template."})
          .optional("content", &ReplayLetterJson::content,
                    {.doc = "Content instead of what it said: subject, text, html, url, data."})
          .optional("address", &ReplayLetterJson::address,
                    {.doc = "Another address.", .min_length = 1, .max_length = 2048});
  return kSchema;
}

const json::Schema<ReplayLettersJson>& replay_letters_schema() {
  static const auto kSchema =
      json::Schema<ReplayLettersJson>("ReplayDeadLetters", "Which ones; without any: all.")
          .optional("channel", &ReplayLettersJson::channel, {.one_of = kChannelNames})
          .optional("reason", &ReplayLettersJson::reason, {.max_length = 64})
          .optional("category", &ReplayLettersJson::category, {.max_length = 64})
          .optional("provider_id", &ReplayLettersJson::provider_id)
          .optional("from", &ReplayLettersJson::from, {.doc = "Failed then or later."})
          .optional("to", &ReplayLettersJson::to, {.doc = "Failed before."})
          .optional("cursor", &ReplayLettersJson::cursor,
                    {.doc = "The next_cursor of the call before.", .max_length = 1024});
  return kSchema;
}

const json::Schema<ReplayedLetterJson>& replayed_letter_schema() {
  static const auto kSchema =
      json::Schema<ReplayedLetterJson>("ReplayedDeadLetter", "The delivery that was made of it.")
          .required("id", &ReplayedLetterJson::id)
          .required("notification_id", &ReplayedLetterJson::notification_id,
                    {.doc = "A new one, where data or content were changed."})
          .required("state", &ReplayedLetterJson::state);
  return kSchema;
}

const json::Schema<ReplayedLettersJson>& replayed_letters_schema() {
  static const auto kSchema =
      json::Schema<ReplayedLettersJson>("ReplayedDeadLetters", "What is on its way again.")
          .required("replayed", &ReplayedLettersJson::replayed, {.doc = "Deliveries, 500 at most."})
          .required("next_cursor", &ReplayedLettersJson::next_cursor,
                    {.doc = "There may be more: call again with it as cursor."});
  return kSchema;
}

const json::Schema<json::Page<CaughtJson>>& caught_page_schema() {
  static const auto kSchema = json::page_schema(caught_schema());
  return kSchema;
}

const json::Schema<ProviderHealthsJson>& provider_healths_schema() {
  static const auto kSchema =
      json::Schema<ProviderHealthsJson>("NotificationProviderHealths", "All providers of a tenant.")
          .required("data", &ProviderHealthsJson::data, provider_health_schema());
  return kSchema;
}

DeadLetterJson render(const store::DeadLetter& letter) {
  const Delivery& d = letter.delivery;
  DeadLetterJson json;
  json.id = d.id;
  json.notification_id = d.notification;
  json.channel = name_of(d.channel);
  json.address = d.target.address;
  json.reason = d.reason;
  json.detail = d.detail;
  json.user_id = text_or_null(d.user_id);
  json.category = text_or_null(letter.category);
  json.template_key = text_or_null(letter.template_key);
  if (d.provider.is_set()) json.provider_id = d.provider;
  json.attempts = d.attempts;
  json.created_at = d.created_at;
  json.failed_at = d.updated_at;
  return json;
}

CaughtJson render(const store::Caught& caught) {
  const Rendered& content = caught.content;
  return {std::to_string(caught.id),
          caught.delivery,
          std::string(name_of(caught.channel)),
          caught.address,
          content.subject,
          content.text,
          content.html,
          content.url,
          caught.at};
}

ProviderHealthJson render(const ProviderPool::ProviderView& view) {
  ProviderHealthJson json;
  json.id = view.id;
  json.name = view.name;
  json.channel = name_of(view.channel);
  json.type = view.type;
  json.enabled = view.enabled;
  json.breaker = name_of(view.health.service.state);
  json.credential = name_of(view.health.credential.state);
  json.silent = view.health.silent;
  json.running = view.health.running;
  json.calls = static_cast<std::int64_t>(view.health.service.calls);
  json.failures = static_cast<std::int64_t>(view.health.service.failures);
  json.openings = static_cast<std::int64_t>(view.health.service.openings);
  json.quiet_for_ms = std::chrono::ceil<base::Millis>(view.health.quiet_for).count();
  json.trouble = text_or_null(view.trouble);
  for (const auto& domain : view.health.slowed) json.slowed.push_back({domain.name, domain.rate});
  json.silent_hosts = view.health.silent_hosts;
  return json;
}

}  // namespace ashlar::notifications
