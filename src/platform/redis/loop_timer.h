// LoopTimer: calls a function on an event loop at a time, to the microsecond, where the loop's
// ticks are too coarse. A system call only when the time asked for is earlier than what is set.
//
// Threads: the loop's, or before it runs.
#pragma once

#include <functional>
#include <optional>

#include "base/time.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::redis {

class LoopTimer final : public runtime::Watcher {
 public:
  LoopTimer(runtime::EventLoop& loop, std::function<void()> run);
  ~LoopTimer() override;
  LoopTimer(const LoopTimer&) = delete;
  LoopTimer& operator=(const LoopTimer&) = delete;

  // Calls once, at `at` or at an earlier time that was asked for before: the function looks what is
  // due, and asks again.
  void wake_by(base::Mono at);

  void on_ready(Ready ready) override;

 private:
  runtime::EventLoop& loop_;
  const std::function<void()> run_;
  const int fd_;
  std::optional<base::Mono> set_;
};

}  // namespace ashlar::redis
