// CampaignCallbacks: what providers, and readers, tell afterwards of a campaign's messages.
//
//   reports ── by Outgoing::id, or the provider's reference ──> a chunk's member ── ranked mark ──>
//     delivered, opened, bounced
//
// A mark is news once, so a report that comes twice changes nothing. Any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/notifications/campaigns/campaign.h"
#include "modules/notifications/notification.h"
#include "modules/notifications/provider.h"
#include "modules/notifications/provider_account.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::notifications {

class CampaignCallbacks {
 public:
  // Both outlive it.
  CampaignCallbacks(storage::Database& db, const base::Clock& clock) : db_(db), clock_(clock) {}

  struct Heard {
    std::vector<Report> others;  // that are about no campaign
    std::int64_t taken = 0, repeated = 0;
  };
  // In one transaction of its own, for the account's tenant.
  base::Result<Heard> hear(const ProviderAccount& account, std::vector<Report> reports);

 private:
  struct About {
    const Report* report = nullptr;
    std::int64_t member = 0;
  };
  base::Status hear_chunk(storage::Transaction& tx, const ProviderAccount& account,
                          const CampaignMessageId& chunk, std::span<const About> about,
                          Heard& heard) const;

  storage::Database& db_;
  const base::Clock& clock_;
};

// Readers have opened these entries of theirs: those that are a campaign's are marked. In the
// caller's transaction, for its tenant.
base::Status open_campaign_entries(storage::Transaction& tx, std::span<const DeliveryId> entries);

// What became of one user in a campaign, for "why".
struct CampaignStory {
  CampaignId campaign;
  std::string name;
  std::string_view state;  // member_state()
  std::string reason;
  bool repeated = false;
  std::optional<base::Time> not_before{};
};
// Of the campaigns that were made last, the newest first, at most `limit` that have the user.
base::Result<std::vector<CampaignStory>> campaign_stories(storage::Transaction& tx,
                                                          std::string_view user_id,
                                                          std::size_t limit);

}  // namespace ashlar::notifications
