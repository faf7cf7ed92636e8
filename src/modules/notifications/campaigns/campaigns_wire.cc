// THE table of campaigns.
#include <memory>
#include <utility>

#include "modules/notifications/campaigns/campaigns_api.h"
#include "modules/notifications/campaigns/campaigns_json.h"
#include "modules/notifications/route_row.h"
#include "platform/http/call.h"

namespace ashlar::notifications {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Method;
using storage::Transaction;
using Api = std::shared_ptr<const CampaignsApi>;

constexpr std::size_t kMaxNewBytes = 2 * 1024 * 1024;  // 10,000 users are in it
constexpr std::size_t kMaxUploadBytes = 8 * 1024 * 1024;

const ErrorDoc kNotFound{404, "campaign_not_found", "There is no such campaign."};
const ErrorDoc kBadCursor{400, "invalid_cursor", "The cursor was not given out for this list."};
const ErrorDoc kState{409, "campaign_state", "Its state does not allow it."};
const ErrorDoc kNoTemplate{404, "template_not_found", "No such template, or none of it is live."};
const ErrorDoc kNoTopic{404, "topic_not_found", "There is no such topic."};
const ErrorDoc kNoSegment{404, "segment_not_found", "There is no such segment."};

void add_act(http::RouteTable& table, const Api& api, std::string_view path,
             std::string_view summary, CampaignAct act) {
  table.push_back(route_row(Method::kPost, path, summary,
                            http::TransactionHandler([api, act](Call& c, Transaction& tx) {
                              return api->act(c, tx, act);
                            }),
                            &campaign_schema()));
  table.back().success = 202;
  table.back().errors = {kNotFound, kState};
}

void add_writes(http::RouteTable& table, const Api& api) {
  table.push_back(route_row(
      Method::kPost, "/v1/notification-campaigns", "Make a campaign: a draft, until it is started.",
      http::TransactionHandler([api](Call& c, Transaction& tx) { return api->create(c, tx); }),
      &campaign_schema()));
  table.back().idempotency = http::Idempotency::kOptional;
  table.back().request = &new_campaign_schema();
  table.back().success = 201;
  table.back().max_body_bytes = kMaxNewBytes;
  table.back().errors = {kNoTemplate,
                         kNoTopic,
                         kNoSegment,
                         {409, "too_many_campaigns", "1,000 campaigns have not ended."}};
  table.push_back(route_row(
      Method::kPut, "/v1/notification-campaigns/{id}/audience",
      "Add to a draft's audience: text/plain, a user_id a line; or application/x-ndjson, "
      "{\"user_id\" or \"email\" or \"phone\", \"data\"} a line. Nobody is told twice.",
      http::WorkerHandler([api](Call& c) { return api->upload(c); }), &uploaded_schema()));
  table.back().raw_body = true;
  table.back().max_body_bytes = kMaxUploadBytes;
  table.back().cost = 10;
  table.back().deadline = base::Millis{30'000};
  table.back().errors = {
      kNotFound, kState, {409, "too_many_uploads", "An audience has at most 200 uploads."}};
}

void add_acts(http::RouteTable& table, const Api& api) {
  add_act(table, api, "/v1/notification-campaigns/{id}/start", "Start it, now or at send_at.",
          CampaignAct::kStart);
  table.back().request = &start_campaign_schema();
  table.back().body_optional = true;
  table.back().errors = {kNotFound,
                         kState,
                         kNoTemplate,
                         kNoTopic,
                         kNoSegment,
                         {409, "audience_not_uploaded", "Upload its audience first."},
                         {409, "campaign_expired", "It would have expired before it is sent."}};
  add_act(table, api, "/v1/notification-campaigns/{id}/pause",
          "Begin with nobody any more; what is under way ends.", CampaignAct::kPause);
  add_act(table, api, "/v1/notification-campaigns/{id}/resume", "Go on where it was.",
          CampaignAct::kResume);
  add_act(table, api, "/v1/notification-campaigns/{id}/cancel",
          "End it for good: who waits is skipped, with the reason campaign_cancelled.",
          CampaignAct::kCancel);
  add_act(table, api, "/v1/notification-campaigns/{id}/retry-failed",
          "Try those again who failed for certain; who may have got it only if asked for.",
          CampaignAct::kRetryFailed);
  table.back().request = &retry_failed_schema();
  table.back().body_optional = true;
}

void add_reads(http::RouteTable& table, const Api& api) {
  table.push_back(route_row(
      Method::kGet, "/v1/notification-campaigns", "List campaigns, newest first.",
      http::WorkerHandler([api](Call& c) { return api->list(c); }), &campaign_page_schema()));
  table.back().paged = true;
  table.back().query = {{"state", "Only in this state.", "running"}};
  table.back().errors = {kBadCursor};
  table.push_back(route_row(Method::kGet, "/v1/notification-campaigns/{id}",
                            "One campaign, with what became of its recipients, counted exactly.",
                            http::WorkerHandler([api](Call& c) { return api->get(c); }),
                            &campaign_schema()));
  table.back().errors = {kNotFound};
  table.push_back(route_row(Method::kGet, "/v1/notification-campaigns/{id}/recipients",
                            "Its recipients, in the order of their ids: what became of each.",
                            http::WorkerHandler([api](Call& c) { return api->recipients(c); }),
                            &campaign_recipients_schema()));
  table.back().paged = true;
  table.back().cost = 5;
  table.back().query = {
      {"state", "Only those: waiting, sent, skipped or failed (unknown ones too).", "failed"}};
  table.back().errors = {kNotFound, kBadCursor};
  table.push_back(
      route_row(Method::kGet, "/v1/notification-campaigns/{id}/events",
                "How far it is, at most twice a second, until it has ended: server-sent events "
                "named \"campaign\".",
                http::StreamHandler([api](Call& call, std::shared_ptr<http::EventStream> stream) {
                  return api->events(call, std::move(stream));
                }),
                nullptr));
  table.back().response_type = "text/event-stream";
  table.back().errors = {kNotFound, {429, "too_many_streams", "Too many campaigns are watched."}};
}

}  // namespace

http::RouteTable campaign_routes(const CampaignsApi::Parts& parts) {
  const auto api = std::make_shared<const CampaignsApi>(parts);
  http::RouteTable table;
  add_writes(table, api);
  add_acts(table, api);
  add_reads(table, api);
  return table;
}

}  // namespace ashlar::notifications
