// IoThread: one event loop, its thread, its connections and the buffers that they share.
//
// What is shared read-only by all I/O threads of a server is in ServerShared, owned by the Server.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/random.h"
#include "platform/http/exchange.h"
#include "platform/http/refusal_pace.h"
#include "platform/http/refusal_text.h"
#include "platform/http/server_options.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::obs {
class Counter;
class Gauge;
}  // namespace ashlar::obs

namespace ashlar::http {

class Connection;
class CorsPolicy;
class ErrorFace;
class TrustedProxies;
class WebSockets;

struct ServerShared {
  const ServerOptions& options;
  const Router& router;
  ExchangeHandler& handler;
  const base::Clock& clock;
  const TrustedProxies& trusted_proxies;
  const CorsPolicy& cors;
  const ErrorFace& errors;
  obs::Counter& protocol_errors;
  obs::Counter& timeouts;
  std::atomic<std::size_t>& open_connections;  // of this server
  WebSockets& web_sockets;
  obs::Gauge& open;  // of all servers of the program
};

class IoThread {
 public:
  IoThread(const ServerShared& shared, std::size_t index, const base::Clock& clock,
           std::uint64_t seed);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  void start();
  // Closes idle connections, lets busy ones answer; those left at the end of drain_timeout are cut.
  // All threads are told first, then waited for: one busy answer holds up nobody else.
  void drain();
  void join();  // REQUIRES: drain() was called

  // Loop's thread.
  void adopt(std::shared_ptr<Connection> connection);
  void release(Connection& connection);
  // Calls the connection's take_turn() then, if it is still there. REQUIRES: `when` is above
  // loop.mono() and not below that of earlier calls.
  void take_turn_at(base::Mono when, std::weak_ptr<Connection> connection);

  const ServerShared& shared;
  const std::size_t index;
  runtime::EventLoop loop;

  // Scratch of the loop's thread, used within one wake-up of one connection.
  std::array<char, 64 * 1024> input;
  std::string output;
  RequestHead head;
  base::Random random;  // request ids: unique, not secret; Retry-After
  RefusalPace refusal_pace;
  // Of a route's own face; null: the listener's. REQUIRES: a face of one of the router's routes.
  [[nodiscard]] const RefusalText& refusal_text(const ErrorFace* face) const;

 private:
  void tick();
  void give_turns();

  const std::vector<std::pair<const ErrorFace*, RefusalText>> refusal_texts_;  // a face each

  struct Turn {
    base::Mono when;
    std::weak_ptr<Connection> connection;
  };
  std::deque<Turn> turns_;  // in the order of `when`; a connection stands in it once at most
  bool turns_set_ = false;  // the loop will call give_turns()
  std::vector<std::shared_ptr<Connection>> connections_;
  bool draining_ = false;
  base::Mono drain_until_{};
  std::thread thread_;
};

}  // namespace ashlar::http
