// WorkerPool: a fixed number of threads for work that may block, behind a bounded queue. They let
// I/O threads go first where processors are short (thread_priority.h).
//
// Overload is met at the door: submit() refuses at once when the queue is full, so that the caller
// can answer 503 within microseconds and the work that was accepted still finishes in time. A task
// whose deadline passes while it waits is not run: its `expired` is called instead.
//
//   submit ──full──> false
//      │
//      └─ queued ──deadline passed──> expired()
//            └──────────────────────> run()
//
// Tasks run in the order in which they came, but for those marked `batch`: they let the others go
// first, though every kBatchTurn-th turn is theirs, so that they move on under any load.
//
// Every accepted task gets exactly one of the two calls, also during drain(). Any thread may
// submit.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Counter;
class Gauge;
class Histogram;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::runtime {

class WorkerPool {
 public:
  struct Task {
    std::function<void()> run;
    std::function<void()> expired;
    base::Mono deadline;
    bool batch = false;
  };
  static constexpr std::uint32_t kBatchTurn = 8;

  // `name` labels metrics and threads: "interactive", "outbound", "batch".
  WorkerPool(const std::string& name, std::size_t threads, std::size_t max_queued,
             const base::Clock& clock, obs::Registry& metrics);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // A glance without the lock: whether submit() would find the queue full just now.
  [[nodiscard]] bool has_room() const {
    return queued_.load(std::memory_order_relaxed) < max_queued_;
  }

  // False: full or draining; the task was not taken and neither function will be called.
  bool submit(Task task);

  // Takes no more, finishes what was accepted, ends the threads. Idempotent.
  void drain();

 private:
  struct Queued {
    Task task;
    base::Mono since;
  };
  void loop();
  void note_depth();
  Queued take_next();
  [[nodiscard]] std::size_t waiting() const { return queue_.size() + batch_.size(); }
  void execute(Queued queued);

  const std::size_t max_queued_;
  const base::Clock& clock_;
  obs::Counter& refused_;
  obs::Counter& expired_;
  obs::Gauge& depth_;
  obs::Histogram& wait_s_;

  std::atomic<std::size_t> queued_{0};  // waiting(), to look at without the lock

  std::mutex mutex_;  // guards what follows
  std::condition_variable ready_;
  std::deque<Queued> queue_;
  std::deque<Queued> batch_;
  std::uint32_t turns_ = 0;  // taken from queue_ since batch_ had one, while batch_ waited
  std::size_t idle_ = 0;
  bool draining_ = false;

  std::vector<std::thread> threads_;
};

}  // namespace ashlar::runtime
