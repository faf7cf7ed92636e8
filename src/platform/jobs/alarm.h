// Alarm: when the housekeeping should look again, moved earlier by whoever knows of something that
// becomes due. Any thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace ashlar::jobs {

class Alarm {
 public:
  // Something is due at `when`.
  void at(base::Time when) {
    const std::lock_guard lock(mutex_);
    if (when >= next_) return;
    next_ = when;
    changed_.notify_one();
  }
  // So is work of the kind: a rate allows it from then on.
  void at(base::Time when, std::string_view kind) {
    {
      const std::lock_guard lock(mutex_);
      const auto [found, added] = kinds_.try_emplace(std::string(kind), when);
      if (!added) found->second = std::min(found->second, when);
    }
    at(when);
  }
  // The kinds whose time has come.
  std::vector<std::string> take_due(base::Time now) {
    std::vector<std::string> due;
    const std::lock_guard lock(mutex_);
    for (const auto& [kind, when] : kinds_) {
      if (when <= now) due.push_back(kind);
    }
    for (const std::string& kind : due) kinds_.erase(kind);
    for (const auto& [kind, when] : kinds_) next_ = std::min(next_, when);
    return due;
  }
  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_one();
  }
  void restart() {
    const std::lock_guard lock(mutex_);
    stopped_ = false;
  }

  // Sleeps until what at() was told, at most `longest`. False: stopped. `clock` tells the time.
  template <class Clock>
  bool wait(const Clock& clock, base::Micros longest) {
    std::unique_lock lock(mutex_);
    const base::Mono end = clock.mono() + longest;
    while (!stopped_) {
      const base::Micros left = std::min(std::chrono::ceil<base::Micros>(end - clock.mono()),
                                         next_ == kNever ? longest : next_ - clock.now());
      if (left.count() <= 0) break;
      changed_.wait_for(lock, left);
    }
    next_ = kNever;
    return !stopped_;
  }

 private:
  static constexpr base::Time kNever = base::Time::max();

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  base::Time next_ = kNever;
  std::map<std::string, base::Time, std::less<>> kinds_;
  bool stopped_ = false;
};

}  // namespace ashlar::jobs
