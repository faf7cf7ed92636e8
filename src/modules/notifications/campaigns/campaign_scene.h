// CampaignScene: all that the working of one chunk needs to know, read once: the campaign as it is,
// its rules, its texts, its audience.
//
// Immutable once read; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/notifications/campaigns/campaign.h"
#include "modules/notifications/campaigns/campaign_rules.h"
#include "modules/notifications/campaigns/campaign_text.h"
#include "modules/notifications/campaigns/chunk_audience.h"

namespace ashlar::notifications {

class PreferenceLinks;

class CampaignScene {
 public:
  // In the caller's transaction, for its tenant.
  static base::Result<CampaignScene> read(storage::Transaction& tx, Templates& templates,
                                          zone::ZoneDirectory& zones, Campaign campaign,
                                          std::vector<Member> members);

  [[nodiscard]] const Campaign& campaign() const { return campaign_; }
  [[nodiscard]] const CampaignRules& rules() const { return rules_; }
  [[nodiscard]] const std::vector<Member>& members() const { return audience_.members(); }
  [[nodiscard]] std::span<const int> variants() const { return variants_; }

  struct Look {
    ChunkAudience::Reached reached;
    Decision decision;  // caps are not asked
  };
  [[nodiscard]] base::Result<Look> look(std::size_t i, base::Time now) const;
  // The same with caps, where `sent` went to the user before.
  [[nodiscard]] base::Result<Decision> capped(std::size_t i, std::span<const base::Time> sent,
                                              base::Time now) const;

  // Any error: it never will be rendered for this member.
  [[nodiscard]] base::Result<Rendered> render(std::size_t i,
                                              const ChunkAudience::Reached& reached) const;
  // One-click; empty: the channel has none, or the message none may end.
  [[nodiscard]] std::string unsubscribe_url(std::size_t i, const ChunkAudience::Reached& reached,
                                            const PreferenceLinks& links) const;

 private:
  CampaignScene(Campaign campaign, CampaignRules rules, ChunkAudience audience)
      : campaign_(std::move(campaign)), rules_(std::move(rules)), audience_(std::move(audience)) {}

  [[nodiscard]] const CampaignText& text_of(std::size_t i) const;
  [[nodiscard]] ChunkAudience::Reached reach(std::size_t i) const;
  [[nodiscard]] static CampaignRules::Facts facts_of(const ChunkAudience::Reached& reached);

  Campaign campaign_;
  CampaignRules rules_;
  ChunkAudience audience_;
  std::vector<int> variants_;
  std::vector<CampaignText> texts_;  // of each variant; or one
};

}  // namespace ashlar::notifications
