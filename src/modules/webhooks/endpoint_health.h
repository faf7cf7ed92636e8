// EndpointHealth: what this process has seen of each endpoint of late: a breaker, and until when it
// asked to be left alone. So a dead endpoint costs its own deliveries a pause, not an attempt each,
// and an overloaded one is not asked again at once.
//
//   admit ── a ticket: send ──> record
//     └───── how long to wait: the delivery is postponed, and that is no attempt
//
// At most kMaxEndpoints are known, 700 bytes each; of more the one that was used longest ago is
// forgotten. Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/time.h"
#include "kit/resilience/circuit_breaker.h"
#include "modules/webhooks/endpoint.h"

namespace ashlar::webhooks {

class EndpointHealth {
 public:
  static constexpr std::size_t kMaxEndpoints = 4096;

  explicit EndpointHealth(std::uint64_t seed) : seed_(seed) {}

  struct Admission {
    std::optional<kit::CircuitBreaker::Ticket> ticket;
    std::chrono::nanoseconds wait{0};  // where there is no ticket
  };
  Admission admit(EndpointId id, base::Mono now);

  enum class Seen : std::uint8_t { kAnswer, kTrouble, kNothing };
  // `throttle`: it wants to be left alone for so long.
  void record(EndpointId id, kit::CircuitBreaker::Ticket ticket, Seen seen,
              std::chrono::nanoseconds took, std::chrono::nanoseconds throttle, base::Mono now);
  // It was enabled or changed: what was seen counts no more.
  void forget(EndpointId id);

  [[nodiscard]] std::size_t known() const;
  [[nodiscard]] std::size_t open() const;  // breakers that are not closed

 private:
  struct Entry;
  Entry& entry_of(EndpointId id, base::Mono now);

  const std::uint64_t seed_;
  mutable std::mutex mutex_;  // guards what follows
  std::list<Entry> entries_;  // the one used last in front
  std::unordered_map<EndpointId, std::list<Entry>::iterator> by_id_;
};

struct EndpointHealth::Entry {
  Entry(EndpointId endpoint, std::uint64_t seed, base::Mono now);

  EndpointId id;
  kit::CircuitBreaker breaker;
  base::Mono quiet_until;
};

}  // namespace ashlar::webhooks
