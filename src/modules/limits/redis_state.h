// RedisState: the counts of all limits, kept in a Redis that all instances share.
//
// Promises: those of batch.h. A batch is one script call (redis_scripts.h), so one atomic step for
// all instances; its exceptions are redis_step.h's.
//  1. Time is this instance's, not Redis': then windows' names can be made here, as
//     envoyproxy/ratelimit makes them, one call is enough, and a test can move it. Instances whose
//     clocks differ by s admit together what the rate gives in s beyond the limit, once: after that
//     the earliest clock decides, the others find a key to be as much more in debt.
//  2. on_decided() comes within Options::deadline. Where Redis has not answered by then, or not at
//     all, LimitSpec::on_failure answers: at once while it is known to be down (redis_link.h).
//     What a late script still takes stays taken: never in favour of the one who is limited.
//  3. kLocal judges by this loop's share (local_share.h).
//  4. A fixed window that is over is refused without asking again for at most kDenyFor, and not
//     beyond its end: only batches of one ask. A refund by another instance is seen that much
//     later.
//  5. Limits of Keeping::kLocal are for MemoryState: REQUIRES that none comes here.
//
// Threads: the link's loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "modules/limits/limit.h"
#include "modules/limits/limit_state.h"
#include "modules/limits/memory_state.h"
#include "modules/limits/redis_step.h"
#include "platform/redis/redis_script.h"

namespace ashlar::obs {
class Counter;
class Log;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::redis {
class RedisLink;
}
namespace ashlar::runtime {
class EventLoop;
}

namespace ashlar::limits {

class LocalShare;

class RedisState final : public LimitState {
 public:
  static constexpr base::Millis kDenyFor{100};
  static constexpr std::size_t kMaxDenied = 4'096;

  struct Options {
    std::string prefix;
    base::Millis deadline{50};
    obs::Log* log = nullptr;  // outlives the state; null: nothing is said
  };
  // What Redis answers instead of deciding (full, read only) is logged so often at most.
  static constexpr base::Seconds kComplainEvery{10};

  // What the link is to load.
  static std::vector<const redis::RedisScript*> scripts();

  // `loop`: the link's. It and `metrics` outlive the state. Batches that wait when it goes are
  // decided by on_failure. `local`: of this loop, for all its states.
  RedisState(const Options& options, std::unique_ptr<redis::RedisLink> link,
             std::shared_ptr<LocalShare> local, runtime::EventLoop& loop, obs::Registry& metrics);
  ~RedisState() override;

  // REQUIRES: at most Batch::kMaxAsks asks, each with a limit.
  void decide(Batch& batch, base::Mono now) override;

  [[nodiscard]] redis::RedisLink& link() { return *link_; }

 private:
  struct Waiting;
  struct Denied {
    std::uint64_t used;  // at least
    base::Mono until;    // by the clock of `now`
    std::int64_t end_us;
  };

  void on_answer(std::unique_ptr<Waiting> waiting, const base::Result<redis::Reply>& reply);
  void complain(const base::Error& error, base::Mono now);
  bool deny_at_once(Batch& batch, const RedisStep& step, base::Mono now);
  void remember(const Batch& batch, const RedisStep& step, base::Mono now);

  const Options options_;
  runtime::EventLoop& loop_;
  obs::Counter& failed_;
  obs::Counter& denied_at_once_;
  const std::shared_ptr<LocalShare> local_;
  std::vector<std::unique_ptr<Waiting>> spare_;
  std::unordered_map<std::string, Denied> denied_;
  base::Mono complained_at_ = base::Mono::min();  // by the loop's clock
  std::unique_ptr<redis::RedisLink> link_;        // goes first: it calls what is above
};

}  // namespace ashlar::limits
