#include "platform/grpc/server.h"

#include <utility>

#include "platform/grpc/session.h"
#include "platform/grpc/session_shared.h"
#include "platform/net/loop_group.h"
#include "platform/observability/metrics.h"

namespace ashlar::grpc {
namespace {

net::StreamOptions stream_options(const ServerOptions& options) {
  return {.name = "grpc",
          .max_connections = options.max_connections,
          .idle_timeout = options.idle_timeout,
          .write_timeout = options.write_timeout,
          .drain_timeout = options.drain_timeout};
}

}  // namespace

struct Server::Impl {
  Impl(ServerOptions options, http::ListenSocket socket, net::LoopGroup& loops,
       const Methods& methods, obs::Registry& metrics)
      : shared(std::move(options), methods, loops.size(), metrics),
        streams(
            stream_options(shared.options), std::move(socket), loops,
            [this](net::Stream& stream) { return std::make_unique<Session>(stream, shared); },
            metrics) {}

  SessionShared shared;
  net::StreamServer streams;
};

Server::Server(ServerOptions options, http::ListenSocket socket, net::LoopGroup& loops,
               const Methods& methods, obs::Registry& metrics)
    : impl_(
          std::make_unique<Impl>(std::move(options), std::move(socket), loops, methods, metrics)) {}

Server::~Server() = default;

void Server::start() { impl_->streams.start(); }

void Server::stop() { impl_->streams.stop(); }

const std::string& Server::authority() const { return impl_->streams.authority(); }

std::uint16_t Server::port() const { return impl_->streams.port(); }

}  // namespace ashlar::grpc
