// NotificationsModule: everything of notifications that lives as long as the program, and the table
// of its routes.
//
// Order: construct → consumers().add(consumer()), runner.add() of kinds() → start(), runner and
// consumers start → stop_sending() → runner and consumers stop, last request answered → stop().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/notifications/accept_queue.h"
#include "modules/notifications/callbacks.h"
#include "modules/notifications/campaigns/campaign_feed.h"
#include "modules/notifications/campaigns/campaign_runner.h"
#include "modules/notifications/campaigns/campaign_services.h"
#include "modules/notifications/campaigns/campaign_watch.h"
#include "modules/notifications/campaigns/campaigns.h"
#include "modules/notifications/dead_letters.h"
#include "modules/notifications/event_rules/event_rules.h"
#include "modules/notifications/inbox.h"
#include "modules/notifications/inbox_feed.h"
#include "modules/notifications/inbox_token.h"
#include "modules/notifications/message_renderer.h"
#include "modules/notifications/notifications.h"
#include "modules/notifications/preference_links.h"
#include "modules/notifications/provider_pool.h"
#include "modules/notifications/recipient_parts.h"
#include "modules/notifications/send_recorder.h"
#include "modules/notifications/sender.h"
#include "modules/notifications/template/templates.h"
#include "platform/events/consumers.h"
#include "platform/http/route.h"
#include "platform/jobs/runner.h"
#include "platform/net/loop_group.h"
#include "platform/runtime/periodic.h"
#include "platform/security/secret_box.h"
#include "platform/security/tenants.h"

namespace ashlar::http {
class CursorCodec;
}

namespace ashlar::notifications {

struct ProviderDoors;

class NotificationsModule {
 public:
  struct Options {
    std::string box_key;                 // SecretBox::kKeyBytes, the installation's
    std::string link_key;                // of preference links
    std::string inbox_key;               // of inbox tokens: InboxTokens::kSecretBytes
    std::string public_url;              // without a slash at its end
    bool catches = false;                // keep what channels without a provider would have sent
    bool allow_private = false;          // what users give (web push's endpoints) may lie there too
    bool private_providers = true;       // their URLs and mail servers may
    base::Seconds keep{30 * 24 * 3600};  // notifications with their stories, inbox entries
    std::uint64_t seed = 1;              // of jitter and chance
  };

  // All by reference outlives it.
  NotificationsModule(Options options, storage::Database& database, jobs::Jobs& job_queue,
                      events::Outbox& outbox, zone::ZoneDirectory& zone_directory,
                      const base::Clock& clk, base::Entropy& entropy_source,
                      obs::Registry& registry, obs::Log& own_log);
  ~NotificationsModule();

  std::vector<jobs::KindOptions> kinds();
  [[nodiscard]] events::ConsumerOptions consumer() const { return event_rules.consumer(); }

  void start();
  // Ends what is under way, after a moment's grace; what was not answered is sent again. Before the
  // runner stops.
  void stop_sending();
  void close_streams() {
    inbox_feed.close();
    campaign_watch.close();
  }
  void stop();
  // One round of house-keeping: receipts that never came, what is older than `keep`.
  base::Status tend();

  const Options options;
  storage::Database& db;
  jobs::Jobs& jobs;
  zone::ZoneDirectory& zones;
  const base::Clock& clock;
  base::Entropy& entropy;
  obs::Registry& metrics;
  obs::Log& log;
  const security::SecretBox box;
  const PreferenceLinks links;
  const InboxTokens inbox_tokens;
  Templates templates;
  const Notifications notifications;
  AcceptQueue accepting;
  Inbox inbox;
  InboxFeed inbox_feed;
  const DeadLetters dead_letters;
  net::LoopGroup loops;                        // of protocols that are our own
  const std::unique_ptr<ProviderDoors> doors;  // HTTP, to both zones of trust
  ProviderPool pool;
  MessageRenderer renderer;
  SendRecorder recorder;
  Callbacks callbacks;
  Sender sender;
  const CampaignFeed campaign_feed;
  Campaigns campaigns;
  const EventRules event_rules;
  CampaignWatch campaign_watch;
  CampaignServices campaign_services;
  CampaignRunner campaign_runner;
  std::optional<RecipientParts> parts;  // of the tables of routes
  std::optional<runtime::Periodic> tending;
};

// Both outlive the table.
http::RouteTable notifications_routes(NotificationsModule& module,
                                      const http::CursorCodec& cursors);

// A tenant's share, exported (without secrets) and erased.
security::TenantData notifications_tenant_data();

}  // namespace ashlar::notifications
