// Ending: what becomes of a job when its attempt has ended: history, another attempt, its key's and
// its queue's places. Any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "platform/jobs/end_store.h"
#include "platform/jobs/gates.h"
#include "platform/jobs/jobs.h"

namespace ashlar::jobs {

class Alarm;
class JobMetrics;
class RetryPlans;
class Waker;

// What a job is ordered by (job.h, 5).
std::int64_t rank_of(base::Time run_at, int priority);
// As it is kept: valid UTF-8 without NUL, at most kMaxErrorBytes.
std::string kept_text(std::string_view text);

inline constexpr const char* kRanOut = "lease ran out";

class Ending {
 public:
  // All outlive it.
  Ending(storage::Dialect dialect, RetryPlans& plans, JobMetrics& metrics, Waker& waker,
         Alarm& alarm)
      : dialect_(dialect), plans_(plans), metrics_(metrics), waker_(waker), alarm_(alarm) {}

  // For each whether its lease was still held.
  base::Result<std::vector<bool>> end(storage::Transaction& tx, base::Time now,
                                      std::span<const Ended> ended);
  // A live job to history that is under no lease.
  base::Status cancel(storage::Transaction& tx, base::Time now, const store::Facts& facts);
  // A claim (PostgreSQL) found the lease of attempt - 1 run out: that is recorded. False: the new
  // attempt may not run, since that was the last one or a cancel is asked; the job has ended.
  struct Found {
    LeaseRef ref;  // the new attempt
    base::TenantId tenant;
    std::int64_t lost_started_at = 0;
    std::int64_t lost_until = 0;
    int max_attempts = 0;
    bool cancel_asked = false;
  };
  base::Result<std::vector<bool>> take_found(storage::Transaction& tx, base::Time now,
                                             std::span<const Found> found);
  // Leases that ran out: each attempt is recorded; the job may be leased again, or has ended.
  base::Status take_lost(storage::Transaction& tx, base::Time now,
                         std::span<const store::Facts> lost);

 private:
  struct Batch;
  base::Status go_on(storage::Transaction& tx, Batch& batch, std::span<const Ended> ended);
  void decide(Batch& batch, const store::Facts& facts, const Ended& ended);
  base::Status move(storage::Transaction& tx, Batch& batch);
  base::Status write(storage::Transaction& tx, Batch& batch);

  const storage::Dialect dialect_;
  RetryPlans& plans_;
  JobMetrics& metrics_;
  Waker& waker_;
  Alarm& alarm_;
};

}  // namespace ashlar::jobs
