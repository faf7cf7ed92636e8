#include "modules/limits/limit_states.h"

#include "modules/limits/memory_state.h"

namespace ashlar::limits {
namespace {

class StatesInProcess final : public LimitStates {
 public:
  explicit StatesInProcess(MemoryState& memory) : memory_(memory), decider_(memory) {}

  LimitState& of_loop(std::size_t) override { return memory_; }
  Decider& decider() override { return decider_; }
  void run(std::function<void(LimitState&)> run) override { run(memory_); }

 private:
  MemoryState& memory_;
  InlineDecider decider_;
};

}  // namespace

std::unique_ptr<LimitStates> states_in_process(MemoryState& memory) {
  return std::make_unique<StatesInProcess>(memory);
}

}  // namespace ashlar::limits
