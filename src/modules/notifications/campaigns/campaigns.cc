#include "modules/notifications/campaigns/campaigns.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/clock.h"
#include "modules/notifications/campaigns/campaign_chunk_store.h"
#include "modules/notifications/recipient.h"
#include "modules/notifications/segments_store.h"
#include "modules/notifications/template/templates.h"
#include "platform/jobs/jobs.h"
#include "platform/json/writer.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using AudienceKind = Campaign::AudienceKind;

constexpr std::array kToMany{Channel::kEmail, Channel::kSms, Channel::kPush, Channel::kInbox};

base::Error conflict(const char* reason, std::string detail) {
  return base::fail(base::Code::kConflict, reason, std::move(detail));
}

base::Error wrong(const char* field, const char* reason, const char* detail) {
  return {base::Code::kInvalid, "invalid_request", detail, {{field, reason, detail}}};
}

}  // namespace

Campaigns::Campaigns(storage::Database& db, jobs::Jobs& jobs, Templates& templates,
                     const CampaignFeed& feed, const base::Clock& clock, obs::Registry& metrics,
                     obs::Log& log)
    : db_(db),
      jobs_(jobs),
      templates_(templates),
      feed_(feed),
      clock_(clock),
      log_(log),
      started_(metrics.make_counter("ashlar_notifications_campaigns_started_total",
                                    "Campaigns that were started.")),
      planned_(metrics.make_counter("ashlar_notifications_campaign_recipients_planned_total",
                                    "Recipients written down in chunks of campaigns.")) {}

base::Result<Campaign> Campaigns::existing(storage::Transaction& tx, CampaignId id) {
  ASHLAR_ASSIGN(std::optional<Campaign> found, store::find_campaign(tx, id));
  if (!found) {
    return base::fail(base::Code::kNotFound, "campaign_not_found", "There is no such campaign.");
  }
  return *std::move(found);
}

base::Result<Campaign> Campaigns::locked(storage::Transaction& tx, CampaignId id) {
  ASHLAR_ASSIGN(std::optional<Campaign> found, store::lock_campaign(tx, id));
  if (!found) {
    return base::fail(base::Code::kNotFound, "campaign_not_found", "There is no such campaign.");
  }
  return *std::move(found);
}

base::Status Campaigns::accept_message(storage::Transaction& tx, const Campaign& campaign,
                                       CampaignMessage& message) const {
  if (message.template_key.empty()) return base::ok_status();
  // What an upload brings for each fills the template too: only then is it known whether it fits.
  if (campaign.audience_kind == AudienceKind::kUpload) {
    ASHLAR_ASSIGN(const TemplateRow row, Templates::existing(tx, message.template_key));
    if (row.live_version == 0) {
      return base::fail(base::Code::kNotFound, "template_not_found",
                        "No version of the template is live.");
    }
    message.template_version = row.live_version;
  } else {
    ASHLAR_ASSIGN(message.template_version,
                  templates_.accept(tx, message.template_key, message.data));
  }
  ASHLAR_ASSIGN(const std::uint8_t parts,
                templates_.channels_of(tx, message.template_key, message.template_version));
  const auto says = [parts](Channel channel) {
    return (parts >> static_cast<unsigned>(channel) & 1U) != 0;
  };
  if (!campaign.channel) {
    if (std::ranges::any_of(kToMany, says)) return base::ok_status();
    return wrong("/template", "template_without_channel",
                 "The template has no part for email, sms, push or inbox.");
  }
  if (says(*campaign.channel)) return base::ok_status();
  return wrong("/channel", "template_without_channel",
               "The template has no part for the campaign's channel.");
}

base::Status Campaigns::accept_messages(storage::Transaction& tx, Campaign& campaign) const {
  // A campaign whose variants say it all has no message of its own.
  ASHLAR_TRY(accept_message(tx, campaign, campaign.message));
  for (CampaignVariant& variant : campaign.variants) {
    ASHLAR_TRY(accept_message(tx, campaign, variant.message));
  }
  return base::ok_status();
}

base::Status Campaigns::resolve_audience(storage::Transaction& tx, Campaign& campaign) {
  if (campaign.audience_kind == AudienceKind::kTopic) {
    ASHLAR_ASSIGN(const std::optional<Topic> topic, store::find_topic(tx, campaign.audience_key));
    if (!topic) {
      return base::fail(base::Code::kNotFound, "topic_not_found", "There is no such topic.");
    }
    campaign.topic = topic->id;
  } else if (campaign.audience_kind == AudienceKind::kSegment) {
    ASHLAR_ASSIGN(const std::optional<Segment> segment,
                  store::find_segment(tx, campaign.audience_key));
    if (!segment) {
      return base::fail(base::Code::kNotFound, "segment_not_found", "There is no such segment.");
    }
    ASHLAR_ASSIGN(campaign.segment_where, compile_where(std::string_view(segment->where)));
  }
  return base::ok_status();
}

base::Result<store::MadeCampaign> Campaigns::create(storage::Transaction& tx, Campaign wanted,
                                                    std::span<const std::string> users) const {
  wanted.tenant = tx.context().tenant_id();
  wanted.state = CampaignState::kDraft;
  wanted.created_at = wanted.updated_at = clock_.now();
  ASHLAR_TRY(accept_messages(tx, wanted));
  ASHLAR_TRY(resolve_audience(tx, wanted));
  ASHLAR_ASSIGN(const std::int64_t live, store::count_live_campaigns(tx));
  if (live >= kMaxLive) {
    return conflict("too_many_campaigns", "1,000 campaigns of the tenant have not ended.");
  }
  std::vector<Member> members;
  for (const std::string& user : users) {
    ASHLAR_TRY(check_user_id(user, "/audience/users/" + std::to_string(members.size())));
    members.push_back({.kind = Member::Kind::kUser, .address = user});
  }
  ASHLAR_ASSIGN(const store::MadeCampaign made, store::insert_campaign(tx, wanted));
  if (made.existed || members.empty()) return made;
  wanted.id = made.id;
  wanted.uploaded = static_cast<std::int64_t>(members.size());
  wanted.duplicates = sort_members(members);
  ASHLAR_TRY(store::insert_upload(tx, made.id, 1, members));
  ASHLAR_TRY(store::update_campaign(tx, wanted));
  return made;
}

base::Result<Campaign> Campaigns::upload(storage::Transaction& tx, CampaignId id,
                                         const CampaignUpload& given) const {
  ASHLAR_ASSIGN(Campaign campaign, locked(tx, id));
  ASHLAR_TRY(after(CampaignAct::kUpload, campaign, clock_.now()));
  if (campaign.audience_kind != AudienceKind::kUpload) {
    return conflict("campaign_state", "Its audience is not uploaded: it was made with one.");
  }
  if (given.members.empty()) return campaign;
  ASHLAR_ASSIGN(const std::int64_t uploads, store::count_uploads(tx, id));
  if (uploads >= kMaxUploads) {
    return conflict("too_many_uploads", "An audience has at most 200 uploads: send larger ones.");
  }
  ASHLAR_TRY(store::insert_upload(tx, id, uploads + 1, given.members));
  campaign.uploaded += given.lines;
  campaign.duplicates += given.duplicates;
  campaign.updated_at = clock_.now();
  ASHLAR_TRY(store::update_campaign(tx, campaign));
  return campaign;
}

base::Status Campaigns::enqueue(storage::Transaction& tx, const Campaign& campaign,
                                std::string_view act, base::Time at) const {
  jobs::NewJob job;
  job.kind = kCampaignPlanJob;
  json::Writer(job.payload)
      .begin_object()
      .key("campaign")
      .string(campaign.id.to_string())
      .key("act")
      .string(act)
      .end_object();
  job.run_at = at;
  job.max_attempts = jobs::kMaxAttempts;
  job.traceparent = campaign.traceparent;
  ASHLAR_TRY(jobs_.enqueue(tx, job));
  return base::ok_status();
}

base::Status Campaigns::go_on(storage::Transaction& tx, const Campaign& campaign) const {
  switch (campaign.state) {
    case CampaignState::kScheduled:
      return enqueue(tx, campaign, "plan", *campaign.send_at);
    case CampaignState::kPlanning:
      return enqueue(tx, campaign, "plan", clock_.now());
    case CampaignState::kCancelling:
      return enqueue(tx, campaign, "wind_up", clock_.now());
    case CampaignState::kRunning:
      return feed_.feed(tx, campaign);
    default:
      return base::ok_status();
  }
}

base::Result<Campaign> Campaigns::put(storage::Transaction& tx, Campaign campaign,
                                      CampaignState next) const {
  campaign.state = next;
  campaign.updated_at = clock_.now();
  campaign.finished_at.reset();
  if (next == CampaignState::kCancelled) campaign.finished_at = campaign.updated_at;
  ASHLAR_TRY(store::update_campaign(tx, campaign));
  ASHLAR_TRY(go_on(tx, campaign));
  // All of it may have ended while it was paused.
  if (next == CampaignState::kRunning) ASHLAR_TRY(feed_.settle(tx, campaign));
  return campaign;
}

base::Result<Campaign> Campaigns::start(storage::Transaction& tx, CampaignId id,
                                        std::optional<base::Time> send_at) const {
  ASHLAR_ASSIGN(Campaign campaign, locked(tx, id));
  if (send_at) campaign.send_at = send_at;
  ASHLAR_ASSIGN(const CampaignState next, after(CampaignAct::kStart, campaign, clock_.now()));
  if (campaign.audience_kind == AudienceKind::kUpload && campaign.uploaded == 0) {
    return conflict("audience_not_uploaded", "Upload its audience first: PUT …/audience.");
  }
  if (campaign.expires_at &&
      *campaign.expires_at <= std::max(clock_.now(), campaign.send_at.value_or(clock_.now()))) {
    return conflict("campaign_expired", "It would have expired before it is sent.");
  }
  ASHLAR_TRY(accept_messages(tx, campaign));
  ASHLAR_TRY(resolve_audience(tx, campaign));
  campaign.started_at = clock_.now();
  tx.on_commit([this] { started_.add(); });
  return put(tx, std::move(campaign), next);
}

base::Result<Campaign> Campaigns::pause(storage::Transaction& tx, CampaignId id) const {
  ASHLAR_ASSIGN(Campaign campaign, locked(tx, id));
  ASHLAR_ASSIGN(const CampaignState next, after(CampaignAct::kPause, campaign, clock_.now()));
  return put(tx, std::move(campaign), next);
}

base::Result<Campaign> Campaigns::resume(storage::Transaction& tx, CampaignId id) const {
  ASHLAR_ASSIGN(Campaign campaign, locked(tx, id));
  ASHLAR_ASSIGN(const CampaignState next, after(CampaignAct::kResume, campaign, clock_.now()));
  ASHLAR_ASSIGN(const CampaignCounts counts, store::count_campaign(tx, id));
  campaign.seen_ended = counts.sent + counts.failed;
  campaign.seen_failed = counts.failed;
  campaign.stopped_reason.clear();
  return put(tx, std::move(campaign), next);
}

base::Result<Campaign> Campaigns::cancel(storage::Transaction& tx, CampaignId id) const {
  ASHLAR_ASSIGN(Campaign campaign, locked(tx, id));
  ASHLAR_ASSIGN(const CampaignState next, after(CampaignAct::kCancel, campaign, clock_.now()));
  return put(tx, std::move(campaign), next);
}

base::Result<Campaign> Campaigns::retry_failed(storage::Transaction& tx, CampaignId id,
                                               bool unknown_too) const {
  ASHLAR_ASSIGN(Campaign campaign, locked(tx, id));
  ASHLAR_ASSIGN(const CampaignState next, after(CampaignAct::kRetryFailed, campaign, clock_.now()));
  // mark_retries() leaves out those that wind down.
  ASHLAR_ASSIGN(const std::int64_t under_way, store::count_fed(tx, id, 1));
  if (campaign.state != CampaignState::kFinished && under_way > 0) {
    return conflict("campaign_state", "Chunks are under way still; try again in a moment.");
  }
  ASHLAR_ASSIGN(const CampaignCounts counts, store::count_campaign(tx, id));
  ASHLAR_ASSIGN(const std::int64_t chunks, store::mark_retries(tx, id, unknown_too));
  if (chunks == 0 && campaign.state == CampaignState::kFinished) return campaign;
  const std::int64_t again = unknown_too ? counts.failed : counts.failed - counts.unknown;
  campaign.seen_ended = counts.sent + counts.failed - again;
  campaign.seen_failed = counts.failed - again;
  campaign.stopped_reason.clear();
  return put(tx, std::move(campaign), next);
}

}  // namespace ashlar::notifications
