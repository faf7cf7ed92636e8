// grpc::Server: gRPC over HTTP/2 with prior knowledge (h2c), on a LoopGroup.
//
//   methods.add_unary("/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit",
//                     [this](grpc::UnaryCall call) { …; call.finish(); });
//   grpc::Server server({}, std::move(socket), loops, methods, metrics);
//   server.start(); …; server.stop();
//
// A handler runs on the loop that has the connection, and answers inline or later (call.h). All
// that one wake-up answers leaves in one write.
//
// What callers see
//   unknown path                              UNIMPLEMENTED
//   content-type other than application/grpc[+proto][;…]   HTTP 415;  not POST: HTTP 405
//   a compressed message (flag 1, or grpc-encoding other than identity)   UNIMPLEMENTED
//   a message above max_message_bytes         RESOURCE_EXHAUSTED
//   unary: no message, or more than one       INVALID_ARGUMENT
//   a broken frame, a bad grpc-timeout        INTERNAL, INVALID_ARGUMENT
//   grpc-timeout over                         DEADLINE_EXCEEDED (within LoopGroup::kTick)
//   stop()                                    GOAWAY twice (RFC 9113, 6.8); calls under way end
//
// Bounds, and what happens beyond
//   max_streams         concurrent calls of a connection: SETTINGS, then REFUSED_STREAM
//   max_buffered_bytes  request bytes that a connection's unfinished calls hold: RESOURCE_EXHAUSTED
//   max_header_bytes    of one call: the stream is reset; CONTINUATION beyond nghttp2's bound:
//   GOAWAY max_resets, max_pings, max_settings a second (rapid reset, floods): GOAWAY
//   ENHANCE_YOUR_CALM receive_timeout     from a call's first header to its last byte:
//   DEADLINE_EXCEEDED write_timeout       an answer that the client's flow control holds up: the
//   stream is reset and those of StreamOptions
//
// Metrics: ashlar_grpc_requests_total{method,code} (each call once; method "unknown" for paths that
// are not there), ashlar_grpc_connection_errors_total, and net::StreamServer's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "platform/http/listen_socket.h"
#include "platform/net/stream_server.h"

namespace ashlar::obs {
class Registry;
}

namespace ashlar::net {
class LoopGroup;
}

namespace ashlar::grpc {

class Methods;

struct ServerOptions {
  std::vector<std::string> metadata = {"authorization"};  // headers that handlers may ask for
  std::size_t max_message_bytes = 4 * 1024 * 1024;
  std::size_t max_buffered_bytes = 16 * 1024 * 1024;
  std::size_t max_pending_bytes = 1024 * 1024;  // of one MessageStream, towards the client
  std::size_t max_header_bytes = 16 * 1024;
  std::uint32_t max_streams = 1000;
  std::uint32_t max_resets = 1000;  // a second, of each connection
  std::uint32_t max_pings = 100;
  std::uint32_t max_settings = 20;
  base::Millis receive_timeout{30'000};
  base::Millis write_timeout{30'000};
  std::size_t max_connections = 10'000;
  base::Millis idle_timeout{0};  // connections without calls; 0: none, as gRPC servers do
  base::Millis drain_timeout{10'000};
};

class Server {
 public:
  // `loops` and `methods` outlive the server.
  Server(ServerOptions options, http::ListenSocket socket, net::LoopGroup& loops,
         const Methods& methods, obs::Registry& metrics);
  ~Server();  // stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void start();
  void stop();  // net::StreamServer::stop()

  [[nodiscard]] const std::string& authority() const;
  [[nodiscard]] std::uint16_t port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::grpc
