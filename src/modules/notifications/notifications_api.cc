#include "modules/notifications/notifications_api.h"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include "base/clock.h"
#include "modules/notifications/call_parts.h"
#include "modules/notifications/campaigns/campaign_callbacks.h"
#include "modules/notifications/campaigns/campaign_chunk_store.h"
#include "modules/notifications/campaigns/campaigns.h"
#include "modules/notifications/campaigns/campaigns_json.h"
#include "modules/notifications/delivery_store.h"
#include "modules/notifications/notification_store.h"
#include "modules/notifications/notifications_json.h"
#include "modules/notifications/notifications_module.h"
#include "modules/notifications/recipients_store.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/late_answer.h"
#include "platform/http/paging.h"
#include "platform/observability/trace.h"
#include "platform/security/answer_once.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using base::Result;
using http::Call;
using http::Response;

constexpr std::int64_t kWhyRecent = 10;

http::CursorScope scope_of(const Call& call) {
  return {"notifications", call.principal.tenant.value};
}

// "12" is an id; "012", "+12" and "x" are nobody's.
NotificationId id_of(const Call& call) {
  const std::string& text = call.param(0);
  std::int64_t id = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return NotificationId(whole && id > 0 && text.front() != '0' ? id : 0);
}

// "c12": what went to many.
CampaignId campaign_of(const Call& call) {
  const std::string& text = call.param(0);
  if (!text.starts_with('c')) return {};
  CampaignId id;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + 1, end, id.value);
  const bool whole = read.ec == std::errc() && read.ptr == end;
  return CampaignId(whole && id.value > 0 && text[1] != '0' ? id.value : 0);
}

Response answer(const Notifications::Accepted& accepted) {
  AcceptedJson json;
  json.id = accepted.id.to_string();
  json.state = name_of(accepted.state);
  json.existed = accepted.existed;
  Response response = http::json_response(202, accepted_schema(), json);
  response.header("Location", "/v1/notifications/" + json.id);
  return response;
}

Result<store::NotificationFilter> filter_of(const Call& call) {
  store::NotificationFilter filter;
  if (const auto name = call.query_value("state")) {
    filter.state = state_of(*name);
    if (!filter.state) {
      return http::bad_query("?state", "not_allowed",
                             "Give accepted, sent, delivered, opened, failed, unknown, expired or "
                             "skipped.");
    }
  }
  if (const auto user = call.query_value("user_id")) filter.user_id = std::string(*user);
  if (const auto key = call.query_value("template")) filter.template_key = std::string(*key);
  if (const auto name = call.query_value("category")) filter.category = std::string(*name);
  return filter;
}

}  // namespace

Result<Response> NotificationsApi::create(Call& call, storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const json::Value body, json::parse(call.body, kManyUsersLimits));
  ASHLAR_ASSIGN(const NewNotificationJson given, new_notification_schema().parse(body));
  if (given.to.is_many()) return create_campaign(call, tx, given);
  ASHLAR_ASSIGN(Notification wanted, notification_of(given, module_.clock.now()));
  wanted.traceparent = obs::format_traceparent(call.trace);
  ASHLAR_ASSIGN(const Notifications::Accepted accepted,
                module_.notifications.accept(tx, std::move(wanted)));
  return answer(accepted);
}

base::Status NotificationsApi::create_together(http::Call& call,
                                               std::shared_ptr<http::LateAnswer> late) const {
  ASHLAR_ASSIGN(const std::optional<std::string> key, security::idempotency_key_of(call));
  ASHLAR_ASSIGN(const json::Value body, json::parse(call.body, kManyUsersLimits));
  ASHLAR_ASSIGN(const NewNotificationJson given, new_notification_schema().parse(body));
  if (key || given.to.is_many()) {
    late->complete(module_.db.write(call.tenant_context(), [&](storage::Transaction& tx) {
      return security::answer_once(tx, call, key, module_.clock.now(),
                                   [&] { return create(call, tx); });
    }));
    return base::ok_status();
  }
  ASHLAR_ASSIGN(Notification wanted, notification_of(given, module_.clock.now()));
  wanted.traceparent = obs::format_traceparent(call.trace);
  module_.accepting.add({call.principal.tenant, std::move(wanted), call.deadline,
                         [late = std::move(late)](base::Result<Notifications::Accepted> accepted) {
                           if (accepted.ok()) return late->complete(answer(*accepted));
                           late->complete(std::move(accepted).error());
                         }});
  return base::ok_status();
}

Result<Response> NotificationsApi::create_campaign(Call& call, storage::Transaction& tx,
                                                   const NewNotificationJson& given) const {
  ASHLAR_ASSIGN(WantedCampaign wanted, campaign_of(given, module_.clock.now()));
  wanted.campaign.traceparent = obs::format_traceparent(call.trace);
  ASHLAR_ASSIGN(const store::MadeCampaign made,
                module_.campaigns.create(tx, std::move(wanted.campaign), wanted.users));
  if (!made.existed) {
    ASHLAR_TRY(module_.campaigns.start(tx, made.id));
  }
  ASHLAR_ASSIGN(const Campaign campaign, Campaigns::existing(tx, made.id));
  ASHLAR_ASSIGN(const CampaignCounts counts, store::count_campaign(tx, made.id));
  AcceptedJson json;
  json.id = "c" + made.id.to_string();
  json.state = render_as_notification(campaign, counts).state;
  json.existed = made.existed;
  json.campaign_id = made.id.to_string();
  Response response = http::json_response(202, accepted_schema(), json);
  response.header("Location", "/v1/notifications/" + json.id);
  return response;
}

Result<NotificationJson> NotificationsApi::campaign_story(storage::Transaction& tx,
                                                          CampaignId id) const {
  ASHLAR_ASSIGN(const std::optional<Campaign> campaign, store::find_campaign(tx, id));
  if (!campaign) {
    return base::fail(base::Code::kNotFound, "notification_not_found", "No such notification.");
  }
  ASHLAR_ASSIGN(const CampaignCounts counts, store::count_campaign(tx, id));
  NotificationJson json = render_as_notification(*campaign, counts);
  if (json.reason || (json.state != "failed" && json.state != "skipped")) return json;
  // It reached nobody: what most of them say.
  ASHLAR_ASSIGN(const CampaignOutcomes::Tally tally,
                store::tally_campaign(tx, id, campaign->variants.size()));
  const auto most =
      std::ranges::max_element(tally.reasons, {}, [](const auto& r) { return r.second; });
  if (most != tally.reasons.end()) json.reason = most->first;
  return json;
}

Result<NotificationJson> NotificationsApi::story_of(storage::Transaction& tx,
                                                    const Notification& n) const {
  // What was gathered has the fate of what it was gathered into.
  const NotificationId told = n.digested_into.is_set() ? n.digested_into : n.id;
  ASHLAR_ASSIGN(const std::vector<Delivery> deliveries, store::deliveries_of(tx, told));
  ASHLAR_ASSIGN(const std::vector<AttemptRecord> attempts, store::attempts_of(tx, told));
  ASHLAR_ASSIGN(const std::vector<ReportRecord> reports, store::reports_of(tx, told));
  Notification shown = n;
  if (n.digested_into.is_set()) {
    ASHLAR_ASSIGN(const auto digest, store::find_notification(tx, n.digested_into));
    if (digest) {
      shown.state = digest->state;
      shown.reason = digest->reason;
    }
  }
  return notifications::render(shown, deliveries,
                               timeline_of(shown, deliveries, attempts, reports));
}

Result<Response> NotificationsApi::get(Call& call) const {
  ASHLAR_ASSIGN(const NotificationJson json,
                module_.db.read(call.tenant_context(),
                                [&](storage::Transaction& tx) -> Result<NotificationJson> {
                                  if (const CampaignId id = campaign_of(call); id.is_set()) {
                                    return campaign_story(tx, id);
                                  }
                                  ASHLAR_ASSIGN(const std::optional<Notification> found,
                                                store::find_notification(tx, id_of(call)));
                                  if (!found) {
                                    return base::fail(base::Code::kNotFound,
                                                      "notification_not_found",
                                                      "No such notification.");
                                  }
                                  return story_of(tx, *found);
                                }));
  return http::json_response(200, notification_schema(), json);
}

Result<Response> NotificationsApi::list(Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  ASHLAR_ASSIGN(const store::NotificationFilter filter, filter_of(call));
  NotificationId before{INT64_MAX};
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position, cursors_.decode<std::int64_t>(scope_of(call), *cursor));
    before = NotificationId(std::get<0>(position));
  }
  ASHLAR_ASSIGN(std::vector<Notification> found,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return store::list_notifications(tx, filter, before, limit + 1);
                }));
  json::Page<NotificationJson> page;
  if (static_cast<std::int64_t>(found.size()) > limit) {
    found.pop_back();
    ASHLAR_ASSIGN(page.next_cursor, cursors_.encode(scope_of(call), found.back().id.value));
  }
  for (const Notification& n : found) page.data.push_back(notifications::render(n));
  return http::page_response(call, notification_page_schema(), page);
}

Result<Response> NotificationsApi::cancel(Call& call, storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const Notification n, module_.notifications.cancel(tx, id_of(call)));
  ASHLAR_ASSIGN(const NotificationJson json, story_of(tx, n));
  return http::json_response(200, notification_schema(), json);
}

Result<Response> NotificationsApi::why(Call& call) const {
  const auto user = call.query_value("user_id");
  if (!user) return http::bad_query("?user_id", "required", "Say of whom.");
  Notification probe;
  probe.user_id = std::string(*user);
  probe.created_at = module_.clock.now();
  if (const auto key = call.query_value("template")) probe.template_key = std::string(*key);
  if (const auto name = call.query_value("category")) probe.category = std::string(*name);
  if (const auto name = call.query_value("channel")) {
    if (!channel_of(*name)) {
      return http::bad_query("?channel", "not_allowed",
                             "Give email, sms, push, inbox, chat or http.");
    }
    probe.channels = std::string(*name);
  }
  store::NotificationFilter filter;
  filter.user_id = probe.user_id;
  if (!probe.template_key.empty()) filter.template_key = probe.template_key;
  if (!probe.category.empty()) filter.category = probe.category;
  ASHLAR_ASSIGN(
      const WhyJson json,
      module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> Result<WhyJson> {
        WhyJson why;
        why.user_id = probe.user_id;
        ASHLAR_ASSIGN(const Draft draft, module_.notifications.draft(tx, probe));
        for (std::size_t i = 0; i < draft.deliveries.size(); ++i) {
          why.now.push_back(render_now(draft, i));
        }
        ASHLAR_ASSIGN(const auto recent,
                      store::list_notifications(tx, filter, NotificationId(INT64_MAX), kWhyRecent));
        for (const Notification& n : recent) {
          ASHLAR_ASSIGN(NotificationJson story, story_of(tx, n));
          why.recent.push_back(std::move(story));
        }
        ASHLAR_ASSIGN(const auto campaigns, campaign_stories(tx, *user, kWhyRecent));
        for (const CampaignStory& story : campaigns) {
          WhyCampaignJson& shown = why.campaigns.emplace_back();
          shown.campaign_id = story.campaign.to_string();
          shown.name = story.name;
          shown.state = story.state;
          if (!story.reason.empty()) shown.reason = story.reason;
          shown.repeated = story.repeated;
          shown.next_at = story.not_before;
        }
        if (!why.recent.empty() || !why.campaigns.empty()) return why;
        ASHLAR_ASSIGN(const auto known, store::find_recipient(tx, probe.user_id));
        if (known) return why;
        return base::fail(base::Code::kNotFound, "recipient_not_found",
                          "No such recipient, and nothing was ever sent to one of this name.");
      }));
  return http::json_response(200, why_schema(), json);
}

}  // namespace ashlar::notifications
