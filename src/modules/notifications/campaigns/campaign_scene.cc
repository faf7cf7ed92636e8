#include "modules/notifications/campaigns/campaign_scene.h"

#include <utility>

#include "modules/notifications/campaigns/campaign_chunk_store.h"
#include "modules/notifications/categories_store.h"
#include "modules/notifications/preference_links.h"

namespace ashlar::notifications {

base::Result<CampaignScene> CampaignScene::read(storage::Transaction& tx, Templates& templates,
                                                zone::ZoneDirectory& zones, Campaign campaign,
                                                std::vector<Member> members) {
  Category category;
  if (!campaign.category.empty()) {
    ASHLAR_ASSIGN(std::optional<Category> kept, store::find_category(tx, campaign.category));
    if (kept) category = *std::move(kept);
  }
  category.name = campaign.category;
  ASHLAR_ASSIGN(CampaignRules rules,
                CampaignRules::make(zones, std::move(category), campaign.expires_at));
  ASHLAR_ASSIGN(ChunkAudience audience, ChunkAudience::read(tx, campaign, std::move(members)));
  CampaignScene scene(std::move(campaign), std::move(rules), std::move(audience));
  scene.variants_ = store::variants_of(scene.campaign_, scene.members());
  const std::size_t texts = scene.campaign_.variants.size();
  for (std::size_t v = 0; v < std::max<std::size_t>(texts, 1); ++v) {
    const CampaignMessage& message =
        message_of(scene.campaign_, texts == 0 ? -1 : static_cast<int>(v));
    ASHLAR_ASSIGN(CampaignText text, CampaignText::make(tx, templates, message));
    scene.texts_.push_back(std::move(text));
  }
  return scene;
}

CampaignRules::Facts CampaignScene::facts_of(const ChunkAudience::Reached& reached) {
  CampaignRules::Facts facts;
  facts.recipient = reached.recipient;
  facts.channel = reached.channel;
  facts.has_address = !reached.parts.empty() || !reached.suppression.empty();
  facts.suppression = reached.suppression;
  return facts;
}

const CampaignText& CampaignScene::text_of(std::size_t i) const {
  const int variant = variants_.empty() ? 0 : variants_[i];
  return texts_[static_cast<std::size_t>(variant)];
}

ChunkAudience::Reached CampaignScene::reach(std::size_t i) const {
  return audience_.reach(campaign_, i, text_of(i).channels());
}

base::Result<CampaignScene::Look> CampaignScene::look(std::size_t i, base::Time now) const {
  Look look;
  look.reached = reach(i);
  ASHLAR_ASSIGN(look.decision, rules_.decide(facts_of(look.reached), now));
  return look;
}

base::Result<Decision> CampaignScene::capped(std::size_t i, std::span<const base::Time> sent,
                                             base::Time now) const {
  const ChunkAudience::Reached reached = reach(i);
  CampaignRules::Facts facts = facts_of(reached);
  facts.asks_caps = true;
  facts.sent = sent;
  return rules_.decide(facts, now);
}

base::Result<Rendered> CampaignScene::render(std::size_t i,
                                             const ChunkAudience::Reached& reached) const {
  const auto zone = rules_.zone_of(reached.recipient);
  const std::string_view locale =
      reached.recipient == nullptr ? std::string_view() : reached.recipient->locale;
  return text_of(i).render(reached.channel, {locale, *zone, members()[i].data});
}

std::string CampaignScene::unsubscribe_url(std::size_t i, const ChunkAudience::Reached& reached,
                                           const PreferenceLinks& links) const {
  // What is critical goes whatever its reader prefers: it must not offer to end.
  if (reached.channel != Channel::kEmail || campaign_.category.empty() ||
      rules_.category().critical) {
    return {};
  }
  PreferenceSubject subject;
  subject.tenant = campaign_.tenant;
  if (reached.recipient != nullptr) subject.user_id = members()[i].address;
  subject.channel = reached.channel;
  subject.address = reached.parts.front().target.address;
  subject.category = campaign_.category;
  return links.unsubscribe_for(std::move(subject),
                               campaign_.started_at.value_or(campaign_.created_at));
}

}  // namespace ashlar::notifications
