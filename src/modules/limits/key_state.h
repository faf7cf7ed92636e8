// KeyState: what one key has taken under any algorithm but the sliding log: three words that are
// the words of the kit's state of that algorithm. State{} is the same for all of them: nothing.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kit/rate/fixed_window.h"
#include "kit/rate/gcra.h"
#include "kit/rate/sliding_counter.h"
#include "kit/rate/token_bucket.h"

namespace ashlar::limits {

struct KeyState {
  std::int64_t at_ns = INT64_MIN;
  std::uint64_t first = 0;
  std::uint64_t second = 0;

  // The kit's state, and back. Any words are a state of any algorithm (kit/rate/decision.h).
  template <class State>
  [[nodiscard]] State as() const {
    check_layout<State>();
    State state;
    std::memcpy(static_cast<void*>(&state), this, sizeof state);
    return state;
  }
  template <class State>
  void set(const State& state) {
    check_layout<State>();
    std::memcpy(static_cast<void*>(this), &state, sizeof state);
  }

  friend bool operator==(const KeyState&, const KeyState&) = default;

 private:
  template <class State>
  static constexpr void check_layout() {
    static_assert(std::is_trivially_copyable_v<State> && sizeof(State) <= 24);
  }
};
static_assert(sizeof(KeyState) == 24);

}  // namespace ashlar::limits
