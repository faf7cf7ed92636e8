// Scheduler: the thread that fires schedules when they are due. Every instance has one; the
// database keeps them from firing an occurrence twice (schedules.h).
//
// It sleeps until the next one is due, at most kPoll: so far may a schedule that another process
// has just set be late.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/time.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Counter;
class Log;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::tasks {

class Schedules;

class Scheduler {
 public:
  static constexpr base::Millis kPoll{1'000};

  // All outlive it.
  Scheduler(Schedules& schedules, const base::Clock& clock, obs::Registry& metrics, obs::Log& log);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  void start();
  void wake();  // a schedule was set
  void stop();  // idempotent

 private:
  void loop();
  base::Millis round();

  Schedules& schedules_;
  const base::Clock& clock_;
  obs::Log& log_;
  obs::Counter& fired_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool woken_ = false;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace ashlar::tasks
