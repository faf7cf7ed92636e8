// ActivityLog: what was counted, in the database: the truth that every instance's Board is made of.
//
//   record ──commit──> deliver ─> Board            (this instance)
//                 └──> follow ──> Board            (the others on PostgreSQL, every kFollowEvery)
//   load: all of the last day ─> Board             (at the start; after a long interruption)
//   fold: rows older than the seconds' tier become one for each tenant
//   expire: rows older than the longest window go
//
// Invariants
//  1. A batch that was acknowledged is in the database; each is counted once in each instance's
//     Board (seen_batches.h).
//  2. A row is folded no earlier than kFoldAfter after it was written: by then every instance that
//     follows has counted it. One that could not follow for longer than SeenBatches::kOverlap
//     loads all anew, into another Board that takes the place of the first when it is whole.
//  3. Folding is one transaction: what it takes out it puts in. It rounds seconds down to multiples
//     of kFoldedTo, of events that the seconds' tier has forgotten; the buckets of the others are
//     multiples of it, so no answer changes.
//  4. check_current() says whether the Board may be asked: not while what others wrote has not been
//     read for kMaxBehind.
//
// record() runs in the caller's transaction; the others on the log's own thread. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "modules/activity/seen_batches.h"
#include "modules/activity/tally.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Counter;
class Log;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::runtime {
class Periodic;
}
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::activity {

class Board;

class ActivityLog {
 public:
  static constexpr base::Millis kFollowEvery{500};
  static constexpr base::Seconds kFoldEvery{60};
  static constexpr base::Seconds kFoldAfter{120};
  static constexpr std::int64_t kFoldedTo = 15;  // seconds
  static constexpr base::Seconds kMaxBehind{10};

  // All outlive it.
  ActivityLog(storage::Database& db, Board& board, const base::Clock& clock, obs::Registry& metrics,
              obs::Log& log);
  ~ActivityLog();
  ActivityLog(const ActivityLog&) = delete;
  ActivityLog& operator=(const ActivityLog&) = delete;

  // Counts the last day's batches into the Board. Before anything is recorded.
  base::Status load();

  // In a tenant's transaction. Nothing is written for an empty tally.
  base::Status record(storage::Transaction& tx, base::TenantId tenant, Tally tally);
  // Ashlar's own requests, in a transaction of its own.
  base::Status record_own(Tally tally);

  // Error: kUnavailable activity_behind.
  [[nodiscard]] base::Status check_current() const;

  void start();
  void stop();

  // What start()'s thread does every kFollowEvery; follow() and fold() are its parts. Public for
  // tests, which have no thread.
  void work();
  base::Status follow();
  base::Status fold();

 private:
  void deliver(std::int64_t id, base::TenantId tenant, Tally tally);
  base::Status append(storage::Transaction& tx, base::TenantId tenant, Tally tally, bool own);
  Tally read(std::int64_t id, std::string_view data);
  base::Status read_day(storage::Transaction& tx, Board& board, SeenBatches& seen);
  base::Status deliver_unseen(const std::vector<std::int64_t>& ids);
  base::Result<bool> fold_page();
  base::Status fold_tenant(base::TenantId tenant, const std::vector<std::int64_t>& ids);
  base::Status expire();
  [[nodiscard]] bool follows() const;

  storage::Database& db_;
  Board& board_;
  const base::Clock& clock_;
  obs::Log& log_;
  obs::Counter& batches_;
  obs::Counter& folded_;

  std::mutex mutex_;  // guards what follows; held while the Board is given a batch or taken over
  SeenBatches seen_;

  std::atomic<base::Mono> followed_at_;
  base::Mono folded_at_{};  // of the log's own thread
  std::unique_ptr<runtime::Periodic> thread_;
};

}  // namespace ashlar::activity
