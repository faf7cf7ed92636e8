// The JSON of notifications: what the API takes and gives, declared once for parsing, rendering and
// OpenAPI. Recipients, providers and templates have their own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/notifications/notification.h"
#include "modules/notifications/timeline.h"
#include "platform/json/schema.h"

namespace ashlar::notifications {

struct Draft;

// How many of an audience are how far: of a campaign, and of one of its variants.
struct CampaignCountsJson {
  std::int64_t audience = 0, sent = 0, skipped = 0, failed = 0, waiting = 0, unknown = 0,
               repeated = 0, delivered = 0, opened = 0, bounced = 0;
};

struct ToJson {
  std::optional<std::string> user_id, email, phone, device;
  // Many: a campaign.
  std::optional<std::string> topic, segment;
  std::optional<std::vector<std::string>> users;

  [[nodiscard]] bool is_many() const { return topic || segment || users; }
};
struct ContentJson {
  std::optional<std::string> subject, text, html, url;
  json::Patch<json::Value::Object> data;
};
struct DigestJson {
  std::string key;
  std::int64_t for_s = 3600;
};
struct NewNotificationJson {
  ToJson to;
  std::optional<std::string> template_key;
  json::Patch<json::Value::Object> data;
  json::Patch<ContentJson> content;
  std::optional<std::string> category;
  std::optional<std::vector<std::string>> channels;
  std::string priority = "normal";
  std::optional<std::string> dedupe_key;
  std::optional<std::string> collapse_key;
  std::optional<std::string> locale;
  std::optional<base::Time> send_at;
  std::optional<base::Time> expires_at;
  json::Patch<DigestJson> digest;
};
struct AcceptedJson {
  std::string id;  // "c12": campaign 12
  std::string state;
  bool existed = false;
  json::Patch<std::string> campaign_id;
};
struct DeliveryJson {
  DeliveryId id;
  std::string channel;
  std::string address;
  std::string state;
  std::optional<std::string> reason;
  std::optional<std::string> detail;
  std::int64_t attempts = 0;
  std::optional<std::string> provider_ref;
  std::optional<DeliveryId> replay_of;
  base::Time created_at{};
  std::optional<base::Time> sent_at;
  std::optional<base::Time> next_at;
};
struct MomentJson {
  base::Time at{};
  std::string event;
  std::optional<DeliveryId> delivery_id;
  std::optional<std::string> channel;
  std::optional<std::string> provider;
  std::optional<std::int64_t> status;
  std::optional<std::string> code;
  std::optional<std::string> detail;
};
struct NotificationJson {
  std::string id;
  ToJson to;
  std::string state;
  std::optional<std::string> reason;
  std::optional<std::string> template_key;
  std::optional<std::int64_t> template_version;
  std::optional<std::string> category;
  std::vector<std::string> channels;
  std::string priority;
  std::optional<std::string> dedupe_key;
  std::optional<base::Time> send_at;
  std::optional<base::Time> expires_at;
  std::optional<NotificationId> digested_into;
  base::Time created_at{};
  base::Time updated_at{};
  json::Patch<std::vector<DeliveryJson>> deliveries;  // of one notification alone, as the rest
  json::Patch<std::vector<MomentJson>> timeline;
  json::Patch<CampaignCountsJson> counts;  // of one to many
};
struct WhyNowJson {
  std::string channel;
  std::string address;
  std::string decision;
  std::optional<std::string> reason;
  std::string explanation;
  std::optional<base::Time> until;
};
struct WhyCampaignJson {
  std::string campaign_id, name, state;
  std::optional<std::string> reason;
  bool repeated = false;
  std::optional<base::Time> next_at;
};
struct WhyJson {
  std::string user_id;
  std::vector<WhyNowJson> now;
  std::vector<NotificationJson> recent;
  std::vector<WhyCampaignJson> campaigns;
};

const json::Schema<CampaignCountsJson>& campaign_counts_schema();
const json::Schema<ContentJson>& content_schema();
const json::Schema<NewNotificationJson>& new_notification_schema();
const json::Schema<AcceptedJson>& accepted_schema();
const json::Schema<NotificationJson>& notification_schema();
const json::Schema<json::Page<NotificationJson>>& notification_page_schema();
const json::Schema<WhyJson>& why_schema();

// As Notification::content and ::data keep them. kInvalid with a field below `field`
// ("/variants/1"): content_missing, control_character, data_too_large.
base::Result<std::string> content_text(const ContentJson& content, const std::string& field);
base::Result<std::string> data_text(const json::Value::Object& data, const std::string& field);

// What was asked for. kInvalid with the field: recipient_ambiguous, content_missing, …
base::Result<Notification> notification_of(const NewNotificationJson& given, base::Time now);

NotificationJson render(const Notification& notification);
NotificationJson render(const Notification& notification, const std::vector<Delivery>& deliveries,
                        const std::vector<Moment>& timeline);
WhyNowJson render_now(const Draft& draft, std::size_t index);

}  // namespace ashlar::notifications
