// WakeNotices: tells other processes on the same database that there are new events.
//
// PostgreSQL takes a lock of the whole cluster to commit a transaction with a notice, so not each
// event sends one: a thread of its own sends the first at once and then at most one in kEvery.
// On SQLite there is nobody to tell: nothing is started.
// request() by any thread: an atomic exchange where one is due already.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/time.h"

namespace ashlar::storage {
class Database;
}

namespace ashlar::events {

inline constexpr const char* kWakeChannel = "events";

class WakeNotices {
 public:
  static constexpr base::Millis kEvery{10};

  explicit WakeNotices(storage::Database& db) : db_(db) {}
  ~WakeNotices() { stop(); }
  WakeNotices(const WakeNotices&) = delete;
  WakeNotices& operator=(const WakeNotices&) = delete;

  void start();
  void stop();  // idempotent
  void request();

 private:
  void run();

  storage::Database& db_;
  std::atomic<bool> wanted_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace ashlar::events
