#include "modules/limits/redis_state.h"

#include <algorithm>
#include <utility>

#include "modules/limits/batch.h"
#include "modules/limits/local_share.h"
#include "modules/limits/redis_scripts.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/redis/redis_link.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::limits {
namespace {

constexpr std::size_t kSpare = 1'024;

const redis::RedisScript& decide_script() {
  static const redis::RedisScript kScript(kDecideScript);
  return kScript;
}

const redis::RedisScript& windows_script() {
  static const redis::RedisScript kScript(kWindowsScript);
  return kScript;
}

}  // namespace

struct RedisState::Waiting {
  Batch* batch = nullptr;
  base::Mono now;
  RedisStep step;
};

std::vector<const redis::RedisScript*> RedisState::scripts() {
  return {&windows_script(), &decide_script()};
}

RedisState::RedisState(const Options& options, std::unique_ptr<redis::RedisLink> link,
                       std::shared_ptr<LocalShare> local, runtime::EventLoop& loop,
                       obs::Registry& metrics)
    : options_(options),
      loop_(loop),
      failed_(metrics.make_counter("ashlar_limits_redis_failures_total",
                                   "Decisions for which Redis could not be asked in time.")),
      denied_at_once_(metrics.make_counter(
          "ashlar_limits_redis_denied_at_once_total",
          "Refusals without asking Redis, since the window was known to be over.")),
      local_(std::move(local)),
      link_(std::move(link)) {}

RedisState::~RedisState() = default;

void RedisState::decide(Batch& batch, base::Mono now) {
  std::unique_ptr<Waiting> waiting;
  if (spare_.empty()) {
    waiting = std::make_unique<Waiting>();
  } else {
    waiting = std::move(spare_.back());
    spare_.pop_back();
  }
  waiting->batch = &batch;
  waiting->now = now;
  RedisStep& step = waiting->step;
  if (batch.asks.empty()) {
    batch.outcomes.clear();
    judge(batch);
    spare_.push_back(std::move(waiting));
    return batch.on_decided();
  }
  step.prepare(batch, now, {options_.prefix, link_->is_cluster()});
  if (deny_at_once(batch, step, now)) {
    spare_.push_back(std::move(waiting));
    return batch.on_decided();
  }
  Waiting* const raw = waiting.release();
  link_->run(step.windows_only() ? windows_script() : decide_script(), raw->step.keys(),
             raw->step.arguments(), loop_.mono() + options_.deadline,
             [this, raw](const base::Result<redis::Reply>& reply) {
               on_answer(std::unique_ptr<Waiting>(raw), reply);
             });
}

void RedisState::on_answer(std::unique_ptr<Waiting> waiting,
                           const base::Result<redis::Reply>& reply) {
  Batch& batch = *waiting->batch;
  // That there is no answer at all the link says.
  const base::Status answer = reply.ok() ? waiting->step.finish(batch, *reply) : base::ok_status();
  if (reply.ok() && answer.ok()) {
    remember(batch, waiting->step, waiting->now);
  } else {
    if (!answer.ok()) complain(answer.error(), loop_.mono());
    failed_.add();
    local_->decide(batch, waiting->now);
  }
  if (spare_.size() < kSpare) spare_.push_back(std::move(waiting));
  batch.on_decided();
}

void RedisState::complain(const base::Error& error, base::Mono now) {
  const bool recently =
      complained_at_ != base::Mono::min() && now - complained_at_ < kComplainEvery;
  if (options_.log == nullptr || recently) return;
  complained_at_ = now;
  options_.log->error("Redis does not decide; on_failure does", {{"detail", error.detail}});
}

bool RedisState::deny_at_once(Batch& batch, const RedisStep& step, base::Mono now) {
  if (batch.asks.size() != 1 || batch.consume == Consume::kEach) return false;
  const Ask& ask = batch.asks.front();
  if (ask.limit->spec().algorithm != Algorithm::kFixedWindow || denied_.empty()) return false;
  const auto found = denied_.find(std::string(step.keys().front()));
  if (found == denied_.end()) return false;
  const Denied& known = found->second;
  if (ask.action != Action::kTake && ask.action != Action::kPeek) {
    denied_.erase(found);  // the count changes now
    return false;
  }
  const std::uint64_t limit = ask.limit->spec().amount;
  const bool over = known.used > limit || ask.cost > limit - known.used;
  if (!over || now >= known.until) return false;
  kit::Decision decision;
  decision.limit = limit;
  decision.remaining = known.used < limit ? limit - known.used : 0;
  const auto left = base::Mono{base::Micros{known.end_us}} - now;
  decision.retry_after = ask.cost > limit ? kit::kNeverFits : left;
  decision.reset_after = known.used > 0 ? left : std::chrono::nanoseconds{0};
  batch.outcomes.assign(1, Outcome{decision, Source::kCount});
  judge(batch);
  denied_at_once_.add();
  return true;
}

void RedisState::remember(const Batch& batch, const RedisStep& step, base::Mono now) {
  if (batch.asks.size() != 1 || batch.consume == Consume::kEach) return;
  const Ask& ask = batch.asks.front();
  const Outcome& outcome = batch.outcomes.front();
  if (!outcome.over() || ask.limit->spec().algorithm != Algorithm::kFixedWindow) return;
  if (ask.action != Action::kTake && ask.action != Action::kPeek) return;
  if (denied_.size() >= kMaxDenied) denied_.clear();
  const std::int64_t end_us = step.window_end_us(0);
  const std::uint64_t limit = ask.limit->spec().amount;
  const base::Mono end{base::Micros{end_us}};
  denied_[std::string(step.keys().front())] = {limit - outcome.decision.remaining,
                                               std::min(end, now + kDenyFor), end_us};
}

}  // namespace ashlar::limits
