// LimitStates: which keeper of counts decides where: in process, one for all threads
// (memory_state.h); with Redis, one for each loop, over that loop's own connection.
//
// Workers, which may block, decide through decider().
//
// Order of life: loops → LimitStates → what serves → loops' stop() → ~LimitStates. Threads:
// of_loop(i) and what it answers belong to loop i; decider() and run() to any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "modules/limits/decider.h"
#include "modules/limits/limit_state.h"

namespace ashlar::limits {

class MemoryState;

class LimitStates {
 public:
  virtual ~LimitStates() = default;

  [[nodiscard]] virtual LimitState& of_loop(std::size_t loop) = 0;
  [[nodiscard]] virtual Decider& decider() = 0;
  // Calls `run` once with a state on the thread that it belongs to, within the call or soon. What
  // is decided there is answered there. Any thread.
  virtual void run(std::function<void(LimitState&)> run) = 0;
  // Gives back what was taken ahead and answers what is under way, while the loops still run.
  // Nothing is decided afterwards.
  virtual void close() {}
};

// All counts in process. `memory` outlives it.
std::unique_ptr<LimitStates> states_in_process(MemoryState& memory);

}  // namespace ashlar::limits
