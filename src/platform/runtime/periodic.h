// Periodic: a thread that runs one function again and again: flushers, sweepers, exporters.
//
// The function runs every `interval` after the end of its last run, or at once after wake(). The
// owner calls stop() (or destroys it) when what the function uses is still alive; stop() waits for
// a run under way and starts no other. What must happen at the end (a last flush) the owner does
// itself after stop(), in plain order. Tests call the function directly and need no Periodic.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/time.h"

namespace ashlar::runtime {

class Periodic {
 public:
  Periodic(const std::string& name, base::Millis interval, std::function<void()> run);
  ~Periodic();
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

  void wake();
  void stop();  // idempotent; not from inside the function

 private:
  void loop();

  const base::Millis interval_;
  const std::function<void()> run_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool stopping_ = false;
  bool woken_ = false;

  std::thread thread_;  // last: starts when all else is there
};

}  // namespace ashlar::runtime
