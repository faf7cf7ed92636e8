#include "app/modules.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "app/async_core.h"
#include "app/banner.h"
#include "app/config.h"
#include "app/installation.h"
#include "app/links_wiring.h"
#include "app/payments_wiring.h"
#include "base/encoding.h"
#include "modules/activity/activity_module.h"
#include "modules/documents/documents_module.h"
#include "modules/documents/documents_sockets.h"
#include "modules/events/events_module.h"
#include "modules/limits/api_limiter.h"
#include "modules/limits/limits_data.h"
#include "modules/limits/limits_module.h"
#include "modules/limits/redis_states.h"
#include "modules/links/links_module.h"
#include "modules/links/redirects.h"
#include "modules/notifications/notifications_module.h"
#include "modules/payments/checkout.h"
#include "modules/payments/ledger/ledger_module.h"
#include "modules/payments/payments_module.h"
#include "modules/payments/profile/profile_module.h"
#include "modules/payments/reconcile/reconcile_module.h"
#include "modules/sagas/sagas_module.h"
#include "modules/tasks/tasks_module.h"
#include "modules/webhooks/webhooks_module.h"
#include "platform/cache/cache_service.h"
#include "platform/cache/hot_keys.h"
#include "platform/cache/redis_far_cache.h"
#include "platform/http/ip_address.h"
#include "platform/jobs/jobs_data.h"
#include "platform/net/loop_group.h"

namespace ashlar::app {
namespace {

void add(http::RouteTable& to, http::RouteTable from) {
  for (http::Route& route : from) to.push_back(std::move(route));
}

// Keys in Redis begin with what only this installation's database knows: two installations that
// share a server never see each other's values.
base::Result<std::unique_ptr<cache::FarCache>> make_far_cache(const Config& config,
                                                              Installation& ashlar) {
  if (config.cache_redis.empty()) return std::unique_ptr<cache::FarCache>();
  constexpr std::size_t kNameBytes = 8;
  ASHLAR_ASSIGN(const std::string name,
                ashlar.settings->get_or_create_secret("cache_prefix", kNameBytes));
  cache::RedisFarOptions options;
  ASHLAR_ASSIGN(options.address, cache::parse_redis_url(config.cache_redis));
  options.prefix = "ashlar:" + base::hex_encode(name);
  options.connections = static_cast<std::size_t>(config.cache_redis_connections);
  return std::unique_ptr<cache::FarCache>(std::make_unique<cache::RedisFarCache>(
      options, ashlar.clock, ashlar.entropy, ashlar.metrics, ashlar.log));
}

}  // namespace

std::vector<std::string> known_scopes() {
  return {"links:read",         "links:write",         "activity:read",  "activity:write",
          "limits:check",       "limits:read",         "limits:write",   "tasks:read",
          "tasks:write",        "webhooks:read",       "webhooks:write", "events:read",
          "sagas:read",         "sagas:write",         "payments:read",  "payments:write",
          "ledger:read",        "ledger:write",        "documents:read", "documents:write",
          "notifications:read", "notifications:write", "keys:read",      "keys:write"};
}

std::vector<security::TenantData> tenant_data() {
  return {links::links_tenant_data(),
          activity::activity_tenant_data(),
          limits::limits_tenant_data(),
          tasks::tasks_tenant_data(),
          events::events_tenant_data(),
          sagas::sagas_tenant_data(),
          webhooks::webhooks_tenant_data(),
          jobs::jobs_tenant_data(),
          payments::payments_tenant_data(),
          payments::profile::profile_tenant_data(),
          ledger::ledger_tenant_data(),
          documents::documents_tenant_data(),
          notifications::notifications_tenant_data()};
}

base::Result<std::string> link_code_secret(Installation& ashlar) {
  return ashlar.settings->get_or_create_secret("links_code_secret", links::CodeSpace::kSecretBytes);
}

namespace {

// Threads of their own only where there is something for them to do.
std::unique_ptr<net::LoopGroup> limits_loops(const Config& config, const base::Clock& clock) {
  const LimitsConfig& given = config.limits;
  if (given.grpc_listen.empty() && given.resp_listen.empty() && given.redis.empty()) return {};
  return std::make_unique<net::LoopGroup>(given.io_threads, "limits", clock);
}

limits::RedisStatesOptions redis_options(const Config& config) {
  limits::RedisStatesOptions options;
  // The setting was checked when it was read.
  if (auto address = redis::parse_redis_url(config.limits.redis); address.ok()) {
    options.address = std::move(*address);
  }
  options.prefix = config.limits.redis_prefix;
  options.deadline = base::Millis{config.limits.store_deadline_ms};
  options.instances = static_cast<std::uint64_t>(config.limits.instances);
  return options;
}

limits::LimitsModule::Options limits_options(const Config& config, Installation& ashlar,
                                             net::LoopGroup* loops, std::string secret) {
  const LimitsConfig& given = config.limits;
  limits::LimitsModule::Options options;
  options.rule_folder = given.folder;
  options.tree.merge_domains = given.merge_domains;
  options.tree.keeping = options.service.keeping = given.keeping;
  options.tree.on_failure = options.service.on_failure = given.on_failure;
  options.service.count_refused = given.count_refused;
  options.service.all_shadow = given.shadow;
  options.service.response_headers = given.response_headers;
  options.memory.max_keys = given.max_keys;
  if (config.store.empty()) options.snapshot_path = config.data_dir + "/limits.counts";
  options.snapshot_every = base::Seconds{given.snapshot_s};
  options.native.reservation_secret = std::move(secret);
  if (!given.redis.empty()) {
    options.states = [redis = redis_options(config), &ashlar, loops](limits::MemoryState& memory) {
      return limits::states_in_redis(redis, memory, *loops, ashlar.entropy, ashlar.metrics,
                                     ashlar.log);
    };
  }
  return options;
}

// A try-out on one's own machine meets no default quota.
std::string unbound_tenant(const Config& config) {
  const std::string& host = config.http.address;
  const auto address = http::parse_ip(host);
  return host == "localhost" || (address && address->is_loopback()) ? kSampleTenant : "";
}

base::Result<std::unique_ptr<limits::ApiLimiter>> make_api_limiter(const Config& config,
                                                                   Installation& ashlar,
                                                                   limits::LimitsModule& limits) {
  const LimitsConfig& given = config.limits;
  return limits::ApiLimiter::make({.key = {given.api_key_rate, given.api_key_burst},
                                   .tenant = {given.api_tenant_rate, given.api_tenant_burst},
                                   .unbound_tenant = unbound_tenant(config),
                                   .seed = {ashlar.entropy.u64(), ashlar.entropy.u64()}},
                                  limits.native.book, limits.native.usage, limits.states->decider(),
                                  ashlar.clock, ashlar.log);
}

}  // namespace

namespace {

documents::DocumentsModule::Options documents_options(const Config& config, std::string secret) {
  const DocumentsConfig& given = config.documents;
  constexpr std::size_t kMostThreads = 4;
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  documents::DocumentsModule::Options options;
  options.token_secret = std::move(secret);
  options.history = base::Seconds{given.history_days * 24 * 3600};
  options.deleted = base::Seconds{given.deleted_days * 24 * 3600};
  options.documents.threads =
      given.threads > 0 ? given.threads : std::min(processors, kMostThreads);
  options.documents.memory_bytes = given.memory_mb << 20;
  options.documents.max_document_bytes = given.max_mb << 20;
  options.documents.max_documents = given.max_per_tenant;
  options.documents.live.max_sessions = given.max_sessions;
  options.documents.quotas = {.visits_of_user = given.user_visits,
                              .visits_of_tenant = given.tenant_visits,
                              .bytes_of_document = given.document_stored_mb << 20,
                              .bytes_of_tenant = given.tenant_stored_mb << 20};
  options.documents.live.pace = base::Millis{given.pace_ms};
  options.documents.commit_pace = base::Millis{given.commit_pace_ms};
  return options;
}

documents::SocketLimits socket_limits(const Config& config) {
  documents::SocketLimits limits;
  limits.max_queue_bytes = std::max(limits.max_queue_bytes, (config.documents.max_mb << 20) * 2);
  limits.max_messages_per_s = config.documents.messages_per_s;
  limits.max_bytes_per_s = config.documents.mb_per_s << 20;
  return limits;
}

}  // namespace

// What only this installation knows.
struct Secrets {
  std::string reservations, leases, box, documents, links, inboxes;

  static base::Result<Secrets> of(security::Settings& settings) {
    Secrets secrets;
    ASHLAR_ASSIGN(secrets.reservations,
                  settings.get_or_create_secret("limits_reservation_secret",
                                                limits::ReservationCodec::kSecretBytes));
    ASHLAR_ASSIGN(secrets.leases, settings.get_or_create_secret("tasks_lease_secret",
                                                                tasks::LeaseTokens::kSecretBytes));
    ASHLAR_ASSIGN(secrets.box,
                  settings.get_or_create_secret("secret_box_key", security::SecretBox::kKeyBytes));
    ASHLAR_ASSIGN(secrets.documents,
                  settings.get_or_create_secret("documents_token_secret",
                                                documents::DocumentTokens::kSecretBytes));
    ASHLAR_ASSIGN(secrets.links, settings.get_or_create_secret("notifications_link_secret",
                                                               security::SecretBox::kKeyBytes));
    ASHLAR_ASSIGN(secrets.inboxes,
                  settings.get_or_create_secret("notifications_inbox_secret",
                                                notifications::InboxTokens::kSecretBytes));
    return secrets;
  }
};

namespace {

// Whether only this machine can reach the server: then what is sent is tried out.
bool is_tried_out(const Config& config) { return !unbound_tenant(config).empty(); }

notifications::NotificationsModule::Options notifications_options(const Modules::Needs& needs,
                                                                  const Secrets& secrets) {
  const NotificationsConfig& given = needs.config.notifications;
  notifications::NotificationsModule::Options options;
  options.box_key = secrets.box;
  options.link_key = secrets.links;
  options.inbox_key = secrets.inboxes;
  options.public_url = needs.public_url;
  options.catches = given.catcher == Catcher::kOn ||
                    (given.catcher == Catcher::kAuto && is_tried_out(needs.config));
  options.allow_private = given.allow_private;
  options.private_providers =
      given.private_providers == PrivateProviders::kOn ||
      (given.private_providers == PrivateProviders::kAuto && is_tried_out(needs.config));
  options.keep = base::Seconds{given.keep_days * 24 * 3600};
  options.seed = needs.ashlar.entropy.u64();
  return options;
}

}  // namespace

struct Modules::Parts {
  Parts(const Needs& needs, std::unique_ptr<cache::FarCache> far,
        links::LinksModule::Options links_options, const Secrets& secrets,
        const payments::PaymentsModule::Options& payments_options)
      : log(needs.ashlar.log),
        cursors(needs.cursors),
        async(needs.ashlar, needs.config, secrets.box, needs.public_url),
        cache(std::move(far), *needs.ashlar.db, needs.ashlar.clock, needs.ashlar.entropy,
              needs.ashlar.metrics),
        links_values(cache.add_region(links_region(needs.config))),
        links(joined(std::move(links_options)), *needs.ashlar.db, needs.ashlar.clock,
              needs.ashlar.entropy, needs.ashlar.metrics, needs.ashlar.log),
        redirects({.cache_bytes = needs.config.links.cache_mb << 20,
                   .permanent_max_age = base::Seconds{needs.config.links.permanent_max_age_s},
                   .worker_shard = needs.config.http.io_threads,
                   .visitor_key = links.visitor_key,
                   .geo = &links.geo},
                  needs.ashlar.entropy.u64(), *needs.ashlar.db, links.links, links.domain_table,
                  links.recorder, links_values, needs.ashlar.clock, needs.ashlar.metrics),
        activity({.board = {.max_bytes = needs.config.activity_memory_mb << 20,
                            .max_dimension_bytes = needs.config.activity_dimension_mb << 20,
                            .seed = needs.ashlar.entropy.u64()}},
                 *needs.ashlar.db, needs.ashlar.clock, needs.ashlar.metrics, needs.ashlar.log),
        loops(limits_loops(needs.config, needs.ashlar.clock)),
        limits(limits_options(needs.config, needs.ashlar, loops.get(), secrets.reservations),
               *needs.ashlar.db, needs.ashlar.clock, needs.ashlar.entropy, needs.ashlar.metrics,
               needs.ashlar.log),
        tasks({.targets = {.allow_private = needs.config.async.tasks_allow_private},
               .token_secret = secrets.leases,
               .user_agent = std::string("Ashlar/") + kVersion,
               .seed = needs.ashlar.entropy.u64()},
              async.jobs, *needs.ashlar.db, async.push_client, async.zones, async.box,
              needs.ashlar.clock, needs.ashlar.entropy, needs.ashlar.metrics, needs.ashlar.log),
        webhooks({.box_key = secrets.box,
                  .public_url = needs.public_url,
                  .allow_private = needs.config.async.webhooks_allow_private,
                  .seed = needs.ashlar.entropy.u64()},
                 *needs.ashlar.db, async.jobs, async.outbox, needs.ashlar.clock,
                 needs.ashlar.entropy, needs.ashlar.metrics, needs.ashlar.log),
        events(*needs.ashlar.db, async.consumers, needs.public_url),
        sagas(*needs.ashlar.db, async.sagas),
        payments(payments_options, *needs.ashlar.db, async.outbox, needs.ashlar.clock,
                 needs.ashlar.entropy, needs.ashlar.metrics, needs.ashlar.log),
        checkout(checkout_options(needs.config, needs.ashlar), payments.payments, *needs.ashlar.db,
                 async.sagas, needs.ashlar.clock, needs.ashlar.metrics),
        profile({.box_key = secrets.box,
                 .allow_private = needs.config.async.webhooks_allow_private,
                 .seed = needs.ashlar.entropy.u64()},
                payments, async.jobs, needs.ashlar.entropy, needs.ashlar.metrics),
        serves_profile(!needs.config.payments.profile_listen.empty()),
        reconcile(statement_sources(payments), *needs.ashlar.db, payments.ledger.writer,
                  async.outbox, async.jobs, needs.ashlar.clock, needs.ashlar.log),
        documents(documents_options(needs.config, secrets.documents), *needs.ashlar.db,
                  async.outbox, *needs.ashlar.keys, needs.ashlar.clock, needs.ashlar.entropy,
                  needs.ashlar.metrics, needs.ashlar.log),
        sockets(socket_limits(needs.config)),
        notifications(notifications_options(needs, secrets), *needs.ashlar.db, async.jobs,
                      async.outbox, async.zones, needs.ashlar.clock, needs.ashlar.entropy,
                      needs.ashlar.metrics, needs.ashlar.log) {}

  links::LinksModule::Options joined(links::LinksModule::Options options) {
    options.region = &links_values;
    options.outbox = &async.outbox;
    options.jobs = &async.jobs;
    return options;
  }

  // Who works what, who hears of what.
  void join_async() {
    async.runner.add(links.titles.kind());
    async.runner.add(tasks.push.kind());
    async.runner.add(webhooks.kind());
    for (jobs::KindOptions& kind : links.kinds()) async.runner.add(std::move(kind));
    async.sagas.work_on(async.runner);
    async.runner.add(reconcile.kind());
    for (jobs::KindOptions& kind : notifications.kinds()) async.runner.add(std::move(kind));
    async.consumers.add(notifications.consumer());
    if (serves_profile) {
      async.runner.add(profile.kind());
      async.consumers.add(profile.consumer());
    }
    async.consumers.add(webhooks.consumer());
    async.consumers.on_each_instance({"link.*"},
                                     [this](const events::Event* event) { redirects.hear(event); });
  }

  // A restart does not send everybody to the database at once.
  void keep_warm() {
    if (!hot_codes_file.empty()) {
      warm_up.emplace(cache::take_hot_keys(hot_codes_file),
                      [this](const std::string& code) { redirects.warm(code); });
    }
    cache.add_chore([this] {
      redirects.forget_far();
      if (warm_up && !warm_up->step(kWarmEachTime)) warm_up.reset();
    });
  }
  void save_hot_codes() {
    if (hot_codes_file.empty()) return;
    const base::Status saved = cache::save_hot_keys(hot_codes_file, redirects.hot_codes());
    if (!saved.ok()) log.warn("hot codes not kept", {{"detail", saved.error().detail}});
  }

  static constexpr std::size_t kWarmEachTime = 200;  // codes each CacheService::kTendInterval

  obs::Log& log;
  std::string hot_codes_file;  // empty: nothing is kept
  const http::CursorCodec& cursors;
  AsyncCore async;
  cache::CacheService cache;
  cache::FarRegion& links_values;
  links::LinksModule links;
  links::Redirects redirects;
  std::optional<cache::WarmUp> warm_up;
  activity::ActivityModule activity;
  std::unique_ptr<net::LoopGroup> loops;  // of limits; null where nothing runs on them
  limits::LimitsModule limits;
  tasks::TasksModule tasks;
  webhooks::WebhooksModule webhooks;
  events::EventsModule events;
  sagas::SagasModule sagas;
  payments::PaymentsModule payments;
  payments::Checkout checkout;
  payments::profile::ProfileModule profile;
  const bool serves_profile;
  payments::reconcile::ReconcileModule reconcile;
  documents::DocumentsModule documents;
  const documents::SocketLimits sockets;
  notifications::NotificationsModule notifications;
  std::unique_ptr<limits::ApiLimiter> api_limiter;
};

Modules::Modules(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
// What the threads of the cache and of the runner call goes before they do.
Modules::~Modules() {
  parts_->async.stop();
  parts_->cache.stop();
}

base::Result<std::unique_ptr<Modules>> Modules::make(const Needs& needs) {
  ASHLAR_ASSIGN(std::string secret, link_code_secret(needs.ashlar));
  ASHLAR_ASSIGN(links::OwnHosts hosts, links::OwnHosts::parse(needs.own_hosts));
  links::LinksModule::Options links_options{
      .public_url = needs.public_url,
      .own_hosts = std::move(hosts),
      .code_secret = std::move(secret),
      .click_shards = needs.config.http.io_threads + 1,
      .geoip_file = needs.config.links.geoip_file,
      .titles = {.allow_private = needs.config.links.titles_allow_private,
                 .user_agent = std::string("Ashlar/") + kVersion},
      .detail_one_in = needs.config.links.detail_one_in,
      .abuse = abuse_options(needs),
      .domains = {.verify = needs.config.links.verify_domains},
      .dns = outbound::TxtLookup::parse_server(needs.config.links.dns_server)};
  ASHLAR_ASSIGN(std::unique_ptr<cache::FarCache> far, make_far_cache(needs.config, needs.ashlar));
  ASHLAR_ASSIGN(const Secrets secrets, Secrets::of(*needs.ashlar.settings));
  ASHLAR_ASSIGN(const auto options, payments_options(needs.config, needs.ashlar, needs.public_url));
  auto parts =
      std::make_unique<Parts>(needs, std::move(far), std::move(links_options), secrets, options);
  parts->join_async();
  if (needs.config.store.empty()) parts->hot_codes_file = needs.config.data_dir + "/links.hot";
  parts->keep_warm();
  ASHLAR_TRY(parts->links.load());
  ASHLAR_TRY(parts->activity.load());
  ASHLAR_TRY(parts->limits.load());
  ASHLAR_ASSIGN(parts->api_limiter, make_api_limiter(needs.config, needs.ashlar, parts->limits));
  return std::unique_ptr<Modules>(new Modules(std::move(parts)));
}

http::RouteTable Modules::routes() {
  http::RouteTable table;
  add(table, links::links_routes(parts_->links, parts_->cursors));
  table.push_back(parts_->redirects.route());
  table.push_back(parts_->redirects.unlock_route());
  table.push_back(parts_->redirects.root_route("/_/"));
  table.push_back(parts_->redirects.stray_route());
  add(table, activity::activity_routes(parts_->activity));
  add(table, limits::limits_routes(parts_->limits.native, parts_->cursors));
  add(table, tasks::tasks_routes(parts_->tasks, parts_->cursors));
  add(table, webhooks::webhooks_routes(parts_->webhooks, parts_->cursors));
  add(table, events::events_routes(parts_->events, parts_->cursors));
  add(table, sagas::sagas_routes(parts_->sagas, parts_->cursors));
  add(table, ledger::ledger_routes(parts_->payments.ledger, parts_->cursors));
  add(table, payments::payments_routes(parts_->payments, parts_->cursors));
  add(table, payments::checkout_routes(parts_->checkout));
  add(table, payments::reconcile::reconcile_routes(parts_->reconcile, parts_->cursors));
  add(table, documents::documents_routes(parts_->documents, parts_->cursors));
  add(table, notifications::notifications_routes(parts_->notifications, parts_->cursors));
  add(table, documents::documents_socket_routes(parts_->documents.documents, parts_->sockets));
  return table;
}

http::RequestObserver& Modules::request_observer() { return parts_->activity.feed; }

http::RequestLimiter& Modules::request_limiter() { return *parts_->api_limiter; }

void Modules::watch(const http::Router& router) { parts_->activity.watch(router); }

base::Status Modules::start() {
  parts_->cache.start();
  parts_->links.start();
  parts_->activity.start();
  if (parts_->loops) parts_->loops->start();
  parts_->limits.start();
  parts_->tasks.start();
  parts_->webhooks.start();
  parts_->notifications.start();
  // First: what sagas ask of payments comes after what a dead process left.
  ASHLAR_TRY(parts_->payments.start());
  ASHLAR_TRY(parts_->async.start());
  parts_->reconcile.start();
  parts_->documents.start();
  return base::ok_status();
}

limits::LimitsModule& Modules::limits() { return parts_->limits; }
tasks::TasksModule& Modules::tasks() { return parts_->tasks; }
payments::profile::ProfileModule& Modules::profile() { return parts_->profile; }
net::LoopGroup* Modules::loops() { return parts_->loops.get(); }

void Modules::close_streams() {
  parts_->links.close_streams();
  parts_->limits.close_streams();
  parts_->tasks.close_streams();
  parts_->notifications.close_streams();
}

base::Status Modules::stop() {
  parts_->documents.stop();
  parts_->reconcile.stop();
  parts_->checkout.stop();
  parts_->payments.stop();
  parts_->tasks.stop();
  parts_->profile.stop_sending();
  parts_->webhooks.stop_sending();
  parts_->notifications.stop_sending();
  parts_->links.titles.stop();
  parts_->async.stop();
  parts_->webhooks.stop();
  parts_->notifications.stop();
  parts_->limits.stop();
  if (parts_->loops) parts_->loops->stop();
  parts_->activity.stop();
  if (parts_->cache.stop()) parts_->save_hot_codes();
  return parts_->links.stop();
}

}  // namespace ashlar::app
