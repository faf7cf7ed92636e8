#include "modules/tasks/push_gate.h"

#include <algorithm>

namespace ashlar::tasks {
namespace {

constexpr double kLeastRate = 0.001;  // a second
constexpr int kCallsOfAverage = 8;
constexpr int kJitterPart = 8;  // of a turn's pause, upward

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
  base::Mono next_turn{};  // when the one that was refused last may ask again
  base::Mono::duration call_time = std::chrono::milliseconds(500);  // lately, on the average
  base::Mono used;
};

PushGate::PushGate(std::uint64_t seed) : random_(seed) {}
PushGate::~PushGate() = default;

base::Millis PushGate::with_jitter(base::Millis pause) {
  const auto more = static_cast<double>(pause.count()) * random_.unit();
  return std::min(kMaxPause, pause + base::Millis{static_cast<std::int64_t>(more)});
}

// Those that are refused come back one after the other, as places become free: were they all to
// come again after the same pause, most would be refused again, each for two commits.
base::Millis PushGate::turn_after(Host& host, base::Mono::duration each, base::Mono now,
                                  base::Millis least) {
  host.next_turn = std::min(std::max(host.next_turn, now) + each, now + kMaxTurn);
  const auto pause =
      std::max({std::chrono::ceil<base::Millis>(host.next_turn - now), least, base::Millis{1}});
  return pause + base::Millis{static_cast<std::int64_t>(static_cast<double>(pause.count()) *
                                                        random_.unit() / kJitterPart)};
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
    const std::int64_t places =
        std::max<std::int64_t>(limits.max_running.value_or(kDefaultRunning), 1);
    return Refusal{turn_after(host, host.call_time / places, now, kFullPause), Why::kBusy};
  }
  const bool paced = limits.rate_per_s && *limits.rate_per_s > 0;
  const auto apart = std::chrono::duration_cast<base::Mono::duration>(
      std::chrono::duration<double>(paced ? 1.0 / std::max(*limits.rate_per_s, kLeastRate) : 0.0));
  if (paced) {
    // A second's worth may go at once after a pause.
    host.next_slot = std::max(host.next_slot, now - std::chrono::seconds(1));
    if (host.next_slot > now) {
      const auto wait = std::chrono::ceil<base::Millis>(host.next_slot - now);
      return Refusal{turn_after(host, apart, now, wait), Why::kRate};
    }
  }
  const auto ticket = host.breaker.allow(now);
  if (!ticket) return Refusal{with_jitter(kBreakerPause), Why::kBreaker};
  if (paced) host.next_slot += apart;
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
  pass.host->call_time += (now - pass.entered - pass.host->call_time) / kCallsOfAverage;
  pass.host->used = now;
}

}  // namespace ashlar::tasks
