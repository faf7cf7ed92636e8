// Sliding counter: two counts instead of a log (decision.h: what all limiters share).
//
// What was taken in the window before counts in proportion to how much of it lies within the last
// period: estimate = current + previous * (end - now) / period, as if it had been taken evenly.
// Exact where traffic is even; otherwise, with f the part of the running window that has passed:
//   previous * f above the estimate at most is what was really taken in the last period,
//   previous * (1 - f) below it at least.
// So at most `limit` pass in each window of the grid, and below 2 * limit in any span of a period
// (reached only where all of a window's traffic comes at its very end, and the next one's too).
// Where that matters take sliding_log.h, whose error is bounded by the number of its entries.
//
// Another rule: both counts stay, for the time that fixed_window.h says; judged by the new limit.
// Until the next window, which is the new grid's, retry_after and reset_after may be up to a period
// too long.
//
// A charge counts in full, up to 1.5 * kMaxLimit: who is far over the limit waits for this window
// to end and for most of the next.
//
// O(1); some 4 ns. 24 bytes.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/result.h"
#include "base/time.h"
#include "kit/rate/bounds.h"
#include "kit/rate/decision.h"
#include "kit/rate/window_grid.h"

namespace ashlar::kit {

class SlidingCounterRule {
 public:
  // kInvalid: see bounds.h. A limit of 0 lets nothing pass.
  static base::Result<SlidingCounterRule> make(
      std::uint64_t limit, std::chrono::nanoseconds period,
      std::chrono::nanoseconds phase = std::chrono::nanoseconds{0});

  // The same in windows of another phase.
  [[nodiscard]] SlidingCounterRule in_phase(std::chrono::nanoseconds phase) const {
    return {limit_, grid_.in_phase(phase)};
  }

  [[nodiscard]] std::uint64_t limit() const { return limit_; }
  [[nodiscard]] const WindowGrid& grid() const { return grid_; }

 private:
  SlidingCounterRule(std::uint64_t limit, WindowGrid grid) : limit_(limit), grid_(grid) {}

  std::uint64_t limit_;
  WindowGrid grid_;
};

struct SlidingCounterState {
  std::int64_t end_ns = INT64_MIN;  // of the window in which `current` was taken
  std::uint64_t current = 0;
  std::uint64_t previous = 0;  // taken in the window before

  friend bool operator==(const SlidingCounterState&, const SlidingCounterState&) = default;
};

namespace sliding_counter {

// Above every limit, and two of them do not overflow.
inline constexpr std::uint64_t kMaxCount = kMaxLimit + kMaxLimit / 2;

// The state as it is at `now_ns`: the end of its window is after it, the counts within kMaxCount.
inline SlidingCounterState at(const SlidingCounterRule& rule, SlidingCounterState state,
                              std::int64_t now_ns) {
  const WindowGrid& grid = rule.grid();
  state.current = std::min(state.current, kMaxCount);
  state.previous = std::min(state.previous, kMaxCount);
  if (state.end_ns <= now_ns) {
    const std::int64_t end_ns = grid.end_after(now_ns);
    const bool follows = ns_between(state.end_ns, end_ns) <= grid.period_ns();
    return {end_ns, 0, follows ? state.current : 0};
  }
  if (ns_between(now_ns, state.end_ns) > 2 * grid.period_ns()) {
    // How much of the window before counted is not known any more: all of it.
    return {grid.end_after(now_ns), std::min(state.current + state.previous, kMaxCount), 0};
  }
  return state;
}

// The estimate rounded up, so that whole costs compare with it as with the fraction itself.
inline std::uint64_t used(const SlidingCounterRule& rule, const SlidingCounterState& state,
                          std::int64_t now_ns) {
  if (state.previous == 0) return state.current;
  const std::uint64_t period_ns = rule.grid().period_ns();
  const std::uint64_t left_ns = std::min(ns_between(now_ns, state.end_ns), period_ns);
  return state.current + multiply_divide(state.previous, left_ns, 0, period_ns).ceil();
}

// REQUIRES: cost does not fit now, and would fit into an unused limit.
inline std::uint64_t retry_after_ns(const SlidingCounterRule& rule,
                                    const SlidingCounterState& state, std::int64_t now_ns,
                                    std::uint64_t cost) {
  const std::uint64_t period_ns = rule.grid().period_ns();
  const std::uint64_t left_ns = ns_between(now_ns, state.end_ns);
  const std::uint64_t room = rule.limit() - cost;
  if (state.current <= room) {  // once enough of the window before has slid out
    return left_ns - multiply_divide(room - state.current, period_ns, 0, state.previous).floor;
  }
  return left_ns + period_ns - multiply_divide(room, period_ns, 0, state.current).floor;
}

inline Decision report(const SlidingCounterRule& rule, const SlidingCounterState& state,
                       std::int64_t now_ns, std::uint64_t cost, std::uint64_t used, bool allowed) {
  const std::uint64_t left_ns = ns_between(now_ns, state.end_ns);
  Decision out;
  out.allowed = allowed;
  out.limit = rule.limit();
  out.remaining = used < rule.limit() ? rule.limit() - used : 0;
  if (!allowed) {
    out.retry_after = cost > rule.limit()
                          ? kNeverFits
                          : as_nanoseconds(retry_after_ns(rule, state, now_ns, cost));
  }
  if (state.current > 0) {
    out.reset_after = as_nanoseconds(left_ns + rule.grid().period_ns());
  } else if (state.previous > 0) {
    out.reset_after = as_nanoseconds(left_ns);
  }
  return out;
}

}  // namespace sliding_counter

inline Decision take(const SlidingCounterRule& rule, SlidingCounterState& state, base::Mono now,
                     std::uint64_t cost) {
  const std::int64_t now_ns = instant_ns(now);
  state = sliding_counter::at(rule, state, now_ns);
  std::uint64_t used = sliding_counter::used(rule, state, now_ns);
  const bool allowed = used <= rule.limit() && cost <= rule.limit() - used;
  if (allowed) {
    state.current += cost;
    used += cost;
  }
  return sliding_counter::report(rule, state, now_ns, cost, used, allowed);
}

inline Decision peek(const SlidingCounterRule& rule, SlidingCounterState state, base::Mono now,
                     std::uint64_t cost) {
  return take(rule, state, now, cost);
}

// What the running window does not hold is given back to the one before.
inline void refund(const SlidingCounterRule& rule, SlidingCounterState& state, base::Mono now,
                   std::uint64_t cost) {
  state = sliding_counter::at(rule, state, instant_ns(now));
  const std::uint64_t from_current = std::min(state.current, cost);
  state.current -= from_current;
  state.previous -= std::min(state.previous, cost - from_current);
}

inline Decision charge(const SlidingCounterRule& rule, SlidingCounterState& state, base::Mono now,
                       std::uint64_t cost) {
  const std::int64_t now_ns = instant_ns(now);
  state = sliding_counter::at(rule, state, now_ns);
  const std::uint64_t used = sliding_counter::used(rule, state, now_ns);
  const bool fitted = used <= rule.limit() && cost <= rule.limit() - used;
  state.current += std::min(cost, sliding_counter::kMaxCount - state.current);
  return sliding_counter::report(rule, state, now_ns, cost,
                                 sliding_counter::used(rule, state, now_ns), fitted);
}

}  // namespace ashlar::kit
