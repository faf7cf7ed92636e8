// RedisFarCache: a FarCache in one Redis server (7 or newer), each step one Lua script.
//
//   request ──> breaker open, or no connection? ──> kDown at once
//        └────> a connection of the pool ──op_deadline──> answer
//                       └─ failed: closed; tend() opens another, with growing, jittered pauses
//
// Promises beyond FarCache's
//  1. No request opens a connection: a dead server costs those requests op_deadline that find it
//     dead (at most `connections` of them), and afterwards a look at a flag.
//  2. Before a connection is used it has read the server's run id, and the epoch has been renewed
//     if that is another than the epoch was made under: a server that was restarted, or another
//     that took its place, may hold what had been erased.
//  3. Reconnecting: one attempt at a time, pauses from backoff_min doubling to backoff_max, each
//     shortened at random by up to half.
// Keys: PREFIX:e the epoch, PREFIX:k:… the rest, each with a TTL. A key that Redis evicts by itself
// is lost without harm, the epoch included. Not for a Redis Cluster (scripts touch two keys).
// Times (leases, blocks, TTLs) are Redis' own; no clocks are compared.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/entropy.h"
#include "platform/cache/far_cache.h"
#include "platform/cache/redis_connection.h"

namespace ashlar::obs {
class Log;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::cache {

struct RedisFarOptions {
  RedisAddress address;
  std::string prefix = "ashlar";
  std::size_t connections = 4;
  base::Millis op_deadline{50};
  base::Millis connect_deadline{250};
  base::Millis backoff_min{100};
  base::Millis backoff_max{5'000};
};

class RedisFarCache final : public FarCache {
 public:
  // Connects at the first tend().
  RedisFarCache(const RedisFarOptions& options, const base::Clock& clock, base::Entropy& entropy,
                obs::Registry& metrics, obs::Log& log);
  ~RedisFarCache() override;

  std::vector<FarLookup> look_up(Keys keys, const FarFormat& format,
                                 base::Millis lease_time) override;
  FarStored store(const std::string& key, std::uint64_t lease, const FarFormat& format,
                  std::string_view value, base::Millis ttl) override;
  void release(const std::string& key, std::uint64_t lease) override;
  bool block(Keys keys, std::uint64_t who, base::Millis at_most) override;
  bool unblock(Keys keys, std::uint64_t who) override;
  bool erase(Keys keys) override;
  bool renew_epoch() override;
  void tend() override;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::cache
