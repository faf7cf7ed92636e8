// What POST /v1/notifications to many becomes, and how GET /v1/notifications/c12 shows it.
#include <string>
#include <string_view>
#include <utility>

#include "modules/notifications/campaigns/campaigns_json.h"
#include "modules/notifications/kept_text.h"

namespace ashlar::notifications {
namespace {

using AudienceKind = Campaign::AudienceKind;

base::Error wrong(std::string field, const char* reason, const char* detail) {
  return {base::Code::kInvalid, "invalid_request", detail, {{std::move(field), reason, detail}}};
}

std::optional<std::string> maybe(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

// That of the luckiest, once all have ended.
std::string_view state_as_notification(const Campaign& campaign, const CampaignCounts& counts) {
  if (campaign.state != CampaignState::kFinished && campaign.state != CampaignState::kCancelled) {
    return "accepted";
  }
  if (counts.opened > 0) return "opened";
  if (counts.delivered > 0) return "delivered";
  if (counts.sent > 0) return "sent";
  if (counts.unknown > 0) return "unknown";
  return counts.failed > 0 ? "failed" : "skipped";
}

// What it is found by in a list of campaigns: what is said, to whom.
std::string title_of(const NewNotificationJson& given) {
  constexpr std::size_t kMaxSaidBytes = 80;
  std::string said = given.template_key.value_or("");
  if (said.empty() && given.content.is_set()) {
    const ContentJson& content = given.content.value();
    said = content.subject.value_or(content.text.value_or(""));
    said = said.substr(0, said.find_first_of("\r\n"));
  }
  if (said.empty()) said = "Message";
  std::string whom = "users by their ids";
  if (given.to.topic) whom = "topic " + *given.to.topic;
  if (given.to.segment) whom = "segment " + *given.to.segment;
  return kept_text(said, kMaxSaidBytes) + " to " + whom;
}

}  // namespace

base::Result<WantedCampaign> campaign_of(const NewNotificationJson& given, base::Time now) {
  if (given.to.user_id || given.to.email || given.to.phone || given.to.device) {
    return wrong("/to", "recipient_ambiguous", "Give one recipient, or many: not both.");
  }
  if (given.collapse_key || given.locale || given.digest.is_set()) {
    return wrong("/to", "not_for_many",
                 "What goes to many has no collapse_key, locale or digest of its own.");
  }
  const std::vector<std::string> channels = given.channels.value_or(std::vector<std::string>{});
  if (channels.size() > 1) {
    return wrong("/channels", "one_channel",
                 "What goes to many goes by one channel, or, without channels, by the first that "
                 "reaches each.");
  }
  NewCampaignJson campaign;
  campaign.name = title_of(given);
  if (!channels.empty()) {
    const std::optional<Channel> channel = channel_of(channels.front());
    if (!channel || *channel == Channel::kChat || *channel == Channel::kHttp) {
      return wrong("/channels", "channel_unknown", "What goes to many: email, sms, push or inbox.");
    }
    campaign.channel = channels.front();
  }
  campaign.template_key = given.template_key;
  campaign.data = given.data;
  campaign.content = given.content;
  campaign.category = given.category;
  campaign.audience.topic = given.to.topic;
  campaign.audience.segment = given.to.segment;
  campaign.audience.users = given.to.users;
  campaign.send_at = given.send_at;
  campaign.expires_at = given.expires_at;
  campaign.dedupe_key = given.dedupe_key;
  return campaign_of(campaign, now);
}

NotificationJson render_as_notification(const Campaign& campaign, const CampaignCounts& counts) {
  NotificationJson json;
  json.id = "c" + campaign.id.to_string();
  if (campaign.audience_kind == AudienceKind::kTopic) json.to.topic = campaign.audience_key;
  if (campaign.audience_kind == AudienceKind::kSegment) json.to.segment = campaign.audience_key;
  json.state = state_as_notification(campaign, counts);
  json.reason = maybe(campaign.stopped_reason);
  json.template_key = maybe(campaign.message.template_key);
  if (campaign.message.template_version != 0) {
    json.template_version = campaign.message.template_version;
  }
  json.category = maybe(campaign.category);
  if (campaign.channel) json.channels.emplace_back(name_of(*campaign.channel));
  json.priority = "bulk";
  json.dedupe_key = maybe(campaign.dedupe_key);
  json.send_at = campaign.send_at;
  json.expires_at = campaign.expires_at;
  json.created_at = campaign.created_at;
  json.updated_at = campaign.updated_at;
  json.deliveries = std::vector<DeliveryJson>{};
  std::vector<MomentJson> timeline;
  const auto tell = [&](std::optional<base::Time> at, const char* event) {
    if (!at) return;
    timeline.emplace_back();
    timeline.back().at = *at;
    timeline.back().event = event;
  };
  tell(campaign.created_at, "accepted");
  tell(campaign.started_at, "started");
  tell(campaign.finished_at, name_of(campaign.state).data());
  json.timeline = std::move(timeline);
  json.counts = render(counts);
  return json;
}

}  // namespace ashlar::notifications
