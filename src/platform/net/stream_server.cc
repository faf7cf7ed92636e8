#include "platform/net/stream_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <semaphore>
#include <utility>
#include <vector>

#include "base/check.h"
#include "platform/net/loop_group.h"
#include "platform/net/stream_connection.h"
#include "platform/net/stream_loop.h"
#include "platform/observability/metrics.h"

namespace ashlar::net {
namespace {

constexpr int kAcceptsPerTurn = 64;
constexpr base::Millis kAcceptAgain{250};

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

struct StreamServer::Impl final : runtime::Watcher, std::enable_shared_from_this<Impl> {
  Impl(StreamOptions options, http::ListenSocket listen_socket, LoopGroup& group,
       SessionFactory sessions, obs::Registry& metrics)
      : loops(group), socket(std::move(listen_socket)), authority(socket.authority()) {
    const obs::Labels labels{{"server", options.name}};
    shared = std::shared_ptr<StreamShared>(new StreamShared{
        .options = std::move(options),
        .sessions = std::move(sessions),
        .open = metrics.make_gauge("ashlar_stream_connections_open",
                                   "Open connections of listeners other than HTTP's.", labels),
        .accepted =
            metrics.make_counter("ashlar_stream_connections_total",
                                 "Connections accepted by listeners other than HTTP's.", labels),
        .refused =
            metrics.make_counter("ashlar_stream_connections_refused_total",
                                 "Connections closed at once because of max_connections.", labels),
    });
    for (std::size_t i = 0; i < loops.size(); ++i) {
      parts.push_back(std::make_shared<StreamLoop>(shared, loops.loop(i), i));
    }
  }

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
    loops.loop(0).post([self = shared_from_this()] { self->accept_some(); });
  }

  void accept_again() {
    const base::Mono now = loops.loop(0).mono();
    if (now < next_accept) return;
    next_accept = now + kAcceptAgain;
    accept_some();
  }

  void adopt(int fd, std::string peer) {
    if (shared->connections.load() >= shared->options.max_connections) {
      shared->refused.add();
      ::close(fd);
      return;
    }
    shared->accepted.add();
    shared->connections.fetch_add(1);
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::shared_ptr<StreamLoop>& part = parts[next++ % parts.size()];
    if (part == parts[0]) {
      part->adopt(fd, std::move(peer));
    } else {
      part->loop.post([part, fd, peer = std::move(peer)] { part->adopt(fd, peer); });
    }
  }

  LoopGroup& loops;
  http::ListenSocket socket;
  const std::string authority;
  std::shared_ptr<StreamShared> shared;
  std::vector<std::shared_ptr<StreamLoop>> parts;
  std::size_t next = 0;
  base::Mono next_accept{};
  bool started = false;
};

StreamServer::StreamServer(StreamOptions options, http::ListenSocket socket, LoopGroup& loops,
                           SessionFactory sessions, obs::Registry& metrics)
    : impl_(std::make_shared<Impl>(std::move(options), std::move(socket), loops,
                                   std::move(sessions), metrics)) {}

StreamServer::~StreamServer() { stop(); }

const std::string& StreamServer::authority() const { return impl_->authority; }

std::uint16_t StreamServer::port() const { return impl_->socket.port(); }

void StreamServer::start() {
  CHECK(!impl_->started && impl_->socket.fd() >= 0);
  impl_->started = true;
  for (const auto& part : impl_->parts) part->start();
  impl_->loops.loop(0).post([impl = impl_] {
    if (impl->socket.fd() < 0) return;
    impl->loops.loop(0).add(impl->socket.fd(), *impl);
    // Safety net for accept failures that leave the backlog without a new edge.
    impl->loops.loop(0).on_tick([weak = std::weak_ptr(impl)] {
      if (const std::shared_ptr<Impl> alive = weak.lock()) alive->accept_again();
    });
  });
}

void StreamServer::stop() {
  if (!std::exchange(impl_->started, false) || !impl_->loops.running()) return;
  // Waits until nothing can be dealt out any more, then until nothing is left.
  std::counting_semaphore<> done{0};
  impl_->loops.loop(0).post([impl = impl_, &done] {
    // Who stands in the kernel's queue has a connection as far as he knows: he is served as well.
    impl->accept_some();
    impl->loops.loop(0).remove(impl->socket.fd(), *impl);
    impl->socket.close();
    done.release();
  });
  done.acquire();
  for (const auto& part : impl_->parts) {
    part->drain([&done] { done.release(); });
  }
  for (std::size_t i = 0; i < impl_->parts.size(); ++i) done.acquire();
}

}  // namespace ashlar::net
