// EventLoop: one thread that waits for sockets (epoll), runs what other threads post to it, and
// keeps coarse time. Every connection lives on exactly one loop, so that its state needs no lock.
//
// Why not a library's loop: docs/decisions/0002-event-loop.md (a registration a connection, no
// system call but the read and the write of a request, and files that compile in a second).
//
// Invariants
//  1. A Watcher is called on the loop's thread only, never after remove() has returned.
//  2. Registration is edge-triggered and made once: whoever reads stops only at a short read or
//     EAGAIN, whoever writes only at EAGAIN; otherwise the next edge never comes.
//  3. post() may be called from any thread, also from the loop's own; what was posted before stop()
//     runs before run() returns.
//  4. now() and mono() are read once per wake-up: cheap, and milliseconds old at most.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace ashlar::base {
class Clock;
}

namespace ashlar::runtime {

class Watcher {
 public:
  virtual ~Watcher() = default;
  struct Ready {
    bool readable;  // data, end of stream, or an error: read to find out which
    bool writable;
    bool hangup;  // the peer has closed its side: read until the end is seen
  };
  virtual void on_ready(Ready ready) = 0;
};

class EventLoop {
 public:
  // `tick_interval`: how often on_tick functions run (deadlines of connections).
  EventLoop(const base::Clock& clock, base::Millis tick_interval);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs until stop(). REQUIRES: called once, by the thread that is the loop from then on.
  void run();
  void stop();  // any thread

  void post(std::function<void()> run);  // any thread; from its own it costs no system call

  // Loop's thread only, or before run().
  void add(int fd, Watcher& watcher);
  void remove(int fd, Watcher& watcher);
  void on_tick(std::function<void()> run);  // for the loop's life
  // Once, in the first round at or after `when`, to the millisecond. Cannot be taken back: what it
  // captures must live, or be a weak_ptr. O(log n).
  void run_at(base::Mono when, std::function<void()> run);

  [[nodiscard]] base::Time now() const { return now_; }
  [[nodiscard]] base::Mono mono() const { return mono_; }
  // "Date: Sun, 22 Nov 2026 10:00:00 GMT\r\n", renewed each second.
  [[nodiscard]] std::string_view date_header() const { return date_header_; }

 private:
  void refresh_time();
  void run_posted();
  void drain_wake_up();
  void run_timers();
  [[nodiscard]] int timeout_ms() const;

  const base::Clock& clock_;
  const base::Millis tick_interval_;
  const int epoll_fd_;
  const int wake_fd_;

  base::Time now_{};
  base::Mono mono_{};
  base::Mono next_tick_{};
  std::int64_t date_second_ = -1;
  std::string date_header_;
  std::vector<std::function<void()>> ticks_;
  std::multimap<base::Mono, std::function<void()>> timers_;
  std::vector<Watcher*> removed_;  // during this wake-up: their pending events are void
  std::atomic<bool> stopping_{false};
  bool posted_here_ = false;  // from its own thread, since the last run_posted()

  std::mutex mutex_;  // guards what follows
  std::vector<std::function<void()>> posted_;
  bool signalled_ = false;
};

}  // namespace ashlar::runtime
