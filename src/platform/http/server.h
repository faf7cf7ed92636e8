// Server: listens, spreads connections over the I/O threads, stops gracefully.
//
//   ListenSocket::bind() ──> make() ──> start() ──> … ──> stop()
//
// One thread accepts and deals connections out in turn: they spread evenly, and a second server on
// the same port is refused by the kernel (with SO_REUSEPORT it would silently get half of them).
// stop(): no new connections; idle ones close; requests under way are answered with
// `Connection: close`; WebSockets are closed with 1001; after drain_timeout the rest is cut off.
// The handler, and the loops that WebSockets were moved to, must still work then.
#pragma once

#include <atomic>
#include <memory>

#include "base/result.h"
#include "platform/http/error_face.h"
#include "platform/http/listen_socket.h"
#include "platform/http/server_options.h"

namespace ashlar::base {
class Clock;
class Entropy;
}  // namespace ashlar::base
namespace ashlar::obs {
class Log;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::http {

class ExchangeHandler;
class Router;

class Server {
 public:
  // `router`, `handler` and `errors` outlive the server. Errors: kInvalid with the setting that is
  // wrong (certificate, trusted proxies).
  static base::Result<std::unique_ptr<Server>> make(ServerOptions options, ListenSocket socket,
                                                    const Router& router, ExchangeHandler& handler,
                                                    const base::Clock& clock,
                                                    base::Entropy& entropy, obs::Log& log,
                                                    obs::Registry& metrics,
                                                    const ErrorFace& errors = problem_face());
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void start();
  void stop();  // idempotent

  // Reads certificate and key again if they changed; App calls it periodically and on SIGHUP.
  void reload_certificate();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::http
