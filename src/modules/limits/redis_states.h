// The keepers of counts with Redis: for each loop one connection, one RedisState on it, one
// LeaseState before that.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/time.h"
#include "modules/limits/limit_states.h"
#include "platform/redis/redis_address.h"

namespace ashlar::base {
class Entropy;
}
namespace ashlar::net {
class LoopGroup;
}
namespace ashlar::obs {
class Log;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::limits {

struct RedisStatesOptions {
  redis::RedisAddress address;
  std::string prefix;
  base::Millis deadline{50};
  std::uint64_t instances = 1;           // that share the counts
  std::size_t max_local_keys = 100'000;  // of each loop, while Redis is away
};

// `memory`: for limits of Keeping::kLocal. All by reference outlives it, and so do the loops' ends.
std::unique_ptr<LimitStates> states_in_redis(const RedisStatesOptions& options, MemoryState& memory,
                                             net::LoopGroup& loops, base::Entropy& entropy,
                                             obs::Registry& metrics, obs::Log& log);

}  // namespace ashlar::limits
