// RedisLink: a Redis, or a Redis Cluster, asked from one event loop: commands are pipelined, each
// has a deadline, and an answer or an error comes for each, on the loop.
//
// Promises
//  1. `done` is called exactly once for each command: within send() where it is refused, else from
//     the loop: at the answer, at the deadline (to the millisecond), or when the connection is
//     lost. An error that the server answers is an answer (Reply::is_error()).
//  2. Nothing is sent twice that may have been done: only what the server says it has not done
//     (MOVED, ASK, NOSCRIPT) is sent again, at most kMaxSends times in all.
//  3. While a server is down, or does not answer, commands to it fail at once (node_link.h has the
//     states). While the first connection is being made they wait, up to their deadlines.
//  4. One connection a server, one attempt to connect at a time; between attempts a random time of
//     [0, min(backoff_max, backoff_min * 2^n)]. Scripts are loaded before the first command.
//  5. At most max_in_flight commands to a server wait; more are refused. What one turn of the loop
//     sends to a server leaves in one write.
// Cluster: found out by asking (CLUSTER SLOTS), or demanded by redis+cluster://. Commands go by the
// slot of their key. The map is asked for again after MOVED and while a node is down, at most once
// a second.
//
// Errors: kUnavailable redis_unreachable (down, lost), redis_busy (max_in_flight); kDeadline
// redis_deadline: it may have been done.
// Threads: the loop's, or before it runs. The link goes before its loop, on its thread or after its
// end; what waits then gets redis_unreachable.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/redis/redis_address.h"
#include "platform/redis/reply.h"

namespace ashlar::base {
class Entropy;
}
namespace ashlar::obs {
class Log;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::runtime {
class EventLoop;
}

namespace ashlar::redis {

class RedisScript;

struct RedisLinkOptions {
  RedisAddress address;
  std::size_t max_in_flight = 4096;  // to one server
  base::Millis connect_deadline{500};
  base::Millis backoff_min{50};
  base::Millis backoff_max{2'000};
  std::vector<const RedisScript*> scripts{};  // loaded on each new connection; outlive the link
};

class RedisLink {
 public:
  static constexpr int kMaxSends = 4;
  static constexpr std::size_t kMaxNodes = 1000;

  // The reply is valid within the call.
  using Done = std::function<void(const base::Result<Reply>&)>;

  RedisLink(const RedisLinkOptions& options, runtime::EventLoop& loop, base::Entropy& entropy,
            obs::Registry& metrics, obs::Log& log);
  ~RedisLink();
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;

  // `key`: decides the node; empty: any.
  void send(std::span<const std::string_view> words, std::string_view key, base::Mono deadline,
            Done done);
  // EVALSHA; EVAL where the server has lost the script. REQUIRES: a key, all of one slot.
  void run(const RedisScript& script, std::span<const std::string_view> keys,
           std::span<const std::string_view> arguments, base::Mono deadline, Done done);

  // Whether a command would be sent now, or wait for the first connection. Of a cluster: to any
  // node.
  [[nodiscard]] bool up() const;
  [[nodiscard]] bool is_cluster() const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::redis
