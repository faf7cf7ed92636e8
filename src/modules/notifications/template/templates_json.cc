#include "modules/notifications/template/templates_json.h"

#include <utility>

#include "platform/json/parse.h"
#include "platform/json/writer.h"

namespace ashlar::notifications {
namespace {

constexpr const char* kLocalesDoc =
    "Its texts: locale (BCP 47) to channel (email, sms, push, inbox, chat, http; or short, for "
    "channels without a text of their own) to texts, in the language of docs/notification-"
    "templates.md.";
constexpr const char* kFieldsDoc =
    "What data its texts read: name to {\"type\", \"required\", \"default\", …}.";
constexpr const char* kLocalesExample =
    R"({"en":{"email":{"subject":"Order {order}","text":"Hello {name}"},"short":"Order {order}"}})";
constexpr const char* kFieldsExample =
    R"({"name":{"type":"string"},"order":{"type":"string","required":true}})";
constexpr const char* kDataExample = R"({"name":"Ann","order":"A-1017"})";

const json::Schema<TemplateSummaryJson>& summary_schema() {
  using J = TemplateSummaryJson;
  static const auto kSchema =
      json::Schema<J>("NotificationTemplateSummary", "A template, without its texts.")
          .required("key", &J::key, {.example = "order_shipped"})
          .required("description", &J::description)
          .required("live_version", &J::live_version, {.doc = "null: none; it cannot be sent."})
          .required("latest_version", &J::latest_version)
          .required("created_at", &J::created_at)
          .required("updated_at", &J::updated_at);
  return kSchema;
}

const json::Schema<TemplateVersionJson>& version_schema() {
  using J = TemplateVersionJson;
  static const auto kSchema =
      json::Schema<J>("NotificationTemplateVersion", "A version of a template; it never changes.")
          .required("version", &J::version)
          .required("live", &J::live, {.doc = "What is sent now."})
          .required("created_at", &J::created_at);
  return kSchema;
}

const json::Schema<TemplatePartJson>& part_schema() {
  using J = TemplatePartJson;
  static const auto kSchema =
      json::Schema<J>("NotificationTemplatePart", "What would be sent by one channel.")
          .required("channel", &J::channel, {.example = "email"})
          .required("locale", &J::locale, {.doc = "Of the text.", .example = "en"})
          .required("subject", &J::subject, {.doc = "Also the title of a push."})
          .required("text", &J::text, {.doc = "Also the body of a push."})
          .required("html", &J::html)
          .required("url", &J::url)
          .required("data", &J::data, {.doc = "Object or null.", .example = "null"});
  return kSchema;
}

const json::Schema<TestTemplateToJson>& test_to_schema() {
  using J = TestTemplateToJson;
  static const auto kSchema =
      json::Schema<J>("TestNotificationTemplateTo", "To whom: one of these.")
          .optional("user_id", &J::user_id, {.min_length = 1, .max_length = 128})
          .optional("email", &J::email, {.max_length = 320, .example = "ann@example.com"})
          .optional("phone", &J::phone, {.max_length = 40})
          .optional("device", &J::device, {.max_length = 40});
  return kSchema;
}

std::optional<std::int64_t> live_of(const TemplateRow& row) {
  return row.live_version == 0 ? std::nullopt : std::optional(row.live_version);
}
std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

const json::Schema<PutTemplateJson>& put_template_schema() {
  using J = PutTemplateJson;
  static const auto kSchema =
      json::Schema<J>("PutNotificationTemplate", "What messages say, by language and channel.")
          .optional("description", &J::description, {.doc = "For people.", .max_length = 500})
          .optional("default_locale", &J::default_locale,
                    {.doc = "For readers of other languages; needed where there are several.",
                     .max_length = 35,
                     .example = "en"})
          .optional("fields", &J::fields, {.doc = kFieldsDoc, .example = kFieldsExample})
          .required("locales", &J::locales, {.doc = kLocalesDoc, .example = kLocalesExample})
          .optional("publish", &J::publish, {.doc = "Whether the new version is live at once."});
  return kSchema;
}

const json::Schema<PublishTemplateJson>& publish_template_schema() {
  using J = PublishTemplateJson;
  static const auto kSchema =
      json::Schema<J>("PublishNotificationTemplate", "Which version is to be live.")
          .required(
              "version", &J::version,
              {.doc = "An older one too: so a change is taken back.", .min = 1, .example = 1});
  return kSchema;
}

const json::Schema<TemplateJson>& template_schema() {
  using J = TemplateJson;
  static const auto kSchema =
      json::Schema<J>("NotificationTemplate", "What messages say, by language and channel.")
          .required("key", &J::key, {.example = "order_shipped"})
          .required("description", &J::description)
          .required("live_version", &J::live_version, {.doc = "null: none; it cannot be sent."})
          .required("latest_version", &J::latest_version)
          .required("version", &J::version, {.doc = "Of the texts that follow."})
          .required("default_locale", &J::default_locale, {.example = R"("en")"})
          .required("fields", &J::fields, {.doc = kFieldsDoc, .example = kFieldsExample})
          .required("locales", &J::locales, {.doc = kLocalesDoc, .example = kLocalesExample})
          .required("warnings", &J::warnings,
                    {.doc = "Plural forms that a language has and a text has not."})
          .required("created_at", &J::created_at)
          .required("updated_at", &J::updated_at);
  return kSchema;
}

const json::Schema<json::Page<TemplateSummaryJson>>& template_page_schema() {
  static const auto kSchema = json::page_schema(summary_schema());
  return kSchema;
}
const json::Schema<json::Page<TemplateVersionJson>>& template_version_page_schema() {
  static const auto kSchema = json::page_schema(version_schema());
  return kSchema;
}

const json::Schema<PreviewTemplateJson>& preview_template_schema() {
  using J = PreviewTemplateJson;
  static const auto kSchema =
      json::Schema<J>("PreviewNotificationTemplate", "For which reader, with which data.")
          .optional("version", &J::version, {.doc = "Without it the latest.", .min = 1})
          .optional("content", &J::content, put_template_schema(),
                    {.doc = "A draft, instead of a version that is kept."})
          .optional("channel", &J::channel,
                    {.doc = "Without it every channel that has a text of its own.",
                     .one_of = {"email", "sms", "push", "inbox", "chat", "http"}})
          .optional("locale", &J::locale, {.doc = "The reader's.", .max_length = 35})
          .optional("time_zone", &J::time_zone, {.doc = "The reader's.", .max_length = 64})
          .optional("data", &J::data, {.doc = "What its fields are.", .example = kDataExample});
  return kSchema;
}

const json::Schema<TemplatePreviewJson>& template_preview_schema() {
  using J = TemplatePreviewJson;
  static const auto kSchema =
      json::Schema<J>("NotificationTemplatePreview", "What would be sent.")
          .required("parts", &J::parts, part_schema(), {.doc = "By channel."})
          .required("warnings", &J::warnings,
                    {.doc = "Languages and plural forms that are missing, data that no field "
                            "declares."});
  return kSchema;
}

const json::Schema<TestTemplateJson>& test_template_schema() {
  using J = TestTemplateJson;
  static const auto kSchema =
      json::Schema<J>("TestNotificationTemplate", "One message, as any other, to look at.")
          .required("to", &J::to, test_to_schema())
          .optional("channel", &J::channel,
                    {.doc = "Without it as for any notification.",
                     .one_of = {"email", "sms", "push", "inbox", "chat", "http"}})
          .optional("locale", &J::locale, {.doc = "Without it the recipient's.", .max_length = 35})
          .optional("data", &J::data, {.doc = "What its fields are.", .example = kDataExample});
  return kSchema;
}

json::Value content_of(const PutTemplateJson& given) {
  json::Value::Object content;
  if (given.default_locale)
    content.emplace_back("default_locale", json::Value(*given.default_locale));
  content.emplace_back("fields", json::Value(given.fields));
  content.emplace_back("locales", json::Value(given.locales));
  return json::Value(std::move(content));
}

TemplateSummaryJson render_summary(const TemplateRow& row) {
  return {row.key,        unless_empty(row.description),
          live_of(row),   row.latest_version,
          row.created_at, row.updated_at};
}

base::Result<TemplateJson> render(const TemplateRow& row, std::int64_t version,
                                  std::string_view content,
                                  const std::vector<std::string>& warnings) {
  ASHLAR_ASSIGN(const json::Value parsed, json::parse(content, {32, 100'000}));
  const auto member = [&](std::string_view name) -> json::AnyJson {
    const json::Value* value = parsed.find(name);
    return {value != nullptr ? json::to_text(*value) : "null"};
  };
  TemplateJson json;
  json.key = row.key;
  json.description = unless_empty(row.description);
  json.live_version = live_of(row);
  json.latest_version = row.latest_version;
  json.version = version;
  json.default_locale = member("default_locale");
  json.fields = member("fields");
  json.locales = member("locales");
  json.warnings = warnings;
  json.created_at = row.created_at;
  json.updated_at = row.updated_at;
  return json;
}

}  // namespace ashlar::notifications
