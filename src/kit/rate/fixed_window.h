// Fixed window: at most `limit` in each window of the grid (decision.h: what all limiters share).
//
// The cheapest and the coarsest: what was not taken in a window is lost, and around a window's edge
// up to 2 * limit may pass within one period (`limit` at the end of one, `limit` at the start of
// the next). It is what envoyproxy/ratelimit and most gateways mean by "100 per minute".
//
// Another rule: the window that runs goes on to its end with what was taken in it, and is judged by
// the new limit; the next window is the new grid's. Where it would run for more than two new
// periods, it ends with the new grid's current window.
//
// A charge counts in full, up to 2^64 - 1: who is far over the limit waits for the next window.
//
// O(1); some 2 ns. 16 bytes.
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

class FixedWindowRule {
 public:
  // kInvalid: see bounds.h. A limit of 0 lets nothing pass.
  static base::Result<FixedWindowRule> make(
      std::uint64_t limit, std::chrono::nanoseconds period,
      std::chrono::nanoseconds phase = std::chrono::nanoseconds{0});

  // The same in windows of another phase.
  [[nodiscard]] FixedWindowRule in_phase(std::chrono::nanoseconds phase) const {
    return {limit_, grid_.in_phase(phase)};
  }

  [[nodiscard]] std::uint64_t limit() const { return limit_; }
  [[nodiscard]] const WindowGrid& grid() const { return grid_; }

 private:
  FixedWindowRule(std::uint64_t limit, WindowGrid grid) : limit_(limit), grid_(grid) {}

  std::uint64_t limit_;
  WindowGrid grid_;
};

struct FixedWindowState {
  std::int64_t end_ns = INT64_MIN;  // of the window in which `used` was taken
  std::uint64_t used = 0;

  friend bool operator==(const FixedWindowState&, const FixedWindowState&) = default;
};

namespace fixed_window {

// The state as it is at `now_ns`: the end of its window is after it.
inline FixedWindowState at(const FixedWindowRule& rule, FixedWindowState state,
                           std::int64_t now_ns) {
  if (state.end_ns <= now_ns) return {rule.grid().end_after(now_ns), 0};
  if (ns_between(now_ns, state.end_ns) > 2 * rule.grid().period_ns()) {
    state.end_ns = rule.grid().end_after(now_ns);
  }
  return state;
}

inline bool fits(const FixedWindowRule& rule, const FixedWindowState& state, std::uint64_t cost) {
  return state.used <= rule.limit() && cost <= rule.limit() - state.used;
}

inline Decision report(const FixedWindowRule& rule, const FixedWindowState& state,
                       std::int64_t now_ns, std::uint64_t cost, bool allowed) {
  const auto left = as_nanoseconds(ns_between(now_ns, state.end_ns));
  Decision out;
  out.allowed = allowed;
  out.limit = rule.limit();
  out.remaining = state.used < rule.limit() ? rule.limit() - state.used : 0;
  if (!allowed) out.retry_after = cost > rule.limit() ? kNeverFits : left;
  if (state.used > 0) out.reset_after = left;
  return out;
}

}  // namespace fixed_window

inline Decision take(const FixedWindowRule& rule, FixedWindowState& state, base::Mono now,
                     std::uint64_t cost) {
  const std::int64_t now_ns = instant_ns(now);
  state = fixed_window::at(rule, state, now_ns);
  const bool allowed = fixed_window::fits(rule, state, cost);
  if (allowed) state.used += cost;
  return fixed_window::report(rule, state, now_ns, cost, allowed);
}

inline Decision peek(const FixedWindowRule& rule, FixedWindowState state, base::Mono now,
                     std::uint64_t cost) {
  return take(rule, state, now, cost);
}

inline void refund(const FixedWindowRule& rule, FixedWindowState& state, base::Mono now,
                   std::uint64_t cost) {
  state = fixed_window::at(rule, state, instant_ns(now));
  state.used -= std::min(state.used, cost);
}

inline Decision charge(const FixedWindowRule& rule, FixedWindowState& state, base::Mono now,
                       std::uint64_t cost) {
  const std::int64_t now_ns = instant_ns(now);
  state = fixed_window::at(rule, state, now_ns);
  const bool fitted = fixed_window::fits(rule, state, cost);
  state.used += std::min(cost, UINT64_MAX - state.used);
  return fixed_window::report(rule, state, now_ns, cost, fitted);
}

}  // namespace ashlar::kit
