#include "modules/webhooks/endpoint_health.h"

#include <algorithm>

namespace ashlar::webhooks {
namespace {

// One that answers now and then stays closed: its deliveries have their own plan of retries.
constexpr kit::CircuitBreakerOptions kBreaker{.window = std::chrono::seconds(60),
                                              .min_calls = 10,
                                              .failure_rate = 0.9,
                                              .open_time = std::chrono::seconds(30),
                                              .probes = 1,
                                              .probe_time = std::chrono::seconds(60)};
constexpr std::chrono::nanoseconds kShortestWait = std::chrono::seconds(1);

}  // namespace

EndpointHealth::Entry::Entry(EndpointId endpoint, std::uint64_t seed, base::Mono now)
    : id(endpoint), breaker(kBreaker, seed, now), quiet_until(now) {}

EndpointHealth::Entry& EndpointHealth::entry_of(EndpointId id, base::Mono now) {
  if (const auto found = by_id_.find(id); found != by_id_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
    return entries_.front();
  }
  if (entries_.size() == kMaxEndpoints) {
    by_id_.erase(entries_.back().id);
    entries_.pop_back();
  }
  entries_.emplace_front(id, seed_ + static_cast<std::uint64_t>(id.value), now);
  by_id_.emplace(id, entries_.begin());
  return entries_.front();
}

EndpointHealth::Admission EndpointHealth::admit(EndpointId id, base::Mono now) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entry_of(id, now);
  if (entry.quiet_until > now) return {{}, std::max(entry.quiet_until - now, kShortestWait)};
  Admission admission{entry.breaker.allow(now)};
  if (!admission.ticket) admission.wait = std::max(entry.breaker.retry_after(now), kShortestWait);
  return admission;
}

void EndpointHealth::record(EndpointId id, kit::CircuitBreaker::Ticket ticket, Seen seen,
                            std::chrono::nanoseconds took, std::chrono::nanoseconds throttle,
                            base::Mono now) {
  using Outcome = kit::CircuitBreaker::Outcome;
  const std::lock_guard lock(mutex_);
  Entry& entry = entry_of(id, now);
  const Outcome outcome = seen == Seen::kAnswer    ? Outcome::kSuccess
                          : seen == Seen::kTrouble ? Outcome::kFailure
                                                   : Outcome::kIgnored;
  entry.breaker.record(ticket, outcome, took, now);
  if (throttle.count() > 0) entry.quiet_until = std::max(entry.quiet_until, now + throttle);
}

void EndpointHealth::forget(EndpointId id) {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  entries_.erase(found->second);
  by_id_.erase(found);
}

std::size_t EndpointHealth::known() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

std::size_t EndpointHealth::open() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count_if(entries_, [](const Entry& entry) {
    return entry.breaker.state() != kit::CircuitBreaker::State::kClosed;
  }));
}

}  // namespace ashlar::webhooks
