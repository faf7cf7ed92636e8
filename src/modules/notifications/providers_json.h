// The JSON of provider accounts. A type's own settings stand flat beside the common members, or in
// `settings`; where both have one, the flat one counts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/provider.h"
#include "modules/notifications/provider_account.h"
#include "platform/json/schema.h"
#include "platform/json/value.h"

namespace ashlar::notifications {

struct NewProviderJson {
  std::string channel, type, name;
  std::optional<std::string> project;
  std::int64_t weight = 100;
  std::int64_t priority = 0;
  bool enabled = true;
  std::optional<double> pace_per_s;
  std::int64_t max_running = ProviderAccount::kDefaultMaxRunning;
  json::Patch<json::Value::Object> settings;
};
struct ProviderPatchJson {
  json::Patch<std::string> name;
  json::Patch<std::optional<std::string>> project;
  json::Patch<std::int64_t> weight, priority;
  json::Patch<bool> enabled;
  json::Patch<std::optional<double>> pace_per_s;
  json::Patch<std::int64_t> max_running;
  json::Patch<json::Value::Object> settings;
};
struct ProviderJson {
  ProviderId id;
  std::string channel, type, name;
  std::optional<std::string> project;
  std::int64_t weight = 0, priority = 0;
  bool enabled = true;
  std::optional<double> pace_per_s;
  std::int64_t max_running = 0;
  json::Value::Object settings;
  std::vector<std::string> secrets;
  std::optional<std::string> callback_url;
  base::Time created_at{}, updated_at{};
};

const json::Schema<NewProviderJson>& new_provider_schema();
const json::Schema<ProviderPatchJson>& provider_patch_schema();
// The same with the settings of all types, flat: for the description alone.
const json::Shape& described_new_provider();
const json::Shape& described_provider_patch();
const json::Schema<ProviderJson>& provider_schema();
const json::Schema<json::Page<ProviderJson>>& provider_page_schema();

// A body's members apart: those that `shape` declares, and the type's own.
struct ProviderBody {
  json::Value common;
  json::Value::Object settings;
};
base::Result<ProviderBody> provider_body(std::string_view body, const json::Shape& shape);

// `given` over `kept`: a member with null goes.
json::Value merged_settings(std::string_view kept, const json::Value::Object& given);
// kInvalid name_invalid, pace_invalid.
base::Status check_account(const ProviderAccount& account);
// What of the settings is shown: all but the kind's secrets, and the names of those that are set.
void show_settings(std::string_view settings, const ProviderKind* kind, ProviderJson& json);

}  // namespace ashlar::notifications
