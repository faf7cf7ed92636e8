// SqliteWriter: the one thread that writes ashlar.db, with group commit.
//
//   submit() --> queue (bounded) --> group: BEGIN IMMEDIATE
//                                      SAVEPOINT, function, RELEASE        for each waiting
//                                      transaction
//                                    COMMIT (one wait for the disk)
//                                      on_commit, notices, wake the caller for each, in order
//
//   A group:  [open] --run_one--> [open] --commit--> [durable] --finish--> callers answered
//                |                   |
//                | outer transaction | COMMIT refused (not by the disk)
//                v gone              v
//             [lost] --------------> run_alone: each transaction again, one group of its own each
//
// Invariants
//  1. A caller is answered only after the COMMIT that holds its effect, and errors too: an error
//  may rest on what
//     another transaction of the group did.
//  2. A function's error undoes its own savepoint and nothing else.
//  3. After each function the outer transaction still lives, or the whole group runs again one by
//  one.
//  4. A COMMIT that the disk fails ends the process: what the file holds is then unknown, and only
//  a new start, which
//     reads the log from its checksums, can tell.
//  5. No function runs whose deadline has passed; none runs while another one does.
//
// Writes by other processes are noticed through PRAGMA data_version, before each group and every
// 200 ms: all subscribers get `resync`. Only this connection writes in this process, so the pragma
// never reports ourselves.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"
#include "platform/storage/context.h"
#include "platform/storage/notice_board.h"

struct sqlite3;

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Log;
}

namespace ashlar::storage {

class SqliteCheckpointer;
class SqliteConnection;
class Transaction;
struct StorageMetrics;

struct SqliteWriterOptions {
  std::size_t queue_limit = 1024;           // waiting transactions; beyond: storage_busy
  std::size_t group_limit = 256;            // transactions of one commit
  base::Micros group_time{4000};            // a group takes no more transactions after it
  std::int64_t wal_soft_bytes = 16 << 20;   // the checkpointer is woken
  std::int64_t wal_hard_bytes = 256 << 20;  // the writer itself makes the log start again
  base::Millis busy_timeout{5000};          // how long another process may hold the write lock
};

class SqliteWriter {
 public:
  using Body = std::function<base::Status(Transaction&)>;

  // References outlive the writer.
  SqliteWriter(std::unique_ptr<SqliteConnection> connection, SqliteWriterOptions options,
               const base::Clock& clock, obs::Log& log, StorageMetrics& metrics, NoticeBoard& board,
               SqliteCheckpointer& checkpointer);
  // Runs what is queued, then stops. REQUIRES: nobody calls submit() any more.
  ~SqliteWriter();
  SqliteWriter(const SqliteWriter&) = delete;
  SqliteWriter& operator=(const SqliteWriter&) = delete;

  // Blocks until the function's effect is durable or refused. Any thread.
  base::Status submit(const Context& context, const Body& body);

 private:
  struct Request;

  void run();
  bool wait_for_work();
  void take_waiting();
  void run_group();
  bool run_members();
  bool run_one(Request& request);
  bool commit();
  void roll_back();
  void run_alone(Request& request);
  void finish(Request& request);
  void fail_waiting(const base::Error& error);
  bool begin_group();
  void look_for_foreign_writes();
  void bound_wal();
  [[noreturn]] void die(const base::Error& error);
  static int on_wal(void* self, sqlite3* db, const char* name, int pages);

  const std::unique_ptr<SqliteConnection> connection_;
  const SqliteWriterOptions options_;
  const base::Clock& clock_;
  obs::Log& log_;
  StorageMetrics& metrics_;
  NoticeBoard& board_;
  SqliteCheckpointer& checkpointer_;

  // The writer's thread only.
  std::deque<Request*> taken_;   // out of the queue, not yet run
  std::vector<Request*> group_;  // run in the open transaction, in order
  std::int64_t data_version_ = 0;
  std::int64_t wal_bytes_ = 0;
  std::int64_t next_restart_bytes_ = 0;  // the log is made to start again when it is as large

  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Request*> queue_;  // guarded by mutex_
  bool idle_ = false;           // guarded by mutex_; the writer waits on work_
  bool stopping_ = false;       // guarded by mutex_

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace ashlar::storage
