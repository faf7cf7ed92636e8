// CircuitBreaker: stops calling a dependency that fails, and finds out by a few probes when it has
// recovered.
//
//            record() of a call that is one too many: trip()
//   CLOSED ──────────────────────────────────────────────────> OPEN <──────────────────┐
//     ^                            allow(), open time is over    │                     │
//     │                                                          v                     │
//     └───────────────────────────────────────────────────── HALF-OPEN ────────────────┘
//       record_probe(), the last of `probes` successes          record_probe(), a failed or slow
//                                                               one, or allow() after probe_time:
//                                                               trip()
// Promises:
//   1. Closed: every call is allowed. It opens when a failed or slow call is recorded and, over the
//      window with that call in it, calls >= min_calls and failures >= failure_rate * calls (or
//      slow calls >= slow_rate * calls). A success alone never opens it.
//   2. Open: no call is allowed for open_time, stretched by up to open_jitter of it, so that many
//      clients do not probe together.
//   3. Half-open: at most `probes` calls are allowed that have not been given up. All of them must
//      succeed to close it; one that fails opens it again at once.
//   4. A result counts only in the state in which its call was allowed: what was under way when the
//      breaker opened neither closes nor opens it later.
//   5. Half-open ends: probes that are never recorded count as failed after probe_time.
// Each Ticket is recorded once, with kIgnored where the result says nothing of the dependency (the
// caller's own mistake, a cancellation); that gives a probe's place back.
//
// Window: the last `window` of time, or the last window_calls calls where that is not 0; kept in
// ten slices, so that it spans between 9/10 of that and all of it. A closing starts it afresh; a
// result recorded while another thread changes the state may still be counted.
//
// allow() when closed or open: one or three loads. record() when closed: a division and a CAS for
// a success, sums over 30 words more for a failure. The rest takes a mutex. Memory: 464
// bytes. Any thread. `now`: any clock, always the same; if it steps back, the open time starts
// again from there, so that it refuses no longer than one open time by the clock that is.
// Source: M. Nygard, "Release It!", 2007; resilience4j, for rates over sliding windows.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/random.h"
#include "base/time.h"
#include "kit/resilience/sliding_sum.h"

namespace ashlar::kit {

struct CircuitBreakerOptions {
  std::chrono::nanoseconds window = std::chrono::seconds(10);  // 100 ms or more
  std::uint32_t window_calls = 0;  // not 0: the window is so many calls instead of a time
  std::uint32_t min_calls = 20;    // at most 9/10 of window_calls
  double failure_rate = 0.5;       // above 0, at most 1
  std::chrono::nanoseconds slow_call = std::chrono::nanoseconds::max();  // slow from here on
  double slow_rate = 1.0;                                                // above 0, at most 1
  std::chrono::nanoseconds open_time = std::chrono::seconds(5);          // at most kMaxTime
  double open_jitter = 0.2;                                              // 0 to 1
  std::uint32_t probes = 3;
  std::chrono::nanoseconds probe_time = std::chrono::seconds(30);  // at most kMaxTime
};

class CircuitBreaker {
 public:
  enum class State : std::uint8_t { kClosed = 0, kOpen = 1, kHalfOpen = 2 };
  enum class Outcome : std::uint8_t { kSuccess, kFailure, kIgnored };
  // A year. With `now` within 146 years of the clock's zero the arithmetic cannot overflow.
  static constexpr std::chrono::nanoseconds kMaxTime = std::chrono::hours(24 * 365);
  struct Ticket {
    std::uint64_t phase;
  };
  struct Stats {
    State state;
    std::uint64_t calls, failures, slow;  // in the window
    std::uint64_t openings;               // since the start
  };

  // seed: of the jitter. REQUIRES: options within the ranges given above, times above 0.
  CircuitBreaker(const CircuitBreakerOptions& options, std::uint64_t seed, base::Mono now);

  // nullopt: do not call.
  [[nodiscard]] std::optional<Ticket> allow(base::Mono now) {
    const std::uint64_t phase = phase_.load(std::memory_order_acquire);
    if (state_of(phase) == State::kClosed) return Ticket{phase};
    return allow_slowly(now);
  }

  void record(Ticket ticket, Outcome outcome, std::chrono::nanoseconds took, base::Mono now) {
    if (phase_.load(std::memory_order_acquire) != ticket.phase) return;  // promise 4
    if (state_of(ticket.phase) != State::kClosed) return record_probe(ticket, outcome, took, now);
    if (outcome == Outcome::kIgnored) return;
    const std::uint64_t slice = next_slice(now);
    calls_.add(slice, 1);
    const bool failed = outcome == Outcome::kFailure;
    const bool slow = took >= options_.slow_call;
    if (failed || slow) record_bad(ticket, slice, failed, slow, now);
  }

  // How long until a probe may be allowed; 0 if calls or probes may be now. For Retry-After.
  [[nodiscard]] std::chrono::nanoseconds retry_after(base::Mono now) const;

  // An open breaker whose time is over is still kOpen until somebody asks allow().
  [[nodiscard]] State state() const { return state_of(phase_.load(std::memory_order_acquire)); }
  [[nodiscard]] Stats stats(base::Mono now);

 private:
  static constexpr int kSlices = 10;

  static State state_of(std::uint64_t phase) { return static_cast<State>(phase & 3); }

  std::uint64_t next_slice(base::Mono now) {
    if (options_.window_calls == 0) return clock_.at(now);
    return counted_.fetch_add(1, std::memory_order_relaxed) / calls_per_slice_;
  }

  std::optional<Ticket> allow_slowly(base::Mono now);
  void record_bad(Ticket ticket, std::uint64_t slice, bool failed, bool slow, base::Mono now);
  void record_probe(Ticket ticket, Outcome outcome, std::chrono::nanoseconds took, base::Mono now);
  // REQUIRES: mutex_ is held.
  void trip(base::Mono now);
  void enter(State state, base::Mono now, std::chrono::nanoseconds length);

  const CircuitBreakerOptions options_;
  const std::uint64_t calls_per_slice_;
  SliceClock clock_;

  // A number of the phase << 2 | State; a new number with every change of state.
  std::atomic<std::uint64_t> phase_{0};
  // Open or half-open since when, until when (nanoseconds of Mono).
  std::atomic<std::int64_t> since_{0};
  std::atomic<std::int64_t> until_{0};

  std::atomic<std::uint64_t> counted_{0};  // calls, for a window of calls
  SlidingSum<kSlices> calls_;
  SlidingSum<kSlices> failures_;
  SlidingSum<kSlices> slow_;

  // Guards the changes of state and what is below.
  std::mutex mutex_;
  base::Random random_;
  std::uint32_t probes_allowed_ = 0;
  std::uint32_t probes_passed_ = 0;
  std::uint64_t openings_ = 0;
};

}  // namespace ashlar::kit
