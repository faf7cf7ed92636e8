// The JSON of campaigns: what the API takes and gives, declared once for parsing, rendering and
// OpenAPI.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/notifications/campaigns/campaign.h"
#include "modules/notifications/campaigns/campaign_outcomes.h"
#include "modules/notifications/notifications_json.h"
#include "platform/json/parse.h"
#include "platform/json/schema.h"

namespace ashlar::notifications {

// Of a body that may name 10,000 users.
inline constexpr json::ParseLimits kManyUsersLimits{.max_depth = 32, .max_values = 20'000};

struct WantedAudienceJson {
  std::optional<std::string> topic, segment;
  std::optional<bool> everybody, upload;
  std::optional<std::vector<std::string>> users;
};
struct StopOnJson {
  std::int64_t failed_percent = 0;
  std::int64_t after = 100;
};
struct NewVariantJson {
  std::string key;
  std::int64_t weight = 1;
  std::optional<std::string> template_key;
  json::Patch<json::Value::Object> data;
  json::Patch<ContentJson> content;
};
struct NewCampaignJson {
  std::string name;
  std::optional<std::string> channel;
  std::optional<std::string> template_key;
  json::Patch<json::Value::Object> data;
  json::Patch<ContentJson> content;
  std::optional<std::string> category;
  WantedAudienceJson audience;
  json::Patch<std::vector<NewVariantJson>> variants;
  std::optional<base::Time> send_at, expires_at;
  std::int64_t pace_per_s = 0;
  json::Patch<StopOnJson> stop_on;
  std::optional<std::string> dedupe_key;
};
struct StartCampaignJson {
  std::optional<base::Time> send_at;
};
struct RetryFailedJson {
  bool unknown = false;
};

struct AudienceJson {
  std::optional<std::string> topic, segment;
  bool everybody = false, users = false, upload = false;
  std::int64_t size = 0, uploaded = 0, duplicates = 0;
};
struct VariantJson {
  std::string key;
  std::int64_t weight = 1;
  std::optional<std::string> template_key;
  CampaignCountsJson counts;
};
struct CampaignJson {
  CampaignId id;
  std::string name;
  std::string state;
  std::optional<std::string> channel, category, template_key;
  AudienceJson audience;
  CampaignCountsJson counts;
  json::Patch<json::Value::Object> reasons;        // of one campaign alone
  json::Patch<std::vector<VariantJson>> variants;  // as reasons
  std::optional<std::int64_t> pace_per_s;
  std::optional<StopOnJson> stop_on;
  double rate_per_s = 0;
  std::optional<base::Time> send_at, expires_at;
  base::Time created_at{};
  std::optional<base::Time> started_at, finished_at;
  std::optional<std::string> stopped_reason;
};
struct MadeCampaignJson {
  CampaignId id;
  std::string state;
  bool existed = false;
};
struct UploadedJson {
  std::int64_t accepted = 0, duplicates = 0, uploaded = 0;
};
struct CampaignRecipientJson {
  std::optional<std::string> user_id, email, phone, variant, reason;
  std::string state;
  bool repeated = false;
  std::optional<base::Time> next_at;
};

const json::Schema<NewCampaignJson>& new_campaign_schema();
const json::Schema<StartCampaignJson>& start_campaign_schema();
const json::Schema<RetryFailedJson>& retry_failed_schema();
const json::Schema<CampaignJson>& campaign_schema();
const json::Schema<json::Page<CampaignJson>>& campaign_page_schema();
const json::Schema<UploadedJson>& uploaded_schema();
const json::Schema<json::Page<CampaignRecipientJson>>& campaign_recipients_schema();

// What was asked for; `users` apart. kInvalid with the field: audience_missing,
// audience_ambiguous, content_missing, variants_too_few, variant_taken, control_character …
struct WantedCampaign {
  Campaign campaign;
  std::vector<std::string> users;
};
base::Result<WantedCampaign> campaign_of(const NewCampaignJson& given, base::Time now);
// Of POST /v1/notifications to many. kInvalid: one_channel, not_for_many (what only one recipient
// can have).
base::Result<WantedCampaign> campaign_of(const NewNotificationJson& given, base::Time now);

CampaignCountsJson render(const CampaignCounts& counts);
CampaignJson render(const Campaign& campaign, const CampaignCounts& counts, base::Time now);
CampaignJson render(const Campaign& campaign, const CampaignOutcomes::Tally& tally, base::Time now);
// As a notification: GET /v1/notifications/c12.
NotificationJson render_as_notification(const Campaign& campaign, const CampaignCounts& counts);

}  // namespace ashlar::notifications
