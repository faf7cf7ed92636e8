// WebSockets: all WebSockets of one server, whichever loop they live on: their counts, and their
// end when the server stops. WebSocketLoop is the part of it that one loop has.
//
//   adopt ──(the socket's loop) WebSocketLoop::begin──> connection ──release──> gone
//   stop ──> each loop: close_all(1001) … patience … cut_all
//
// Shared by the server, its loops and its connections, so it lives until the last of them.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/time.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::obs {
class Counter;
class Gauge;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::http {

class WebSocketConnection;
class WebSocketLoop;

// What connections count.
struct WebSocketMetrics {
  explicit WebSocketMetrics(obs::Registry& metrics);
  obs::Gauge& open;
  obs::Counter& accepted;
  obs::Counter& messages_in;
  obs::Counter& frames_out;
  obs::Counter& bytes_in;
  obs::Counter& bytes_out;
  obs::Counter& protocol_errors;
  obs::Counter& slow_readers;
  obs::Counter& silent;
  obs::Counter& slowed;
};

class WebSockets : public std::enable_shared_from_this<WebSockets> {
 public:
  // `connections` and `open`: of the server, where WebSockets count too.
  WebSockets(obs::Registry& metrics, std::shared_ptr<std::atomic<std::size_t>> connections,
             obs::Gauge& open);
  ~WebSockets();
  WebSockets(const WebSockets&) = delete;
  WebSockets& operator=(const WebSockets&) = delete;

  // Any thread.
  void adopt(std::shared_ptr<WebSocketConnection> connection, runtime::EventLoop& loop);
  // Closes all, also those that come later. REQUIRES: their loops run.
  void close_all();
  // After close_all(). Cuts off those that are left at the end of `patience`.
  void wait(base::Millis patience);

  [[nodiscard]] bool stopping() const { return stopping_.load(); }

  const WebSocketMetrics metrics;

 private:
  struct Place;  // counts, as long as it is there
  std::vector<std::shared_ptr<WebSocketLoop>> loops();

  const std::shared_ptr<std::atomic<std::size_t>> connections_;
  obs::Gauge& open_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;  // guards what follows
  std::condition_variable ended_;
  std::size_t count_ = 0;
  std::map<runtime::EventLoop*, std::shared_ptr<WebSocketLoop>> loops_;
};

// The loop's thread only.
class WebSocketLoop : public std::enable_shared_from_this<WebSocketLoop> {
 public:
  WebSocketLoop(std::shared_ptr<WebSockets> sockets, runtime::EventLoop& event_loop);
  ~WebSocketLoop();
  WebSocketLoop(const WebSocketLoop&) = delete;
  WebSocketLoop& operator=(const WebSocketLoop&) = delete;

  void begin(std::shared_ptr<WebSocketConnection> connection);
  void release(WebSocketConnection& connection);
  // Calls settle() once in this round or the next, for any number of calls.
  void settle_soon(std::shared_ptr<WebSocketConnection> connection);
  void close_all();
  void cut_all();

  const std::shared_ptr<WebSockets> sockets;
  runtime::EventLoop& loop;
  std::array<char, 64 * 1024> input;  // scratch within one read

 private:
  void sweep();
  void settle_all();

  bool ticking_ = false;
  base::Mono next_sweep_{};
  std::vector<std::shared_ptr<WebSocketConnection>> connections_;
  std::vector<std::shared_ptr<WebSocketConnection>> unsettled_;
};

}  // namespace ashlar::http
