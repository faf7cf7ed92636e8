// KeepingState: sends each ask to where its limit's counts are kept (LimitSpec::keeping): kLocal to
// this process, the others to the shared count.
//
// A batch of both kinds is decided in process first, then by the shared count; where that refuses,
// the local counts get back what was taken. Exceptions to batch.h's promise 1, of such batches
// only: in between, another batch of this instance may be refused for what is given back (none is
// admitted by it); and where only quota_mode limits of one kind are over, what is left of that kind
// is not taken though the request passes.
//
// Threads: the shared state's.
#pragma once

#include "modules/limits/limit_state.h"

namespace ashlar::limits {

class MemoryState;

class KeepingState final : public LimitState {
 public:
  // Both outlive it, and what is under way.
  KeepingState(MemoryState& local, LimitState& shared) : local_(local), shared_(shared) {}

  void decide(Batch& batch, base::Mono now) override;

 private:
  class Mixed;

  MemoryState& local_;
  LimitState& shared_;
};

}  // namespace ashlar::limits
