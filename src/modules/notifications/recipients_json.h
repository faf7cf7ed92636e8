// The JSON of recipients, their devices and wishes: what the API takes and gives, declared once for
// parsing, rendering and OpenAPI.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/notifications/device.h"
#include "modules/notifications/recipient.h"
#include "platform/json/schema.h"

namespace ashlar::outbound {
struct TargetRules;
}
namespace ashlar::zone {
class ZoneDirectory;
}

namespace ashlar::notifications {

inline constexpr std::size_t kMaxBulk = 1'000;

struct RecipientJson {  // as it is given, whole, in a PUT and in a list
  json::Patch<std::optional<std::string>> email, phone, name, locale, time_zone;
  json::Patch<std::optional<json::AnyJson>> quiet_hours;
  json::Patch<std::optional<json::Value::Object>> preferences, attributes;
};
struct BulkRecipientJson : RecipientJson {
  std::string user_id;
};
struct BulkJson {
  std::vector<BulkRecipientJson> recipients;
};
struct BulkAnswerJson {
  std::int64_t written = 0;
};
struct RecipientAnswerJson {
  std::string user_id;
  std::optional<std::string> email, phone, name, locale, time_zone;
  std::optional<json::AnyJson> quiet_hours, preferences;
  json::AnyJson attributes;
  base::Time created_at{}, updated_at{};
};

struct PreferencesJson {
  json::Patch<bool> all;
  json::Patch<json::Value::Object> channels, categories;
};
struct LinkJson {
  std::string url;
  base::Time expires_at{};
};

struct PushKeysJson {
  std::string p256dh, auth;
};
struct SubscriptionJson {
  std::string endpoint;
  json::Patch<std::optional<double>> expiration;
  PushKeysJson keys;
};
struct NewDeviceJson {
  std::string platform;
  std::optional<std::string> token;
  std::optional<SubscriptionJson> subscription;
  std::string app;
};
struct DeviceJson {
  DeviceId id;
  std::string platform, app, token;
  std::string state;
  std::optional<std::string> reason;
  base::Time registered_at{}, created_at{};
};
struct DevicesJson {
  std::vector<DeviceJson> data;
};

const json::Schema<RecipientJson>& recipient_schema();
const json::Schema<BulkRecipientJson>& bulk_recipient_schema();
const json::Schema<BulkJson>& bulk_schema();
const json::Schema<BulkAnswerJson>& bulk_answer_schema();
const json::Schema<RecipientAnswerJson>& recipient_answer_schema();
const json::Schema<json::Page<RecipientAnswerJson>>& recipient_page_schema();
const json::Schema<PreferencesJson>& preferences_schema();
const json::Schema<LinkJson>& link_schema();
const json::Schema<NewDeviceJson>& new_device_schema();
const json::Schema<DeviceJson>& device_schema();
const json::Schema<DevicesJson>& devices_schema();

// A recipient's body, PUT or PATCH. Where it is no such thing, all that is wrong is named at once:
// also what merged() would say of the rest.
base::Result<RecipientJson> recipient_given(std::string_view body, zone::ZoneDirectory& zones);

// What is given put over what is kept, checked and normalised. With `whole`, a member that is left
// out is emptied, but for the wishes and the quiet hours: they are the reader's own. `at`: JSON
// pointer of the recipient. All that is wrong with it is named at once.
base::Result<Recipient> merged(Recipient kept, const RecipientJson& given, bool whole,
                               zone::ZoneDirectory& zones, const std::string& at);
base::Result<std::string> preferences_text(const json::Value& preferences, std::string_view at);
// kInvalid device_invalid, or as outbound::check_target().
base::Result<Device> device_of(const NewDeviceJson& given, const outbound::TargetRules& rules);
RecipientAnswerJson render(const Recipient& recipient);
// Of a token no more than its end is shown.
DeviceJson render(const Device& device);

}  // namespace ashlar::notifications
