// StreamServer: a TCP listener whose connections live on a LoopGroup, for protocols other than
// HTTP/1 (stream.h has the part that a protocol sees).
//
//   ListenSocket::bind() ──> make() ──> start() ──> … ──> stop()
//
// Loop 0 accepts and deals connections out in turn. stop(): no new connections; sessions that are
// not busy close, busy ones may answer; after drain_timeout the rest is cut off.
//
// A connection (stream_connection.h):
//   kOpen ──finish(), end of input, drain, idle──> kEnding ──not busy, output sent──> kClosed
//   any   ──write error, abort(), write_timeout, drain_timeout──────────────────────> kClosed
//
// Promises
//  1. Beyond max_connections a connection is accepted and closed at once, and counted.
//  2. Memory of a connection: max_input_bytes + max_pending_output_bytes + what one turn of its
//     session appends; none of it while idle.
//  3. A peer that takes no byte for write_timeout while some wait is cut off.
//  4. A session is made on its loop's thread, and destroyed there before stop() returns.
//
// Metrics, label `server`: ashlar_stream_connections_open, _total, _refused_total.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "platform/http/listen_socket.h"

namespace ashlar::obs {
class Registry;
}  // namespace ashlar::obs

namespace ashlar::net {

class LoopGroup;
class Stream;
class StreamSession;

struct StreamOptions {
  std::string name;  // the metrics' label: "grpc", "resp"
  std::size_t max_connections = 10'000;
  std::size_t max_input_bytes = 64 * 1024;  // that a session has not taken
  std::size_t max_pending_output_bytes = 1024 * 1024;
  base::Millis idle_timeout{0};  // without input while the session is not busy; 0: none
  base::Millis write_timeout{30'000};
  base::Millis drain_timeout{10'000};
};

// Called on the stream's loop. Never null.
using SessionFactory = std::function<std::unique_ptr<StreamSession>(Stream& stream)>;

class StreamServer {
 public:
  // `loops` outlives the server; `sessions` is called until stop() returns.
  StreamServer(StreamOptions options, http::ListenSocket socket, LoopGroup& loops,
               SessionFactory sessions, obs::Registry& metrics);
  ~StreamServer();  // stops
  StreamServer(const StreamServer&) = delete;
  StreamServer& operator=(const StreamServer&) = delete;

  void start();  // REQUIRES: once. Before or after the loops' start().
  // Idempotent. REQUIRES: the loops run, and this is none of their threads.
  void stop();

  [[nodiscard]] const std::string& authority() const;  // "127.0.0.1:8081"
  [[nodiscard]] std::uint16_t port() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace ashlar::net
