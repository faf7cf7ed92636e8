#include "modules/notifications/campaigns/campaigns_json.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "modules/notifications/recipient.h"
#include "platform/json/writer.h"

namespace ashlar::notifications {
namespace {

using AudienceKind = Campaign::AudienceKind;

constexpr base::Seconds kFarthest{366 * 24 * 3600};
constexpr std::size_t kMaxName = 128;
const json::Choices kCampaignChannels{"email", "sms", "push", "inbox"};
const json::Choices kStates{"draft",   "scheduled",  "planning", "running",  "paused",
                            "stopped", "cancelling", "finished", "cancelled"};
const json::Choices kMemberStates{"waiting", "sent",      "skipped", "failed",
                                  "unknown", "delivered", "opened",  "bounced"};

base::Error wrong(std::string field, const char* reason, const char* detail) {
  return {base::Code::kInvalid, "invalid_request", detail, {{std::move(field), reason, detail}}};
}

const json::Schema<WantedAudienceJson>& wanted_audience_schema() {
  static const auto kSchema =
      json::Schema<WantedAudienceJson>("WantedCampaignAudience", "Whom: one of these.")
          .optional("topic", &WantedAudienceJson::topic,
                    {.doc = "All of a topic, as it is when planning reads it.",
                     .max_length = 64,
                     .example = "newsletter"})
          .optional("segment", &WantedAudienceJson::segment,
                    {.doc = "All of a segment, by its conditions at the start.", .max_length = 64})
          .optional("everybody", &WantedAudienceJson::everybody, {.doc = "true: all recipients."})
          .optional("users", &WantedAudienceJson::users,
                    {.doc = "Their user_ids.", .max_length = 128, .max_items = 10'000})
          .optional("upload", &WantedAudienceJson::upload,
                    {.doc = "true: sent afterwards, by PUT …/audience."});
  return kSchema;
}

const json::Schema<StopOnJson>& stop_on_schema() {
  static const auto kSchema =
      json::Schema<StopOnJson>("CampaignStopOn", "When it stops by itself.")
          .required("failed_percent", &StopOnJson::failed_percent,
                    {.doc = "So many of a hundred have failed …", .min = 1, .max = 100})
          .optional("after", &StopOnJson::after,
                    {.doc = "… once so many were sent or have failed.", .min = 1, .max = 1e9});
  return kSchema;
}

const json::Schema<NewVariantJson>& new_variant_schema() {
  static const auto kSchema =
      json::Schema<NewVariantJson>("CreateCampaignVariant",
                                   "What it does not say itself is the campaign's.")
          .required(
              "key", &NewVariantJson::key,
              {.min_length = 1, .max_length = 32, .pattern = "^[A-Za-z0-9_-]+$", .example = "a"})
          .optional("weight", &NewVariantJson::weight,
                    {.doc = "Its share of the recipients, beside the others'.",
                     .min = 1,
                     .max = static_cast<double>(Campaign::kMaxWeight)})
          .optional("template", &NewVariantJson::template_key, {.min_length = 1, .max_length = 128})
          .optional("data", &NewVariantJson::data)
          .optional("content", &NewVariantJson::content, content_schema());
  return kSchema;
}

const json::Schema<AudienceJson>& audience_schema() {
  static const auto kSchema =
      json::Schema<AudienceJson>("CampaignAudience", "Whom it is for.")
          .required("topic", &AudienceJson::topic)
          .required("segment", &AudienceJson::segment)
          .required("everybody", &AudienceJson::everybody)
          .required("users", &AudienceJson::users)
          .required("upload", &AudienceJson::upload)
          .required("size", &AudienceJson::size,
                    {.doc = "Planned so far; until then what was uploaded."})
          .required("uploaded", &AudienceJson::uploaded, {.doc = "Lines that were taken."})
          .required("duplicates", &AudienceJson::duplicates,
                    {.doc = "Of them: dropped, as far as is known. Final once it is planned."});
  return kSchema;
}

const json::Schema<VariantJson>& variant_schema() {
  static const auto kSchema =
      json::Schema<VariantJson>("CampaignVariant", "How one does.")
          .required("key", &VariantJson::key)
          .required("weight", &VariantJson::weight)
          .required("template", &VariantJson::template_key)
          .required("counts", &VariantJson::counts, campaign_counts_schema());
  return kSchema;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::optional<std::string> maybe(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

// What a campaign or a variant says of its message.
struct GivenMessage {
  const std::optional<std::string>& template_key;
  const json::Patch<json::Value::Object>& data;
  const json::Patch<ContentJson>& content;
};
base::Status take_message(const GivenMessage& given, const std::string& field,
                          CampaignMessage& message) {
  if (given.template_key && given.content.is_set()) {
    return wrong(field + "/content", "content_ambiguous",
                 "Give either template (with data) or content.");
  }
  if (given.template_key) {
    message.template_key = *given.template_key;
    message.content.clear();
  }
  if (given.content.is_set()) {
    ASHLAR_ASSIGN(message.content, content_text(given.content.value(), field));
    message.template_key.clear();
    message.data.clear();
  }
  if (!given.data.is_set()) return base::ok_status();
  if (message.template_key.empty()) {
    return wrong(field + "/data", "data_without_template", "data fills a template; give one.");
  }
  ASHLAR_ASSIGN(message.data, data_text(given.data.value(), field));
  return base::ok_status();
}

base::Status take_variants(const NewCampaignJson& given, Campaign& campaign) {
  if (!given.variants.is_set()) return base::ok_status();
  if (given.variants.value().size() < 2) {
    return wrong("/variants", "variants_too_few", "Give two variants or more, or none.");
  }
  std::set<std::string> keys;
  for (std::size_t i = 0; i < given.variants.value().size(); ++i) {
    const NewVariantJson& one = given.variants.value()[i];
    const std::string field = "/variants/" + std::to_string(i);
    if (!keys.insert(one.key).second) {
      return wrong(field + "/key", "variant_taken", "Another variant has this key.");
    }
    CampaignVariant variant{.key = one.key, .weight = one.weight, .message = campaign.message};
    ASHLAR_TRY(take_message({one.template_key, one.data, one.content}, field, variant.message));
    if (variant.message.template_key.empty() && variant.message.content.empty()) {
      return wrong(field, "content_missing", "Neither the variant nor the campaign has a message.");
    }
    campaign.variants.push_back(std::move(variant));
  }
  return base::ok_status();
}

base::Status take_audience(const WantedAudienceJson& given, WantedCampaign& wanted) {
  const auto is_true = [](const std::optional<bool>& value) { return value.value_or(false); };
  const int said =
      static_cast<int>(given.topic.has_value()) + static_cast<int>(given.segment.has_value()) +
      static_cast<int>(is_true(given.everybody)) + static_cast<int>(is_true(given.upload)) +
      static_cast<int>(given.users.has_value());
  if (said != 1) {
    return wrong("/audience", said == 0 ? "audience_missing" : "audience_ambiguous",
                 "Give one of topic, segment, everybody, users and upload.");
  }
  Campaign& campaign = wanted.campaign;
  if (given.topic) {
    ASHLAR_TRY(check_name(*given.topic, "/audience/topic"));
    campaign.audience_kind = AudienceKind::kTopic;
    campaign.audience_key = *given.topic;
  } else if (given.segment) {
    ASHLAR_TRY(check_name(*given.segment, "/audience/segment"));
    campaign.audience_kind = AudienceKind::kSegment;
    campaign.audience_key = *given.segment;
  } else if (given.users) {
    if (given.users->empty()) {
      return wrong("/audience/users", "audience_missing", "Give at least one user.");
    }
    campaign.audience_kind = AudienceKind::kUsers;
    wanted.users = *given.users;
  } else {
    campaign.audience_kind =
        is_true(given.everybody) ? AudienceKind::kEverybody : AudienceKind::kUpload;
  }
  return base::ok_status();
}

base::Status take_times(std::optional<base::Time> send_at, std::optional<base::Time> expires_at,
                        base::Time now, Campaign& campaign) {
  campaign.send_at = send_at;
  campaign.expires_at = expires_at;
  if (send_at && *send_at > now + kFarthest) {
    return wrong("/send_at", "send_at_too_far", "A campaign is sent within a year.");
  }
  if (expires_at && *expires_at <= std::max(now, send_at.value_or(now))) {
    return wrong("/expires_at", "expires_too_early", "It would have expired before it is sent.");
  }
  return base::ok_status();
}

// Per second, since it was started.
double rate_of(const Campaign& campaign, const CampaignCounts& counts, base::Time now) {
  if (!campaign.started_at) return 0;
  const base::Time begun = std::max(*campaign.started_at, campaign.send_at.value_or(base::Time{}));
  const base::Micros took = campaign.finished_at.value_or(now) - begun;
  if (took < base::Millis{1}) return 0;
  return static_cast<double>(counts.sent + counts.failed) * 1e6 / static_cast<double>(took.count());
}

AudienceJson render_audience(const Campaign& campaign, const CampaignCounts& counts) {
  AudienceJson json;
  const AudienceKind kind = campaign.audience_kind;
  if (kind == AudienceKind::kTopic) json.topic = campaign.audience_key;
  if (kind == AudienceKind::kSegment) json.segment = campaign.audience_key;
  json.everybody = kind == AudienceKind::kEverybody;
  json.users = kind == AudienceKind::kUsers;
  json.upload = kind == AudienceKind::kUpload;
  json.size = campaign.planned || counts.audience > 0 ? counts.audience
                                                      : campaign.uploaded - campaign.duplicates;
  json.uploaded = campaign.uploaded;
  json.duplicates = campaign.duplicates;
  return json;
}

}  // namespace

const json::Schema<NewCampaignJson>& new_campaign_schema() {
  static const auto kSchema =
      json::Schema<NewCampaignJson>("CreateCampaign", "One message for many.")
          .required("name", &NewCampaignJson::name,
                    {.doc = "For people.",
                     .min_length = 1,
                     .max_length = kMaxName,
                     .example = "Summer sale"})
          .optional(
              "channel", &NewCampaignJson::channel,
              {.doc = "Without it each is told by the first of mail, push, SMS and inbox that "
                      "reaches them.",
               .one_of = kCampaignChannels})
          .optional("template", &NewCampaignJson::template_key,
                    {.doc = "The key of a template; its live version at the start is used.",
                     .min_length = 1,
                     .max_length = 128,
                     .example = "summer-sale"})
          .optional(
              "data", &NewCampaignJson::data,
              {.doc = "What the template is filled with; a line of the upload goes before it.",
               .example = R"({"percent":20})"})
          .optional("content", &NewCampaignJson::content, content_schema(),
                    {.doc = "Instead of a template."})
          .optional("category", &NewCampaignJson::category,
                    {.doc = "Preferences, caps and hours hold by category.",
                     .min_length = 1,
                     .max_length = 128,
                     .example = "offers"})
          .required("audience", &NewCampaignJson::audience, wanted_audience_schema())
          .optional("variants", &NewCampaignJson::variants, new_variant_schema(),
                    {.doc = "Who gets which follows from campaign and user: the same each time.",
                     .max_items = Campaign::kMaxVariants})
          .optional("send_at", &NewCampaignJson::send_at, {.doc = "Not before, once started."})
          .optional("expires_at", &NewCampaignJson::expires_at,
                    {.doc = "From then on nobody is sent it any more: they are skipped."})
          .optional("pace_per_s", &NewCampaignJson::pace_per_s,
                    {.doc = "At most so many a second, over all instances. 0: as providers bear.",
                     .min = 0,
                     .max = static_cast<double>(Campaign::kMaxPace)})
          .optional("stop_on", &NewCampaignJson::stop_on, stop_on_schema())
          .optional("dedupe_key", &NewCampaignJson::dedupe_key,
                    {.doc = "A second call with it makes nothing and answers with the first.",
                     .min_length = 1,
                     .max_length = 255});
  return kSchema;
}

const json::Schema<StartCampaignJson>& start_campaign_schema() {
  static const auto kSchema =
      json::Schema<StartCampaignJson>("StartCampaign", "When.")
          .optional("send_at", &StartCampaignJson::send_at, {.doc = "Instead of the campaign's."});
  return kSchema;
}

const json::Schema<RetryFailedJson>& retry_failed_schema() {
  static const auto kSchema =
      json::Schema<RetryFailedJson>("RetryFailedCampaign", "Whom.")
          .optional("unknown", &RetryFailedJson::unknown,
                    {.doc = "true: also those who may have got it. They are counted as repeated."});
  return kSchema;
}

const json::Schema<CampaignJson>& campaign_schema() {
  static const auto kSchema =
      json::Schema<CampaignJson>("Campaign", "One message for many, and how far it is.")
          .required("id", &CampaignJson::id, {.example = "12"})
          .required("name", &CampaignJson::name)
          .required("state", &CampaignJson::state, {.one_of = kStates})
          .required("channel", &CampaignJson::channel, {.doc = "null: chosen for each."})
          .required("category", &CampaignJson::category)
          .required("template", &CampaignJson::template_key)
          .required("audience", &CampaignJson::audience, audience_schema())
          .required("counts", &CampaignJson::counts, campaign_counts_schema())
          .optional("reasons", &CampaignJson::reasons,
                    {.doc = "Why so many were skipped, failed or are put off. Not in lists.",
                     .example = R"({"opted_out":3})"})
          .optional("variants", &CampaignJson::variants, variant_schema(), {.doc = "Not in lists."})
          .required("pace_per_s", &CampaignJson::pace_per_s)
          .required("stop_on", &CampaignJson::stop_on, stop_on_schema())
          .required("rate_per_s", &CampaignJson::rate_per_s,
                    {.doc = "Sent or failed, a second, since it was started."})
          .required("send_at", &CampaignJson::send_at)
          .required("expires_at", &CampaignJson::expires_at)
          .required("created_at", &CampaignJson::created_at)
          .required("started_at", &CampaignJson::started_at)
          .required("finished_at", &CampaignJson::finished_at)
          .required("stopped_reason", &CampaignJson::stopped_reason);
  return kSchema;
}

const json::Schema<json::Page<CampaignJson>>& campaign_page_schema() {
  static const auto kSchema = json::page_schema(campaign_schema());
  return kSchema;
}

const json::Schema<UploadedJson>& uploaded_schema() {
  static const auto kSchema =
      json::Schema<UploadedJson>("CampaignUpload", "What was taken.")
          .required("accepted", &UploadedJson::accepted, {.doc = "Lines of this call."})
          .required(
              "duplicates", &UploadedJson::duplicates,
              {.doc = "Of them: named twice in it. Those of earlier uploads are found when it "
                      "is planned."})
          .required("uploaded", &UploadedJson::uploaded, {.doc = "Lines of all calls."});
  return kSchema;
}

const json::Schema<json::Page<CampaignRecipientJson>>& campaign_recipients_schema() {
  static const auto kRow =
      json::Schema<CampaignRecipientJson>("CampaignRecipient", "One of the audience.")
          .required("user_id", &CampaignRecipientJson::user_id)
          .required("email", &CampaignRecipientJson::email)
          .required("phone", &CampaignRecipientJson::phone)
          .required("variant", &CampaignRecipientJson::variant)
          .required("state", &CampaignRecipientJson::state, {.one_of = kMemberStates})
          .required("reason", &CampaignRecipientJson::reason)
          .required("repeated", &CampaignRecipientJson::repeated)
          .required("next_at", &CampaignRecipientJson::next_at,
                    {.doc = "Waiting: not before. null: as soon as may be."});
  static const auto kSchema = json::page_schema(kRow);
  return kSchema;
}

base::Result<WantedCampaign> campaign_of(const NewCampaignJson& given, base::Time now) {
  WantedCampaign wanted;
  Campaign& campaign = wanted.campaign;
  if (std::ranges::any_of(given.name, is_control)) {
    return wrong("/name", "control_character", "A name is one line of text.");
  }
  campaign.name = given.name;
  if (given.channel) campaign.channel = channel_of(*given.channel);
  campaign.category = given.category.value_or("");
  ASHLAR_TRY(take_audience(given.audience, wanted));
  ASHLAR_TRY(take_message({given.template_key, given.data, given.content}, "", campaign.message));
  ASHLAR_TRY(take_variants(given, campaign));
  if (campaign.variants.empty() && campaign.message.template_key.empty() &&
      campaign.message.content.empty()) {
    return wrong("/content", "content_missing", "Give either template (with data) or content.");
  }
  ASHLAR_TRY(take_times(given.send_at, given.expires_at, now, campaign));
  campaign.pace_per_s = given.pace_per_s;
  if (given.stop_on.is_set()) {
    campaign.stop_on = {.failed_percent = given.stop_on->failed_percent,
                        .after = given.stop_on->after};
  }
  campaign.dedupe_key = given.dedupe_key.value_or("");
  return wanted;
}

CampaignCountsJson render(const CampaignCounts& n) {
  return {.audience = n.audience,
          .sent = n.sent,
          .skipped = n.skipped,
          .failed = n.failed,
          .waiting = n.waiting(),
          .unknown = n.unknown,
          .repeated = n.repeated,
          .delivered = n.delivered,
          .opened = n.opened,
          .bounced = n.bounced};
}

CampaignJson render(const Campaign& campaign, const CampaignCounts& counts, base::Time now) {
  CampaignJson json;
  json.id = campaign.id;
  json.name = campaign.name;
  json.state = name_of(campaign.state);
  if (campaign.channel) json.channel = name_of(*campaign.channel);
  json.category = maybe(campaign.category);
  json.template_key = maybe(campaign.message.template_key);
  json.audience = render_audience(campaign, counts);
  json.counts = render(counts);
  if (campaign.pace_per_s > 0) json.pace_per_s = campaign.pace_per_s;
  if (campaign.stop_on.failed_percent > 0) {
    json.stop_on = StopOnJson{campaign.stop_on.failed_percent, campaign.stop_on.after};
  }
  json.rate_per_s = rate_of(campaign, counts, now);
  json.send_at = campaign.send_at;
  json.expires_at = campaign.expires_at;
  json.created_at = campaign.created_at;
  json.started_at = campaign.started_at;
  json.finished_at = campaign.finished_at;
  json.stopped_reason = maybe(campaign.stopped_reason);
  return json;
}

CampaignJson render(const Campaign& campaign, const CampaignOutcomes::Tally& tally,
                    base::Time now) {
  CampaignJson json = render(campaign, tally.all, now);
  json::Value::Object reasons;
  for (const auto& [reason, count] : tally.reasons) {
    reasons.emplace_back(reason, json::Value(count));
  }
  json.reasons = std::move(reasons);
  std::vector<VariantJson> variants;
  for (std::size_t i = 0; i < campaign.variants.size(); ++i) {
    const CampaignVariant& v = campaign.variants[i];
    variants.push_back({.key = v.key,
                        .weight = v.weight,
                        .template_key = maybe(v.message.template_key),
                        .counts = render(tally.variants.at(i))});
  }
  json.variants = std::move(variants);
  return json;
}

}  // namespace ashlar::notifications
