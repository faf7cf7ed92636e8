// Waker: tells those who wait that there may be work of their kind, here and in other processes.
//
// Here: at once, in the thread that calls wake() (after a commit: a storage thread). Elsewhere: by
// a notice of the database, at most one a kind in kPause, the first at once. PostgreSQL takes a
// lock for every commit with a notice, so none goes with the transactions of users: a thread of
// ours sends them. On SQLite the writer sees that another process has written; that wakes
// everybody.
//
// Any thread. Subscribes when made, so it outlives the database's threads (storage/database.h).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "base/time.h"

namespace ashlar::storage {
class Database;
}

namespace ashlar::jobs {

class Waker {
 public:
  static constexpr base::Millis kPause{10};

  // `db` outlives start() … stop().
  explicit Waker(storage::Database& db);
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  // Calls `wake` until end(): when that has returned it will not be called again.
  std::uint64_t add(std::string kind, std::function<void()> wake);
  void end(std::uint64_t waiter);

  void wake(std::string_view kind);

  // The thread that sends notices; where it does not run, other processes find work by their poll.
  void start();
  void stop();

 private:
  struct Waiter {
    std::string kind;
    std::function<void()> wake;
  };
  struct Board;

  void send_notices();

  storage::Database& db_;
  const bool remote_;
  const std::shared_ptr<Board> board_;  // the subscription holds it too: that never ends

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::set<std::string, std::less<>> unsent_;
  bool running_ = false;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace ashlar::jobs
