// PendingCommand: a command that has been sent, or is about to be, and who waits for its answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "kit/resilience/circuit_breaker.h"
#include "platform/redis/redis_link.h"

namespace ashlar::redis {

struct PendingCommand {
  std::string wire;         // as it is sent
  std::size_t tail_at = 0;  // in `wire`: after the digest of EVALSHA
  const RedisScript* script = nullptr;
  std::size_t words = 0;
  bool keyed = false;
  std::uint16_t slot = 0;
  bool asking = false;  // sent behind ASKING
  int sends = 0;
  base::Mono sent_at{};
  base::Mono deadline{};
  std::optional<kit::CircuitBreaker::Ticket> ticket;
  RedisLink::Done done;  // empty: nobody waits any more, the answer is dropped
};

}  // namespace ashlar::redis
