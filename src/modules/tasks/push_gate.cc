#include "modules/tasks/push_gate.h"

#include <algorithm>

namespace ashlar::tasks {
namespace {

constexpr double kLeastRate = 0.001;  // a second

kit::CircuitBreakerOptions breaker_options() {
  kit::CircuitBreakerOptions options;
  options.window = std::chrono::seconds(30);
  options.min_calls = 10;
  options.failure_rate = 0.8;
  options.open_time = std::chrono::seconds(5);
  options.probes = 2;
  options.probe_time = std::chrono::minutes(31);  // a push may take half an hour
  return options;
}

}  // namespace

struct PushGate::Host {
  Host(std::uint64_t seed, base::Mono now) : breaker(breaker_options(), seed, now), used(now) {}

  kit::CircuitBreaker breaker;
  std::int64_t running = 0;  // this and the rest: under the gate's mutex
  base::Mono next_slot{};
  base::Mono used;
};

PushGate::PushGate(std::uint64_t seed) : random_(seed) {}
PushGate::~PushGate() = default;

base::Millis PushGate::with_jitter(base::Millis pause) {
  const auto more = static_cast<double>(pause.count()) * random_.unit();
  return std::min(kMaxPause, pause + base::Millis{static_cast<std::int64_t>(more)});
}

PushGate::Host& PushGate::host_of(Key key, base::Mono now) {
  const auto found = hosts_.find(key);
  if (found != hosts_.end()) {
    found->second->used = now;
    return *found->second;
  }
  if (hosts_.size() >= kMaxHosts) {
    auto oldest = hosts_.end();
    for (auto at = hosts_.begin(); at != hosts_.end(); ++at) {
      const bool idle = at->second->running == 0;
      if (idle && (oldest == hosts_.end() || at->second->used < oldest->second->used)) oldest = at;
    }
    if (oldest != hosts_.end()) hosts_.erase(oldest);
  }
  return *hosts_.emplace(std::move(key), std::make_shared<Host>(random_.next(), now)).first->second;
}

std::variant<PushGate::Pass, PushGate::Refusal> PushGate::enter(base::TenantId tenant,
                                                                std::string_view host_name,
                                                                const store::TargetLimits& limits,
                                                                base::Mono now) {
  const std::lock_guard lock(mutex_);
  const Key key{tenant, std::string(host_name)};
  Host& host = host_of(key, now);
  if (host.running >= limits.max_running.value_or(kDefaultRunning)) {
    return Refusal{with_jitter(kFullPause), Why::kBusy};
  }
  const bool paced = limits.rate_per_s && *limits.rate_per_s > 0;
  if (paced) {
    // A second's worth may go at once after a pause.
    host.next_slot = std::max(host.next_slot, now - std::chrono::seconds(1));
    if (host.next_slot > now) {
      const auto wait = std::chrono::ceil<base::Millis>(host.next_slot - now);
      return Refusal{with_jitter(std::max(base::Millis{1}, wait)), Why::kRate};
    }
  }
  const auto ticket = host.breaker.allow(now);
  if (!ticket) return Refusal{with_jitter(kBreakerPause), Why::kBreaker};
  if (paced) {
    const std::chrono::duration<double> apart(1.0 / std::max(*limits.rate_per_s, kLeastRate));
    host.next_slot += std::chrono::duration_cast<base::Mono::duration>(apart);
  }
  ++host.running;
  return Pass{hosts_.at(key), *ticket, now};
}

void PushGate::leave(const Pass& pass, Went went, base::Mono now) {
  using Outcome = kit::CircuitBreaker::Outcome;
  const Outcome outcome = went == Went::kWell    ? Outcome::kSuccess
                          : went == Went::kBadly ? Outcome::kFailure
                                                 : Outcome::kIgnored;
  pass.host->breaker.record(pass.ticket, outcome, now - pass.entered, now);
  const std::lock_guard lock(mutex_);
  --pass.host->running;
  pass.host->used = now;
}

}  // namespace ashlar::tasks
