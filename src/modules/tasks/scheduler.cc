#include "modules/tasks/scheduler.h"

#include <algorithm>

#include "base/clock.h"
#include "modules/tasks/schedules.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/thread_name.h"

namespace ashlar::tasks {

Scheduler::Scheduler(Schedules& schedules, const base::Clock& clock, obs::Registry& metrics,
                     obs::Log& log)
    : schedules_(schedules),
      clock_(clock),
      log_(log),
      fired_(metrics.make_counter("ashlar_tasks_schedules_fired_total",
                                  "Occurrences of schedules that were made into tasks here.")) {}

Scheduler::~Scheduler() { stop(); }

void Scheduler::start() {
  thread_ = std::thread([this] {
    runtime::set_thread_name("scheduler");
    loop();
  });
}

void Scheduler::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

void Scheduler::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Scheduler::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const base::Millis pause = round();
    lock.lock();
    changed_.wait_for(lock, pause, [this] { return stopping_ || woken_; });
    woken_ = false;
  }
}

// How long until the next.
base::Millis Scheduler::round() {
  const auto fired = schedules_.fire_due();
  if (!fired.ok()) {
    log_.warn("schedules not fired",
              {{"reason", fired.error().reason}, {"detail", fired.error().detail}});
    return kPoll;
  }
  fired_.add(static_cast<std::uint64_t>(*fired));
  const auto next = schedules_.next_due();
  if (!next.ok() || !*next) return kPoll;
  const auto left = std::chrono::ceil<base::Millis>(**next - clock_.now());
  // One that is due still could not be fired: no hurry then.
  return left > base::Millis{0} ? std::min(left, kPoll) : kPoll;
}

}  // namespace ashlar::tasks
