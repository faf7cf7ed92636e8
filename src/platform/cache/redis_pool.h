// RedisPool: connections that are ready to use: scripts loaded, the epoch in order. See
// redis_far_cache.h for what is promised of them.
//
// Threads: any, but tend() by one at a time.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "kit/resilience/circuit_breaker.h"
#include "platform/cache/redis_far_cache.h"
#include "platform/cache/redis_scripts.h"

namespace ashlar::obs {
class Counter;
class Gauge;
}  // namespace ashlar::obs

namespace ashlar::cache {

// One run of a script; what the views show outlives the call.
struct ScriptCall {
  Script script = Script::kLookUp;
  std::vector<std::string_view> keys{};
  std::vector<std::string_view> arguments{};
};

class RedisPool {
 public:
  RedisPool(const RedisFarOptions& options, const base::Clock& clock, base::Entropy& entropy,
            obs::Registry& metrics, obs::Log& log);

  // All in one round trip. nullopt: nobody knows what was done.
  std::optional<std::vector<RedisReply>> run(std::span<const ScriptCall> calls);
  bool renew_epoch();
  void tend();

 private:
  struct Ready {
    std::unique_ptr<RedisConnection> connection;
    std::string run_id;
  };

  // nullopt: there is none, or none became free by the deadline.
  std::optional<Ready> take(base::Mono deadline);
  void give_back(std::optional<Ready> ready, bool usable);
  base::Result<Ready> open();
  void tell(const base::Status& status);
  std::vector<RedisConnection::Command> commands_of(std::span<const ScriptCall> calls) const;
  std::string new_epoch();

  const RedisFarOptions options_;
  const std::string epoch_key_;
  const base::Clock& clock_;
  base::Entropy& entropy_;
  obs::Log& log_;
  obs::Gauge& connected_;
  obs::Counter& reconnects_;
  kit::CircuitBreaker breaker_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable freed_;
  std::vector<Ready> free_;
  std::size_t open_ = 0;  // free or in use
  std::array<std::string, kScripts.size()> digests_;

  // tend()'s alone
  base::Random random_;
  base::Millis backoff_;
  base::Mono next_attempt_{};
  bool failing_ = false;
};

}  // namespace ashlar::cache
