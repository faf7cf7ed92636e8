#include "app/limits_listeners.h"

#include <utility>

#include "app/installation.h"
#include "app/setting_kinds.h"
#include "app/throttle_accounts.h"
#include "base/check.h"
#include "modules/limits/limits_module.h"
#include "modules/limits/limits_ports.h"
#include "platform/http/dispatcher.h"
#include "platform/http/router.h"
#include "platform/http/server.h"
#include "platform/net/loop_group.h"

namespace ashlar::app {
namespace {

base::Status bind_at(const std::string& where, std::optional<http::ListenSocket>& socket) {
  if (where.empty()) return base::ok_status();
  ASHLAR_ASSIGN(const HostPort at, parse_host_port(where));
  ASHLAR_ASSIGN(http::ListenSocket bound, http::ListenSocket::bind(at.address, at.port));
  socket.emplace(std::move(bound));
  return base::ok_status();
}

limits::LimitsPorts::Options ports_options(LimitsSockets& sockets,
                                           const LimitsListeners::Needs& needs) {
  const LimitsConfig& given = needs.config.limits;
  limits::LimitsPorts::Options options{.grpc = std::move(sockets.grpc),
                                       .resp = std::move(sockets.resp),
                                       .resp_owner = base::TenantId(),
                                       .max_connections = given.max_connections,
                                       .keeping = given.keeping,
                                       .on_failure = given.on_failure,
                                       .resp_usage = needs.limits.throttle_usage()};
  if (given.resp_require_key) options.resp_owner.reset();
  return options;
}

http::ServerOptions http_options(const Config& config) {
  http::ServerOptions options = config.http;
  options.io_threads = 1;
  options.max_connections = config.limits.max_connections;
  options.tls_certificate.clear();
  options.tls_private_key.clear();
  options.proxy_protocol = false;
  return options;
}

}  // namespace

base::Result<LimitsSockets> LimitsSockets::bind(const LimitsConfig& config) {
  LimitsSockets sockets;
  ASHLAR_TRY(bind_at(config.grpc_listen, sockets.grpc));
  ASHLAR_TRY(bind_at(config.resp_listen, sockets.resp));
  ASHLAR_TRY(bind_at(config.http_listen, sockets.http));
  return sockets;
}

namespace {

// With port 0 this is how anybody learns which one it is.
void announce(const LimitsSockets& sockets, obs::Log& log) {
  const std::pair<std::string_view, const std::optional<http::ListenSocket>&> all[] = {
      {"gRPC", sockets.grpc}, {"RESP", sockets.resp}, {"ratelimit's HTTP", sockets.http}};
  for (const auto& [protocol, socket] : all) {
    if (!socket) continue;
    log.info("listening for limits",
             {{"protocol", std::string(protocol)}, {"address", socket->authority()}});
  }
}

}  // namespace

struct LimitsListeners::Parts {
  std::optional<ThrottleAccounts> accounts;
  std::unique_ptr<limits::LimitsPorts> ports;  // null: neither gRPC nor RESP
  std::unique_ptr<http::Router> router;
  std::unique_ptr<http::Server> server;  // null: not served
};

LimitsListeners::LimitsListeners(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
LimitsListeners::~LimitsListeners() { stop(); }

base::Result<std::unique_ptr<LimitsListeners>> LimitsListeners::make(LimitsSockets sockets,
                                                                     const Needs& needs) {
  auto parts = std::make_unique<Parts>();
  Installation& a = needs.ashlar;
  announce(sockets, a.log);
  if (sockets.grpc || sockets.resp) {
    CHECK(needs.loops != nullptr);
    parts->accounts.emplace(*a.keys, needs.workers, a.clock);
    parts->ports = std::make_unique<limits::LimitsPorts>(
        ports_options(sockets, needs), *needs.loops, *needs.limits.states, needs.limits.rls,
        &*parts->accounts, needs.ready, a.metrics);
  }
  if (sockets.http) {
    parts->router = std::make_unique<http::Router>(needs.limits.ratelimit_routes(), a.metrics);
    ASHLAR_ASSIGN(
        parts->server,
        http::Server::make(http_options(needs.config), std::move(*sockets.http), *parts->router,
                           needs.dispatcher, a.clock, a.entropy, a.log, a.metrics));
  }
  return std::unique_ptr<LimitsListeners>(new LimitsListeners(std::move(parts)));
}

void LimitsListeners::start() {
  if (parts_->ports) parts_->ports->start();
  if (parts_->server) parts_->server->start();
}

void LimitsListeners::stop() {
  if (parts_->server) parts_->server->stop();
  if (parts_->ports) parts_->ports->stop();
}

}  // namespace ashlar::app
