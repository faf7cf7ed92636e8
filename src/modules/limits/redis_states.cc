#include "modules/limits/redis_states.h"

#include <algorithm>
#include <atomic>
#include <latch>
#include <mutex>
#include <utility>
#include <vector>

#include "base/entropy.h"
#include "modules/limits/keeping_state.h"
#include "modules/limits/lease_state.h"
#include "modules/limits/local_share.h"
#include "modules/limits/memory_state.h"
#include "modules/limits/redis_state.h"
#include "platform/net/loop_group.h"
#include "platform/redis/redis_link.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::limits {
namespace {

// What one loop decides by.
struct LoopCounts {
  LoopCounts(std::unique_ptr<LimitState> redis, std::shared_ptr<LocalShare> share,
             std::uint64_t instances, MemoryState& memory)
      : leases({.instances = instances}, std::move(redis), std::move(share)), all(memory, leases) {}

  LeaseState leases;
  KeepingState all;
};

// Posts to the loop, and waits. Many batches go part by part, one part at a time whoever sends
// them: thousands of counts asked at once would keep Redis from everybody's decisions for longer
// than their deadlines, and one caller could so have all limits answered by on_failure.
class PostingDecider final : public Decider {
 public:
  static constexpr std::size_t kMostAsks = 256;  // some 2 ms of Redis' time

  PostingDecider(net::LoopGroup& loops, LimitState& state) : loops_(loops), state_(state) {}

  void decide_and_wait(std::span<WaitedBatch> batches, base::Mono now) override {
    if (batches.size() <= 1) return decide_part(batches, now);
    while (!batches.empty()) {
      std::size_t part = 1;
      std::size_t asks = batches[0].asks.size();
      while (part < batches.size() && asks + batches[part].asks.size() <= kMostAsks) {
        asks += batches[part++].asks.size();
      }
      const std::lock_guard turn(parts_mutex_);
      decide_part(batches.first(part), now);
      batches = batches.subspan(part);
    }
  }

 private:
  // Its turn may have come some time after `now`.
  void decide_part(std::span<WaitedBatch> batches, base::Mono now) {
    std::latch decided(static_cast<std::ptrdiff_t>(batches.size()));
    runtime::EventLoop& loop = loops_.loop(0);
    loop.post([this, batches, now, &loop, &decided] {
      const base::Mono later = std::max(now, limiter_now(loop.now()));
      for (WaitedBatch& batch : batches) {
        batch.count_down_at_end(decided);
        state_.decide(batch, later);
      }
    });
    decided.wait();
  }

  net::LoopGroup& loops_;
  LimitState& state_;
  std::mutex parts_mutex_;  // held while a part is under way
};

class StatesInRedis final : public LimitStates {
 public:
  StatesInRedis(const RedisStatesOptions& options, MemoryState& memory, net::LoopGroup& loops,
                base::Entropy& entropy, obs::Registry& metrics, obs::Log& log)
      : loops_(loops) {
    for (std::size_t i = 0; i < loops.size(); ++i) {
      add_loop(options, memory, loops.loop(i), entropy, metrics, log);
    }
    decider_ = std::make_unique<PostingDecider>(loops_, counts_.front()->all);
  }

  LimitState& of_loop(std::size_t loop) override { return counts_[loop]->all; }
  Decider& decider() override { return *decider_; }

  // The loops take turns.
  void run(std::function<void(LimitState&)> run) override {
    const std::size_t loop = next_.fetch_add(1, std::memory_order_relaxed) % counts_.size();
    loops_.loop(loop).post([run = std::move(run), &state = counts_[loop]->all] { run(state); });
  }

  void close() override {
    if (!loops_.running()) return;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      on_loop(i,
              [this, i] { counts_[i]->leases.hand_back_all(limiter_now(loops_.loop(i).now())); });
      on_loop(i, [] {});  // by the next turn of the loop the words have left
      // A call whose client has gone may still wait for Redis; later there is nobody to take its
      // answer.
      on_loop(i, [this, i] { counts_[i]->leases.end(); });
    }
  }

 private:
  void add_loop(const RedisStatesOptions& options, MemoryState& memory, runtime::EventLoop& loop,
                base::Entropy& entropy, obs::Registry& metrics, obs::Log& log) {
    redis::RedisLinkOptions link;
    link.address = options.address;
    link.scripts = RedisState::scripts();
    // Each loop takes leases, and its share, for itself.
    const std::uint64_t sharers = options.instances * loops_.size();
    auto share = std::make_shared<LocalShare>(sharers, options.max_local_keys,
                                              kit::SipKey{entropy.u64(), entropy.u64()});
    auto redis = std::make_unique<RedisState>(
        RedisState::Options{.prefix = options.prefix, .deadline = options.deadline, .log = &log},
        std::make_unique<redis::RedisLink>(link, loop, entropy, metrics, log), share, loop,
        metrics);
    counts_.push_back(
        std::make_unique<LoopCounts>(std::move(redis), std::move(share), sharers, memory));
    loop.on_tick(
        [&leases = counts_.back()->leases, &loop] { leases.tick(limiter_now(loop.now())); });
  }

  void on_loop(std::size_t loop, const std::function<void()>& run) {
    std::latch done(1);
    loops_.loop(loop).post([&] {
      run();
      done.count_down();
    });
    done.wait();
  }

  net::LoopGroup& loops_;
  std::vector<std::unique_ptr<LoopCounts>> counts_;
  std::unique_ptr<PostingDecider> decider_;
  std::atomic<std::size_t> next_{0};
};

}  // namespace

std::unique_ptr<LimitStates> states_in_redis(const RedisStatesOptions& options, MemoryState& memory,
                                             net::LoopGroup& loops, base::Entropy& entropy,
                                             obs::Registry& metrics, obs::Log& log) {
  return std::make_unique<StatesInRedis>(options, memory, loops, entropy, metrics, log);
}

}  // namespace ashlar::limits
