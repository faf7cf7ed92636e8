// CampaignServices: what the working of chunks stands on: shared by all of them. All outlive it.
#pragma once

#include <array>
#include <mutex>

#include "base/random.h"
#include "modules/notifications/campaigns/campaign_effects.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Counter;
class Log;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::storage {
class Database;
}
namespace ashlar::zone {
class ZoneDirectory;
}

namespace ashlar::notifications {

class CampaignFeed;
class PreferenceLinks;
class ProviderPool;
class Templates;

struct CampaignServices {
  struct Options {
    bool catches = false;  // keep what a channel without any provider would have sent
    std::uint64_t seed = 1;
  };
  CampaignServices(Options own, storage::Database& database, ProviderPool& providers,
                   Templates& own_templates, const PreferenceLinks& preference_links,
                   const CampaignFeed& campaign_feed, zone::ZoneDirectory& zone_directory,
                   const base::Clock& own_clock, obs::Registry& metrics, obs::Log& own_log);

  const Options options;
  storage::Database& db;
  ProviderPool& pool;
  Templates& templates;
  const PreferenceLinks& links;
  const CampaignFeed& feed;
  zone::ZoneDirectory& zones;
  const base::Clock& clock;
  obs::Log& log;
  CampaignEffects effects;
  obs::Counter &sent, &skipped, &failed, &unknown, &repeated;  // recipients
  obs::Counter &windows, &failovers, &lost;

  template <class F>
  auto with_chance(F&& use) {
    const std::lock_guard lock(random_mutex_);
    return use(random_);
  }

 private:
  std::mutex random_mutex_;
  base::Random random_;  // guarded by random_mutex_
};

}  // namespace ashlar::notifications
