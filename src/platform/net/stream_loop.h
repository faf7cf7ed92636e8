// StreamLoop: what one StreamServer has on one loop: its connections there, the buffers that they
// share, the connections that want to be woken or flushed. All for the loop's thread.
//
// Invariants
//  1. A connection stands in connections_ from adopt() until release(), once.
//  2. A connection has at most one entry in wakes_, and at most one in unflushed_.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "platform/net/stream_server.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::obs {
class Counter;
class Gauge;
}  // namespace ashlar::obs

namespace ashlar::net {

class StreamConnection;

// Shared by a server's loops; read-only but for the counts.
struct StreamShared {
  StreamOptions options;
  SessionFactory sessions;
  obs::Gauge& open;
  obs::Counter& accepted;
  obs::Counter& refused;
  std::atomic<std::size_t> connections{0};
};

class StreamLoop : public std::enable_shared_from_this<StreamLoop> {
 public:
  StreamLoop(std::shared_ptr<StreamShared> server_shared, runtime::EventLoop& event_loop,
             std::size_t own_index);
  ~StreamLoop();
  StreamLoop(const StreamLoop&) = delete;
  StreamLoop& operator=(const StreamLoop&) = delete;

  // Any thread; once.
  void start();
  // Any thread. Closes what is idle, lets the rest answer for drain_timeout, then calls `done` on
  // the loop's thread: nothing is left.
  void drain(std::function<void()> done);

  void adopt(int fd, std::string peer_address);

  // For connections.
  void release(StreamConnection& connection);
  void set_wake(StreamConnection& connection, base::Mono from, base::Mono to);  // max(): none
  void flush_soon(std::shared_ptr<StreamConnection> connection);

  const std::shared_ptr<StreamShared> shared;
  runtime::EventLoop& loop;
  const std::size_t index;

  // Scratch within one turn of one connection.
  std::array<char, 64 * 1024> input;
  std::string output;

 private:
  void tick();
  void wake_due(base::Mono now);
  void end_if_drained();
  void run_flushes();

  std::vector<std::shared_ptr<StreamConnection>> connections_;
  std::set<std::pair<base::Mono, StreamConnection*>> wakes_;
  std::vector<std::shared_ptr<StreamConnection>> unflushed_;
  base::Mono next_sweep_{};
  base::Mono drain_until_{};
  std::function<void()> drained_;  // null: not draining, or done
};

}  // namespace ashlar::net
