#include "app/faktory_listener.h"

#include <utility>

#include "app/config.h"
#include "app/faktory_accounts.h"
#include "app/installation.h"
#include "app/setting_kinds.h"
#include "modules/tasks/faktory_port.h"

namespace ashlar::app {

struct FaktoryListener::Parts {
  Parts(http::ListenSocket socket, const Needs& needs)
      : accounts(needs.config.async.faktory_keys, *needs.ashlar.keys),
        port(std::move(socket), needs.config.async.faktory_max_connections, needs.tasks, accounts,
             needs.workers, needs.ashlar.entropy, needs.ashlar.metrics) {}

  FaktoryAccounts accounts;
  tasks::FaktoryPort port;
};

base::Result<std::optional<http::ListenSocket>> FaktoryListener::bind(const Config& config) {
  std::optional<http::ListenSocket> socket;
  if (config.async.faktory_listen.empty()) return socket;
  ASHLAR_ASSIGN(const HostPort at, parse_host_port(config.async.faktory_listen));
  ASHLAR_ASSIGN(socket, http::ListenSocket::bind(at.address, at.port));
  return socket;
}

FaktoryListener::FaktoryListener(http::ListenSocket socket, const Needs& needs) {
  needs.ashlar.log.info("listening for Faktory's workers", {{"address", socket.authority()}});
  parts_ = std::make_unique<Parts>(std::move(socket), needs);
}

FaktoryListener::~FaktoryListener() { stop(); }

void FaktoryListener::start() { parts_->port.start(); }

void FaktoryListener::stop() { parts_->port.stop(); }

}  // namespace ashlar::app
