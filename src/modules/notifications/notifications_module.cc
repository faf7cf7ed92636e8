#include "modules/notifications/notifications_module.h"

#include <chrono>
#include <utility>

#include "base/clock.h"
#include "base/entropy.h"
#include "modules/notifications/inbox_store.h"
#include "modules/notifications/inbox_tokens_store.h"
#include "modules/notifications/notification_store.h"
#include "modules/notifications/provider.h"
#include "modules/notifications/provider_source.h"
#include "modules/notifications/template/templates_store.h"
#include "modules/notifications/topics_store.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/outbound/http2_client.h"
#include "platform/outbound/outbound_client.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

constexpr base::Millis kTendInterval{60'000};
constexpr std::int64_t kSweepBatch = 500;
constexpr base::Millis kCampaignGrace{2'000};
constexpr int kMaxSweepBatches = 50;    // a round
constexpr base::Millis kLoopTick{200};  // what stands on the loop has timers where it is exact

// Retries, breakers and paces are ours, one for each provider: to the client all are one
// dependency, which it must not judge as a whole.
outbound::Policy policy() {
  outbound::Policy policy;
  policy.timeout = policy.attempt_timeout = Sender::kSendTimeout;
  policy.retry.max_attempts = 1;
  policy.breaker.min_calls = 1'000'000'000;
  policy.max_running = Sender::kMaxRunning;
  policy.max_waiting = Sender::kMaxRunning;
  policy.max_answer_bytes = 256 * 1024;
  return policy;
}

}  // namespace

// The two ways out: URLs that users give reach the public internet alone, hosts that an operator
// names reach anything.
struct ProviderDoors {
  ProviderDoors(std::uint64_t seed, const base::Clock& clock, obs::Registry& metrics)
      : http({.name = "notify-http", .seed = seed}, clock, metrics),
        own_http({.name = "notify-own", .allow_private = true, .seed = seed}, clock, metrics),
        http_all(http.add_dependency("notifications", policy())),
        own_http_all(own_http.add_dependency("notifications_own", policy())),
        http2({.name = "notify-h2", .seed = seed}, clock, metrics),
        own_http2({.name = "notify-own-h2", .allow_private = true, .seed = seed}, clock, metrics) {}

  [[nodiscard]] ProviderServices services(NotificationsModule& module) {
    const bool trusts = module.options.private_providers;
    return {.clock = module.clock,
            .entropy = module.entropy,
            .metrics = module.metrics,
            .log = module.log,
            .loops = module.loops,
            .http = {http, http_all},
            .own_http = trusts ? HttpDoor{own_http, own_http_all} : HttpDoor{http, http_all},
            .http2 = http2,
            .own_http2 = trusts ? own_http2 : http2,
            .private_hosts = trusts};
  }

  outbound::OutboundClient http, own_http;
  outbound::Dependency &http_all, &own_http_all;
  outbound::Http2Client http2, own_http2;
};

NotificationsModule::NotificationsModule(Options given, storage::Database& database,
                                         jobs::Jobs& job_queue, events::Outbox& outbox,
                                         zone::ZoneDirectory& zone_directory,
                                         const base::Clock& clk, base::Entropy& entropy_source,
                                         obs::Registry& registry, obs::Log& own_log)
    : options(std::move(given)),
      db(database),
      jobs(job_queue),
      zones(zone_directory),
      clock(clk),
      entropy(entropy_source),
      metrics(registry),
      log(own_log),
      box(options.box_key, entropy_source),
      links(options.link_key, options.public_url),
      inbox_tokens(options.inbox_key),
      templates(database, zone_directory, clk),
      notifications(job_queue, templates, zone_directory, clk, database.dialect()),
      accepting(database, notifications, clk, registry),
      inbox(database, clk),
      inbox_feed(database, clk),
      dead_letters(job_queue, clk),
      loops(1, "notify-io", clk, kLoopTick),
      doors(std::make_unique<ProviderDoors>(options.seed, clk, registry)),
      pool(stored_providers(provider_kinds(), database, box, doors->services(*this)), options.seed,
           clk, registry, own_log),
      renderer(templates, links),
      recorder(database, job_queue, outbox, clk, registry, own_log),
      callbacks(provider_kinds(), database, box, outbox, clk, registry),
      sender({.catches = options.catches, .seed = options.seed}, database, pool, renderer, recorder,
             clk, registry, own_log),
      campaign_feed(job_queue, clk),
      campaigns(database, job_queue, templates, campaign_feed, clk, registry, own_log),
      event_rules(database, job_queue, notifications, campaigns, clk),
      campaign_watch(database, clk),
      campaign_services({.catches = options.catches, .seed = options.seed + 1}, database, pool,
                        templates, links, campaign_feed, zone_directory, clk, registry, own_log),
      campaign_runner(campaign_services) {
  sender.carry(Channel::kInbox,
               [this](const Notification& n, const Delivery& d, const Outgoing& message,
                      Provider::Done done) { inbox.carry(n, d, message, std::move(done)); });
  follow_changes(db, pool);
}

NotificationsModule::~NotificationsModule() { stop(); }

std::vector<jobs::KindOptions> NotificationsModule::kinds() {
  std::vector<jobs::KindOptions> kinds;
  kinds.push_back(notifications.plan_kind());
  kinds.push_back(event_rules.kind());
  kinds.push_back(sender.kind());
  kinds.push_back(campaigns.plan_kind());
  kinds.push_back(campaign_runner.kind());
  return kinds;
}

void NotificationsModule::start() {
  loops.start();
  campaign_runner.start();
  campaign_watch.start();
  tending.emplace("notify-tend", kTendInterval, [this] {
    const base::Status tended = tend();
    if (!tended.ok()) log.warn("notifications not tended", {{"reason", tended.error().reason}});
  });
}

void NotificationsModule::stop_sending() {
  campaign_runner.wind_up(kCampaignGrace);
  sender.stop();
  pool.close();
}

void NotificationsModule::stop() {
  if (tending) tending->stop();
  accepting.stop();
  campaign_watch.stop();
  stop_sending();
  campaign_runner.stop();
  inbox.stop();
  recorder.stop();
  doors->http2.stop();
  doors->own_http2.stop();
  doors->http.stop();
  doors->own_http.stop();
  loops.stop();
}

base::Status NotificationsModule::tend() {
  ASHLAR_TRY(callbacks.give_up_receipts());
  const auto context =
      storage::Context::platform(storage::PlatformUse::kMaintenance).read_committed();
  const base::Time before = clock.now() - options.keep;
  for (int i = 0; i < kMaxSweepBatches; ++i) {
    ASHLAR_ASSIGN(const std::int64_t swept, db.write(context, [&](storage::Transaction& tx) {
      return store::sweep(tx, before, kSweepBatch);
    }));
    ASHLAR_ASSIGN(const std::int64_t entries, db.write(context, [&](storage::Transaction& tx) {
      return store::sweep_inbox(tx, before, kSweepBatch);
    }));
    ASHLAR_TRY(db.write(context, [&](storage::Transaction& tx) {
      return store::sweep_inbox_token_ends(tx, clock.now() - kLongestInboxToken, kSweepBatch);
    }));
    ASHLAR_ASSIGN(const std::int64_t chunks, db.write(context, [&](storage::Transaction& tx) {
      return store::sweep_campaigns(tx, before, kSweepBatch);
    }));
    ASHLAR_ASSIGN(const std::int64_t texts, db.write(context, [&](storage::Transaction& tx) {
      return store::sweep_templates(tx, before, kSweepBatch);
    }));
    ASHLAR_ASSIGN(const std::int64_t members, db.write(context, [&](storage::Transaction& tx) {
      return store::tend_topics(tx, kSweepBatch);
    }));
    const bool more =
        swept == kSweepBatch || entries == kSweepBatch || texts == kSweepBatch || chunks > 0;
    if (!more && members == 0) break;
  }
  return base::ok_status();
}

}  // namespace ashlar::notifications
