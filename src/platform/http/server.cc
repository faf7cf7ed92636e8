#include "platform/http/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <semaphore>

#include "base/clock.h"
#include "base/entropy.h"
#include "platform/http/client_address.h"
#include "platform/http/connection.h"
#include "platform/http/cors.h"
#include "platform/http/io_thread.h"
#include "platform/http/tls.h"
#include "platform/http/web_sockets.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"

namespace ashlar::http {
namespace {

constexpr int kAcceptsPerTurn = 64;

std::string text_of(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes =
      address.ss_family == AF_INET6
          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr)
          : &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
  ::inet_ntop(address.ss_family, bytes, text.data(), text.size());
  return text.data();
}

}  // namespace

struct Server::Impl final : runtime::Watcher {
  Impl(ServerOptions given, ListenSocket listen_socket, const Router& router,
       ExchangeHandler& handler, const base::Clock& clock_in, TrustedProxies proxies,
       obs::Log& log_in, obs::Registry& metrics, const ErrorFace& errors)
      : options(std::move(given)),
        log(log_in),
        trusted_proxies(std::move(proxies)),
        cors(options.cors),
        accepted(metrics.make_counter("ashlar_http_connections_total", "Connections accepted.")),
        refused(metrics.make_counter("ashlar_http_connections_refused_total",
                                     "Connections closed at once because of max_connections.")),
        protocol_errors(metrics.make_counter("ashlar_http_protocol_errors_total",
                                             "Requests that were not HTTP as we accept it.")),
        timeouts(metrics.make_counter("ashlar_http_timeouts_total",
                                      "Requests that did not arrive in time.")),
        open(metrics.make_gauge("ashlar_http_connections_open",
                                "Open connections, WebSockets too.")),
        web_sockets(std::make_shared<WebSockets>(metrics, open_connections, open)),
        shared{options, router,          handler,  clock_in,          trusted_proxies, cors,
               errors,  protocol_errors, timeouts, *open_connections, *web_sockets,    open},
        socket(std::move(listen_socket)) {}

  void on_ready(Ready ready) override {
    if (ready.readable) accept_some();
  }

  void accept_some() {
    if (socket.fd() < 0) return;  // closed by stop()
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
      sockaddr_storage peer{};
      socklen_t size = sizeof peer;
      const int fd = ::accept4(socket.fd(), reinterpret_cast<sockaddr*>(&peer), &size,
                               SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) {
        adopt(fd, text_of(peer));
      } else if (errno != EINTR && errno != ECONNABORTED) {
        // Nothing waits, or descriptors or memory are short: the next edge or the next tick.
        return;
      }
    }
    threads[0]->loop.post([this] { accept_some(); });
  }

  void adopt(int fd, std::string peer) {
    if (open_connections->load() >= options.max_connections) {
      refused.add();
      ::close(fd);
      return;
    }
    accepted.add();
    open_connections->fetch_add(1);
    shared.open.add(1);
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    IoThread& io = *threads[next_thread++ % threads.size()];
    auto connection = std::make_shared<Connection>(
        io, fd, std::move(peer), tls ? tls->accept(fd) : nullptr, options.proxy_protocol);
    if (&io == threads[0].get()) {
      io.adopt(std::move(connection));
    } else {
      io.loop.post([&io, connection] { io.adopt(connection); });
    }
  }

  ServerOptions options;
  obs::Log& log;
  TrustedProxies trusted_proxies;
  CorsPolicy cors;
  std::unique_ptr<TlsContext> tls;
  const std::shared_ptr<std::atomic<std::size_t>> open_connections =
      std::make_shared<std::atomic<std::size_t>>(0);
  obs::Counter& accepted;
  obs::Counter& refused;
  obs::Counter& protocol_errors;
  obs::Counter& timeouts;
  obs::Gauge& open;
  const std::shared_ptr<WebSockets> web_sockets;
  ServerShared shared;
  ListenSocket socket;
  std::vector<std::unique_ptr<IoThread>> threads;
  std::size_t next_thread = 0;
  bool started = false;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

base::Result<std::unique_ptr<Server>> Server::make(ServerOptions options, ListenSocket socket,
                                                   const Router& router, ExchangeHandler& handler,
                                                   const base::Clock& clock, base::Entropy& entropy,
                                                   obs::Log& log, obs::Registry& metrics,
                                                   const ErrorFace& errors) {
  ASHLAR_ASSIGN(TrustedProxies proxies, TrustedProxies::parse(options.trusted_proxies));
  ASHLAR_TRY(CorsPolicy::check(options.cors));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(socket), router, handler, clock,
                                     std::move(proxies), log, metrics, errors);
  if (!impl->options.tls_certificate.empty()) {
    ASHLAR_ASSIGN(impl->tls,
                  TlsContext::load({impl->options.tls_certificate, impl->options.tls_private_key}));
  }
  CHECK(impl->options.io_threads > 0);
  for (std::size_t i = 0; i < impl->options.io_threads; ++i) {
    impl->threads.push_back(std::make_unique<IoThread>(impl->shared, i, clock, entropy.u64()));
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::~Server() { stop(); }

void Server::start() {
  CHECK(impl_->socket.fd() >= 0 && !impl_->started);
  impl_->started = true;
  impl_->threads[0]->loop.add(impl_->socket.fd(), *impl_);
  // Safety net for accept failures that leave the backlog without a new edge.
  impl_->threads[0]->loop.on_tick([impl = impl_.get()] { impl->accept_some(); });
  for (const auto& thread : impl_->threads) thread->start();
}

void Server::stop() {
  if (!impl_->started) return;
  impl_->started = false;
  // Waits until nothing can be dealt out any more: a drained thread adopts no connection.
  std::binary_semaphore closed{0};
  IoThread& first = *impl_->threads[0];
  first.loop.post([impl = impl_.get(), &first, &closed] {
    // Who stands in the kernel's queue has a connection as far as he knows: he is served as well.
    impl->accept_some();
    first.loop.remove(impl->socket.fd(), *impl);
    impl->socket.close();
    closed.release();
  });
  closed.acquire();
  for (const auto& thread : impl_->threads) thread->drain();
  impl_->web_sockets->close_all();
  for (const auto& thread : impl_->threads) thread->join();
  impl_->web_sockets->wait(impl_->options.drain_timeout);
}

void Server::reload_certificate() {
  if (!impl_->tls) return;
  const base::Result<bool> reloaded = impl_->tls->reload_if_changed();
  if (!reloaded.ok()) {
    impl_->log.error("certificate not reloaded", {{"reason", reloaded.error().detail}});
  } else if (*reloaded) {
    impl_->log.info("certificate reloaded");
  }
}

}  // namespace ashlar::http
