#include "modules/notifications/campaigns/campaigns_api.h"

#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "modules/notifications/call_parts.h"
#include "modules/notifications/campaigns/campaign_chunk_store.h"
#include "modules/notifications/campaigns/campaign_watch.h"
#include "modules/notifications/campaigns/campaigns.h"
#include "modules/notifications/campaigns/campaigns_json.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/paging.h"
#include "platform/observability/trace.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using base::Result;
using http::Call;
using http::Response;
using storage::Transaction;

// Chunks of which a page of recipients is put together: a filter may leave few of each.
constexpr int kMaxChunksRead = 50;

CampaignId id_of(const Call& call) { return CampaignId(id_in_path(call, 0)); }

http::CursorScope scope_of(const Call& call) {
  return {"notifications.campaigns", call.principal.tenant.value};
}
// The list's name; a scope only looks at it.
std::string recipients_list_of(const Call& call) {
  return "notifications.campaign." + call.param(0);
}

Result<store::ChunkInterest> interest_of(const Call& call) {
  const std::string_view name = call.query_value("state").value_or("");
  if (name.empty()) return store::ChunkInterest::kAny;
  if (name == "waiting") return store::ChunkInterest::kWaiting;
  if (name == "sent") return store::ChunkInterest::kSent;
  if (name == "skipped") return store::ChunkInterest::kSkipped;
  if (name == "failed") return store::ChunkInterest::kFailed;
  return http::bad_query("?state", "not_allowed", "Give waiting, sent, skipped or failed.");
}

bool fits(store::ChunkInterest interest, CampaignOutcomes::End end) {
  switch (interest) {
    case store::ChunkInterest::kAny:
      return true;
    case store::ChunkInterest::kWaiting:
      return end == CampaignOutcomes::End::kNone;
    case store::ChunkInterest::kSent:
      return end == CampaignOutcomes::End::kSent;
    case store::ChunkInterest::kSkipped:
      return end == CampaignOutcomes::End::kSkipped;
    case store::ChunkInterest::kFailed:
      return end == CampaignOutcomes::End::kFailed;
  }
  return false;
}

CampaignRecipientJson row_of(const Campaign& campaign, const store::LoadedChunk& chunk,
                             std::size_t i) {
  const Member& member = chunk.members[i];
  CampaignRecipientJson row;
  if (member.kind == Member::Kind::kUser) row.user_id = member.address;
  if (member.kind == Member::Kind::kEmail) row.email = member.address;
  if (member.kind == Member::Kind::kPhone) row.phone = member.address;
  const int variant = variant_of(campaign, member.key());
  if (variant >= 0) row.variant = campaign.variants[static_cast<std::size_t>(variant)].key;
  row.state = member_state(chunk.outcomes, chunk.reports, i);
  const std::string_view reason = chunk.outcomes.reason(i);
  if (!reason.empty()) row.reason = std::string(reason);
  row.repeated = chunk.outcomes.repeated(i);
  if (chunk.outcomes.waits(i)) row.next_at = chunk.outcomes.not_before(i);
  return row;
}

// Where the next page begins: a chunk, and a place in it.
struct Position {
  std::int64_t chunk = 1, member = 0;
};
struct RecipientsPage {
  std::vector<CampaignRecipientJson> rows;
  std::optional<Position> next;
};
Result<RecipientsPage> read_recipients(Transaction& tx, CampaignId id,
                                       store::ChunkInterest interest, Position from,
                                       std::size_t limit) {
  ASHLAR_ASSIGN(const Campaign campaign, Campaigns::existing(tx, id));
  RecipientsPage page;
  for (int read = 0; read < kMaxChunksRead; ++read) {
    ASHLAR_ASSIGN(const auto no, store::next_chunk(tx, id, from.chunk, interest));
    if (!no) return page;
    if (*no != from.chunk) from = {.chunk = *no};
    ASHLAR_ASSIGN(const auto chunk, store::load_chunk(tx, {id, *no}));
    const std::size_t size = chunk ? chunk->members.size() : 0;
    for (auto i = static_cast<std::size_t>(from.member); i < size; ++i) {
      if (!fits(interest, chunk->outcomes.end_of(i))) continue;
      if (page.rows.size() == limit) {
        page.next = Position{*no, static_cast<std::int64_t>(i)};
        return page;
      }
      page.rows.push_back(row_of(campaign, *chunk, i));
    }
    from = {.chunk = *no + 1};
  }
  page.next = from;
  return page;
}

Result<CampaignJson> whole(Transaction& tx, const Campaign& campaign, base::Time now) {
  ASHLAR_ASSIGN(const CampaignOutcomes::Tally tally,
                store::tally_campaign(tx, campaign.id, campaign.variants.size()));
  return render(campaign, tally, now);
}

}  // namespace

Result<Response> CampaignsApi::create(Call& call, Transaction& tx) const {
  ASHLAR_ASSIGN(const json::Value body, json::parse(call.body, kManyUsersLimits));
  ASHLAR_ASSIGN(const NewCampaignJson given, new_campaign_schema().parse(body));
  ASHLAR_ASSIGN(WantedCampaign wanted, campaign_of(given, parts_.clock.now()));
  wanted.campaign.traceparent = obs::format_traceparent(call.trace);
  ASHLAR_ASSIGN(const store::MadeCampaign made,
                parts_.campaigns.create(tx, std::move(wanted.campaign), wanted.users));
  ASHLAR_ASSIGN(const Campaign campaign, Campaigns::existing(tx, made.id));
  ASHLAR_ASSIGN(const CampaignJson json, whole(tx, campaign, parts_.clock.now()));
  Response response = http::json_response(201, campaign_schema(), json);
  response.header("Location", "/v1/notification-campaigns/" + made.id.to_string());
  return response;
}

Result<Response> CampaignsApi::upload(Call& call) const {
  const std::string_view type =
      call.head->content_type.substr(0, call.head->content_type.find(';'));
  const bool text = type == "text/plain";
  if (!text && type != "application/x-ndjson") {
    return base::Error{base::Code::kInvalid,
                       "invalid_request",
                       "Send text/plain or application/x-ndjson.",
                       {{"Content-Type", "media_type", "text/plain or application/x-ndjson."}}};
  }
  ASHLAR_ASSIGN(const Campaign campaign,
                parts_.db.read(call.tenant_context(), [&](Transaction& tx) {
                  return Campaigns::existing(tx, id_of(call));
                }));
  ASHLAR_ASSIGN(const CampaignUpload upload,
                text ? read_upload_text(call.body) : read_upload_json(call.body, campaign.channel));
  ASHLAR_ASSIGN(const Campaign now, parts_.db.write(call.tenant_context(), [&](Transaction& tx) {
    return parts_.campaigns.upload(tx, id_of(call), upload);
  }));
  return http::json_response(200, uploaded_schema(),
                             UploadedJson{upload.lines, upload.duplicates, now.uploaded});
}

Result<Response> CampaignsApi::act(Call& call, Transaction& tx, CampaignAct act) const {
  const CampaignId id = id_of(call);
  base::Result<Campaign> campaign = Campaign{};
  switch (act) {
    case CampaignAct::kStart: {
      StartCampaignJson given;
      if (!call.body.empty()) {
        ASHLAR_ASSIGN(given, start_campaign_schema().parse_body(call.body));
      }
      campaign = parts_.campaigns.start(tx, id, given.send_at);
      break;
    }
    case CampaignAct::kRetryFailed: {
      RetryFailedJson given;
      if (!call.body.empty()) {
        ASHLAR_ASSIGN(given, retry_failed_schema().parse_body(call.body));
      }
      campaign = parts_.campaigns.retry_failed(tx, id, given.unknown);
      break;
    }
    case CampaignAct::kPause:
      campaign = parts_.campaigns.pause(tx, id);
      break;
    case CampaignAct::kResume:
      campaign = parts_.campaigns.resume(tx, id);
      break;
    case CampaignAct::kCancel:
    case CampaignAct::kUpload:
      campaign = parts_.campaigns.cancel(tx, id);
      break;
  }
  if (!campaign.ok()) return std::move(campaign).error();
  ASHLAR_ASSIGN(const CampaignJson json, whole(tx, *campaign, parts_.clock.now()));
  return http::json_response(202, campaign_schema(), json);
}

Result<Response> CampaignsApi::list(Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  std::optional<CampaignState> state;
  if (const auto name = call.query_value("state")) {
    state = campaign_state_of(*name);
    if (!state) return http::bad_query("?state", "not_allowed", "There is no such state.");
  }
  CampaignId before{INT64_MAX};
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position,
                  parts_.cursors.decode<std::int64_t>(scope_of(call), *cursor));
    before = CampaignId(std::get<0>(position));
  }
  json::Page<CampaignJson> page;
  std::optional<CampaignId> last;
  ASHLAR_TRY(parts_.db.read(call.tenant_context(), [&](Transaction& tx) -> base::Status {
    page.data.clear();
    ASHLAR_ASSIGN(std::vector<Campaign> found, store::list_campaigns(tx, state, before, limit + 1));
    if (static_cast<std::int64_t>(found.size()) > limit) {
      found.pop_back();
      last = found.back().id;
    }
    for (const Campaign& campaign : found) {
      ASHLAR_ASSIGN(const CampaignCounts counts, store::count_campaign(tx, campaign.id));
      page.data.push_back(notifications::render(campaign, counts, parts_.clock.now()));
    }
    return base::ok_status();
  }));
  if (last) {
    ASHLAR_ASSIGN(page.next_cursor, parts_.cursors.encode(scope_of(call), last->value));
  }
  return http::page_response(call, campaign_page_schema(), page);
}

Result<Response> CampaignsApi::get(Call& call) const {
  ASHLAR_ASSIGN(const CampaignJson json,
                parts_.db.read(call.tenant_context(), [&](Transaction& tx) -> Result<CampaignJson> {
                  ASHLAR_ASSIGN(const Campaign campaign, Campaigns::existing(tx, id_of(call)));
                  return whole(tx, campaign, parts_.clock.now());
                }));
  return http::json_response(200, campaign_schema(), json);
}

Result<Response> CampaignsApi::recipients(Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  ASHLAR_ASSIGN(const store::ChunkInterest interest, interest_of(call));
  const std::string list = recipients_list_of(call);
  const http::CursorScope scope{list, call.principal.tenant.value};
  Position from;
  if (const auto cursor = call.query_value("cursor")) {
    using Scoped = std::int64_t;
    ASHLAR_ASSIGN(const auto position, (parts_.cursors.decode<Scoped, Scoped>(scope, *cursor)));
    from = {std::get<0>(position), std::get<1>(position)};
  }
  ASHLAR_ASSIGN(RecipientsPage read, parts_.db.read(call.tenant_context(), [&](Transaction& tx) {
    return read_recipients(tx, id_of(call), interest, from, static_cast<std::size_t>(limit));
  }));
  json::Page<CampaignRecipientJson> page;
  page.data = std::move(read.rows);
  if (read.next) {
    ASHLAR_ASSIGN(page.next_cursor,
                  parts_.cursors.encode(scope, read.next->chunk, read.next->member));
  }
  return http::page_response(call, campaign_recipients_schema(), page);
}

base::Status CampaignsApi::events(Call& call, std::shared_ptr<http::EventStream> stream) const {
  ASHLAR_TRY(parts_.db.read(call.tenant_context(),
                            [&](Transaction& tx) { return Campaigns::existing(tx, id_of(call)); }));
  return parts_.watch.watch(call.principal, id_of(call), std::move(stream));
}

}  // namespace ashlar::notifications
