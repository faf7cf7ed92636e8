// CampaignAudience: reads a campaign's audience in the order of keys, from a cursor on, in pages:
// what planning makes chunks of.
//
// Topic, segment and everybody come from the tables as they are when each page is read; uploads
// (and given users) are merged: each is sorted, of several lines with a key the first upload's
// counts. Keeps one part of each upload in memory. Reads in transactions of its own. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/notifications/campaigns/campaign.h"
#include "modules/notifications/campaigns/campaign_member.h"

namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::notifications {

class CampaignAudience {
 public:
  // `db` outlives it. Begins after campaign.plan_cursor.
  CampaignAudience(storage::Database& db, const Campaign& campaign);

  struct Page {
    std::vector<Member> members;
    std::int64_t duplicates = 0;  // dropped on the way
    bool last = false;
  };
  // `limit` members, or fewer where it is the last. Errors: storage's; kInternal
  // campaign_members_damaged.
  base::Result<Page> next(std::int64_t limit);

 private:
  // One upload's part in hand.
  struct Source {
    std::int64_t upload = 0;
    std::vector<Member> members;
    std::size_t at = 0;
    std::string last;  // the key of the last member that was read
    bool ended = false;
  };
  base::Result<Page> next_users(storage::Transaction& tx, std::int64_t limit) const;
  base::Result<Page> next_merged(storage::Transaction& tx, std::int64_t limit);
  base::Status refill(storage::Transaction& tx, Source& source) const;

  storage::Database& db_;
  const Campaign campaign_;
  std::string cursor_;
  std::vector<Source> sources_;
  bool opened_ = false;
};

}  // namespace ashlar::notifications
