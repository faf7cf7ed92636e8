#include "modules/notifications/providers_json.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "platform/json/parse.h"

namespace ashlar::notifications {
namespace {

using json::Value;

constexpr const char* kTypeDoc =
    "What it speaks: smtp, apns, fcm, webpush, twilio, http or slack; fixed.";
constexpr const char* kSettingsDoc =
    "What this type needs (host, port, …); its members may stand beside the others instead.";
constexpr const char* kProjectDoc = "Providers of one project share its pace.";
constexpr const char* kWeightDoc =
    "Its share among those of the best priority; 0: only when asked for by name.";
constexpr const char* kPriorityDoc = "The lowest goes first; others take over while it cannot.";
constexpr const char* kPaceDoc = "Sends begun a second, at most; null: no bound.";
constexpr const char* kRunningDoc = "Sends under way at once, at most.";
constexpr const char* kSettingsExample = R"({"host":"mail.example.com","port":587})";

const json::Choices kChannelNames{"email", "sms", "push", "inbox", "chat", "http"};

// Members that both a POST and a PATCH have.
// A member of what T stands on, as T's own.
template <class T, class B, class M>
constexpr M T::* in(M B::* member) {
  return member;
}

template <class T>
void with_common(json::Schema<T>& schema) {
  schema.optional("project", in<T>(&T::project), {.doc = kProjectDoc, .max_length = 64})
      .optional("weight", in<T>(&T::weight),
                {.doc = kWeightDoc, .min = 0, .max = ProviderAccount::kMaxWeight})
      .optional("priority", in<T>(&T::priority),
                {.doc = kPriorityDoc, .min = 0, .max = ProviderAccount::kMaxPriority})
      .optional("enabled", in<T>(&T::enabled))
      .optional("pace_per_s", in<T>(&T::pace_per_s), {.doc = kPaceDoc})
      .optional("max_running", in<T>(&T::max_running),
                {.doc = kRunningDoc, .min = 1, .max = ProviderAccount::kMaxMaxRunning})
      .optional("settings", in<T>(&T::settings),
                {.doc = kSettingsDoc, .example = kSettingsExample});
}

// What a body may hold besides, by type: said for whoever reads the description. The type's own
// check reads it (ProviderKind::check); nothing is parsed into these.
template <class B>
struct Described : B {
  std::optional<std::string> text;
  std::optional<std::int64_t> number;
  std::optional<bool> flag;
  json::Patch<json::Value::Object> object;
};

template <class T>
void with_settings(json::Schema<T>& schema) {
  const auto text = [&](std::string_view name, std::string_view doc) {
    schema.optional(name, &T::text, {.doc = doc});
  };
  const auto number = [&](std::string_view name, std::string_view doc) {
    schema.optional(name, &T::number, {.doc = doc});
  };
  text("host",
       "smtp: the mail server, required. apns, fcm, webpush, twilio: a URL without a path, "
       "instead of the service's own.");
  number("port", "smtp: 25, 587 or 465 by tls.");
  schema.optional("tls", &T::text, {.doc = "smtp.", .one_of = {"none", "starttls", "tls"}});
  text("username", "smtp.");
  schema.optional("password", &T::text, {.doc = "smtp. Secret.", .format = "password"});
  text("from", "smtp: the sender's address, required. twilio: a number, or messaging_service_sid.");
  text("from_name", "smtp: the sender's name.");
  text("reply_to", "smtp.");
  schema.optional("dkim", &T::object,
                  {.doc = "smtp: {domain, selector, private_key}. Secret.",
                   .example = R"({"domain":"example.com","selector":"s1","private_key":"PEM"})"});
  text("return_path", "smtp: a domain to which bounces come.");
  text("feedback_id", "smtp.");
  number("max_connections", "smtp.");
  number("mails_per_connection", "smtp.");
  number("timeout_s", "smtp.");
  text("ca", "smtp: an authority of your own, PEM.");
  schema.optional("verify", &T::flag, {.doc = "smtp: false: certificates are not checked."});
  schema.optional("callback_secret", &T::text,
                  {.doc = "smtp: signs what posts bounces. Secret.", .format = "password"});
  text("key", "apns: the .p8's PEM, required. Secret.");
  text("key_id", "apns: required.");
  text("team_id", "apns: required.");
  text("topic", "apns: the bundle's id, required.");
  schema.optional("environment", &T::text, {.doc = "apns.", .one_of = {"production", "sandbox"}});
  schema.optional("service_account", &T::object,
                  {.doc = "fcm: the JSON file's content, required. Secret.",
                   .example = R"({"project_id":"demo"})"});
  schema.optional("vapid", &T::object,
                  {.doc = "webpush: {subject} and, where there are some, public_key and "
                          "private_key.",
                   .example = R"({"subject":"mailto:push@example.com"})"});
  number("pad_to", "webpush: bytes.");
  text("account_sid", "twilio: required.");
  schema.optional("auth_token", &T::text,
                  {.doc = "twilio: required. Secret.", .format = "password"});
  text("messaging_service_sid", "twilio: instead of from.");
  text("status_callback", "twilio: a URL, instead of callback_url.");
  text("url", "slack, http: required. slack: secret.");
  schema.optional("secret", &T::text,
                  {.doc = "http: whsec_ and base64, required. Secret.", .format = "password"});
}

template <class T>
void with_new(json::Schema<T>& schema) {
  schema.required("channel", in<T>(&T::channel), {.one_of = kChannelNames})
      .required("type", in<T>(&T::type),
                {.doc = kTypeDoc, .min_length = 1, .max_length = 32, .example = "smtp"})
      .required("name", in<T>(&T::name),
                {.doc = "Your name of it, once for each tenant.",
                 .min_length = 1,
                 .max_length = 100,
                 .example = "relay-1"});
  with_common(schema);
}

template <class T>
void with_patch(json::Schema<T>& schema) {
  schema.optional("name", in<T>(&T::name), {.min_length = 1, .max_length = 100});
  with_common(schema);
}

constexpr const char* kNewName = "CreateNotificationProvider";
constexpr const char* kNewDoc =
    "An account with a service that carries messages; its type's settings stand beside the rest.";
constexpr const char* kPatchName = "UpdateNotificationProvider";
constexpr const char* kPatchDoc =
    "What to change; the rest stays, secrets too. A setting that is null goes.";

base::Error wrong(const char* reason, const char* field, std::string detail) {
  return {base::Code::kInvalid, reason, detail, {{field, reason, detail}}};
}

void put(Value::Object& members, const std::string& name, const Value& value) {
  const auto same = std::find_if(members.begin(), members.end(),
                                 [&](const auto& member) { return member.first == name; });
  if (same != members.end()) members.erase(same);
  if (!value.is_null()) members.emplace_back(name, value);
}

}  // namespace

const json::Schema<NewProviderJson>& new_provider_schema() {
  static const auto kSchema = [] {
    json::Schema<NewProviderJson> schema(kNewName, kNewDoc);
    with_new(schema);
    return schema;
  }();
  return kSchema;
}

const json::Schema<ProviderPatchJson>& provider_patch_schema() {
  static const auto kSchema = [] {
    json::Schema<ProviderPatchJson> schema(kPatchName, kPatchDoc);
    with_patch(schema);
    return schema;
  }();
  return kSchema;
}

const json::Shape& described_new_provider() {
  static const auto kSchema = [] {
    json::Schema<Described<NewProviderJson>> schema(kNewName, kNewDoc);
    with_new(schema);
    with_settings(schema);
    return schema;
  }();
  return kSchema;
}

const json::Shape& described_provider_patch() {
  static const auto kSchema = [] {
    json::Schema<Described<ProviderPatchJson>> schema(kPatchName, kPatchDoc);
    with_patch(schema);
    with_settings(schema);
    return schema;
  }();
  return kSchema;
}

const json::Schema<ProviderJson>& provider_schema() {
  using J = ProviderJson;
  static const auto kSchema =
      json::Schema<J>("NotificationProvider", "An account with a service that carries messages.")
          .required("id", &J::id, {.example = "3"})
          .required("channel", &J::channel, {.one_of = kChannelNames})
          .required("type", &J::type, {.doc = kTypeDoc, .example = "smtp"})
          .required("name", &J::name, {.example = "relay-1"})
          .required("project", &J::project, {.doc = kProjectDoc})
          .required("weight", &J::weight, {.doc = kWeightDoc})
          .required("priority", &J::priority, {.doc = kPriorityDoc})
          .required("enabled", &J::enabled)
          .required("pace_per_s", &J::pace_per_s, {.doc = kPaceDoc})
          .required("max_running", &J::max_running, {.doc = kRunningDoc})
          .required("settings", &J::settings,
                    {.doc = "Without its secrets.", .example = kSettingsExample})
          .required("secrets", &J::secrets,
                    {.doc = "Names of the secrets that are set; they are never shown.",
                     .example = "password"})
          .required("callback_url", &J::callback_url,
                    {.doc = "Where the service tells what became of messages; null: it does not."})
          .required("created_at", &J::created_at)
          .required("updated_at", &J::updated_at);
  return kSchema;
}

const json::Schema<json::Page<ProviderJson>>& provider_page_schema() {
  static const auto kSchema = json::page_schema(provider_schema());
  return kSchema;
}

base::Result<ProviderBody> provider_body(std::string_view body, const json::Shape& shape) {
  ASHLAR_ASSIGN(const Value value, json::parse(body));
  const Value::Object* members = value.if_object();
  if (members == nullptr) return wrong("invalid_request", "", "Give an object.");
  Value::Object common;
  Value::Object own;
  for (const auto& [name, member] : *members) {
    const auto& fields = shape.fields();
    const bool known = std::any_of(fields.begin(), fields.end(),
                                   [&](const json::Field& field) { return field.name == name; });
    (known ? common : own).emplace_back(name, member);
  }
  const Value* settings = value.find("settings");
  if (settings != nullptr && settings->if_object() != nullptr) {
    for (const auto& [name, member] : *settings->if_object()) {
      if (value.find(name) == nullptr) own.emplace_back(name, member);
    }
  }
  return ProviderBody{Value(std::move(common)), std::move(own)};
}

Value merged_settings(std::string_view kept, const Value::Object& given) {
  Value::Object members;
  if (auto value = json::parse(kept); value.ok() && value->if_object() != nullptr) {
    members = std::move(*value->if_object());
  }
  for (const auto& [name, value] : given) put(members, name, value);
  return Value(std::move(members));
}

base::Status check_account(const ProviderAccount& account) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(account.name.begin(), account.name.end(), is_control)) {
    return wrong("name_invalid", "/name", "A name holds no control characters.");
  }
  const double pace = account.pace_per_s.value_or(1.0);
  if (!(pace >= 0.001 && pace <= ProviderAccount::kMaxPace)) {
    return wrong("pace_invalid", "/pace_per_s", "Give 0.001 to 1,000,000.");
  }
  return base::ok_status();
}

void show_settings(std::string_view settings, const ProviderKind* kind, ProviderJson& json) {
  const auto value = json::parse(settings);
  if (!value.ok() || value->if_object() == nullptr || kind == nullptr) return;
  for (const auto& [name, member] : *value->if_object()) {
    const bool secret =
        std::find(kind->secrets.begin(), kind->secrets.end(), name) != kind->secrets.end();
    if (!secret) {
      json.settings.emplace_back(name, member);
    } else if (!member.is_null() && !(member.if_string() && member.if_string()->empty())) {
      json.secrets.push_back(name);
    }
  }
}

}  // namespace ashlar::notifications
