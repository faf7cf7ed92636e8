#include "modules/notifications/recipients_json.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "modules/notifications/json_checks.h"
#include "modules/notifications/preferences.h"
#include "modules/notifications/segment.h"
#include "modules/notifications/short_wishes.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/outbound/target.h"
#include "platform/zone/zone_directory.h"

namespace ashlar::notifications {
namespace {

using json::Value;

constexpr const char* kUserDoc = "Your own id of the user.";
constexpr const char* kEmailDoc = "Mail address; kept with its domain in lower case.";
constexpr const char* kPhoneDoc = "Phone number with its country (E.164).";
constexpr const char* kLocaleDoc = "Language of the messages, as BCP 47 has it.";
constexpr const char* kZoneDoc =
    "IANA time zone, for quiet hours and send windows; without it UTC.";
constexpr const char* kQuietDoc =
    "Hours in which nothing makes a noise: {\"from\":\"22:00\",\"to\":\"07:00\",\"days\":[…]?,"
    "\"channels\":[…]?} or a list of such. What falls into them waits.";
constexpr const char* kPreferencesDoc =
    "What the user wants: {\"all\":bool?,\"channels\":{\"sms\":false}?,\"categories\":{"
    "\"marketing\":{\"email\":false,\"*\":true}}?}; the most exact counts.";
constexpr const char* kAttributesDoc = "Anything that segments and templates may ask about, 8 KiB.";
constexpr const char* kQuietExample = R"({"from":"22:00","to":"07:00"})";
constexpr const char* kPreferencesExample = R"({"categories":{"marketing":{"email":false}}})";

// Members of a recipient as they are given: the same in a PUT, a PATCH and a line of a list.
template <class T>
json::Schema<T>& with_members(json::Schema<T>& schema) {
  const auto text = [](auto member) {
    return static_cast<json::Patch<std::optional<std::string>> T::*>(member);
  };
  const auto object = [](auto member) {
    return static_cast<json::Patch<std::optional<Value::Object>> T::*>(member);
  };
  return schema
      .optional("email", text(&RecipientJson::email),
                {.doc = kEmailDoc, .max_length = kMaxAddressBytes, .example = "ann@example.com"})
      .optional("phone", text(&RecipientJson::phone),
                {.doc = kPhoneDoc, .max_length = 40, .example = "+4915112345678"})
      .optional("name", text(&RecipientJson::name),
                {.doc = "Display name.", .max_length = 200, .example = "Ann"})
      .optional("locale", text(&RecipientJson::locale),
                {.doc = kLocaleDoc,
                 .max_length = 35,
                 .pattern = "^[A-Za-z]{2,3}[A-Za-z0-9-]*$",
                 .example = "de-AT"})
      .optional("time_zone", text(&RecipientJson::time_zone),
                {.doc = kZoneDoc, .max_length = 64, .example = "Europe/Vienna"})
      .optional(
          "quiet_hours",
          static_cast<json::Patch<std::optional<json::AnyJson>> T::*>(&RecipientJson::quiet_hours),
          {.doc = kQuietDoc, .example = kQuietExample})
      .optional("preferences", object(&RecipientJson::preferences),
                {.doc = kPreferencesDoc, .example = kPreferencesExample})
      .optional("attributes", object(&RecipientJson::attributes),
                {.doc = kAttributesDoc, .example = R"({"plan":"pro"})"});
}

void put_text(const json::Patch<std::optional<std::string>>& given, bool whole, std::string& into) {
  if (given) {
    into = given->value_or("");
  } else if (whole) {
    into.clear();
  }
}

base::Error wrong(const char* reason, const std::string& field, std::string detail) {
  return {base::Code::kInvalid, reason, detail, {{field, reason, detail}}};
}

// A member with null goes (RFC 7396), one level deep.
Value::Object patched(std::string_view kept, const Value::Object& given) {
  Value::Object members;
  if (auto value = json::parse(kept); value.ok() && value->if_object() != nullptr) {
    members = std::move(*value->if_object());
  }
  for (const auto& [name, member] : given) {
    const auto same = std::find_if(members.begin(), members.end(),
                                   [&](const auto& one) { return one.first == name; });
    if (member.is_null()) {
      if (same != members.end()) members.erase(same);
    } else if (same != members.end()) {
      same->second = member;
    } else {
      members.emplace_back(name, member);
    }
  }
  return members;
}

base::Status put_attributes(const RecipientJson& given, bool whole, const std::string& field,
                            std::string& into) {
  if (!given.attributes) {
    if (whole) into = "{}";
    return base::ok_status();
  }
  if (!given.attributes->has_value()) {
    into = "{}";
    return base::ok_status();
  }
  const Value::Object& members = **given.attributes;
  ASHLAR_ASSIGN(into, canonical_attributes(Value(whole ? members : patched(into, members)), field));
  return base::ok_status();
}

base::Status put_quiet_hours(const RecipientJson& given, const std::string& at, Recipient& r) {
  if (!given.quiet_hours) return base::ok_status();
  r.quiet_hours.clear();
  if (!given.quiet_hours->has_value()) return base::ok_status();
  ASHLAR_ASSIGN(Value hours, json::parse((*given.quiet_hours)->text));
  const Value value = whole_quiet_hours(std::move(hours));
  ASHLAR_TRY(check_quiet_hours(value, at + "/quiet_hours"));
  r.quiet_hours = json::to_text(value);
  return base::ok_status();
}

base::Status put_preferences(const RecipientJson& given, const std::string& at, Recipient& r) {
  if (!given.preferences) return base::ok_status();
  r.preferences.clear();
  if (!given.preferences->has_value()) return base::ok_status();
  ASHLAR_ASSIGN(r.preferences, preferences_text(whole_preferences(Value(**given.preferences)),
                                                at + "/preferences"));
  return base::ok_status();
}

constexpr const char* kPrivateEndpoint =
    "The endpoint is this machine, a private or special network, or a name that only such a "
    "network knows; the operator may allow these (setting notifications.allow_private).";

// What is said of a target in general names the settings of other modules.
base::Result<outbound::Target> with_setting(base::Result<outbound::Target> checked,
                                            const char* detail) {
  if (checked.ok()) return checked;
  base::Error error = std::move(checked).error();
  for (base::FieldError& field : error.fields) {
    if (std::string_view(field.reason) == "target_forbidden") field.detail = error.detail = detail;
  }
  return error;
}

// All that is wrong with one recipient.
class Wrongs {
 public:
  // Whether it is right.
  bool take(const base::Status& status) {
    if (status.ok()) return true;
    const base::Error& error = status.error();
    fields_.insert(fields_.end(), error.fields.begin(), error.fields.end());
    if (!first_) first_ = error;
    return false;
  }
  template <class T>
  void take(base::Result<T> checked, T& into) {
    if (checked.ok()) {
      into = *std::move(checked);
    } else {
      take(base::Status(std::move(checked).error()));
    }
  }
  [[nodiscard]] base::Status status() && {
    if (!first_) return base::ok_status();
    if (fields_.size() == 1) return *std::move(first_);
    return base::Error{base::Code::kInvalid, "invalid_request", count_of(fields_.size()),
                       std::move(fields_)};
  }
  static std::string count_of(std::size_t fields) {
    return std::to_string(fields) + (fields == 1 ? " field is wrong" : " fields are wrong");
  }

 private:
  std::optional<base::Error> first_;
  std::vector<base::FieldError> fields_;
};

// A pattern's own words do not say what most have got wrong.
void explain_locale(std::vector<base::FieldError>& fields) {
  for (base::FieldError& field : fields) {
    if (field.field == "/locale" && std::string_view(field.reason) == "bad_format") {
      field.detail = "A language tag has hyphens, as in \"de-AT\", not \"de_AT\".";
    }
  }
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; });
}

base::Error device_wrong(const std::string& field, std::string detail) {
  return wrong("device_invalid", field, std::move(detail));
}

base::Status check_push_keys(const PushKeysJson& keys) {
  const auto point = base::base64url_decode(keys.p256dh);
  if (!point || point->size() != 65 || point->front() != '\x04') {
    return device_wrong("/subscription/keys/p256dh",
                        "Give the browser's key as it does: base64url of 65 bytes.");
  }
  const auto auth = base::base64url_decode(keys.auth);
  if (!auth || auth->size() != 16) {
    return device_wrong("/subscription/keys/auth",
                        "Give the browser's secret as it does: base64url of 16 bytes.");
  }
  return base::ok_status();
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}
std::optional<json::AnyJson> json_unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(json::AnyJson{text});
}

}  // namespace

const json::Schema<RecipientJson>& recipient_schema() {
  static const auto kSchema = [] {
    json::Schema<RecipientJson> schema("NotificationRecipient",
                                       "Who can be told, where, and what they want.");
    with_members(schema);
    return schema;
  }();
  return kSchema;
}

const json::Schema<BulkRecipientJson>& bulk_recipient_schema() {
  static const auto kSchema = [] {
    json::Schema<BulkRecipientJson> schema("NotificationRecipientLine", "One of many recipients.");
    schema.required("user_id", &BulkRecipientJson::user_id,
                    {.doc = kUserDoc, .max_length = kMaxUserIdBytes, .example = "user-17"});
    with_members(schema);
    return schema;
  }();
  return kSchema;
}

const json::Schema<BulkJson>& bulk_schema() {
  static const auto kSchema =
      json::Schema<BulkJson>("NotificationRecipients",
                             "Many recipients, each as in its PUT. Instead of this object the body "
                             "may be lines, each one recipient (application/x-ndjson).")
          .required("recipients", &BulkJson::recipients, bulk_recipient_schema(),
                    {.doc = "At most 1,000; all of them are written, or none.",
                     .min_items = 1,
                     .max_items = kMaxBulk});
  return kSchema;
}

const json::Schema<BulkAnswerJson>& bulk_answer_schema() {
  static const auto kSchema =
      json::Schema<BulkAnswerJson>("NotificationRecipientsWritten", "What was written.")
          .required("written", &BulkAnswerJson::written, {.example = 1000});
  return kSchema;
}

const json::Schema<RecipientAnswerJson>& recipient_answer_schema() {
  using J = RecipientAnswerJson;
  static const auto kSchema =
      json::Schema<J>("NotificationRecipientView", "A recipient as it is kept.")
          .required("user_id", &J::user_id, {.doc = kUserDoc, .example = "user-17"})
          .required("email", &J::email, {.doc = kEmailDoc})
          .required("phone", &J::phone, {.doc = kPhoneDoc})
          .required("name", &J::name, {.doc = "Display name."})
          .required("locale", &J::locale, {.doc = kLocaleDoc})
          .required("time_zone", &J::time_zone, {.doc = kZoneDoc})
          .required("quiet_hours", &J::quiet_hours, {.doc = kQuietDoc, .example = kQuietExample})
          .required("preferences", &J::preferences,
                    {.doc = kPreferencesDoc, .example = kPreferencesExample})
          .required("attributes", &J::attributes,
                    {.doc = kAttributesDoc, .example = R"({"plan":"pro"})"})
          .required("created_at", &J::created_at)
          .required("updated_at", &J::updated_at);
  return kSchema;
}

const json::Schema<json::Page<RecipientAnswerJson>>& recipient_page_schema() {
  static const auto kSchema = json::page_schema(recipient_answer_schema());
  return kSchema;
}

const json::Schema<PreferencesJson>& preferences_schema() {
  static const auto kSchema =
      json::Schema<PreferencesJson>("NotificationPreferences",
                                    "What a user wants to get; the most exact counts: category and "
                                    "channel, category, channel, all, and last the category's own.")
          .optional("all", &PreferencesJson::all, {.doc = "Everything, or nothing."})
          .optional("channels", &PreferencesJson::channels,
                    {.doc = "By channel.", .example = R"({"sms":false})"})
          .optional("categories", &PreferencesJson::categories,
                    {.doc = "By category: a boolean, or by channel, * for every one.",
                     .example = R"({"marketing":{"email":false,"*":true}})"});
  return kSchema;
}

const json::Schema<LinkJson>& link_schema() {
  static const auto kSchema =
      json::Schema<LinkJson>("NotificationPreferenceLink",
                             "A page on which the user changes this without signing in.")
          .required("url", &LinkJson::url, {.doc = "Whoever has it may; keep it as a password."})
          .required("expires_at", &LinkJson::expires_at);
  return kSchema;
}

namespace {

const json::Schema<SubscriptionJson>& subscription_schema() {
  static const auto kKeys =
      json::Schema<PushKeysJson>("PushKeys", "Of a browser's subscription.")
          .required("p256dh", &PushKeysJson::p256dh, {.max_length = 100})
          .required("auth", &PushKeysJson::auth, {.max_length = 100, .format = "password"});
  static const auto kSchema =
      json::Schema<SubscriptionJson>("PushSubscription",
                                     "What pushManager.subscribe() gives in a browser.")
          .required("endpoint", &SubscriptionJson::endpoint, {.max_length = kMaxTokenBytes})
          .optional("expirationTime", &SubscriptionJson::expiration, {.doc = "Not looked at."})
          .required("keys", &SubscriptionJson::keys, kKeys);
  return kSchema;
}

}  // namespace

const json::Schema<NewDeviceJson>& new_device_schema() {
  static const auto kSchema =
      json::Schema<NewDeviceJson>("RegisterDevice", "An app or browser that takes pushes.")
          .required("platform", &NewDeviceJson::platform, {.one_of = {"apns", "fcm", "webpush"}})
          .optional("token", &NewDeviceJson::token,
                    {.doc = "apns: in hexadecimal; fcm: as the app got it.",
                     .min_length = 1,
                     .max_length = kMaxTokenBytes})
          .optional("subscription", &NewDeviceJson::subscription, subscription_schema(),
                    {.doc = "webpush: in place of a token."})
          .optional("app", &NewDeviceJson::app,
                    {.doc = "Which of your apps; a token is one app's.",
                     .max_length = 100,
                     .example = "shop"});
  return kSchema;
}

const json::Schema<DeviceJson>& device_schema() {
  static const auto kSchema =
      json::Schema<DeviceJson>("NotificationDevice", "An app or browser that takes pushes.")
          .required("id", &DeviceJson::id, {.example = "12"})
          .required("platform", &DeviceJson::platform, {.one_of = {"apns", "fcm", "webpush"}})
          .required("app", &DeviceJson::app)
          .required("token", &DeviceJson::token, {.doc = "Its end.", .example = "…9f3a"})
          .required("state", &DeviceJson::state,
                    {.doc = "quarantined: a provider calls the token wrong; nothing is sent to it "
                            "until it registers again.",
                     .one_of = {"active", "quarantined"}})
          .required("reason", &DeviceJson::reason, {.doc = "Why it is quarantined."})
          .required("registered_at", &DeviceJson::registered_at, {.doc = "The last time."})
          .required("created_at", &DeviceJson::created_at);
  return kSchema;
}

const json::Schema<DevicesJson>& devices_schema() {
  static const auto kSchema =
      json::Schema<DevicesJson>("NotificationDevices", "A user's devices.")
          .required("data", &DevicesJson::data, device_schema(), {.doc = "20 at most."});
  return kSchema;
}

base::Result<std::string> preferences_text(const Value& preferences, std::string_view at) {
  ASHLAR_TRY(choices_of(preferences, at));
  std::string text = json::to_text(preferences);
  if (text.size() > kMaxPreferencesBytes) {
    return wrong("preferences_invalid", std::string(at), "They are longer than 16 KiB.");
  }
  return text;
}

base::Result<Recipient> merged(Recipient r, const RecipientJson& given, bool whole,
                               zone::ZoneDirectory& zones, const std::string& at) {
  put_text(given.email, whole, r.email);
  put_text(given.phone, whole, r.phone);
  put_text(given.name, whole, r.name);
  put_text(given.locale, whole, r.locale);
  put_text(given.time_zone, whole, r.time_zone);
  Wrongs wrongs;
  if (!r.email.empty()) wrongs.take(normalized_email(r.email, at + "/email"), r.email);
  if (!r.phone.empty()) wrongs.take(normalized_phone(r.phone, at + "/phone"), r.phone);
  if (has_control(r.name)) {
    wrongs.take(wrong("name_invalid", at + "/name", "A name holds no control characters."));
  }
  if (!r.time_zone.empty() && !zones.find(r.time_zone).ok()) {
    wrongs.take(wrong("zone_unknown", at + "/time_zone", "There is no such time zone."));
  }
  wrongs.take(put_quiet_hours(given, at, r));
  wrongs.take(put_preferences(given, at, r));
  wrongs.take(put_attributes(given, whole, at + "/attributes", r.attributes));
  ASHLAR_TRY(std::move(wrongs).status());
  return r;
}

base::Result<RecipientJson> recipient_given(std::string_view body, zone::ZoneDirectory& zones) {
  base::Result<RecipientJson> given = recipient_schema().parse_body(body);
  if (given.ok() || given.error().fields.empty()) return given;
  base::Error error = std::move(given).error();
  explain_locale(error.fields);
  base::Result<Value> value = json::parse(body);
  if (!value.ok() || value->if_object() == nullptr) return error;
  std::erase_if(*value->if_object(), [&](const auto& member) {
    const std::string at = "/" + member.first;
    return std::ranges::any_of(error.fields, [&](const base::FieldError& field) {
      return field.field == at || field.field.starts_with(at + "/");
    });
  });
  const base::Result<RecipientJson> rest = recipient_schema().parse(*value);
  if (!rest.ok()) return error;
  const base::Result<Recipient> whole = merged({}, *rest, true, zones, "");
  if (whole.ok()) return error;
  const std::vector<base::FieldError>& others = whole.error().fields;
  error.fields.insert(error.fields.end(), others.begin(), others.end());
  error.detail = Wrongs::count_of(error.fields.size());
  return error;
}

base::Result<Device> device_of(const NewDeviceJson& given, const outbound::TargetRules& rules) {
  Device device;
  device.platform = *platform_of(given.platform);
  device.app = given.app;
  if (has_control(given.app)) return device_wrong("/app", "It holds control characters.");
  if (device.platform == Platform::kWebpush) {
    if (!given.subscription) return device_wrong("/subscription", "webpush needs a subscription.");
    const SubscriptionJson& subscription = *given.subscription;
    ASHLAR_ASSIGN(
        const outbound::Target target,
        with_setting(outbound::check_target(subscription.endpoint, rules, "/subscription/endpoint"),
                     kPrivateEndpoint));
    ASHLAR_TRY(check_push_keys(subscription.keys));
    device.token = target.url;
    json::Writer out(device.keys);
    out.begin_object().key("p256dh").string(subscription.keys.p256dh);
    out.key("auth").string(subscription.keys.auth).end_object();
    return device;
  }
  if (!given.token) return device_wrong("/token", "Give the device's token.");
  device.token = *given.token;
  const bool apns = device.platform == Platform::kApns;
  const auto fits = [&](char c) {
    return apns ? (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')
                : c > ' ' && c < '\x7f';
  };
  const bool long_enough = !apns || (device.token.size() >= 32 && device.token.size() <= 200);
  if (!long_enough || !std::all_of(device.token.begin(), device.token.end(), fits)) {
    return device_wrong("/token", apns ? "An APNs token is 32 to 200 hexadecimal digits."
                                       : "A token has visible ASCII characters.");
  }
  return device;
}

RecipientAnswerJson render(const Recipient& r) {
  RecipientAnswerJson json;
  json.user_id = r.user_id;
  json.email = unless_empty(r.email);
  json.phone = unless_empty(r.phone);
  json.name = unless_empty(r.name);
  json.locale = unless_empty(r.locale);
  json.time_zone = unless_empty(r.time_zone);
  json.quiet_hours = json_unless_empty(r.quiet_hours);
  json.preferences = json_unless_empty(r.preferences);
  json.attributes = {r.attributes};
  json.created_at = r.created_at;
  json.updated_at = r.updated_at;
  return json;
}

DeviceJson render(const Device& d) {
  constexpr std::size_t kShown = 8;
  DeviceJson json;
  json.id = d.id;
  json.platform = name_of(d.platform);
  json.app = d.app;
  json.token = d.token.size() <= 2 * kShown ? "…" : "…" + d.token.substr(d.token.size() - kShown);
  json.state = d.quarantined ? "quarantined" : "active";
  json.reason = unless_empty(d.reason);
  json.registered_at = d.registered_at;
  json.created_at = d.created_at;
  return json;
}

}  // namespace ashlar::notifications
