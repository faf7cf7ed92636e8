#include "modules/notifications/notifications_json.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "modules/notifications/draft.h"
#include "modules/notifications/rules.h"
#include "platform/json/writer.h"

namespace ashlar::notifications {
namespace {

constexpr const char* kChannelDoc = "email, sms, push, inbox, chat or http.";
constexpr const char* kStateDoc =
    "accepted (on its way), sent (handed to a provider), delivered or opened (as the provider or "
    "the reader's client told), failed, unknown (maybe sent, or no receipt came), expired, or "
    "skipped (a rule forbade it: see reason). It never goes back.";
constexpr const char* kReasonDoc =
    "Why it was skipped, put off or failed: opted_out, suppressed, quiet_hours, frequency_cap, "
    "no_address …";
const json::Choices kChannelNames{"email", "sms", "push", "inbox", "chat", "http"};
const json::Choices kPriorities{"bulk", "normal", "urgent"};
const json::Choices kStates{"accepted", "sent",    "delivered", "opened",
                            "failed",   "unknown", "expired",   "skipped"};

constexpr std::size_t kMaxTextLength = 100'000;
constexpr std::size_t kMaxSubjectLength = 998;
constexpr std::size_t kMaxDataBytes = 64 * 1024;

const json::Schema<ToJson>& to_schema() {
  static const auto kSchema =
      json::Schema<ToJson>("NotificationTo",
                           "Whom: a user, or one address, which then is all that is known of them.")
          .optional("user_id", &ToJson::user_id,
                    {.doc = "A recipient: their addresses, devices, language and preferences hold.",
                     .min_length = 1,
                     .max_length = 255,
                     .example = "u_42"})
          .optional("email", &ToJson::email,
                    {.doc = "A mail address.", .max_length = 254, .example = "ada@example.com"})
          .optional("phone", &ToJson::phone,
                    {.doc = "A number as E.164.", .max_length = 16, .example = "+43123456789"})
          .optional("device", &ToJson::device,
                    {.doc = "The id of a registered device.", .max_length = 20, .example = "7"})
          .optional("topic", &ToJson::topic,
                    {.doc = "All of a topic: makes a campaign that starts at once.",
                     .max_length = 64,
                     .example = "beta"})
          .optional("segment", &ToJson::segment,
                    {.doc = "All of a segment: as a topic.", .max_length = 64})
          .optional("users", &ToJson::users,
                    {.doc = "These users: as a topic.", .max_length = 128, .max_items = 10'000});
  return kSchema;
}

const json::Schema<DigestJson>& digest_schema() {
  static const auto kSchema =
      json::Schema<DigestJson>("NotificationDigest",
                               "Gather what has this key for a user, and send it as one.")
          .required("key", &DigestJson::key,
                    {.doc = "What is gathered together.",
                     .min_length = 1,
                     .max_length = 255,
                     .example = "comments:post-9"})
          .optional("for_s", &DigestJson::for_s,
                    {.doc = "So long after the first of them they go out.",
                     .min = 1,
                     .max = 30 * 24 * 3600,
                     .example = 3600});
  return kSchema;
}

const json::Schema<DeliveryJson>& delivery_schema() {
  static const auto kSchema =
      json::Schema<DeliveryJson>("NotificationDelivery", "One channel, one address.")
          .required("id", &DeliveryJson::id, {.example = "31"})
          .required("channel", &DeliveryJson::channel, {.doc = kChannelDoc})
          .required("address", &DeliveryJson::address, {.example = "ada@example.com"})
          .required("state", &DeliveryJson::state, {.doc = kStateDoc, .one_of = kStates})
          .required("reason", &DeliveryJson::reason, {.doc = kReasonDoc})
          .required("detail", &DeliveryJson::detail, {.doc = "The same for people."})
          .required("attempts", &DeliveryJson::attempts)
          .required("provider_ref", &DeliveryJson::provider_ref,
                    {.doc = "The provider's id of the message."})
          .required("replay_of", &DeliveryJson::replay_of,
                    {.doc = "The delivery that this one repeats."})
          .required("created_at", &DeliveryJson::created_at)
          .required("sent_at", &DeliveryJson::sent_at)
          .required("next_attempt_at", &DeliveryJson::next_at);
  return kSchema;
}

const json::Schema<MomentJson>& moment_schema() {
  static const auto kSchema =
      json::Schema<MomentJson>("NotificationMoment", "One line of a notification's story.")
          .required("at", &MomentJson::at)
          .required("event", &MomentJson::event,
                    {.doc = "accepted, scheduled, queued, deferred, skipped, replayed, "
                            "attempt.VERDICT, delivered, opened, failed, hard_bounce, complaint, "
                            "unknown, expired, digested.",
                     .example = "attempt.accepted"})
          .required("delivery_id", &MomentJson::delivery_id)
          .required("channel", &MomentJson::channel)
          .required("provider", &MomentJson::provider)
          .required("status", &MomentJson::status, {.doc = "HTTP's or SMTP's."})
          .required("code", &MomentJson::code, {.doc = "The provider's own, or our reason."})
          .required("detail", &MomentJson::detail);
  return kSchema;
}

const json::Schema<WhyNowJson>& why_now_schema() {
  static const auto kSchema =
      json::Schema<WhyNowJson>("NotificationWhyNow", "What would become of one sent now.")
          .required("channel", &WhyNowJson::channel, {.doc = kChannelDoc})
          .required("address", &WhyNowJson::address)
          .required("decision", &WhyNowJson::decision, {.doc = "send, defer, skip or digest."})
          .required("reason", &WhyNowJson::reason, {.doc = kReasonDoc})
          .required("explanation", &WhyNowJson::explanation, {.doc = "The same for people."})
          .required("until", &WhyNowJson::until, {.doc = "Put off until then."});
  return kSchema;
}

const json::Schema<WhyCampaignJson>& why_campaign_schema() {
  static const auto kSchema =
      json::Schema<WhyCampaignJson>("NotificationWhyCampaign", "What became of it in a campaign.")
          .required("campaign_id", &WhyCampaignJson::campaign_id)
          .required("name", &WhyCampaignJson::name)
          .required("state", &WhyCampaignJson::state,
                    {.doc = "waiting, skipped, failed, unknown, sent, delivered, opened or "
                            "bounced."})
          .required("reason", &WhyCampaignJson::reason)
          .required("repeated", &WhyCampaignJson::repeated,
                    {.doc = "It went again, since an answer was lost."})
          .required("next_at", &WhyCampaignJson::next_at, {.doc = "Not before then."});
  return kSchema;
}

std::optional<std::string> maybe(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

base::Error wrong(const char* field, const char* reason, const char* detail) {
  return {base::Code::kInvalid, "invalid_request", detail, {{field, reason, detail}}};
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  while (from < list.size()) {
    const std::size_t comma = std::min(list.find(',', from), list.size());
    parts.push_back(list.substr(from, comma - from));
    from = comma + 1;
  }
  return parts;
}

std::string text_of(const ContentJson& content) {
  std::string text;
  json::Writer w(text);
  w.begin_object();
  const auto put = [&w](std::string_view key, const std::optional<std::string>& value) {
    if (value && !value->empty()) w.key(key).string(*value);
  };
  put("subject", content.subject);
  put("text", content.text);
  put("html", content.html);
  put("url", content.url);
  if (content.data.is_set()) w.key("data").value(json::Value(content.data.value()));
  w.end_object();
  return text;
}

base::Status take_to(const ToJson& to, Notification& n) {
  const int given =
      static_cast<int>(to.user_id.has_value()) + static_cast<int>(to.email.has_value()) +
      static_cast<int>(to.phone.has_value()) + static_cast<int>(to.device.has_value());
  if (given != 1) {
    return wrong("/to", given == 0 ? "recipient_missing" : "recipient_ambiguous",
                 "Give one of user_id, email, phone and device.");
  }
  n.user_id = to.user_id.value_or("");
  n.to_email = to.email.value_or("");
  n.to_phone = to.phone.value_or("");
  n.to_device = to.device.value_or("");
  return base::ok_status();
}

base::Status take_content(const NewNotificationJson& given, Notification& n) {
  if (given.template_key.has_value() == given.content.is_set()) {
    return wrong("/content", given.template_key ? "content_ambiguous" : "content_missing",
                 "Give either template (with data) or content.");
  }
  n.template_key = given.template_key.value_or("");
  if (given.data.is_set()) {
    ASHLAR_ASSIGN(n.data, data_text(given.data.value(), ""));
  }
  if (given.content.is_set()) {
    ASHLAR_ASSIGN(n.content, content_text(given.content.value(), ""));
  }
  return base::ok_status();
}

base::Status take_channels(const NewNotificationJson& given, Notification& n) {
  for (const std::string& name : given.channels.value_or(std::vector<std::string>{})) {
    if (!channel_of(name)) return wrong("/channels", "channel_unknown", kChannelDoc);
    if (n.channels.find(name) != std::string::npos) continue;
    n.channels += (n.channels.empty() ? "" : ",") + name;
  }
  return base::ok_status();
}

base::Status take_times(const NewNotificationJson& given, base::Time now, Notification& n) {
  constexpr base::Seconds kFarthest{366 * 24 * 3600};
  n.send_at = given.send_at;
  n.expires_at = given.expires_at;
  if (n.send_at && *n.send_at > now + kFarthest) {
    return wrong("/send_at", "send_at_too_far", "A notification is sent within a year.");
  }
  if (n.expires_at && *n.expires_at <= std::max(now, n.send_at.value_or(now))) {
    return wrong("/expires_at", "expires_too_early", "It would have expired before it is sent.");
  }
  return base::ok_status();
}

ToJson to_of(const Notification& n) {
  ToJson to;
  to.user_id = maybe(n.user_id);
  to.email = maybe(n.to_email);
  to.phone = maybe(n.to_phone);
  to.device = maybe(n.to_device);
  return to;
}

DeliveryJson json_of(const Delivery& d) {
  DeliveryJson json;
  json.id = d.id;
  json.channel = name_of(d.channel);
  json.address = d.target.address;
  json.state = name_of(d.state);
  json.reason = maybe(d.reason);
  json.detail = maybe(d.detail);
  json.attempts = d.attempts;
  json.provider_ref = maybe(d.provider_ref);
  if (d.replay_of.is_set()) json.replay_of = d.replay_of;
  json.created_at = d.created_at;
  json.sent_at = d.sent_at;
  json.next_at = d.next_at;
  return json;
}

MomentJson json_of(const Moment& m) {
  MomentJson json;
  json.at = m.at;
  json.event = m.event;
  if (m.delivery.is_set()) json.delivery_id = m.delivery;
  if (m.channel) json.channel = name_of(*m.channel);
  json.provider = maybe(m.provider);
  if (m.status != 0) json.status = m.status;
  json.code = maybe(m.code);
  json.detail = maybe(m.detail);
  return json;
}

}  // namespace

base::Result<std::string> data_text(const json::Value::Object& data, const std::string& field) {
  std::string text = data.empty() ? "" : json::to_text(json::Value(data));
  if (text.size() <= kMaxDataBytes) return text;
  return base::Error{base::Code::kInvalid,
                     "invalid_request",
                     "data has at most 65,536 bytes as JSON.",
                     {{field + "/data", "data_too_large", "At most 65,536 bytes as JSON."}}};
}

base::Result<std::string> content_text(const ContentJson& content, const std::string& field) {
  if (content.text.value_or("").empty() && content.html.value_or("").empty() &&
      content.subject.value_or("").empty()) {
    return base::Error{base::Code::kInvalid,
                       "invalid_request",
                       "Give at least one of subject, text and html.",
                       {{field + "/content", "content_missing", "There is nothing in it."}}};
  }
  // It becomes a line of a mail's head: a line end in it would begin another one.
  if (std::ranges::any_of(content.subject.value_or(""), is_control)) {
    return base::Error{
        base::Code::kInvalid,
        "invalid_request",
        "A subject is one line of text.",
        {{field + "/content/subject", "control_character", "A subject is one line of text."}}};
  }
  return text_of(content);
}

const json::Schema<ContentJson>& content_schema() {
  static const auto kSchema =
      json::Schema<ContentJson>("NotificationContent", "What is said, where there is no template.")
          .optional("subject", &ContentJson::subject,
                    {.doc = "Mail's subject; title of push and inbox.",
                     .max_length = kMaxSubjectLength,
                     .example = "Your order has shipped"})
          .optional("text", &ContentJson::text,
                    {.doc = "Plain text: of mail, SMS, push and inbox.",
                     .max_length = kMaxTextLength,
                     .example = "It should be with you on Friday."})
          .optional("html", &ContentJson::html,
                    {.doc = "Mail as HTML, sent beside the text.", .max_length = kMaxTextLength})
          .optional("url", &ContentJson::url,
                    {.doc = "Where a push or an inbox entry leads.", .max_length = 2048})
          .optional("data", &ContentJson::data, {.doc = "For the app, with push and inbox."});
  return kSchema;
}

const json::Schema<NewNotificationJson>& new_notification_schema() {
  static const auto kSchema =
      json::Schema<NewNotificationJson>("CreateNotification", "Whom to tell what.")
          .required("to", &NewNotificationJson::to, to_schema())
          .optional("template", &NewNotificationJson::template_key,
                    {.doc = "The key of a template; its live version is used.",
                     .min_length = 1,
                     .max_length = 128,
                     .example = "order-shipped"})
          .optional("data", &NewNotificationJson::data,
                    {.doc = "What the template is filled with.", .example = R"({"order":"A-17"})"})
          .optional("content", &NewNotificationJson::content, content_schema(),
                    {.doc = "Instead of a template."})
          .optional(
              "category", &NewNotificationJson::category,
              {.doc = "What kind of message it is. By it caps and send windows hold, its critical "
                      "ones beat wishes and quiet hours, and recipients choose. None: their "
                      "wishes for the channel, or for all, and their quiet hours hold all "
                      "the same.",
               .min_length = 1,
               .max_length = 128,
               .example = "orders"})
          .optional(
              "channels", &NewNotificationJson::channels,
              {.doc = "Through which; without it those of the template or the category, or "
                      "the first by which the recipient can be reached (mail, push, SMS, inbox).",
               .max_length = 16,
               .max_items = kChannels,
               .example = "email"})
          .optional(
              "priority", &NewNotificationJson::priority,
              {.doc = "urgent goes before normal, normal before bulk.", .one_of = kPriorities})
          .optional("dedupe_key", &NewNotificationJson::dedupe_key,
                    {.doc = "A second call with it sends nothing and answers with the first's id, "
                            "for as long as that is kept.",
                     .min_length = 1,
                     .max_length = 255,
                     .example = "shipped:A-17"})
          .optional(
              "collapse_key", &NewNotificationJson::collapse_key,
              {.doc = "On devices a later push with it replaces an earlier one.", .max_length = 64})
          .optional("locale", &NewNotificationJson::locale,
                    {.doc = "Instead of the recipient's.", .max_length = 35, .example = "de-AT"})
          .optional("send_at", &NewNotificationJson::send_at, {.doc = "Not before."})
          .optional("expires_at", &NewNotificationJson::expires_at,
                    {.doc = "From then on it is not sent any more."})
          .optional("digest", &NewNotificationJson::digest, digest_schema());
  return kSchema;
}

const json::Schema<AcceptedJson>& accepted_schema() {
  static const auto kSchema =
      json::Schema<AcceptedJson>("AcceptedNotification", "It is kept, and on its way.")
          .required("id", &AcceptedJson::id, {.example = "17"})
          .required("state", &AcceptedJson::state, {.doc = kStateDoc, .one_of = kStates})
          .required("existed", &AcceptedJson::existed,
                    {.doc = "One with this dedupe_key was there; nothing more is sent."})
          .optional("campaign_id", &AcceptedJson::campaign_id,
                    {.doc = "What goes to many is a campaign: this one.", .example = "12"});
  return kSchema;
}

const json::Schema<NotificationJson>& notification_schema() {
  static const auto kSchema =
      json::Schema<NotificationJson>("Notification", "What somebody was told, and how that went.")
          .required("id", &NotificationJson::id, {.example = "17"})
          .required("to", &NotificationJson::to, to_schema())
          .required("state", &NotificationJson::state, {.doc = kStateDoc, .one_of = kStates})
          .required("reason", &NotificationJson::reason, {.doc = kReasonDoc})
          .required("template", &NotificationJson::template_key)
          .required("template_version", &NotificationJson::template_version)
          .required("category", &NotificationJson::category)
          .required("channels", &NotificationJson::channels,
                    {.doc = "As asked for; empty: chosen.", .one_of = kChannelNames})
          .required("priority", &NotificationJson::priority)
          .required("dedupe_key", &NotificationJson::dedupe_key)
          .required("send_at", &NotificationJson::send_at)
          .required("expires_at", &NotificationJson::expires_at)
          .required("digested_into", &NotificationJson::digested_into,
                    {.doc = "The notification as part of which it went out."})
          .required("created_at", &NotificationJson::created_at)
          .required("updated_at", &NotificationJson::updated_at)
          .optional("deliveries", &NotificationJson::deliveries, delivery_schema())
          .optional("timeline", &NotificationJson::timeline, moment_schema())
          .optional("counts", &NotificationJson::counts, campaign_counts_schema(),
                    {.doc = "Of one to many (\"c12\"): how far its audience is."});
  return kSchema;
}

const json::Schema<json::Page<NotificationJson>>& notification_page_schema() {
  static const auto kSchema = json::page_schema(notification_schema());
  return kSchema;
}

const json::Schema<WhyJson>& why_schema() {
  static const auto kSchema =
      json::Schema<WhyJson>("NotificationWhy", "Why a user did or did not get something.")
          .required("user_id", &WhyJson::user_id)
          .required("now", &WhyJson::now, why_now_schema(),
                    {.doc = "What would become of such a notification now, channel by channel."})
          .required("recent", &WhyJson::recent, notification_schema(),
                    {.doc = "The last ones that fit, with their stories, newest first."})
          .required("campaigns", &WhyJson::campaigns, why_campaign_schema(),
                    {.doc = "The last campaigns whose audience the user is in, newest first."});
  return kSchema;
}

base::Result<Notification> notification_of(const NewNotificationJson& given, base::Time now) {
  Notification n;
  ASHLAR_TRY(take_to(given.to, n));
  ASHLAR_TRY(take_content(given, n));
  ASHLAR_TRY(take_channels(given, n));
  ASHLAR_TRY(take_times(given, now, n));
  n.category = given.category.value_or("");
  // It stands in mails' heads.
  if (std::ranges::any_of(n.category, is_control)) {
    return wrong("/category", "control_character", "A category's name is one line of text.");
  }
  n.priority = priority_of(given.priority).value_or(Priority::kNormal);
  n.dedupe_key = given.dedupe_key.value_or("");
  n.collapse_key = given.collapse_key.value_or("");
  n.locale = given.locale.value_or("");
  if (given.digest.is_set()) {
    if (n.user_id.empty()) {
      return wrong("/digest", "digest_needs_user", "Only what goes to a user_id can be gathered.");
    }
    n.digest_key = given.digest.value().key;
    n.digest_for = base::Seconds{given.digest.value().for_s};
  }
  n.created_at = n.updated_at = now;
  return n;
}

NotificationJson render(const Notification& n) {
  NotificationJson json;
  json.id = n.id.to_string();
  json.to = to_of(n);
  json.state = name_of(n.state);
  json.reason = maybe(n.reason);
  json.template_key = maybe(n.template_key);
  if (n.template_version != 0) json.template_version = n.template_version;
  json.category = maybe(n.category);
  json.channels = split(n.channels);
  json.priority = name_of(n.priority);
  json.dedupe_key = maybe(n.dedupe_key);
  json.send_at = n.send_at;
  json.expires_at = n.expires_at;
  if (n.digested_into.is_set()) json.digested_into = n.digested_into;
  json.created_at = n.created_at;
  json.updated_at = n.updated_at;
  return json;
}

NotificationJson render(const Notification& n, const std::vector<Delivery>& deliveries,
                        const std::vector<Moment>& timeline) {
  NotificationJson json = render(n);
  std::vector<DeliveryJson> all;
  for (const Delivery& d : deliveries) all.push_back(json_of(d));
  std::vector<MomentJson> moments;
  for (const Moment& m : timeline) moments.push_back(json_of(m));
  json.deliveries = std::move(all);
  json.timeline = std::move(moments);
  return json;
}

WhyNowJson render_now(const Draft& draft, std::size_t index) {
  const DraftDelivery& d = draft.deliveries.at(index);
  WhyNowJson json;
  json.channel = name_of(d.channel);
  json.address = d.target.address;
  json.decision = name_of(d.decision.act);
  json.reason = maybe(d.reason);
  json.explanation = d.explanation;
  if (d.decision.act == Decision::Act::kDefer || d.decision.act == Decision::Act::kDigest) {
    json.until = d.decision.until;
  }
  return json;
}

}  // namespace ashlar::notifications
