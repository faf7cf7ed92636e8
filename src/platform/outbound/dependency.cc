#include "platform/outbound/dependency.h"

#include <utility>

#include "platform/observability/metrics.h"

namespace ashlar::outbound {

Dependency::Dependency(std::string own_name, const Policy& own_policy, std::uint64_t seed,
                       base::Mono now, obs::Registry& metrics)
    : name(std::move(own_name)),
      policy(own_policy),
      breaker(own_policy.breaker, seed, now),
      bulkhead(own_policy.max_running, own_policy.max_waiting),
      retry_budget(own_policy.retry_budget, now),
      retries_refused(metrics.make_counter("ashlar_outbound_retries_refused_total",
                                           "Retries not made because their budget was used up.",
                                           {{"dependency", name}})),
      duration_s(metrics.make_histogram("ashlar_outbound_call_duration_seconds",
                                        "Of whole calls, waits and retries included.",
                                        obs::http_duration_buckets_s(), {{"dependency", name}})) {
  if (policy.hedge) hedges.emplace(*policy.hedge, now);
  static constexpr std::array<const char*, kCallEnds> kEnds{"answered", "failed",  "timed_out",
                                                            "bulkhead", "breaker", "forbidden"};
  for (std::size_t i = 0; i < kCallEnds; ++i) {
    calls[i] = &metrics.make_counter("ashlar_outbound_calls_total", "Calls by how they ended.",
                                     {{"dependency", name}, {"end", kEnds[i]}});
  }
  static constexpr std::array<const char*, kAttemptKinds> kKinds{"first", "retry", "hedge"};
  for (std::size_t i = 0; i < kAttemptKinds; ++i) {
    attempts[i] = &metrics.make_counter("ashlar_outbound_attempts_total", "Requests sent.",
                                        {{"dependency", name}, {"kind", kKinds[i]}});
  }
  metrics.make_gauge_callback("ashlar_outbound_breaker_state", "0 closed, 1 open, 2 half-open.",
                              {{"dependency", name}},
                              [this] { return static_cast<double>(breaker.state()); });
  metrics.make_gauge_callback("ashlar_outbound_running", "Calls under way.", {{"dependency", name}},
                              [this] { return static_cast<double>(bulkhead.running()); });
}

}  // namespace ashlar::outbound
