// CampaignStore: every line of SQL about campaigns as a whole, and what was uploaded for them.
// campaign_chunk_store.h has their chunks. No rules here.
//
// Who changes a campaign holds its row (lock_campaign()) until the commit: so two changes, or the
// ends of its last two chunks, come one after the other on either engine and at either isolation.
//
// Functions run in the caller's transaction, for its tenant, but where said. Stateless.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/campaigns/campaign.h"
#include "modules/notifications/campaigns/campaign_member.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::notifications::store {

struct MadeCampaign {
  CampaignId id;
  bool existed = false;  // by dedupe_key: nothing was written
};
// `id` is the database's to say.
base::Result<MadeCampaign> insert_campaign(storage::Transaction& tx, const Campaign& campaign);
base::Result<std::optional<Campaign>> find_campaign(storage::Transaction& tx, CampaignId id);
// The same; nobody else changes it until the commit. REQUIRES: inside write().
base::Result<std::optional<Campaign>> lock_campaign(storage::Transaction& tx, CampaignId id);
// The newest first, below `before`.
base::Result<std::vector<Campaign>> list_campaigns(storage::Transaction& tx,
                                                   std::optional<CampaignState> state,
                                                   CampaignId before, std::int64_t limit);
// All that may change. REQUIRES: lock_campaign() in this transaction gave it.
base::Status update_campaign(storage::Transaction& tx, const Campaign& campaign);

// Those of the tenant's that have not ended: drafts, too.
base::Result<std::int64_t> count_live_campaigns(storage::Transaction& tx);

// --- Uploads: members in the order of their keys, each key once in an upload ---

// The next upload's number, from 1; how many there are.
base::Result<std::int64_t> count_uploads(storage::Transaction& tx, CampaignId id);
base::Status insert_upload(storage::Transaction& tx, CampaignId id, std::int64_t upload,
                           std::span<const Member> members);
// The part of the upload in which the first key after `after` lies; its members after that. Empty:
// there are none.
base::Result<std::vector<Member>> read_upload(storage::Transaction& tx, CampaignId id,
                                              std::int64_t upload, std::string_view after);
// They are in chunks by now. `limit` parts at most; how many went.
base::Result<std::int64_t> drop_uploads(storage::Transaction& tx, CampaignId id,
                                        std::int64_t limit);

// --- On the platform: what has ended before `before` goes, oldest first ---

// How many rows of chunks and parts, or else campaigns, went.
base::Result<std::int64_t> sweep_campaigns(storage::Transaction& tx, base::Time before,
                                           std::int64_t limit);

// --- The tenant's share ---

base::Result<std::int64_t> erase_campaigns(storage::Transaction& tx, std::int64_t limit);

std::span<const storage::Sql* const> campaign_statements();

}  // namespace ashlar::notifications::store
