// Interleaver: several tasks of which exactly one runs at a time; at each step() a seeded die says
// who goes on. So a test of threads repeats by its seed, and every schedule of the steps may come.
//
// Tasks are threads that hand a baton on. A task must not wait for another in any way but step().
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/random.h"

namespace ashlar::cache {

class Interleaver {
 public:
  explicit Interleaver(std::uint64_t seed) : random_(seed) {}

  void add(std::function<void()> task) {
    tasks_.push_back(std::make_unique<Task>(std::move(task)));
  }
  // Called at every step by the task that has the baton, before it may lose it.
  void on_step(std::function<void()> run) { on_step_ = std::move(run); }

  // Runs all to their ends.
  void run() {
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      tasks_[i]->thread = std::thread([this, i] { live(i); });
    }
    {
      const std::lock_guard lock(mutex_);
      pass_on();
    }
    for (const auto& task : tasks_) task->thread.join();
  }

  // From inside a task.
  void step() {
    if (on_step_) on_step_();
    std::unique_lock lock(mutex_);
    const std::size_t self = holder_;
    pass_on();
    if (holder_ == self) return;
    tasks_[self]->turn.wait(lock, [&] { return holder_ == self; });
  }

 private:
  struct Task {
    explicit Task(std::function<void()> what) : body(std::move(what)) {}
    std::function<void()> body;
    std::thread thread;
    std::condition_variable turn;
    bool ended = false;
  };

  static constexpr std::size_t kNobody = SIZE_MAX;

  void live(std::size_t self) {
    {
      std::unique_lock lock(mutex_);
      tasks_[self]->turn.wait(lock, [&] { return holder_ == self; });
    }
    tasks_[self]->body();
    const std::lock_guard lock(mutex_);
    tasks_[self]->ended = true;
    pass_on();
  }

  // REQUIRES: mutex_ is held.
  void pass_on() {
    std::vector<std::size_t> alive;
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      if (!tasks_[i]->ended) alive.push_back(i);
    }
    holder_ = alive.empty() ? kNobody : alive[random_.below(alive.size())];
    if (holder_ != kNobody) tasks_[holder_]->turn.notify_one();
  }

  base::Random random_;
  std::function<void()> on_step_;
  std::vector<std::unique_ptr<Task>> tasks_;

  std::mutex mutex_;
  std::size_t holder_ = kNobody;  // guarded by mutex_
};

}  // namespace ashlar::cache
