// RedisConnection: one connection to a Redis server, commands pipelined, each call with a deadline
// of its own. The client library (hiredis) formats and parses; waiting is done here, by poll().
//
// An error leaves the connection unusable (answers may still be on their way): close it. Errors:
// kUnavailable cache_unreachable, kDeadline cache_deadline. An error that the server answers is a
// reply of kind kError.
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "platform/redis/redis_address.h"

namespace ashlar::cache {

using redis::RedisAddress;

// As redis::parse_redis_url(); a cluster is refused, since this speaks to one server.
base::Result<RedisAddress> parse_redis_url(std::string_view url);

struct RedisReply {
  enum class Kind : std::uint8_t { kNil, kInteger, kText, kError, kList };
  Kind kind = Kind::kNil;
  std::int64_t integer = 0;
  std::string text{};
  std::vector<RedisReply> items{};

  [[nodiscard]] bool is_error() const { return kind == Kind::kError; }
};

class RedisConnection {
 public:
  using Command = std::vector<std::string_view>;

  // Connects, authenticates, selects. A host's name is looked up without regard to the deadline.
  static base::Result<std::unique_ptr<RedisConnection>> open(const RedisAddress& address,
                                                             const base::Clock& clock,
                                                             base::Mono deadline);
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  // As many replies as commands, in order.
  base::Result<std::vector<RedisReply>> run(std::span<const Command> commands, base::Mono deadline);

 private:
  struct Impl;
  explicit RedisConnection(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::cache
