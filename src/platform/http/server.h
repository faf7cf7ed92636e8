// Server: listens, spreads connections over the I/O threads, stops gracefully.
//
//   make ──> listen() ──> start() ──> … ──> stop()
//
// One thread accepts and deals connections out in turn: they spread evenly, and a second server on
// the same port is refused by the kernel (with SO_REUSEPORT it would silently get half of them).
// stop(): no new connections; idle ones close; requests under way are answered with
// `Connection: close`; after drain_timeout the rest is cut off. The handler must still work then.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
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
  // `router` and `handler` outlive the server. Errors: kInvalid with the setting that is wrong
  // (certificate, trusted proxies).
  static base::Result<std::unique_ptr<Server>> make(ServerOptions options, const Router& router,
                                                    ExchangeHandler& handler,
                                                    const base::Clock& clock,
                                                    base::Entropy& entropy, obs::Log& log,
                                                    obs::Registry& metrics);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Error: kUnavailable address_in_use and the like, naming the address.
  base::Status listen();
  void start();  // REQUIRES: listen() has succeeded
  void stop();   // idempotent

  // "http://127.0.0.1:8080" of the bound socket. REQUIRES: listen() has succeeded.
  [[nodiscard]] std::string origin() const;
  [[nodiscard]] std::uint16_t port() const;
  // Reads certificate and key again if they changed; App calls it periodically and on SIGHUP.
  void reload_certificate();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::http
