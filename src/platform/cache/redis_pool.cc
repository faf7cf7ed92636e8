#include "platform/cache/redis_pool.h"

#include <algorithm>
#include <array>
#include <utility>

#include "kit/cache/ttl_jitter.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"

namespace ashlar::cache {
namespace {

using base::Code;
using base::fail;

constexpr kit::CircuitBreakerOptions kBreaker{.window = std::chrono::seconds(10),
                                              .min_calls = 10,
                                              .failure_rate = 0.5,
                                              .open_time = std::chrono::seconds(1)};

std::string run_id_of(std::string_view info) {
  constexpr std::string_view kField = "run_id:";
  const std::size_t at = info.find(kField);
  return at == std::string_view::npos ? std::string()
                                      : std::string(info.substr(at + kField.size(), kRunIdBytes));
}

}  // namespace

RedisPool::RedisPool(const RedisFarOptions& options, const base::Clock& clock,
                     base::Entropy& entropy, obs::Registry& metrics, obs::Log& log)
    : options_(options),
      epoch_key_(options.prefix + ":e"),
      clock_(clock),
      entropy_(entropy),
      log_(log),
      connected_(
          metrics.make_gauge("ashlar_cache_redis_connections", "Connections to the far cache.")),
      reconnects_(metrics.make_counter("ashlar_cache_redis_connects_total",
                                       "Attempts to connect to the far cache.")),
      breaker_(kBreaker, entropy.u64(), clock.mono()),
      random_(entropy.u64()),
      backoff_(options.backoff_min) {}

std::vector<RedisConnection::Command> RedisPool::commands_of(
    std::span<const ScriptCall> calls) const {
  static constexpr std::array<std::string_view, 3> kCounts{"0", "1", "2"};
  std::vector<RedisConnection::Command> commands;
  commands.reserve(calls.size());
  for (const ScriptCall& call : calls) {
    RedisConnection::Command& command = commands.emplace_back();
    command = {"EVALSHA", digests_[static_cast<std::size_t>(call.script)],
               kCounts[call.keys.size()]};
    command.insert(command.end(), call.keys.begin(), call.keys.end());
    command.insert(command.end(), call.arguments.begin(), call.arguments.end());
  }
  return commands;
}

std::optional<RedisPool::Ready> RedisPool::take(base::Mono deadline) {
  std::unique_lock lock(mutex_);
  const auto free_or_none = [this] { return !free_.empty() || open_ == 0; };
  if (!free_or_none()) freed_.wait_for(lock, deadline - clock_.mono(), free_or_none);
  if (free_.empty()) return std::nullopt;
  Ready ready = std::move(free_.back());
  free_.pop_back();
  return ready;
}

void RedisPool::give_back(std::optional<Ready> ready, bool usable) {
  {
    const std::lock_guard lock(mutex_);
    if (usable) {
      free_.push_back(std::move(*ready));
    } else {
      --open_;
    }
    connected_.set(static_cast<std::int64_t>(open_));
  }
  // Where none is left all who wait are to know; where one is free, one.
  usable ? freed_.notify_one() : freed_.notify_all();
}

std::optional<std::vector<RedisReply>> RedisPool::run(std::span<const ScriptCall> calls) {
  const base::Mono begun = clock_.mono();
  const base::Mono deadline = begun + options_.op_deadline;
  const auto ticket = breaker_.allow(begun);
  if (!ticket) return std::nullopt;
  std::optional<Ready> ready = take(deadline);
  if (!ready) {
    breaker_.record(*ticket, kit::CircuitBreaker::Outcome::kIgnored, {}, clock_.mono());
    return std::nullopt;
  }
  auto replies = ready->connection->run(commands_of(calls), deadline);
  bool usable = replies.ok();
  if (usable) {
    // A script that is not there, an epoch that is gone, a server that is somebody's replica now:
    // a new connection puts in order what can be.
    usable = std::none_of(replies->begin(), replies->end(), [](const RedisReply& reply) {
      const bool lost = !reply.items.empty() && reply.items.front().text == "F";
      return reply.is_error() || lost;
    });
  }
  const base::Mono now = clock_.mono();
  breaker_.record(
      *ticket,
      usable ? kit::CircuitBreaker::Outcome::kSuccess : kit::CircuitBreaker::Outcome::kFailure,
      now - begun, now);
  give_back(std::move(ready), usable);
  if (!usable) return std::nullopt;
  return std::move(replies).value();
}

std::string RedisPool::new_epoch() { return entropy_.base62(16); }

bool RedisPool::renew_epoch() {
  std::optional<Ready> ready = take(clock_.mono() + options_.op_deadline);
  if (!ready) return false;
  const std::string epoch = new_epoch();
  const ScriptCall call{Script::kFence, {epoch_key_}, {ready->run_id, epoch, "1"}};
  const auto replies =
      ready->connection->run(commands_of({&call, 1}), clock_.mono() + options_.op_deadline);
  const bool done = replies.ok() && !replies->front().is_error();
  give_back(std::move(ready), done);
  return done;
}

base::Result<RedisPool::Ready> RedisPool::open() {
  const base::Mono deadline = clock_.mono() + options_.connect_deadline;
  reconnects_.add();
  ASHLAR_ASSIGN(std::unique_ptr<RedisConnection> connection,
                RedisConnection::open(options_.address, clock_, deadline));
  std::vector<RedisConnection::Command> setup{{"INFO", "server"}};
  for (const std::string_view script : kScripts) setup.push_back({"SCRIPT", "LOAD", script});
  ASHLAR_ASSIGN(std::vector<RedisReply> replies, connection->run(setup, deadline));
  for (const RedisReply& reply : replies) {
    if (reply.is_error()) return fail(Code::kUnavailable, "cache_unreachable", reply.text);
  }
  Ready ready{std::move(connection), run_id_of(replies.front().text)};
  if (ready.run_id.size() != kRunIdBytes) {
    return fail(Code::kUnavailable, "cache_unreachable", "the server tells no run_id");
  }
  {
    const std::lock_guard lock(mutex_);
    // Those of the first connection are every other's: whoever has one reads them without the lock.
    for (std::size_t i = 0; i < digests_.size(); ++i) {
      if (digests_[i].empty()) digests_[i] = replies[i + 1].text;
    }
  }
  const std::string epoch = new_epoch();
  const ScriptCall fence{Script::kFence, {epoch_key_}, {ready.run_id, epoch, "0"}};
  ASHLAR_ASSIGN(replies, ready.connection->run(commands_of({&fence, 1}), deadline));
  if (replies.front().is_error()) {
    return fail(Code::kUnavailable, "cache_unreachable", replies.front().text);
  }
  return ready;
}

// Says it when Redis goes and when it comes back, not at every attempt in between.
void RedisPool::tell(const base::Status& status) {
  if (status.ok() == !failing_) return;
  failing_ = !status.ok();
  if (failing_) {
    log_.warn("the far cache does not answer: working without it",
              {{"reason", status.error().reason}, {"detail", status.error().detail}});
  } else {
    log_.info("the far cache answers again");
  }
}

void RedisPool::tend() {
  for (std::size_t i = 0; i < options_.connections; ++i) {
    {
      const std::lock_guard lock(mutex_);
      if (open_ >= options_.connections) return;
    }
    if (clock_.mono() < next_attempt_) return;
    base::Result<Ready> opened = open();
    if (!opened.ok()) {
      tell(opened.error());
      next_attempt_ = clock_.mono() + kit::jitter_down(backoff_, 0.5, random_);
      backoff_ = std::min(backoff_ * 2, options_.backoff_max);
      return;
    }
    tell(base::ok_status());
    backoff_ = options_.backoff_min;
    {
      const std::lock_guard lock(mutex_);
      ++open_;
    }
    give_back(std::move(opened).value(), true);
  }
}

}  // namespace ashlar::cache
