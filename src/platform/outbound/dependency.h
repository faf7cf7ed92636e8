// Dependency: what OutboundClient knows of one dependency: its policy, the state of its breaker,
// budgets, hedges and bulkhead, and its metrics. Private to the client.
//
// The kit's objects may be used from any thread; who waits for a place is the client's thread's.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "kit/resilience/bulkhead.h"
#include "kit/resilience/circuit_breaker.h"
#include "kit/resilience/hedge_policy.h"
#include "kit/resilience/retry_budget.h"
#include "platform/outbound/policy.h"

namespace ashlar::obs {
class Counter;
class Histogram;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::outbound {

enum class CallEnd : std::uint8_t {
  kAnswered,   // whatever the status, but for those that count as failures
  kFailed,     // 5xx, 429, no connection, after all attempts
  kTimedOut,   // the budget of time is used up
  kBulkhead,   // refused: as many running and waiting as may
  kBreaker,    // refused: the breaker is open
  kForbidden,  // the address guard, a URL that is none
};
inline constexpr std::size_t kCallEnds = 6;

enum class AttemptKind : std::uint8_t { kFirst, kRetry, kHedge };
inline constexpr std::size_t kAttemptKinds = 3;

struct Dependency {
  Dependency(std::string name, const Policy& policy, std::uint64_t seed, base::Mono now,
             obs::Registry& metrics);

  const std::string name;
  const Policy policy;
  kit::CircuitBreaker breaker;
  kit::Bulkhead bulkhead;
  kit::RetryBudget retry_budget;
  std::optional<kit::HedgePolicy> hedges;
  std::deque<std::uint64_t> waiting;  // calls by number; the client's thread

  std::array<obs::Counter*, kCallEnds> calls{};
  std::array<obs::Counter*, kAttemptKinds> attempts{};
  obs::Counter& retries_refused;  // the retry budget was empty
  obs::Histogram& duration_s;
};

}  // namespace ashlar::outbound
