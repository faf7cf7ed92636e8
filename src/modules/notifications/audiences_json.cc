#include "modules/notifications/audiences_json.h"

#include <utility>

#include "modules/notifications/recipient.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/zone/zone_directory.h"

namespace ashlar::notifications {
namespace {

constexpr const char* kWhereDoc =
    "Conditions that must all hold, on locale, time_zone or attributes.<name>: a value, "
    "{\"in\":[…]} or {\"prefix\":\"…\"}.";
constexpr const char* kWhereExample =
    R"({"locale":{"prefix":"de"},"attributes.plan":{"in":["pro","team"]}})";
constexpr const char* kCapsDoc =
    "How many a recipient gets at most, in any span of time: {\"max\":3,\"per\":\"day\" | "
    "\"hour\" | \"week\" | seconds,\"excess\":\"defer\" | \"skip\"}; 5 of them at most.";
constexpr const char* kWindowDoc =
    "Hours in which this is sent: {\"from\":\"08:00\",\"to\":\"20:00\",\"days\":[…]?,"
    "\"time_zone\":…?} or {\"hours\":[…],\"time_zone\":…?}; without time_zone the recipient's.";
constexpr const char* kDigestDoc =
    "Gather messages into one: {\"after_s\":3600} or {\"at\":\"08:00\",\"days\":[…]?}.";
constexpr const char* kChannelsDoc = "What who never chose gets; a channel left out: true.";

const json::Choices kChannelNames{"email", "sms", "push", "inbox", "chat", "http"};

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

const json::Schema<MembersJson>& members_schema() {
  static const auto kSchema =
      json::Schema<MembersJson>("NotificationTopicMembers", "Users to put in or take out.")
          .required("user_ids", &MembersJson::user_ids,
                    {.doc = "They need not be recipients yet.",
                     .min_length = 1,
                     .max_length = kMaxUserIdBytes,
                     .min_items = 1,
                     .max_items = kMaxMembers,
                     .example = "user-17"});
  return kSchema;
}

const json::Schema<MembersChangedJson>& members_changed_schema() {
  static const auto kSchema =
      json::Schema<MembersChangedJson>("NotificationTopicChange", "What has changed.")
          .required("changed", &MembersChangedJson::changed,
                    {.doc = "Those that were not in it, or were."});
  return kSchema;
}

const json::Schema<json::Page<MemberJson>>& member_page_schema() {
  static const auto kItem =
      json::Schema<MemberJson>("NotificationTopicMember", "A user in a topic.")
          .required("user_id", &MemberJson::user_id, {.example = "user-17"});
  static const auto kSchema = json::page_schema(kItem);
  return kSchema;
}

const json::Schema<TopicJson>& topic_schema() {
  static const auto kSchema =
      json::Schema<TopicJson>("NotificationTopic", "A list of users, by name.")
          .required("name", &TopicJson::name, {.example = "match-17"})
          .required("members", &TopicJson::members, {.doc = "How many; null in lists."})
          .required("created_at", &TopicJson::created_at);
  return kSchema;
}

const json::Schema<json::Page<TopicJson>>& topic_page_schema() {
  static const auto kSchema = json::page_schema(topic_schema());
  return kSchema;
}

const json::Schema<NewSegmentJson>& new_segment_schema() {
  static const auto kSchema =
      json::Schema<NewSegmentJson>("PutNotificationSegment", "Which recipients.")
          .required("where", &NewSegmentJson::where, {.doc = kWhereDoc, .example = kWhereExample})
          .optional("description", &NewSegmentJson::description,
                    {.doc = "For people.", .max_length = 500});
  return kSchema;
}

const json::Schema<SegmentJson>& segment_schema() {
  static const auto kSchema =
      json::Schema<SegmentJson>("NotificationSegment",
                                "Recipients by what is known of them, at the time of asking.")
          .required("name", &SegmentJson::name, {.example = "german-pros"})
          .required("description", &SegmentJson::description, {.doc = "For people."})
          .required("where", &SegmentJson::where, {.doc = kWhereDoc, .example = kWhereExample})
          .required("created_at", &SegmentJson::created_at)
          .required("updated_at", &SegmentJson::updated_at);
  return kSchema;
}

const json::Schema<json::Page<SegmentJson>>& segment_page_schema() {
  static const auto kSchema = json::page_schema(segment_schema());
  return kSchema;
}

const json::Schema<SegmentPreviewJson>& segment_preview_schema() {
  static const auto kSchema =
      json::Schema<SegmentPreviewJson>("NotificationSegmentPreview", "Who is in a segment now.")
          .required("count", &SegmentPreviewJson::count, {.doc = "All of them."})
          .required("user_ids", &SegmentPreviewJson::user_ids, {.doc = "The first 20."});
  return kSchema;
}

const json::Schema<NewSuppressionJson>& new_suppression_schema() {
  using J = NewSuppressionJson;
  static const auto kSchema =
      json::Schema<J>("AddNotificationSuppression", "An address to which nothing shall go.")
          .required("channel", &J::channel, {.one_of = kChannelNames})
          .required("address", &J::address,
                    {.doc = "Mail address or phone number; for other channels as it is.",
                     .min_length = 1,
                     .max_length = kMaxAddressBytes,
                     .example = "ann@example.com"})
          .optional(
              "category", &J::category,
              {.doc = "Nothing of this category; without it nothing at all.", .max_length = 64})
          .optional("reason", &J::reason, {.one_of = {"manual", "unsubscribe"}})
          .optional("detail", &J::detail, {.doc = "For people.", .max_length = 500});
  return kSchema;
}

const json::Schema<SuppressionJson>& suppression_schema() {
  using J = SuppressionJson;
  static const auto kSchema =
      json::Schema<J>("NotificationSuppression", "An address to which nothing goes, and why.")
          .required("channel", &J::channel, {.one_of = kChannelNames})
          .required("address", &J::address, {.example = "ann@example.com"})
          .required("category", &J::category, {.doc = "null: nothing at all goes there."})
          .required("reason", &J::reason,
                    {.one_of = {"hard_bounce", "complaint", "stop", "unsubscribe", "manual"}})
          .required("source", &J::source,
                    {.doc = "api, page (the reader's own), or a provider's name."})
          .required("detail", &J::detail, {.doc = "For people."})
          .required("created_at", &J::created_at);
  return kSchema;
}

const json::Schema<json::Page<SuppressionJson>>& suppression_page_schema() {
  static const auto kSchema = json::page_schema(suppression_schema());
  return kSchema;
}

const json::Schema<NewCategoryJson>& new_category_schema() {
  using J = NewCategoryJson;
  static const auto kSchema =
      json::Schema<J>("PutNotificationCategory", "A kind of message, and what holds for it.")
          .required(
              "title", &J::title,
              {.doc = "What readers see.", .min_length = 1, .max_length = 100, .example = "Offers"})
          .optional("description", &J::description,
                    {.doc = "What readers see below it.", .max_length = 500})
          .optional("critical", &J::critical,
                    {.doc = "Goes whatever a recipient prefers, at all hours: for security only."})
          .optional("channels", &J::channels, {.doc = kChannelsDoc, .example = R"({"sms":false})"})
          .optional("caps", &J::caps,
                    {.doc = kCapsDoc,
                     .max_items = Category::kMaxCaps,
                     .example = R"({"max":3,"per":"day"})"})
          .optional("send_window", &J::send_window,
                    {.doc = kWindowDoc, .example = R"({"from":"08:00","to":"20:00"})"})
          .optional("digest", &J::digest, {.doc = kDigestDoc, .example = R"({"at":"08:00"})"});
  return kSchema;
}

const json::Schema<CategoryJson>& category_schema() {
  using J = CategoryJson;
  static const auto kSchema =
      json::Schema<J>("NotificationCategory", "A kind of message, and what holds for it.")
          .required("name", &J::name, {.example = "offers"})
          .required("title", &J::title, {.doc = "What readers see.", .example = "Offers"})
          .required("description", &J::description)
          .required("critical", &J::critical, {.doc = "Goes whatever a recipient prefers."})
          .required("channels", &J::channels, {.doc = kChannelsDoc, .example = R"({"sms":false})"})
          .required("caps", &J::caps, {.doc = kCapsDoc, .example = R"([{"max":3,"per":"day"}])"})
          .required("send_window", &J::send_window,
                    {.doc = kWindowDoc, .example = R"({"from":"08:00","to":"20:00"})"})
          .required("digest", &J::digest, {.doc = kDigestDoc, .example = R"({"at":"08:00"})"})
          .required("created_at", &J::created_at)
          .required("updated_at", &J::updated_at);
  return kSchema;
}

const json::Schema<json::Page<CategoryJson>>& category_page_schema() {
  static const auto kSchema = json::page_schema(category_schema());
  return kSchema;
}

TopicJson render(const Topic& topic, std::optional<std::int64_t> members) {
  return {topic.name, members, topic.created_at};
}

SegmentJson render(const Segment& s) {
  return {s.name, unless_empty(s.description), {s.where}, s.created_at, s.updated_at};
}

SuppressionJson render(const Suppression& s) {
  return {std::string(name_of(s.channel)),
          s.address,
          unless_empty(s.category),
          s.reason,
          s.source,
          s.detail,
          s.created_at};
}

CategoryJson render(const Category& c) {
  CategoryJson json;
  json.name = c.name;
  json.title = c.title;
  json.description = unless_empty(c.description);
  json.critical = c.critical;
  json.channels = {"{}"};
  json.caps = {"[]"};
  json.created_at = c.created_at;
  json.updated_at = c.updated_at;
  const auto settings = json::parse(c.settings);
  if (!settings.ok()) return json;
  const auto text = [&](std::string_view name) -> std::optional<json::AnyJson> {
    const json::Value* value = settings->find(name);
    if (value == nullptr) return std::nullopt;
    return json::AnyJson{json::to_text(*value)};
  };
  json.channels = text("channels").value_or(json.channels);
  json.caps = text("caps").value_or(json.caps);
  json.send_window = text("send_window");
  json.digest = text("digest");
  return json;
}

base::Result<Category> category_of(const NewCategoryJson& given, zone::ZoneDirectory& zones) {
  json::Value::Object settings;
  const auto add = [&](const char* name, const auto& member) {
    if (member && member->has_value()) settings.emplace_back(name, json::Value(**member));
  };
  add("channels", given.channels);
  add("send_window", given.send_window);
  add("digest", given.digest);
  if (given.caps && given.caps->has_value()) {
    json::Value::Array caps;
    for (const json::Value::Object& cap : **given.caps) caps.emplace_back(cap);
    settings.emplace_back("caps", json::Value(std::move(caps)));
  }
  Category category;
  category.title = given.title;
  category.description = given.description.value_or("");
  category.critical = given.critical;
  const json::Value value(std::move(settings));
  ASHLAR_ASSIGN(const Category::Settings checked, category_settings_of(value));
  if (checked.send_window && !checked.send_window->zone.empty() &&
      !zones.find(checked.send_window->zone).ok()) {
    const std::string detail = "There is no such time zone.";
    return base::Error{base::Code::kInvalid,
                       "zone_unknown",
                       detail,
                       {{"/send_window/time_zone", "zone_unknown", detail}}};
  }
  category.settings = json::to_text(value);
  return category;
}

}  // namespace ashlar::notifications
