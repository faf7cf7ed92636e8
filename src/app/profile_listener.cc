#include "app/profile_listener.h"

#include <utility>

#include "app/config.h"
#include "app/installation.h"
#include "app/setting_kinds.h"
#include "modules/payments/profile/profile_module.h"
#include "platform/http/cors.h"
#include "platform/http/router.h"
#include "platform/http/server.h"
#include "platform/observability/log.h"
#include "platform/security/authenticator.h"

namespace ashlar::app {
namespace {

// Plain HTTP, from programs: no pages of others ask here.
http::ServerOptions http_options(const Config& config) {
  http::ServerOptions options = config.http;
  options.max_connections = config.payments.profile_max_connections;
  options.tls_certificate.clear();
  options.tls_private_key.clear();
  options.proxy_protocol = false;
  options.cors = {};
  return options;
}

http::Dispatcher::Needs needs_of(const http::Dispatcher::Needs& main,
                                 security::Authenticator& authenticator,
                                 const http::CorsPolicy& cors, const http::ErrorFace& errors) {
  return {main.lanes,
          main.admissions,
          main.db,
          authenticator,
          cors,
          main.clock,
          main.log,
          main.tracer,
          main.observer,
          main.limiter,
          main.rate_limit_fields,
          errors};
}

}  // namespace

struct ProfileListener::Parts {
  explicit Parts(const Needs& needs)
      : authenticator(*needs.ashlar.keys, *needs.ashlar.admin, *needs.ashlar.tenants,
                      security::Credentials::kKeysAlsoBasic),
        cors(http::CorsRules{}),
        router(needs.profile.routes(), needs.ashlar.metrics),
        dispatcher(needs_of(needs.shared, authenticator, cors, needs.profile.errors())) {}

  security::Authenticator authenticator;
  const http::CorsPolicy cors;
  const http::Router router;
  http::Dispatcher dispatcher;
  std::unique_ptr<http::Server> server;
};

ProfileListener::ProfileListener(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ProfileListener::~ProfileListener() { stop(); }

base::Result<std::optional<http::ListenSocket>> ProfileListener::bind(const Config& config) {
  std::optional<http::ListenSocket> socket;
  if (config.payments.profile_listen.empty()) return socket;
  ASHLAR_ASSIGN(const HostPort at, parse_host_port(config.payments.profile_listen));
  ASHLAR_ASSIGN(socket, http::ListenSocket::bind(at.address, at.port));
  return socket;
}

base::Result<std::unique_ptr<ProfileListener>> ProfileListener::make(http::ListenSocket socket,
                                                                     const Needs& needs) {
  Installation& a = needs.ashlar;
  // With port 0 this is how anybody learns which one it is.
  a.log.info("listening for card-API clients", {{"address", socket.authority()}});
  auto parts = std::make_unique<Parts>(needs);
  ASHLAR_ASSIGN(parts->server,
                http::Server::make(http_options(needs.config), std::move(socket), parts->router,
                                   parts->dispatcher, a.clock, a.entropy, a.log, a.metrics,
                                   needs.profile.errors()));
  return std::unique_ptr<ProfileListener>(new ProfileListener(std::move(parts)));
}

void ProfileListener::start() { parts_->server->start(); }

void ProfileListener::stop() { parts_->server->stop(); }

}  // namespace ashlar::app
