#include "modules/limits/decider.h"

#include "modules/limits/limit_state.h"

namespace ashlar::limits {

void InlineDecider::decide_and_wait(std::span<WaitedBatch> batches, base::Mono now) {
  for (WaitedBatch& batch : batches) state_.decide(batch, now);
}

}  // namespace ashlar::limits
