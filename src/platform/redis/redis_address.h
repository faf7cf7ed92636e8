// RedisAddress: where a Redis is and how to get in, as a URL says it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::redis {

struct RedisAddress {
  std::string host;
  std::uint16_t port = 6379;
  std::string user;  // empty: the default one
  std::string password;
  int database = 0;
  bool cluster = false;  // one node of a Redis Cluster
};

// redis://[[user]:password@]host[:port][/database], or
// redis+cluster://[[user]:password@]host[:port] Error: kInvalid wrong_redis_url.
base::Result<RedisAddress> parse_redis_url(std::string_view url);

}  // namespace ashlar::redis
