#include "modules/notifications/campaigns/campaign_rules.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "modules/notifications/preferences.h"
#include "modules/notifications/recipient.h"
#include "platform/zone/time_zone.h"
#include "platform/zone/zone_directory.h"

namespace ashlar::notifications {

base::Result<CampaignRules> CampaignRules::make(zone::ZoneDirectory& zones, Category category,
                                                std::optional<base::Time> expires_at) {
  CampaignRules rules;
  rules.zones_ = &zones;
  rules.category_ = std::move(category);
  rules.expires_at_ = expires_at;
  ASHLAR_ASSIGN(rules.utc_, zones.find("UTC"));
  ASHLAR_ASSIGN(rules.settings_, category_settings_of(std::string_view(rules.category_.settings)));
  const auto& window = rules.settings_.send_window;
  if (window && !window->zone.empty()) {
    ASHLAR_ASSIGN(rules.window_zone_, zones.find(window->zone));
  }
  return rules;
}

std::shared_ptr<const zone::TimeZone> CampaignRules::zone_of(const Recipient* recipient) const {
  if (recipient == nullptr || recipient->time_zone.empty()) return utc_;
  // A zone that tzdata has dropped since: better by UTC than not at all.
  auto zone = zones_->find(recipient->time_zone);
  return zone.ok() ? *std::move(zone) : utc_;
}

base::Micros CampaignRules::longest_cap() const {
  base::Micros longest{0};
  if (category_.critical) return longest;
  for (const Category::Cap& cap : settings_.caps) {
    longest = std::max<base::Micros>(longest, cap.window);
  }
  return longest;
}

base::Result<Decision> CampaignRules::decide(const Facts& facts, base::Time now) const {
  ChannelChoices choices;
  QuietHours quiet;
  if (facts.recipient != nullptr) {
    const Recipient& recipient = *facts.recipient;
    if (!recipient.preferences.empty()) {
      ASHLAR_ASSIGN(choices, choices_of(std::string_view(recipient.preferences)));
    }
    if (!recipient.quiet_hours.empty()) {
      ASHLAR_ASSIGN(quiet, quiet_hours_for(recipient.quiet_hours, facts.channel));
    }
  }
  const auto zone = zone_of(facts.recipient);
  std::vector<FrequencyCap> caps;
  for (const Category::Cap& cap : settings_.caps) {
    if (!facts.asks_caps) break;
    caps.push_back({.limit = cap.limit,
                    .window = cap.window,
                    .excess = cap.excess,
                    .name = category_.name,
                    .sent = facts.sent});
  }
  std::vector<SendWindow> windows;
  if (settings_.send_window) {
    windows.push_back({settings_.send_window->hours, window_zone_.get(), category_.name});
  }
  RuleFacts rule;
  rule.now = now;
  rule.channel = facts.channel;
  rule.category = category_.name;
  rule.critical = category_.critical;
  rule.wanted_by_default =
      settings_.channels[static_cast<std::size_t>(facts.channel)] != Choice::kNo;
  rule.expires_at = expires_at_;
  rule.has_address = facts.has_address;
  rule.suppression = facts.suppression;
  rule.choices = &choices;
  rule.zone = zone.get();
  rule.quiet = quiet.hours.empty() ? nullptr : &quiet;
  rule.windows = windows;
  rule.caps = caps;
  return notifications::decide(rule);
}

}  // namespace ashlar::notifications
