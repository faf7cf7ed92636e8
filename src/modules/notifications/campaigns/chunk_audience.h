// ChunkAudience: the members of one chunk with all that is asked about them, read at once.
//
// Immutable once read; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "modules/notifications/audience_store.h"
#include "modules/notifications/campaigns/campaign.h"
#include "modules/notifications/campaigns/campaign_flight.h"
#include "modules/notifications/campaigns/campaign_member.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::notifications {

class ChunkAudience {
 public:
  // In the caller's transaction, for its tenant. Errors: storage's.
  static base::Result<ChunkAudience> read(storage::Transaction& tx, const Campaign& campaign,
                                          std::vector<Member> members);

  // One member, in the terms of the channel that reaches them. Views live as long as this.
  struct Reached {
    Channel channel = Channel::kEmail;
    const Recipient* recipient = nullptr;  // null: a bare address
    std::string_view suppression;          // why nothing goes there; empty: nothing says so
    // Whom to send to, by type (campaign_flight.h); empty: no address.
    std::vector<CampaignFlight::Part> parts;
  };
  // `parts`: which channels its message has something for (a bit for each Channel).
  [[nodiscard]] Reached reach(const Campaign& campaign, std::size_t i, std::uint8_t parts) const;

  [[nodiscard]] const std::vector<Member>& members() const { return members_; }

 private:
  // By channel and address: email and SMS of users are in their rows.
  using Suppressions = std::map<std::pair<Channel, std::string>, std::string, std::less<>>;

  base::Status read_suppressions(storage::Transaction& tx, const Campaign& campaign);
  [[nodiscard]] std::string_view suppression_of(Channel channel, const std::string& address) const;
  void reach_user(const AudienceRow& row, Reached& reached) const;
  void reach_devices(const AudienceRow& row, Reached& reached) const;

  std::vector<Member> members_;
  std::vector<AudienceRow> rows_;
  std::unordered_map<std::string_view, std::size_t> by_user_;  // into rows_
  Suppressions suppressions_;
};

}  // namespace ashlar::notifications
