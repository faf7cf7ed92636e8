#include "app/app.h"

#include <array>
#include <atomic>
#include <cstring>
#include <semaphore>

#include "app/banner.h"
#include "app/faktory_listener.h"
#include "app/installation.h"
#include "app/limits_listeners.h"
#include "app/modules.h"
#include "app/platform_routes.h"
#include "app/profile_listener.h"
#include "base/failpoint.h"
#include "platform/http/admission.h"
#include "platform/http/cors.h"
#include "platform/http/cursor.h"
#include "platform/http/dispatcher.h"
#include "platform/http/docs_page.h"
#include "platform/http/openapi.h"
#include "platform/http/router.h"
#include "platform/http/server.h"
#include "platform/net/loop_group.h"
#include "platform/observability/process_metrics.h"
#include "platform/observability/trace.h"
#include "platform/runtime/periodic.h"
#include "platform/runtime/worker_pool.h"
#include "platform/security/authenticator.h"
#include "platform/security/idempotency.h"
#include "platform/security/security_api.h"
#include "platform/storage/directory_lock.h"

namespace ashlar::app {
namespace {

using base::Code;
using base::fail;
using base::Status;

constexpr base::Millis kHousekeeping{10'000};
constexpr base::Millis kReadyDeadline{2'000};
// Look-ups are short reads; two probes at a time are plenty.
constexpr std::size_t kLookupThreads = 8;
constexpr std::size_t kControlThreads = 2;
constexpr std::size_t kControlQueue = 32;
constexpr int kStopAttempts = 10;
constexpr base::Millis kStopPause{1'000};

obs::TracerOptions tracer_options(const Config& config) {
  return {.endpoint = config.otlp_endpoint,
          .sample_ratio = config.otlp_sample_ratio,
          .service_name = "ashlar",
          .service_version = kVersion};
}

// Hosts by which this installation is reached: a link that leads there would go in circles.
std::vector<std::string> own_hosts(const http::ListenSocket& socket,
                                   const std::string& public_url) {
  return {socket.authority(), public_url};
}

http::ApiInfo api_info(const std::string& origin) {
  return {.title = "Ashlar",
          .version = kVersion,
          .description = "The backend that every product ends up building.",
          .base_url = origin,
          .modules = {{"links", "Links", "Short links, their redirects and their clicks."},
                      {"activity", "Activity", "Who and what occurs most, just now."},
                      {"limits", "Limits", "Who may do how much."},
                      {"tasks", "Tasks", "Work for later: queues, workers, schedules."},
                      {"webhooks", "Webhooks", "Events, sent to URLs of yours."},
                      {"events", "Events", "What has happened, and who is told."},
                      {"sagas", "Sagas", "Steps with a way back."},
                      {"payments", "Payments", "Money from customers, and what becomes of it."},
                      {"ledger", "Ledger", "Double-entry books that an auditor can check."},
                      {"documents", "Documents", "Texts and data that many write at once."},
                      {"notifications", "Notifications", "Who is told what, by what reaches them."},
                      {"keys", "API keys", "Who may call, and what."},
                      {"tenants", "Tenants", "For whom data is kept apart."},
                      {"admin", "Console", "The administrator's session."},
                      {"platform", "Platform", "Health, metrics, this description."}}};
}

base::Result<Config> config_for_metrics(const Config& config) {
  ConfigLoader loader;
  ASHLAR_TRY(loader.apply("listen", config.metrics_listen, "metrics.listen"));
  ASHLAR_TRY(loader.apply("http.io_threads", "1", "metrics.listen"));
  ASHLAR_TRY(loader.apply("http.max_connections", "32", "metrics.listen"));
  return loader.finish();
}

}  // namespace

// In the order in which they are built; a later one may use an earlier one.
struct App::Parts {
  explicit Parts(const Config& c) : config(c) {}

  Config config;
  std::optional<storage::DirectoryLock> lock;
  std::unique_ptr<Installation> ashlar;
  std::optional<http::CursorCodec> cursors;
  std::optional<obs::Tracer> tracer;
  std::string origin;      // where we listen
  std::string public_url;  // what the outside calls us
  std::string openapi;
  std::string docs_page;
  std::atomic<bool> stopping{false};

  std::unique_ptr<Modules> modules;
  std::array<std::optional<http::Admission>, http::kLanes> admissions;
  std::array<std::optional<runtime::WorkerPool>, http::kLanes> pools;
  std::optional<security::Authenticator> authenticator;
  std::optional<http::CorsPolicy> cors;
  std::unique_ptr<http::Router> router;
  std::unique_ptr<http::Dispatcher> dispatcher;
  std::unique_ptr<http::Server> server;
  std::unique_ptr<http::Router> metrics_router;
  std::unique_ptr<http::Server> metrics_server;
  std::unique_ptr<LimitsListeners> limits_listeners;
  std::optional<FaktoryListener> faktory;
  std::unique_ptr<ProfileListener> profile;
  std::optional<runtime::Periodic> housekeeping;

  ~Parts() {
    // First: storage's threads call those who have subscribed, which are destroyed before it.
    if (ashlar) ashlar->db.reset();
  }
  std::optional<runtime::WorkerPool>& pool(http::Lane lane) {
    return pools[static_cast<std::size_t>(lane)];
  }
  void admit(http::Lane lane, std::size_t workers);  // unless it is switched off
  Status lock_folder();
  Status open();
  Status build(http::ListenSocket socket, LimitsSockets limits_sockets);
  void serve_faktory(http::ListenSocket socket);
  Status serve_profile(http::ListenSocket socket);
  http::Dispatcher::Needs dispatcher_needs();
  Status build_metrics_listener();
  http::RouteTable all_routes();
  Status ready();
  void keep_house();
  Status write_what_is_left();
};

Status App::Parts::lock_folder() {
  if (!config.store.empty()) return base::ok_status();
  ASHLAR_TRY(storage::make_data_directory(config.data_dir));
  base::Result<storage::DirectoryLock> locked = storage::lock_directory(config.data_dir);
  if (!locked.ok()) return std::move(locked).error();
  lock.emplace(std::move(*locked));
  return base::ok_status();
}

Status App::Parts::open() {
  ASHLAR_ASSIGN(ashlar, Installation::open(config));
  obs::register_process_metrics(ashlar->metrics, kVersion);
  kit::SipKey cursor_key{};
  ASHLAR_ASSIGN(const std::string secret,
                ashlar->settings->get_or_create_secret("cursor_key", sizeof cursor_key));
  std::memcpy(cursor_key.data(), secret.data(), sizeof cursor_key);
  cursors.emplace(cursor_key);
  tracer.emplace(tracer_options(config), ashlar->clock, ashlar->entropy, ashlar->log,
                 ashlar->metrics);
  return base::ok_status();
}

http::RouteTable App::Parts::all_routes() {
  http::RouteTable routes =
      platform_routes({.ready = [this] { return ready(); },
                       .metrics_text = [this] { return ashlar->metrics.render(); },
                       .openapi = [this]() -> auto& { return openapi; },
                       .docs_page = [this]() -> auto& { return docs_page; },
                       .metrics_here = config.metrics_listen.empty()});
  const auto add = [&](http::RouteTable more) {
    for (http::Route& route : more) routes.push_back(std::move(route));
  };
  add(security::security_routes(
      {*ashlar->tenants, *ashlar->keys, *ashlar->admin, *cursors, kVersion}));
  add(modules->routes());
  return routes;
}

Status App::Parts::build(http::ListenSocket socket, LimitsSockets limits_sockets) {
  Installation& a = *ashlar;
  origin = (config.http.tls_certificate.empty() ? "http://" : "https://") + socket.authority();
  public_url = config.public_url.empty() ? origin : config.public_url;
  ASHLAR_ASSIGN(modules, Modules::make({.ashlar = a,
                                        .config = config,
                                        .cursors = *cursors,
                                        .public_url = public_url,
                                        .own_hosts = own_hosts(socket, public_url)}));
  pool(http::Lane::kInteractive)
      .emplace("interactive", config.workers, config.worker_queue, a.clock, a.metrics);
  pool(http::Lane::kLookup)
      .emplace("lookup", kLookupThreads, config.worker_queue, a.clock, a.metrics);
  pool(http::Lane::kControl).emplace("control", kControlThreads, kControlQueue, a.clock, a.metrics);
  authenticator.emplace(*a.keys, *a.admin, *a.tenants);
  cors.emplace(config.http.cors);
  http::RouteTable routes = all_routes();
  const http::ApiInfo info = api_info(public_url);
  openapi = http::openapi_document(routes, info);
  docs_page = http::docs_page(routes, info);
  router = std::make_unique<http::Router>(std::move(routes), a.metrics);
  modules->watch(*router);
  admit(http::Lane::kInteractive, config.workers);
  admit(http::Lane::kLookup, kLookupThreads);
  dispatcher = std::make_unique<http::Dispatcher>(dispatcher_needs());
  ASHLAR_ASSIGN(server, http::Server::make(config.http, std::move(socket), *router, *dispatcher,
                                           a.clock, a.entropy, a.log, a.metrics));
  ASHLAR_TRY(build_metrics_listener());
  ASHLAR_ASSIGN(limits_listeners,
                LimitsListeners::make(std::move(limits_sockets),
                                      {.ashlar = a,
                                       .config = config,
                                       .limits = modules->limits(),
                                       .loops = modules->loops(),
                                       .dispatcher = *dispatcher,
                                       .workers = *pool(http::Lane::kLookup),
                                       .ready = [this] { return !stopping.load(); }}));
  return base::ok_status();
}

http::Dispatcher::Needs App::Parts::dispatcher_needs() {
  const auto of = [this](http::Lane lane) -> http::Admission* {
    auto& made = admissions[static_cast<std::size_t>(lane)];
    return made ? &*made : nullptr;
  };
  return {{&*pools[0], &*pools[1], &*pools[2]},
          {of(http::Lane::kInteractive), of(http::Lane::kLookup), nullptr},
          *ashlar->db,
          *authenticator,
          *cors,
          ashlar->clock,
          ashlar->log,
          *tracer,
          modules->request_observer(),
          &modules->request_limiter(),
          config.limits.headers};
}

void App::Parts::serve_faktory(http::ListenSocket socket) {
  faktory.emplace(std::move(socket),
                  FaktoryListener::Needs{.ashlar = *ashlar,
                                         .config = config,
                                         .tasks = modules->tasks(),
                                         .workers = *pool(http::Lane::kInteractive)});
}

Status App::Parts::serve_profile(http::ListenSocket socket) {
  ASHLAR_ASSIGN(profile, ProfileListener::make(std::move(socket), {.ashlar = *ashlar,
                                                                   .config = config,
                                                                   .profile = modules->profile(),
                                                                   .shared = dispatcher_needs()}));
  return base::ok_status();
}

void App::Parts::admit(http::Lane lane, std::size_t workers) {
  if (!config.admission) return;
  const auto i = static_cast<std::size_t>(lane);
  static constexpr std::array<const char*, http::kLanes> kNames{"interactive", "lookup", "control"};
  const auto threads = static_cast<std::uint32_t>(workers);
  const auto queue = static_cast<std::uint32_t>(config.worker_queue);
  admissions[i].emplace(kNames[i], http::Admission::Bounds{threads, threads + queue},
                        ashlar->entropy.u64(), ashlar->clock, ashlar->metrics);
}

Status App::Parts::build_metrics_listener() {
  if (config.metrics_listen.empty()) return base::ok_status();
  ASHLAR_ASSIGN(const Config own, config_for_metrics(config));
  ASHLAR_ASSIGN(http::ListenSocket socket,
                http::ListenSocket::bind(own.http.address, own.http.port));
  http::RouteTable routes;
  routes.push_back(metrics_route([this] { return ashlar->metrics.render(); }));
  metrics_router = std::make_unique<http::Router>(std::move(routes), ashlar->metrics);
  ASHLAR_ASSIGN(metrics_server,
                http::Server::make(own.http, std::move(socket), *metrics_router, *dispatcher,
                                   ashlar->clock, ashlar->entropy, ashlar->log, ashlar->metrics));
  return base::ok_status();
}

Status App::Parts::ready() {
  if (stopping.load()) return fail(Code::kUnavailable, "stopping", "The server is being stopped.");
  return ashlar->db->ping(ashlar->clock.mono() + kReadyDeadline);
}

void App::Parts::keep_house() {
  server->reload_certificate();
  Status status = ashlar->keys->flush_last_used(security::ApiKeys::Flush::kDue);
  if (!status.ok()) ashlar->log.warn("last uses not written", {{"reason", status.error().detail}});
  const auto swept = security::sweep_idempotency(*ashlar->db, ashlar->clock.now());
  if (!swept.ok()) {
    ashlar->log.warn("idempotency records not swept", {{"reason", swept.error().detail}});
  }
}

// Nobody records clicks any more. A database that is away for a moment gets the time to come back.
Status App::Parts::write_what_is_left() {
  std::binary_semaphore never{0};
  Status status = modules->stop();
  for (int attempt = 1; !status.ok() && attempt < kStopAttempts; ++attempt) {
    ashlar->log.warn("clicks not written yet", {{"reason", status.error().detail}});
    [[maybe_unused]] const bool acquired = never.try_acquire_for(kStopPause);
    status = modules->stop();
  }
  if (!status.ok()) ashlar->log.error("clicks not written", {{"reason", status.error().detail}});
  return status;
}

App::App(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
App::~App() {
  // Who wants to know whether all was written has called stop() before.
  [[maybe_unused]] const Status status = stop();
}

base::Result<std::unique_ptr<App>> App::start(const Config& config) {
  auto parts = std::make_unique<Parts>(config);
  ASHLAR_TRY(base::arm_failpoint(config.payments.failpoint));
  ASHLAR_TRY(parts->lock_folder());
  // Before anything is opened: a port that is taken must not wait for a migration.
  ASHLAR_ASSIGN(http::ListenSocket socket,
                http::ListenSocket::bind(config.http.address, config.http.port));
  ASHLAR_ASSIGN(LimitsSockets limits_sockets, LimitsSockets::bind(config.limits));
  ASHLAR_ASSIGN(std::optional<http::ListenSocket> faktory_socket, FaktoryListener::bind(config));
  ASHLAR_ASSIGN(std::optional<http::ListenSocket> profile_socket, ProfileListener::bind(config));
  ASHLAR_TRY(parts->open());
  ASHLAR_TRY(parts->build(std::move(socket), std::move(limits_sockets)));
  if (profile_socket) ASHLAR_TRY(parts->serve_profile(std::move(*profile_socket)));
  if (faktory_socket) parts->serve_faktory(std::move(*faktory_socket));
  ASHLAR_TRY(parts->modules->start());
  parts->housekeeping.emplace("housekeeping", kHousekeeping,
                              [p = parts.get()] { p->keep_house(); });
  parts->server->start();
  if (parts->metrics_server) parts->metrics_server->start();
  parts->limits_listeners->start();
  if (parts->faktory) parts->faktory->start();
  if (parts->profile) parts->profile->start();
  parts->ashlar->log.info("listening", {{"address", parts->origin}, {"version", kVersion}});
  return std::unique_ptr<App>(new App(std::move(parts)));
}

base::Status App::stop() {
  Parts& p = *parts_;
  if (p.stopping.exchange(true)) return base::ok_status();
  p.ashlar->log.info("stopping");
  p.modules->close_streams();
  p.server->stop();
  if (p.metrics_server) p.metrics_server->stop();
  p.limits_listeners->stop();
  if (p.faktory) p.faktory->stop();
  if (p.profile) p.profile->stop();
  for (auto& pool : p.pools) pool->drain();
  p.housekeeping->stop();
  const Status written = p.write_what_is_left();
  const Status used = p.ashlar->keys->flush_last_used(security::ApiKeys::Flush::kEverything);
  if (!used.ok()) p.ashlar->log.warn("last uses not written", {{"reason", used.error().detail}});
  p.ashlar->db.reset();
  p.ashlar->log.info("stopped");
  return written;
}

void App::reload() { parts_->server->reload_certificate(); }

base::Result<std::string> App::banner() {
  return make_banner(*parts_->ashlar, parts_->origin, parts_->public_url);
}

}  // namespace ashlar::app
