// LogWriter: one thread that writes what all open documents have to say, many documents in one
// transaction, so that a commit is paid for once.
//
//   submit(write) ──> queue ──> begin, each: fence, updates, snapshot, event, … commit ──> done()
//
// A group begins `pace` after the one before it at the earliest, unless something urgent is in it:
// what comes meanwhile shares its commit.
//
// Promises
//  1. done(ok) after the commit is durable: all of the write is there. done(error): nothing of it
//     is, except where storage cannot tell (storage/database.h). Once each, on the loop that the
//     write names (one wake-up of it for all of a group), else on the writer's thread; those of one
//     document in the order of submit(). It must be quick and not block.
//  2. A write names the update that it believes to be the document's last (`from`). Where another
//     one is, nothing is written: kConflict document_moved. So two processes that have the same
//     document open cannot number two updates alike, whoever believes to own it.
//  3. A write that fails on its own account takes no other with it.
//  4. stop() writes what was submitted before it.
//  5. On PostgreSQL, where other processes may have the document open, they are told: a notice on
//     kChannel, `notice` and behind it a line feed and the number of the last update.
//
// Whoever submits bounds what waits (each document has one write in flight). Any thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/documents/document_row.h"
#include "platform/events/event.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::events {
class Outbox;
}
namespace ashlar::obs {
class Counter;
class Histogram;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::runtime {
class EventLoop;
}
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::documents {

struct LogWrite {
  base::TenantId tenant;
  DocumentNo no;
  Seq from = 0;  // what the last update was
  // Behind it, without gaps; null: none. Whoever submits may keep it, and does not change it.
  std::shared_ptr<const std::vector<UpdateRow>> updates;
  std::optional<SnapshotRow> snapshot;
  struct Announcement {
    Seq seq = 0;
    events::NewEvent event;
  };
  std::string notice;
  bool urgent = false;                       // somebody waits for it: at once
  std::optional<Announcement> announcement;  // left out where somebody has told of as much
  std::function<void(base::Status)> done;
  runtime::EventLoop* loop = nullptr;  // that done() is called on
};

class LogWriter {
 public:
  static constexpr std::string_view kChannel = "documents";
  static constexpr std::size_t kMaxGroup = 512;             // writes in one transaction
  static constexpr std::size_t kMaxGroupBytes = 16u << 20;  // and of theirs, the last one more
  static constexpr base::Seconds kThinSnapshots{3600};      // one an hour is kept of the old

  // All outlive it.
  LogWriter(storage::Database& db, events::Outbox& outbox, const base::Clock& clock,
            obs::Registry& metrics, base::Millis pace = base::Millis{0});
  ~LogWriter();  // stops
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  void start();
  // After stop(): done(kUnavailable documents_stopping); within the call where no loop is named.
  void submit(LogWrite write);
  void stop();

 private:
  void loop();
  std::vector<LogWrite> take_group();
  void wait_for_others(std::unique_lock<std::mutex>& lock);
  void write_group(std::vector<LogWrite>& group);
  static void answer(std::vector<LogWrite>& group, std::vector<base::Status>& outcomes);
  // What became of each; an error of the transaction is everybody's.
  base::Status try_group(std::vector<LogWrite>& group, std::size_t first, std::size_t count,
                         std::vector<base::Status>& outcomes);
  base::Result<bool> write_one(storage::Transaction& tx, const LogWrite& write);

  storage::Database& db_;
  events::Outbox& outbox_;
  const base::Clock& clock_;
  const base::Millis pace_;
  base::Mono next_group_{};  // the writer's thread
  obs::Counter& updates_;
  obs::Counter& bytes_;
  obs::Counter& failed_;
  obs::Histogram& group_size_;
  obs::Histogram& commit_s_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable ready_;
  std::deque<LogWrite> queue_;
  bool idle_ = false;    // it waits for the first of a group
  bool urgent_ = false;  // somebody in the queue is
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace ashlar::documents
