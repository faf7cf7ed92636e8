// CampaignRunStore: every line of SQL that the working of a campaign's chunks needs beside the
// chunks themselves (campaign_chunk_store.h).
//
// Functions run in the caller's transaction, for its tenant, but where said. Stateless.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/campaigns/campaign.h"
#include "modules/notifications/campaigns/campaign_chunk_store.h"
#include "modules/notifications/inbox_store.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::notifications::store {

// nullopt: it is gone.
base::Result<std::optional<CampaignState>> campaign_state(storage::Transaction& tx, CampaignId id);

// The fence of a chunk that nobody works since it is done: whoever has it may save. nullopt: it is
// not done.
base::Result<std::optional<std::int64_t>> take_done(storage::Transaction& tx, const ChunkRef& ref);

// `wanted` of them at this pace: when the last of those before has had its turn, never before
// `now`. Over all instances.
base::Result<base::Time> take_pace(storage::Transaction& tx, CampaignId id, std::int64_t wanted,
                                   std::int64_t per_s, base::Time now);

struct SuppressedAddress {
  std::string address, reason;
};
// Which of these get nothing of the category.
base::Result<std::vector<SuppressedAddress>> suppressed_among(storage::Transaction& tx,
                                                              Channel channel,
                                                              std::span<const std::string> given,
                                                              std::string_view category);

// --- What caps count ---

using SentTimes = std::map<std::string, std::vector<base::Time>, std::less<>>;
// When something of the category went to these users after `after`: ascending.
base::Result<SentTimes> sent_among(storage::Transaction& tx, std::span<const std::string> users,
                                   std::string_view category, base::Time after);
base::Status mark_sent(storage::Transaction& tx, CampaignId id, std::span<const std::string> users,
                       std::string_view category, base::Time at);

// --- The inbox ---

// A campaign's entry has no delivery: its place stands for one, as a negative number.
DeliveryId inbox_delivery_of(const ChunkRef& ref, std::size_t member);
struct InboxPlace {
  ChunkRef ref;
  std::size_t member = 0;
};
// nullopt: a delivery of its own.
std::optional<InboxPlace> inbox_place_of(DeliveryId delivery);
// False: it lies there already.
base::Result<bool> put_campaign_entry(storage::Transaction& tx, const InboxEntry& entry);

// --- What providers call a message ---

struct CampaignRef {
  ProviderId provider;
  std::string provider_ref;
  CampaignMessageId message;
};
base::Status put_refs(storage::Transaction& tx, std::span<const CampaignRef> refs);
base::Result<std::optional<CampaignMessageId>> find_ref(storage::Transaction& tx,
                                                        ProviderId provider,
                                                        std::string_view provider_ref);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> campaign_run_statements();

}  // namespace ashlar::notifications::store
