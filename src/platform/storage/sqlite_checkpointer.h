// SqliteCheckpointer: copies the write-ahead log into ashlar.db on a thread and a connection of its
// own, so that no commit waits for it (PASSIVE: it waits for nobody either).
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace ashlar::obs {
class Log;
}

namespace ashlar::storage {

class SqliteConnection;

class SqliteCheckpointer {
 public:
  SqliteCheckpointer(std::unique_ptr<SqliteConnection> connection, obs::Log& log);
  ~SqliteCheckpointer();  // finishes the running one
  SqliteCheckpointer(const SqliteCheckpointer&) = delete;
  SqliteCheckpointer& operator=(const SqliteCheckpointer&) = delete;

  // While the guard lives no checkpoint of this object runs; waits for the one that does. SQLite
  // lets only one checkpoint run, and does not wait for it: it refuses the second.
  [[nodiscard]] std::unique_lock<std::mutex> pause() { return std::unique_lock(running_); }

  // One checkpoint soon, however often it is called meanwhile. Quick; any thread.
  void wake();

 private:
  void run();

  const std::unique_ptr<SqliteConnection> connection_;
  obs::Log& log_;
  std::mutex running_;  // held during a checkpoint
  std::mutex mutex_;
  std::condition_variable changed_;
  bool wanted_ = false;    // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;     // last: it uses all of the above
};

}  // namespace ashlar::storage
