#include "platform/http/server.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <semaphore>

#include "base/clock.h"
#include "base/entropy.h"
#include "platform/http/client_address.h"
#include "platform/http/connection.h"
#include "platform/http/cors.h"
#include "platform/http/io_thread.h"
#include "platform/http/tls.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"

namespace ashlar::http {
namespace {

using base::Code;
using base::fail;

constexpr int kBacklog = 4096;
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
  Impl(ServerOptions given, const Router& router, ExchangeHandler& handler,
       const base::Clock& clock_in, TrustedProxies proxies, obs::Log& log_in,
       obs::Registry& metrics)
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
        shared{options, router,          handler,  clock_in,        trusted_proxies,
               cors,    protocol_errors, timeouts, open_connections} {
    metrics.make_gauge_callback("ashlar_http_connections_open", "Open connections.", {},
                                [this] { return static_cast<double>(open_connections.load()); });
  }

  void on_ready(Ready ready) override {
    if (ready.readable) accept_some();
  }

  void accept_some() {
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
      sockaddr_storage peer{};
      socklen_t size = sizeof peer;
      const int fd = ::accept4(listen_fd, reinterpret_cast<sockaddr*>(&peer), &size,
                               SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) {
        if (errno == EAGAIN) return;
        // Out of descriptors or the client is gone already: the rest of the backlog waits for the
        // next tick, since no edge will come for it.
        if (errno == EMFILE || errno == ENFILE) return;
        continue;
      }
      adopt(fd, text_of(peer));
    }
    threads[0]->loop.post([this] { accept_some(); });
  }

  void adopt(int fd, std::string peer) {
    if (open_connections.load() >= options.max_connections) {
      refused.add();
      ::close(fd);
      return;
    }
    accepted.add();
    open_connections.fetch_add(1);
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
  std::atomic<std::size_t> open_connections{0};
  obs::Counter& accepted;
  obs::Counter& refused;
  obs::Counter& protocol_errors;
  obs::Counter& timeouts;
  ServerShared shared;
  std::vector<std::unique_ptr<IoThread>> threads;
  std::size_t next_thread = 0;
  int listen_fd = -1;
  std::uint16_t bound_port = 0;
  bool started = false;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

base::Result<std::unique_ptr<Server>> Server::make(ServerOptions options, const Router& router,
                                                   ExchangeHandler& handler,
                                                   const base::Clock& clock, base::Entropy& entropy,
                                                   obs::Log& log, obs::Registry& metrics) {
  ASHLAR_ASSIGN(TrustedProxies proxies, TrustedProxies::parse(options.trusted_proxies));
  auto impl = std::make_unique<Impl>(std::move(options), router, handler, clock, std::move(proxies),
                                     log, metrics);
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

Server::~Server() {
  stop();
  if (impl_->listen_fd >= 0) ::close(impl_->listen_fd);
}

base::Status Server::listen() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(impl_->options.port);
  const std::string name = impl_->options.address + ":" + port;
  if (::getaddrinfo(impl_->options.address.c_str(), port.c_str(), &hints, &found) != 0) {
    return fail(Code::kInvalid, "bad_listen_address", name + " is not an address to listen on");
  }
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd >= 0) ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool bound =
      fd >= 0 && ::bind(fd, found->ai_addr, found->ai_addrlen) == 0 && ::listen(fd, kBacklog) == 0;
  const int error = errno;
  ::freeaddrinfo(found);
  if (!bound) {
    if (fd >= 0) ::close(fd);
    return fail(Code::kUnavailable, error == EADDRINUSE ? "address_in_use" : "cannot_listen",
                "cannot listen on " + name + ": " + std::strerror(error));
  }
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  CHECK(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  impl_->bound_port =
      ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                          : reinterpret_cast<sockaddr_in&>(address).sin_port);
  impl_->listen_fd = fd;
  return base::ok_status();
}

void Server::start() {
  CHECK(impl_->listen_fd >= 0 && !impl_->started);
  impl_->started = true;
  impl_->threads[0]->loop.add(impl_->listen_fd, *impl_);
  // Safety net for accept failures that leave the backlog without a new edge.
  impl_->threads[0]->loop.on_tick([impl = impl_.get()] {
    if (impl->listen_fd >= 0) impl->accept_some();
  });
  for (const auto& thread : impl_->threads) thread->start();
}

void Server::stop() {
  if (!impl_->started) return;
  impl_->started = false;
  // Waits until nothing can be dealt out any more: a drained thread adopts no connection.
  std::binary_semaphore closed{0};
  IoThread& first = *impl_->threads[0];
  first.loop.post([impl = impl_.get(), &first, &closed] {
    first.loop.remove(impl->listen_fd, *impl);
    ::close(impl->listen_fd);
    impl->listen_fd = -1;
    closed.release();
  });
  closed.acquire();
  for (const auto& thread : impl_->threads) thread->drain_and_join();
}

std::string Server::origin() const {
  const bool v6 = impl_->options.address.find(':') != std::string::npos;
  return std::string(impl_->tls ? "https://" : "http://") + (v6 ? "[" : "") +
         impl_->options.address + (v6 ? "]" : "") + ":" + std::to_string(impl_->bound_port);
}

std::uint16_t Server::port() const { return impl_->bound_port; }

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
