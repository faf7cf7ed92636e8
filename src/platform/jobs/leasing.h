// Leasing: hands out jobs (jobs.h, 2). One transaction; on PostgreSQL chores, where there are any,
// have one of their own before it:
//
//   chores (what is due becomes ready, lost leases are taken, notes are settled)
//     └─> lanes with something ready, in turn ──> gates (paused, max_running, rate) cap each
//           └─> share ──> claim; what a lane could not use goes to the others ──> jobs, interleaved
//
// Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/jobs/jobs.h"
#include "platform/jobs/lease_store.h"
#include "platform/jobs/turns.h"

namespace ashlar::jobs {

class Alarm;
class Ending;
class JobMetrics;
class Waker;

class Leasing {
 public:
  static constexpr std::int64_t kChoresAtOnce = 1000;

  // All outlive it.
  Leasing(storage::Database& db, const base::Clock& clock, Ending& ending, JobMetrics& metrics,
          Waker& waker, Alarm& alarm);

  base::Result<std::vector<LeasedJob>> lease(const LeaseRequest& request);
  base::Result<std::vector<Jobs::Renewed>> renew(std::span<const LeaseRef> leases,
                                                 base::Millis lease);

  // What is due becomes ready, what was lost may be leased again, notes of the kind (empty: none)
  // are settled. How many jobs may have become ready.
  base::Result<std::int64_t> do_chores(storage::Transaction& tx, base::Time now,
                                       const store::Chores& chores, std::string_view kind);

  // Leases that ran out in paused queues, which no claim finds on PostgreSQL. How many.
  base::Result<std::int64_t> take_paused(storage::Transaction& tx, base::Time now);

 private:
  struct Round;
  struct Visit;

  base::Result<std::vector<LeasedJob>> run(storage::Transaction& tx, const LeaseRequest& request,
                                           Visit& visit);
  base::Status look(storage::Transaction& tx, const LeaseRequest& request, Round& round);
  base::Status claim_round(storage::Transaction& tx, const LeaseRequest& request, Round& round,
                           Visit& visit);
  void cap(Round& round, std::string_view kind);
  base::Status claim_parts(storage::Transaction& tx, const LeaseRequest& request, Round& round);
  base::Status close_gates(storage::Transaction& tx, const LeaseRequest& request, Round& round);
  bool may_take_counted();
  base::Status drop_lost(storage::Transaction& tx, const LeaseRequest& request, Round& round);
  base::Status promote_due(storage::Transaction& tx, base::Time now, std::string_view kind,
                           std::int64_t& touched);
  Turns& turns_of(std::string_view kind);
  void count(const LeaseRequest& request, const std::vector<LeasedJob>& jobs, base::Time now);

  storage::Database& db_;
  const storage::Dialect dialect_;
  const base::Clock& clock_;
  Ending& ending_;
  JobMetrics& metrics_;
  Waker& waker_;
  Alarm& alarm_;

  std::mutex mutex_;
  std::map<std::string, Turns, std::less<>> turns_;  // guarded by mutex_
  base::Time counted_taken_{};                       // guarded by mutex_
};

}  // namespace ashlar::jobs
