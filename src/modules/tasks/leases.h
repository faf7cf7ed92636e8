// Leases: what pull workers do: lease tasks, keep them, report on them.
//
//   lease() ──> LeasedTask with its token ── renew() ──> …
//                     └── end() by complete, fail, snooze ──> (platform/jobs/job.h)
//
// Promises
//  1. A token that is not of a lease that is held still changes nothing: kConflict lease_lost.
//  2. Completing again what was completed by the same lease is no error: a worker whose answer got
//     lost may ask again.
//  3. No renewal reaches beyond the task's timeout, counted from the lease.
//
// Errors besides: kNotFound task_not_found (no such task of this tenant); storage's. Blocks on
// storage; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "modules/tasks/lease_token.h"
#include "platform/jobs/jobs.h"

namespace ashlar::tasks {

struct LeasedTask {
  jobs::LeasedJob job;
  base::Time deadline{};  // of the attempt
  std::string token;
};

struct LeaseAsk {
  base::TenantId tenant;
  std::string queue;
  int max = 1;
  base::Millis lease{30'000};
  std::string worker;
};

// What a worker says of one task.
struct Report {
  jobs::JobId id;
  std::string token;
  jobs::Outcome outcome;
};

struct Renewal {
  jobs::JobId id;
  std::string token;
  std::optional<base::Millis> lease;  // none: as long as was asked for at first
};
struct Kept {
  base::Time lease_until{};
  bool cancel_asked = false;
};

class Leases {
 public:
  static constexpr int kMaxLease = 100;
  static constexpr std::size_t kMaxReports = 1000;
  static constexpr base::Millis kMinLease{100};
  static constexpr base::Millis kMaxLeaseTime{12 * 3600 * 1000};

  // All outlive it.
  Leases(const LeaseTokens& tokens, jobs::Jobs& jobs, storage::Database& db,
         const base::Clock& clock);

  base::Result<std::vector<LeasedTask>> lease(const LeaseAsk& ask);
  base::Status end(base::TenantId tenant, const Report& report);
  base::Result<Kept> renew(base::TenantId tenant, const Renewal& renewal);
  // For each its own outcome; what is wrong with storage fails the whole.
  base::Result<std::vector<base::Status>> end_many(base::TenantId tenant,
                                                   std::span<const Report> reports);
  base::Result<std::vector<base::Result<Kept>>> renew_many(base::TenantId tenant,
                                                           std::span<const Renewal> renewals);

 private:
  base::Status end_by_timeout(std::vector<jobs::LeasedJob>& leased);
  [[nodiscard]] std::optional<LeaseToken> held_by(base::TenantId tenant, jobs::JobId id,
                                                  std::string_view token) const;
  [[nodiscard]] base::Status lost(base::TenantId tenant, const Report& report) const;
  [[nodiscard]] base::Error lost(base::TenantId tenant, jobs::JobId id) const;
  base::Status renew_group(std::span<const jobs::LeaseRef> leases,
                           std::span<const std::size_t> places, base::Millis time,
                           std::vector<base::Result<Kept>>& out);

  const LeaseTokens& tokens_;
  jobs::Jobs& jobs_;
  storage::Database& db_;
  const base::Clock& clock_;
};

}  // namespace ashlar::tasks
