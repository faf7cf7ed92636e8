// LoopGroup: N named threads, each one runtime::EventLoop, for protocols other than HTTP/1.
//
//   LoopGroup() ──start()──> running ──stop()──> stopped            (for ever)
//
// Several servers and clients share one group: each keeps state of its own per loop and calls
// nobody on another loop but by post(). So a decision is made, and a store's answer arrives, on the
// thread that has the connection.
//
// Order of life: group, then what stands on it; start() and the servers' start() in any order; the
// servers' stop(), then the group's. What stands on a loop outlives the group's stop(): the last
// posted functions run there.
//
// Invariants
//  1. Loops never move: references to them hold as long as the group.
//  2. What was posted before stop() has run when stop() returns.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::net {

class LoopGroup {
 public:
  // How exact times on these loops are: deadlines of calls and of stores end within it.
  static constexpr base::Millis kTick{10};

  // Threads are called name-0, name-1, … (cut at 15 bytes). A tick wakes each of them, so who needs
  // no exact times asks for a longer one. REQUIRES: loops > 0.
  LoopGroup(std::size_t loops, std::string name, const base::Clock& clock,
            base::Millis tick = kTick);
  ~LoopGroup();  // stops
  LoopGroup(const LoopGroup&) = delete;
  LoopGroup& operator=(const LoopGroup&) = delete;

  void start();  // REQUIRES: once
  void stop();   // idempotent; not from a loop's own thread

  [[nodiscard]] bool running() const { return !threads_.empty(); }  // for who starts and stops it
  [[nodiscard]] std::size_t size() const { return loops_.size(); }
  [[nodiscard]] runtime::EventLoop& loop(std::size_t index) { return *loops_[index]; }
  // Of the calling thread, where it is one of this group's.
  [[nodiscard]] std::optional<std::size_t> current() const;

 private:
  const std::string name_;
  std::vector<std::unique_ptr<runtime::EventLoop>> loops_;
  std::vector<std::thread> threads_;
};

}  // namespace ashlar::net
