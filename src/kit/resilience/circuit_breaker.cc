#include "kit/resilience/circuit_breaker.h"

#include "base/check.h"

namespace ashlar::kit {
namespace {

std::int64_t nanos(base::Mono at) { return at.time_since_epoch().count(); }

bool reaches(std::int64_t part, double rate, std::int64_t calls) {
  return static_cast<double>(part) >= rate * static_cast<double>(calls);
}

}  // namespace

CircuitBreaker::CircuitBreaker(const CircuitBreakerOptions& options, std::uint64_t seed,
                               base::Mono now)
    : options_(options),
      calls_per_slice_((std::uint64_t{options.window_calls} + kSlices - 1) / kSlices),
      clock_(now, options.window / kSlices),
      random_(seed) {
  CHECK(options.window >= std::chrono::milliseconds(100));
  CHECK(options.window_calls == 0 || options.min_calls <= calls_per_slice_ * (kSlices - 1));
  CHECK(options.failure_rate > 0 && options.failure_rate <= 1);
  CHECK(options.slow_rate > 0 && options.slow_rate <= 1);
  CHECK(options.slow_call.count() > 0);
  CHECK(options.open_time.count() > 0 && options.open_time <= kMaxTime);
  CHECK(options.open_jitter >= 0 && options.open_jitter <= 1);
  CHECK(options.probes >= 1);
  CHECK(options.probe_time.count() > 0 && options.probe_time <= kMaxTime);
}

std::optional<CircuitBreaker::Ticket> CircuitBreaker::allow_slowly(base::Mono now) {
  if (state() == State::kOpen && nanos(now) >= since_.load() && nanos(now) < until_.load()) {
    return std::nullopt;  // the common answer of an open breaker takes no lock
  }
  const std::lock_guard lock(mutex_);
  if (state() == State::kClosed) return Ticket{phase_.load()};
  if (nanos(now) < since_) {
    until_ -= since_ - nanos(now);
    since_ = nanos(now);
  }
  if (state() == State::kOpen) {
    if (nanos(now) < until_) return std::nullopt;
    probes_allowed_ = 0;
    probes_passed_ = 0;
    enter(State::kHalfOpen, now, options_.probe_time);
  } else if (nanos(now) >= until_) {
    trip(now);
    return std::nullopt;
  }
  if (probes_allowed_ >= options_.probes) return std::nullopt;
  ++probes_allowed_;
  return Ticket{phase_.load()};
}

void CircuitBreaker::record_bad(Ticket ticket, std::uint64_t slice, bool failed, bool slow,
                                base::Mono now) {
  if (failed) failures_.add(slice, 1);
  if (slow) slow_.add(slice, 1);
  // Before the calls, which others add first: never more failures than calls.
  const std::int64_t failures = failures_.sum(slice);
  const std::int64_t slows = slow_.sum(slice);
  const std::int64_t calls = calls_.sum(slice);
  if (calls < options_.min_calls) return;
  const bool too_many = failed && reaches(failures, options_.failure_rate, calls);
  const bool too_slow = slow && reaches(slows, options_.slow_rate, calls);
  if (!too_many && !too_slow) return;
  const std::lock_guard lock(mutex_);
  if (phase_.load() == ticket.phase) trip(now);
}

void CircuitBreaker::record_probe(Ticket ticket, Outcome outcome, std::chrono::nanoseconds took,
                                  base::Mono now) {
  const std::lock_guard lock(mutex_);
  if (phase_.load() != ticket.phase) return;
  if (outcome == Outcome::kIgnored) {
    --probes_allowed_;
    return;
  }
  if (outcome == Outcome::kFailure || took >= options_.slow_call) return trip(now);
  if (++probes_passed_ < options_.probes) return;
  calls_.clear();
  failures_.clear();
  slow_.clear();
  enter(State::kClosed, now, std::chrono::nanoseconds(0));
}

void CircuitBreaker::trip(base::Mono now) {
  const double stretch = 1 + options_.open_jitter * random_.unit();
  const double length = static_cast<double>(options_.open_time.count()) * stretch;
  ++openings_;
  enter(State::kOpen, now, std::chrono::nanoseconds(static_cast<std::int64_t>(length)));
}

void CircuitBreaker::enter(State state, base::Mono now, std::chrono::nanoseconds length) {
  since_ = nanos(now);
  until_ = nanos(now) + length.count();
  const std::uint64_t number = (phase_.load() >> 2) + 1;
  phase_.store(number << 2 | static_cast<std::uint64_t>(state), std::memory_order_release);
}

std::chrono::nanoseconds CircuitBreaker::retry_after(base::Mono now) const {
  if (state() != State::kOpen || nanos(now) >= until_) return std::chrono::nanoseconds(0);
  return std::chrono::nanoseconds(until_ - std::max(nanos(now), since_.load()));
}

CircuitBreaker::Stats CircuitBreaker::stats(base::Mono now) {
  const std::uint64_t slice =
      options_.window_calls == 0 ? clock_.at(now) : counted_.load() / calls_per_slice_;
  const auto sum = [slice](const SlidingSum<kSlices>& sums) {
    return static_cast<std::uint64_t>(sums.sum(slice));
  };
  const std::lock_guard lock(mutex_);
  return {state(), sum(calls_), sum(failures_), sum(slow_), openings_};
}

}  // namespace ashlar::kit
