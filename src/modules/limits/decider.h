// Decider: how code that may block (REST handlers, on workers) gets decisions: the bridge from
// limit_state.h, which answers in its own time on its own thread.
#pragma once

#include <latch>
#include <span>

#include "base/time.h"
#include "modules/limits/batch.h"

namespace ashlar::base {
class Clock;
}

namespace ashlar::limits {

class LimitState;

// A batch that somebody waits for. Whoever decides may call on_decided() on any thread.
class WaitedBatch final : public Batch {
 public:
  void count_down_at_end(std::latch& latch) { latch_ = &latch; }
  void on_decided() override {
    if (latch_ != nullptr) latch_->count_down();
  }

 private:
  std::latch* latch_ = nullptr;
};

class Decider {
 public:
  virtual ~Decider() = default;

  // Decides all, in order as far as they touch the same keys, and returns when each has been
  // decided: batch.h's promise 4 says how long that takes. `now` as LimitState::decide. Any thread.
  virtual void decide_and_wait(std::span<WaitedBatch> batches, base::Mono now) = 0;
};

// For a state that answers within the call, on any thread: MemoryState.
class InlineDecider final : public Decider {
 public:
  // `state` outlives it.
  explicit InlineDecider(LimitState& state) : state_(state) {}
  void decide_and_wait(std::span<WaitedBatch> batches, base::Mono now) override;

 private:
  LimitState& state_;
};

}  // namespace ashlar::limits
