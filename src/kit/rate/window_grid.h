// WindowGrid: time cut into windows of one period, [phase + i * period, phase + (i + 1) * period)
// for every whole i. With phase 0 windows are aligned to the clock's origin, for a wall clock to
// the Unix epoch; with a phase of its own for each key, not all keys begin anew in one moment.
// Immutable; any thread.
#pragma once

#include <chrono>
#include <cstdint>

#include "kit/rate/bounds.h"

namespace ashlar::kit {

class WindowGrid {
 public:
  // `phase` may be anything; only its remainder by the period counts.
  // REQUIRES: check_period(period).
  WindowGrid(std::chrono::nanoseconds period, std::chrono::nanoseconds phase)
      : period_ns_(static_cast<std::uint64_t>(period.count())),
        phase_ns_(phase.count() % period.count()) {}

  [[nodiscard]] WindowGrid in_phase(std::chrono::nanoseconds phase) const {
    return {std::chrono::nanoseconds{static_cast<std::int64_t>(period_ns_)}, phase};
  }

  [[nodiscard]] std::uint64_t period_ns() const { return period_ns_; }
  [[nodiscard]] std::int64_t phase_ns() const { return phase_ns_; }

  // End of the window that holds `at_ns`, after it. REQUIRES: at_ns is an instant_ns().
  [[nodiscard]] std::int64_t end_after(std::int64_t at_ns) const {
    const auto period = static_cast<std::int64_t>(period_ns_);
    std::int64_t into = (at_ns - phase_ns_) % period;
    if (into < 0) into += period;
    return at_ns + (period - into);
  }

 private:
  std::uint64_t period_ns_;
  std::int64_t phase_ns_;
};

}  // namespace ashlar::kit
