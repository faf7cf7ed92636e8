#include "modules/tasks/lease_waits.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/thread_name.h"

namespace ashlar::tasks {
namespace {

// Of its time the thread may spend one part on rounds over all queues, and the rest is pause.
constexpr int kPauseParts = 4;

}  // namespace

LeaseWaits::LeaseWaits(Leases& leases, const base::Clock& clock, obs::Registry& metrics)
    : leases_(leases),
      clock_(clock),
      waiting_(metrics.make_gauge("ashlar_tasks_lease_waits",
                                  "Requests for tasks that wait for some (long polls).")) {}

LeaseWaits::~LeaseWaits() { close(); }

std::uint64_t LeaseWaits::seen() const {
  const std::lock_guard lock(mutex_);
  return wakes_;
}

base::Status LeaseWaits::add(Wait wait, std::uint64_t seen) {
  const std::lock_guard lock(mutex_);
  if (closed_) {
    return base::fail(base::Code::kUnavailable, "stopping", "The server is being stopped.");
  }
  std::size_t& of_tenant = of_tenant_[wait.ask.tenant];
  if (count_ >= kMaxWaits || of_tenant >= kMaxTenantWaits) {
    return base::fail(
        base::Code::kTooMany, "too_many_waits",
        "Too many requests wait for tasks; ask without wait_ms, or for more at once.");
  }
  ++of_tenant;
  ++count_;
  waiting_.set(static_cast<std::int64_t>(count_));
  const Queue queue{wait.ask.tenant, wait.ask.queue};
  if (wakes_ != seen) fresh_.insert(queue);
  next_over_ = std::min(next_over_, wait.until);
  queues_[queue].push_back(std::move(wait));
  changed_.notify_one();
  return base::ok_status();
}

void LeaseWaits::created(base::TenantId tenant, const std::string& queue) {
  const std::lock_guard lock(mutex_);
  ++wakes_;
  const Queue key{tenant, queue};
  if (!queues_.contains(key)) return;
  fresh_.insert(key);
  changed_.notify_one();
}

void LeaseWaits::may_have_work() {
  const std::lock_guard lock(mutex_);
  ++wakes_;
  all_ = true;
  if (!queues_.empty()) changed_.notify_one();
}

void LeaseWaits::start() {
  thread_ = std::thread([this] {
    runtime::set_thread_name("lease waits");
    loop();
  });
}

void LeaseWaits::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  std::map<Queue, std::deque<Wait>> left;
  {
    const std::lock_guard lock(mutex_);
    left.swap(queues_);
    of_tenant_.clear();
    count_ = 0;
    waiting_.set(0);
  }
  for (auto& [queue, waits] : left) {
    for (Wait& wait : waits) wait.done(std::vector<LeasedTask>());
  }
}

base::Mono LeaseWaits::next_turn() const {
  base::Mono next = next_poll_;
  if (all_) next = std::min(next, next_all_);
  return std::min(next, next_over_);
}

// Which queues to ask for; `all`: every one that somebody waits for.
std::vector<LeaseWaits::Queue> LeaseWaits::take_turn(base::Mono now, bool& all) {
  all = now >= next_poll_ || (all_ && now >= next_all_);
  std::vector<Queue> turn;
  if (all) {
    all_ = false;
    for (const auto& [queue, waits] : queues_) turn.push_back(queue);
  } else {
    turn.assign(fresh_.begin(), fresh_.end());
  }
  fresh_.clear();
  return turn;
}

std::vector<LeaseWaits::Wait> LeaseWaits::take_finished(base::Mono now) {
  std::vector<Wait> over;
  next_over_ = base::Mono::max();
  for (auto at = queues_.begin(); at != queues_.end();) {
    std::deque<Wait>& waits = at->second;
    for (std::size_t i = 0; i < waits.size();) {
      if (waits[i].until > now && waits[i].wanted()) {
        next_over_ = std::min(next_over_, waits[i].until);
        ++i;
        continue;
      }
      forget(waits[i]);
      over.push_back(std::move(waits[i]));
      waits.erase(waits.begin() + static_cast<std::ptrdiff_t>(i));
    }
    at = waits.empty() ? queues_.erase(at) : std::next(at);
  }
  return over;
}

void LeaseWaits::forget(const Wait& wait) {
  const auto of_tenant = of_tenant_.find(wait.ask.tenant);
  if (--of_tenant->second == 0) of_tenant_.erase(of_tenant);
  --count_;
  waiting_.set(static_cast<std::int64_t>(count_));
}

void LeaseWaits::loop() {
  std::unique_lock lock(mutex_);
  while (!closed_) {
    const base::Mono now = clock_.mono();
    if (fresh_.empty() && next_turn() > now) {
      // Nobody waits: nothing is due but what add() brings.
      if (queues_.empty()) {
        changed_.wait(lock);
      } else {
        changed_.wait_for(lock, std::min<base::Mono::duration>(next_turn() - now, kPoll));
      }
      if (fresh_.empty()) continue;
    }
    bool all = false;
    const std::vector<Queue> turn = take_turn(now, all);
    lock.unlock();
    for (const Queue& queue : turn) serve(queue);
    lock.lock();
    const base::Mono done = clock_.mono();
    if (all) {
      next_all_ = done + std::max<base::Mono::duration>(kMinPause, (done - now) * kPauseParts);
      next_poll_ = done + kPoll;
    }
    std::vector<Wait> over;
    if (all || done >= next_over_) over = take_finished(done);
    lock.unlock();
    for (Wait& wait : over) wait.done(std::vector<LeasedTask>());
    lock.lock();
  }
}

std::optional<LeaseWaits::Wait> LeaseWaits::take_first(const Queue& queue) {
  const std::lock_guard lock(mutex_);
  const auto found = queues_.find(queue);
  if (found == queues_.end()) return std::nullopt;
  Wait wait = std::move(found->second.front());
  found->second.pop_front();
  if (found->second.empty()) queues_.erase(found);
  forget(wait);
  return wait;
}

void LeaseWaits::put_back(const Queue& queue, Wait wait) {
  const std::lock_guard lock(mutex_);
  ++of_tenant_[wait.ask.tenant];
  ++count_;
  waiting_.set(static_cast<std::int64_t>(count_));
  next_over_ = std::min(next_over_, wait.until);
  queues_[queue].push_front(std::move(wait));
}

// Until the queue has no more, or nobody waits for it.
void LeaseWaits::serve(const Queue& queue) {
  while (std::optional<Wait> wait = take_first(queue)) {
    if (!wait->wanted()) {
      wait->done(std::vector<LeasedTask>());
      continue;
    }
    auto leased = leases_.lease(wait->ask);
    if (leased.ok() && leased->empty()) return put_back(queue, std::move(*wait));
    const bool failed = !leased.ok();
    wait->done(std::move(leased));
    if (failed) return;
  }
}

}  // namespace ashlar::tasks
