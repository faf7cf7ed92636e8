// The JSON of what comes after planning: dead letters, what was caught, providers' health. Declared
// once for parsing, rendering and OpenAPI.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "modules/notifications/delivery_store.h"
#include "modules/notifications/provider_pool.h"
#include "platform/json/schema.h"

namespace ashlar::notifications {

struct DeadLetterJson {
  DeliveryId id;
  NotificationId notification_id;
  std::string channel, address, reason, detail;
  std::optional<std::string> user_id, category, template_key;
  std::optional<ProviderId> provider_id;
  std::int64_t attempts = 0;
  base::Time created_at{}, failed_at{};
};
struct ReplayLetterJson {
  std::optional<json::Value::Object> data, content;
  std::optional<std::string> address;
};
struct ReplayLettersJson {
  std::optional<std::string> channel, reason, category;
  std::optional<ProviderId> provider_id;
  std::optional<base::Time> from, to;
  std::optional<std::string> cursor;
};
struct ReplayedLetterJson {
  DeliveryId id;
  NotificationId notification_id;
  std::string state;
};
struct ReplayedLettersJson {
  std::int64_t replayed = 0;
  std::optional<std::string> next_cursor;
};
struct CaughtJson {
  std::string id;
  DeliveryId delivery_id;
  std::string channel, address, subject, text, html, url;
  base::Time at{};
};
struct SlowedDomainJson {
  std::string domain;
  double rate_per_s = 0;
};
struct ProviderHealthJson {
  ProviderId id;
  std::string name, channel, type;
  bool enabled = true;
  std::string breaker, credential;
  bool silent = false;
  std::int64_t running = 0, calls = 0, failures = 0, openings = 0;
  std::int64_t quiet_for_ms = 0;
  std::optional<std::string> trouble;
  std::vector<SlowedDomainJson> slowed;
  std::vector<std::string> silent_hosts;
};
struct ProviderHealthsJson {
  std::vector<ProviderHealthJson> data;
};

const json::Schema<json::Page<DeadLetterJson>>& dead_letter_page_schema();
const json::Schema<ReplayLetterJson>& replay_letter_schema();
const json::Schema<ReplayLettersJson>& replay_letters_schema();
const json::Schema<ReplayedLetterJson>& replayed_letter_schema();
const json::Schema<ReplayedLettersJson>& replayed_letters_schema();
const json::Schema<json::Page<CaughtJson>>& caught_page_schema();
const json::Schema<ProviderHealthsJson>& provider_healths_schema();

DeadLetterJson render(const store::DeadLetter& letter);
CaughtJson render(const store::Caught& caught);
ProviderHealthJson render(const ProviderPool::ProviderView& view);

}  // namespace ashlar::notifications
