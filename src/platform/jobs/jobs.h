// Jobs: the queue itself: enqueue with a transaction, lease, renew, end, look, and mend.
//
//   db.write(tenant_context, [&](Transaction& tx) {
//     … the order is placed …
//     return jobs.enqueue(tx, {.kind = "mail.send", .payload = …});   // commits with its cause
//   });
//
// Promises
//  1. enqueue() commits with its transaction or not at all; a rolled back one leaves nothing.
//  2. lease(): each job to one caller; what is leased is committed before it is returned. Tenants
//     with ready work take turns, whatever the depth of their queues (fair share), then queues
//     within a tenant, then rank (job.h, 5). Paused queues, those at max_running and those over
//     their rate are left out. On PostgreSQL by SKIP LOCKED, READ COMMITTED.
//  3. end() with the effect's own transaction: both commit or neither. lease_lost rolls the effect
//     back: a lost lease cannot commit. end_many() for effects elsewhere: one commit for many.
//  4. A job whose lease has run out is leased again, or is dead when that was its last attempt; the
//     lost attempt is in its record ("lease ran out").
//  5. After enqueue's commit those who wait (Waiters below) are woken: in this process at once,
//     in others within some ms (a coalesced notice), and by a poll each kPoll at the latest.
//  6. Ended jobs stay for the retention of their state (cancelled ones as long as done ones) and go
//     in batches.
//
// Functions with a Transaction run in the caller's: a tenant's (then its own jobs only), or a
// platform one (then `tenant` names whose). Those without open their own under PlatformUse::kJobs.
// `now` is the clock's. Any thread.
//
// Errors beside storage's: kInvalid job_invalid (the detail names field and bound); kConflict
// lease_lost; kNotFound job_not_found; kConflict job_ended, job_running (where it must not be);
// kConflict job_duplicate (redrive: another with its unique_key lives).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kit/resilience/retry_schedule.h"
#include "platform/jobs/job.h"

namespace ashlar::base {
class Clock;
class Entropy;
}  // namespace ashlar::base
namespace ashlar::obs {
class Log;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::jobs {

// When a failed job is tried again: before attempt n+1 the n-th delay, the last one for all
// further, each with jitter upward of at most `jitter` of itself. Outcome::run_at moves it later,
// never earlier.
struct RetryPlan {
  std::vector<base::Millis> delays;  // not empty
  double jitter = 0.2;
  // 1 s, 4 s, 16 s, … to an hour.
  static RetryPlan standard();
};

struct QueueSettings {
  bool paused = false;
  std::optional<std::int64_t> max_running = {};  // at once, over all instances
  std::optional<double> rate_per_s = {};         // starts, over all instances
  std::int64_t burst = 1;                        // of the rate
  // Of each key: how many become ready in a second, over all instances; not counted again where an
  // ordered one is tried again, or a lease ran out. key_limit bounds what may have gathered while
  // the queue stood still.
  std::optional<double> key_rate_per_s = {};
  std::int64_t key_burst = 1;
  // Instead of the kind's plan, with its jitter. Empty: the kind's. At most kMaxDelays.
  std::vector<base::Millis> retry = {};
  static constexpr std::size_t kMaxDelays = 100;
};

struct LeaseRequest {
  std::string_view kind;
  std::optional<base::TenantId> tenant = {};   // only this one's
  std::optional<std::string_view> queue = {};  // only this; needs tenant
  int max = 1;                                 // 1 … kMaxLease
  base::Millis lease{30'000};                  // the worker renews before it has run out
  std::string_view worker;                     // for the person who looks: host, process, client
};

struct Ended {
  LeaseRef ref;
  Outcome outcome;
};

// Which jobs a list, a redrive or a cancel is about. Unset: any.
struct JobFilter {
  std::optional<std::string> kind = {}, queue = {}, error_contains = {};
  std::optional<JobState> state = {};
  std::optional<base::Time> ended_from = {}, ended_to = {};
};

struct QueueDepth {
  base::TenantId tenant;
  std::string kind, queue;
  std::int64_t ready = 0, running = 0, scheduled = 0, held = 0, dead = 0;
  std::optional<base::Time> oldest_ready;  // its run_at
  QueueSettings settings;
};

class Jobs {
 public:
  static constexpr int kMaxLease = 1000;
  static constexpr int kMaxBatch = 1000;  // of enqueue_many, end_many, redrive
  static constexpr base::Millis kPoll{1'000};

  struct Options {
    RetryPlan retry = RetryPlan::standard();  // of kinds that name none
    base::Seconds keep_done{24 * 3600};
    base::Seconds keep_dead{30 * 24 * 3600};
    std::uint64_t seed = 1;  // of jitter
  };
  // All outlive it.
  Jobs(Options options, storage::Database& db, const base::Clock& clock, obs::Registry& metrics,
       obs::Log& log);
  ~Jobs();
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  // Before start().
  void set_retry(std::string kind, RetryPlan plan);

  base::Result<Enqueued> enqueue(storage::Transaction& tx, const NewJob& job);
  base::Result<Enqueued> enqueue_for(storage::Transaction& tx, base::TenantId tenant,
                                     const NewJob& job);
  base::Result<std::vector<Enqueued>> enqueue_many(storage::Transaction& tx, base::TenantId tenant,
                                                   std::span<const NewJob> jobs);

  base::Result<std::vector<LeasedJob>> lease(const LeaseRequest& request);
  // For each whether it is held still; `cancel_asked` is then what its worker should heed.
  struct Renewed {
    bool held = false;
    bool cancel_asked = false;
  };
  base::Result<std::vector<Renewed>> renew(std::span<const LeaseRef> leases, base::Millis lease);
  base::Status end(storage::Transaction& tx, base::TenantId tenant, const Ended& ended);
  // For each whether it was held still (false: lease_lost, nothing happened).
  base::Result<std::vector<bool>> end_many(std::span<const Ended> ended);

  base::Result<JobView> find(storage::Transaction& tx, base::TenantId tenant, JobId id);
  // By id downwards, those below `before` (unset: all), at most `limit`.
  base::Result<std::vector<JobView>> list(storage::Transaction& tx, base::TenantId tenant,
                                          const JobFilter& filter, JobId before, int limit);
  // One that runs is asked to stop (cancel_asked, seen by renew) and ends at its worker's word;
  // any other live one ends at once.
  base::Status cancel(storage::Transaction& tx, base::TenantId tenant, JobId id);
  // A dead (or done, or cancelled) job lives again, with as many attempts more as it had.
  base::Status redrive(storage::Transaction& tx, base::TenantId tenant, JobId id);
  // Dead ones that fit, at most `limit`; how many. Call again while it answers `limit`.
  base::Result<std::int64_t> redrive_many(storage::Transaction& tx, base::TenantId tenant,
                                          const JobFilter& filter, int limit);
  // A scheduled or retrying one now.
  base::Status run_now(storage::Transaction& tx, base::TenantId tenant, JobId id);

  base::Status set_queue(storage::Transaction& tx, base::TenantId tenant, std::string_view kind,
                         std::string_view queue, const QueueSettings& settings);
  // As if nothing had been set; its jobs stay.
  base::Status forget_queue(storage::Transaction& tx, base::TenantId tenant, std::string_view kind,
                            std::string_view queue);
  base::Result<std::vector<QueueDepth>> depths(storage::Transaction& tx, base::TenantId tenant,
                                               std::optional<std::string_view> kind);

  // Woken when there may be work of the kind. `wake` runs on storage threads: quick, and it does
  // not call back. The handle ends it.
  class Waiter {
   public:
    virtual ~Waiter() = default;
  };
  [[nodiscard]] std::unique_ptr<Waiter> wait_for(std::string kind, std::function<void()> wake);

  // The leases of every kind but this one run out now: for the only process of a database, at its
  // start, when it knows that those who held them are dead. How many.
  base::Result<std::int64_t> forfeit(std::string_view kept_kind);

  // Housekeeping: what is due becomes ready, lost leases of last attempts die, retention, notices.
  void start();
  void stop();
  // One round of it, for tests with a hand-driven clock.
  base::Status tend();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::jobs
