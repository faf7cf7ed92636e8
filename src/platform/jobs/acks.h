// Acks: commits what became of attempts, many in one end_many(): what arrives while a commit is
// under way goes with the next. So one commit serves many jobs under load and few when idle.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/time.h"
#include "platform/jobs/jobs.h"

namespace ashlar::jobs {

class Acks {
 public:
  // Told when it is committed, or given up after stop(): `held` as of end_many().
  using Done = std::function<void(LeaseRef, bool held)>;

  // `threads` commit side by side. All outlive it.
  Acks(Jobs& jobs, int threads, obs::Log& log);
  ~Acks();
  Acks(const Acks&) = delete;
  Acks& operator=(const Acks&) = delete;

  // `done` is called from a thread of ours, and must outlive stop().
  void add(Ended ended, const Done& done);
  // Commits what is there; gives up what cannot be committed just now: its lease will run out.
  void stop();

 private:
  struct Entry {
    Ended ended;
    const Done* done = nullptr;
  };
  void run();
  bool commit(const std::vector<Entry>& batch);

  Jobs& jobs_;
  obs::Log& log_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Entry> entries_;
  bool stopping_ = false;

  std::vector<std::thread> threads_;
};

}  // namespace ashlar::jobs
