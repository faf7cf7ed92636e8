#include "platform/runtime/worker_pool.h"

#include "base/check.h"
#include "base/clock.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/thread_name.h"
#include "platform/runtime/thread_priority.h"

namespace ashlar::runtime {

WorkerPool::WorkerPool(const std::string& name, std::size_t threads, std::size_t max_queued,
                       const base::Clock& clock, obs::Registry& metrics)
    : max_queued_(max_queued),
      clock_(clock),
      refused_(metrics.make_counter("ashlar_pool_refused_total",
                                    "Tasks refused because the queue of their pool was full.",
                                    {{"pool", name}})),
      expired_(metrics.make_counter("ashlar_pool_expired_total",
                                    "Tasks whose deadline passed while they were queued.",
                                    {{"pool", name}})),
      depth_(metrics.make_gauge("ashlar_pool_queue_depth", "Tasks waiting for a thread.",
                                {{"pool", name}})),
      wait_s_(metrics.make_histogram("ashlar_pool_wait_seconds",
                                     "Time from submission to a thread.", obs::latency_buckets_s(),
                                     {{"pool", name}})) {
  CHECK(threads > 0 && max_queued > 0);
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this, name] {
      set_thread_name(name);
      let_others_go_first();
      loop();
    });
  }
}

WorkerPool::~WorkerPool() { drain(); }

bool WorkerPool::submit(Task task) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (draining_ || waiting() >= max_queued_) {
      refused_.add();
      return false;
    }
    std::deque<Queued>& queue = task.batch ? batch_ : queue_;
    queue.push_back(Queued{std::move(task), clock_.mono()});
    note_depth();
    wake = idle_ > 0;
  }
  if (wake) ready_.notify_one();
  return true;
}

// REQUIRES: mutex_ held.
void WorkerPool::note_depth() {
  queued_.store(waiting(), std::memory_order_relaxed);
  depth_.set(static_cast<std::int64_t>(waiting()));
}

void WorkerPool::drain() {
  {
    const std::lock_guard lock(mutex_);
    draining_ = true;
  }
  ready_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void WorkerPool::loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    while (waiting() == 0) {
      if (draining_) return;
      ++idle_;
      ready_.wait(lock);
      --idle_;
    }
    Queued queued = take_next();
    note_depth();
    lock.unlock();
    execute(std::move(queued));
    lock.lock();
  }
}

// REQUIRES: mutex_ held, waiting() > 0.
WorkerPool::Queued WorkerPool::take_next() {
  const bool batch = queue_.empty() || (!batch_.empty() && turns_ + 1 >= kBatchTurn);
  turns_ = batch || batch_.empty() ? 0 : turns_ + 1;
  std::deque<Queued>& queue = batch ? batch_ : queue_;
  Queued queued = std::move(queue.front());
  queue.pop_front();
  return queued;
}

// The task ends here, before the lock is taken again: its captures may take long to destroy.
void WorkerPool::execute(Queued queued) {
  const Task task = std::move(queued.task);
  const base::Mono now = clock_.mono();
  wait_s_.observe(std::chrono::duration<double>(now - queued.since).count());
  if (now >= task.deadline) {
    expired_.add();
    task.expired();
  } else {
    task.run();
  }
}

}  // namespace ashlar::runtime
