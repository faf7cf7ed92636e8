#include "modules/notifications/campaigns/campaign_services.h"

#include "platform/observability/metrics.h"

namespace ashlar::notifications {
namespace {

obs::Counter& recipients(obs::Registry& metrics, const char* outcome) {
  return metrics.make_counter("ashlar_notifications_campaign_recipients_total",
                              "Recipients of campaigns, by what became of them; repeated and "
                              "unknown ones are counted besides.",
                              {{"outcome", outcome}});
}

}  // namespace

CampaignServices::CampaignServices(Options own, storage::Database& database,
                                   ProviderPool& providers, Templates& own_templates,
                                   const PreferenceLinks& preference_links,
                                   const CampaignFeed& campaign_feed,
                                   zone::ZoneDirectory& zone_directory,
                                   const base::Clock& own_clock, obs::Registry& metrics,
                                   obs::Log& own_log)
    : options(own),
      db(database),
      pool(providers),
      templates(own_templates),
      links(preference_links),
      feed(campaign_feed),
      zones(zone_directory),
      clock(own_clock),
      log(own_log),
      effects(database, own_log),
      sent(recipients(metrics, "sent")),
      skipped(recipients(metrics, "skipped")),
      failed(recipients(metrics, "failed")),
      unknown(recipients(metrics, "unknown")),
      repeated(recipients(metrics, "repeated")),
      windows(metrics.make_counter("ashlar_notifications_campaign_windows_total",
                                   "Commits that hold whom a campaign's sending begins with.")),
      failovers(metrics.make_counter("ashlar_notifications_campaign_failovers_total",
                                     "Messages of campaigns given to another provider at once.")),
      lost(metrics.make_counter(
          "ashlar_notifications_campaign_chunks_lost_total",
          "Chunks of campaigns that another instance has taken while they were worked.")),
      random_(own.seed) {}

}  // namespace ashlar::notifications
