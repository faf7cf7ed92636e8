// CampaignWindow: what one commit of a chunk's working begins (campaign_run.h).
//
// Values; not thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "modules/notifications/campaigns/campaign_outcomes.h"
#include "modules/notifications/channel.h"
#include "modules/notifications/provider_pool.h"
#include "modules/notifications/rules.h"

namespace ashlar::notifications {

struct CampaignWindow {
  // Who goes to a provider: for the first time in this round, or again to another one.
  struct Boarding {
    std::size_t member = 0;
    bool fresh = true;
    ProviderId provider{};
    std::vector<std::size_t> parts{};  // of its flight, with a lease each
    std::vector<std::shared_ptr<ProviderPool::Lease>> leases{};
  };
  // Who needs none: what the inbox takes, and what a channel without a provider would have sent.
  struct Local {
    std::size_t member = 0;
    Channel channel = Channel::kInbox;
    std::string address;
    Rendered content;
  };
  std::vector<Boarding> boardings;
  std::vector<Local> entries, caught;

  [[nodiscard]] bool empty() const {
    return boardings.empty() && entries.empty() && caught.empty();
  }
  [[nodiscard]] std::size_t size() const {
    return boardings.size() + entries.size() + caught.size();
  }
  void clear() { *this = {}; }

  // Whom caps hold back after all.
  using Held = std::map<std::size_t, Decision>;
  // What the outcomes are once the window is committed.
  void apply(CampaignOutcomes& outcomes, const Held& held) const {
    for (const auto& [member, decision] : held) {
      const std::string_view reason = name_of(decision.reason);
      if (decision.act == Decision::Act::kSkip) {
        outcomes.skip(member, reason);
      } else {
        outcomes.put_off(member, reason, decision.until);
      }
    }
    for (const Boarding& one : boardings) {
      if (held.contains(one.member)) continue;
      if (one.fresh) {
        outcomes.begin(one.member, one.provider);
      } else {
        outcomes.set_provider(one.member, one.provider);
      }
    }
    for (const auto* locals : {&entries, &caught}) {
      for (const Local& one : *locals) {
        if (!held.contains(one.member)) outcomes.sent(one.member);
      }
    }
  }
};

}  // namespace ashlar::notifications
