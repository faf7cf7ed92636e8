// LimitState: what keeps the counts: this process (memory_state.h), Redis (redis_state.h), or
// leases on Redis (lease_state.h).
#pragma once

#include "base/time.h"

namespace ashlar::limits {

class Batch;

class LimitState {
 public:
  virtual ~LimitState() = default;

  // Decides by batch.h's promises and calls batch.on_decided(). `now`: of the wall clock, in
  // nanoseconds since the Unix epoch (the kit's limiters take it as it is). The batch stays where
  // it is until then. Threads: the one that the state belongs to; MemoryState: any.
  virtual void decide(Batch& batch, base::Mono now) = 0;
};

// Wall-clock time as the kit's limiters want it.
inline base::Mono limiter_now(base::Time now) {
  return base::Mono{std::chrono::nanoseconds{now.time_since_epoch()}};
}

}  // namespace ashlar::limits
