#include "base/clock.h"

namespace ashlar::base {

Time SystemClock::now() const {
  return std::chrono::floor<Micros>(std::chrono::system_clock::now());
}

Mono SystemClock::mono() const {
  return Mono{std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::steady_clock::now().time_since_epoch())};
}

}  // namespace ashlar::base
