// Sliding log: at most `limit` in every span of one period (decision.h: what all limiters share).
//
// The state is a ring of what was taken and when; a cost passes where what was taken in
// (now - period, now] leaves room for it. It is the only limiter here without an approximation, and
// the one that costs memory: one entry for each take that still counts.
//
// The ring is bounded. With limit <= entries it is exact. With a larger limit takes share entries:
// time is cut into `grain`s of period / (entries - 1), and what is taken within one grain goes when
// the last of it has to. So never more than `limit` pass in a span of one period, and a take counts
// for less than one grain too long: 1.6 % of the period at 64 entries.
//
// Another rule: what was taken stays, each for the new period. Where the ring is full nonetheless,
// since the old rule's grain was finer, what is new joins the newest entry.
//
// A charge counts in full, up to kMaxLimit in all. Charges beyond the limit may fill the ring, and
// what comes then joins the newest entry, so that it may count for up to two periods.
//
// take is O(1) amortised, O(entries) at worst; peek, and a denial, which looks for the moment at
// which enough has gone, O(entries). 16 + 16 * kEntries bytes.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/result.h"
#include "base/time.h"
#include "kit/rate/bounds.h"
#include "kit/rate/decision.h"
#include "kit/rate/sliding_log_state.h"

namespace ashlar::kit {

class SlidingLogRule {
 public:
  // kInvalid: see bounds.h; bad_entries for fewer than 2 or more than 2^20. A limit of 0 lets
  // nothing pass.
  static base::Result<SlidingLogRule> make(std::uint64_t limit, std::chrono::nanoseconds period,
                                           std::size_t entries);

  [[nodiscard]] std::uint64_t limit() const { return limit_; }
  [[nodiscard]] std::uint64_t period_ns() const { return period_ns_; }
  [[nodiscard]] std::size_t entries() const { return entries_; }
  [[nodiscard]] std::uint64_t grain_ns() const { return grain_ns_; }  // 1: exact

 private:
  SlidingLogRule(std::uint64_t limit, std::uint64_t period_ns, std::size_t entries,
                 std::uint64_t grain_ns)
      : limit_(limit), period_ns_(period_ns), entries_(entries), grain_ns_(grain_ns) {}

  std::uint64_t limit_;
  std::uint64_t period_ns_;
  std::size_t entries_;
  std::uint64_t grain_ns_;
};

namespace sliding_log {

// After a long step back of the clock: everything as much earlier.
template <std::size_t kEntries>
void shift_to(SlidingLogState<kEntries>& state, std::int64_t now_ns) {
  constexpr std::int64_t kEarliest = -(std::int64_t{1} << 62);
  const std::uint64_t by_ns = ns_between(now_ns, state.entry(state.count - 1).at_ns);
  for (std::uint32_t i = 0; i < state.count; ++i) {
    std::int64_t& at_ns = state.entry(i).at_ns;
    at_ns =
        ns_between(kEarliest, at_ns) < by_ns ? kEarliest : at_ns - static_cast<std::int64_t>(by_ns);
  }
}

// Forgets what does not count any more. Answers the instant for which that holds: `now_ns`, or the
// newest entry's where the clock has stepped back.
template <std::size_t kEntries>
std::int64_t advance(const SlidingLogRule& rule, SlidingLogState<kEntries>& state,
                     std::int64_t now_ns) {
  if (state.count == 0) return now_ns;
  const std::int64_t newest_ns = state.entry(state.count - 1).at_ns;
  if (newest_ns > now_ns) {
    if (ns_between(now_ns, newest_ns) > rule.period_ns()) {
      shift_to(state, now_ns);
    } else {
      now_ns = newest_ns;
    }
  }
  while (state.count > 0 && ns_between(state.entry(0).at_ns, now_ns) >= rule.period_ns()) {
    state.used -= state.entry(0).cost;
    state.first = static_cast<std::uint32_t>((state.first + 1) % kEntries);
    --state.count;
  }
  return now_ns;
}

inline bool same_grain(const SlidingLogRule& rule, std::int64_t a_ns, std::int64_t b_ns) {
  if (rule.grain_ns() == 1) return a_ns == b_ns;
  constexpr std::int64_t kEarliest = INT64_MIN;
  return ns_between(kEarliest, a_ns) / rule.grain_ns() ==
         ns_between(kEarliest, b_ns) / rule.grain_ns();
}

template <std::size_t kEntries>
void append(const SlidingLogRule& rule, SlidingLogState<kEntries>& state, std::int64_t at_ns,
            std::uint64_t cost) {
  state.used += cost;
  if (state.count > 0) {
    auto& newest = state.entry(state.count - 1);
    if (state.count == kEntries || same_grain(rule, newest.at_ns, at_ns)) {
      newest = {at_ns, newest.cost + cost};
      return;
    }
  }
  state.entry(state.count) = {at_ns, cost};
  ++state.count;
}

// From `now_ns` until `cost` fits. REQUIRES: it does not now, and would fit into an unused limit.
template <std::size_t kEntries>
std::uint64_t retry_after_ns(const SlidingLogRule& rule, const SlidingLogState<kEntries>& state,
                             std::int64_t now_ns, std::uint64_t cost) {
  std::uint64_t used = state.used;
  std::uint32_t i = 0;
  while (used > rule.limit() - cost) used -= state.entry(i++).cost;
  // What was taken last counts until one period after it; before that the clock may have to catch
  // up with it.
  const std::int64_t at_ns = state.entry(i - 1).at_ns;
  return rule.period_ns() + static_cast<std::uint64_t>(at_ns) - static_cast<std::uint64_t>(now_ns);
}

template <std::size_t kEntries>
Decision report(const SlidingLogRule& rule, const SlidingLogState<kEntries>& state,
                std::int64_t now_ns, std::uint64_t cost, bool allowed) {
  Decision out;
  out.allowed = allowed;
  out.limit = rule.limit();
  out.remaining = state.used < rule.limit() ? rule.limit() - state.used : 0;
  if (!allowed) {
    out.retry_after = cost > rule.limit()
                          ? kNeverFits
                          : as_nanoseconds(retry_after_ns(rule, state, now_ns, cost));
  }
  if (state.count > 0) {
    const std::int64_t newest_ns = state.entry(state.count - 1).at_ns;
    out.reset_after = as_nanoseconds(rule.period_ns() + static_cast<std::uint64_t>(newest_ns) -
                                     static_cast<std::uint64_t>(now_ns));
  }
  return out;
}

}  // namespace sliding_log

// REQUIRES (all four): rule.entries() <= kEntries, state.well_formed().
template <std::size_t kEntries>
Decision take(const SlidingLogRule& rule, SlidingLogState<kEntries>& state, base::Mono now,
              std::uint64_t cost) {
  CHECK(rule.entries() <= kEntries);
  const std::int64_t now_ns = instant_ns(now);
  const std::int64_t counted_ns = sliding_log::advance(rule, state, now_ns);
  const bool allowed = state.used <= rule.limit() && cost <= rule.limit() - state.used;
  if (allowed && cost > 0) sliding_log::append(rule, state, counted_ns, cost);
  return sliding_log::report(rule, state, now_ns, cost, allowed);
}

template <std::size_t kEntries>
Decision peek(const SlidingLogRule& rule, SlidingLogState<kEntries> state, base::Mono now,
              std::uint64_t cost) {
  return take(rule, state, now, cost);
}

template <std::size_t kEntries>
Decision charge(const SlidingLogRule& rule, SlidingLogState<kEntries>& state, base::Mono now,
                std::uint64_t cost) {
  CHECK(rule.entries() <= kEntries);
  const std::int64_t now_ns = instant_ns(now);
  const std::int64_t counted_ns = sliding_log::advance(rule, state, now_ns);
  const bool fitted = state.used <= rule.limit() && cost <= rule.limit() - state.used;
  const std::uint64_t counted = std::min(cost, kMaxLimit - state.used);
  if (counted > 0) sliding_log::append(rule, state, counted_ns, counted);
  return sliding_log::report(rule, state, now_ns, cost, fitted);
}

// What was taken last is given back first.
template <std::size_t kEntries>
void refund(const SlidingLogRule& rule, SlidingLogState<kEntries>& state, base::Mono now,
            std::uint64_t cost) {
  sliding_log::advance(rule, state, instant_ns(now));
  while (cost > 0 && state.count > 0) {
    auto& newest = state.entry(state.count - 1);
    const std::uint64_t back = std::min(cost, newest.cost);
    newest.cost -= back;
    state.used -= back;
    cost -= back;
    if (newest.cost == 0) --state.count;
  }
}

}  // namespace ashlar::kit
