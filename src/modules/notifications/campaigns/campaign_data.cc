#include "modules/notifications/campaigns/campaign_data.h"

#include <string>
#include <vector>

#include "modules/notifications/campaigns/campaign_chunk_store.h"
#include "modules/notifications/campaigns/campaign_store.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

constexpr std::int64_t kPage = 100;

std::string line_of(const Campaign& c, const CampaignCounts& n) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("notifications").key("table").string("campaigns");
  json.key("id").string(c.id.to_string()).key("name").string(c.name);
  json.key("state").string(name_of(c.state)).key("category").string(c.category);
  json.key("template").string(c.message.template_key);
  json.key("content").raw(c.message.content.empty() ? "null" : c.message.content);
  json.key("data").raw(c.message.data.empty() ? "null" : c.message.data);
  json.key("audience").integer(n.audience).key("sent").integer(n.sent);
  json.key("skipped").integer(n.skipped).key("failed").integer(n.failed);
  json.key("unknown").integer(n.unknown).key("repeated").integer(n.repeated);
  json.key("created_at").string(base::format_rfc3339(c.created_at)).end_object();
  return line;
}

std::string line_of(ChunkRef ref, const store::LoadedChunk& chunk) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("notifications").key("table");
  json.string("campaign_recipients").key("campaign_id").string(ref.campaign.to_string());
  json.key("chunk").integer(ref.no).key("recipients").begin_array();
  for (std::size_t i = 0; i < chunk.members.size(); ++i) {
    json.begin_object().key("key").string(chunk.members[i].key());
    json.key("data").raw(chunk.members[i].data.empty() ? "null" : chunk.members[i].data);
    json.key("state").string(member_state(chunk.outcomes, chunk.reports, i));
    json.key("reason").string(chunk.outcomes.reason(i)).end_object();
  }
  json.end_array().end_object();
  return line;
}

base::Status export_chunks(storage::Transaction& tx, CampaignId id,
                           const security::LineSink& sink) {
  std::int64_t from = 1;
  while (true) {
    ASHLAR_ASSIGN(const auto no, store::next_chunk(tx, id, from, store::ChunkInterest::kAny));
    if (!no) return base::ok_status();
    ASHLAR_ASSIGN(const auto chunk, store::load_chunk(tx, {id, *no}));
    if (chunk) {
      ASHLAR_TRY(sink(line_of({id, *no}, *chunk)));
    }
    from = *no + 1;
  }
}

}  // namespace

base::Status export_campaigns(storage::Transaction& tx, const security::LineSink& sink) {
  CampaignId before{INT64_MAX};
  while (true) {
    ASHLAR_ASSIGN(const std::vector<Campaign> page,
                  store::list_campaigns(tx, std::nullopt, before, kPage));
    for (const Campaign& campaign : page) {
      ASHLAR_ASSIGN(const CampaignCounts counts, store::count_campaign(tx, campaign.id));
      ASHLAR_TRY(sink(line_of(campaign, counts)));
      ASHLAR_TRY(export_chunks(tx, campaign.id, sink));
      before = campaign.id;
    }
    if (static_cast<std::int64_t>(page.size()) < kPage) return base::ok_status();
  }
}

}  // namespace ashlar::notifications
