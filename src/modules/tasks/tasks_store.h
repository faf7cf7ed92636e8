// TasksStore: every line of SQL of module tasks (jobs have theirs in platform/jobs). No rules here.
//
// Functions run in the caller's transaction: for its tenant, except due_schedules() and fire(),
// which run under PlatformUse::kJobs, and the two that say so. Stateless: free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "platform/jobs/job.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::tasks::store {

struct Schedule {
  std::string name, cron, time_zone, queue;
  std::string task;  // JSON
  bool paused = false;
  std::optional<base::Time> next_at;  // none: it never comes again
  std::optional<base::Time> last_at;
  std::optional<jobs::JobId> last_task;
  std::optional<std::string> error;
  base::Time created_at{}, updated_at{};
};

base::Result<std::optional<Schedule>> find_schedule(storage::Transaction& tx,
                                                    std::string_view name);
// Inserts, or replaces all but last_at, last_task and created_at.
base::Status put_schedule(storage::Transaction& tx, const Schedule& schedule);
// By name, those after `after`.
base::Result<std::vector<Schedule>> list_schedules(storage::Transaction& tx, std::string_view after,
                                                   std::int64_t limit);
base::Result<bool> delete_schedule(storage::Transaction& tx, std::string_view name);
base::Result<std::int64_t> count_schedules(storage::Transaction& tx);

struct DueSchedule {
  base::TenantId tenant;
  Schedule schedule;
};
// Those due at `now`, earliest first; on PostgreSQL their rows are locked, and rows that another
// instance has locked are left to it.
base::Result<std::vector<DueSchedule>> due_schedules(storage::Transaction& tx, base::Time now,
                                                     std::int64_t limit);
// The earliest next_at of all.
base::Result<std::optional<base::Time>> next_due(storage::Transaction& tx);
// Moves it on, where it still stands at `was`. False: it does not.
struct Fired {
  base::TenantId tenant;
  std::string_view name;
  base::Time was{};
  std::optional<base::Time> next_at;
  std::optional<jobs::JobId> task;  // none: `error` says why
  std::string_view error;
};
base::Result<bool> fire(storage::Transaction& tx, const Fired& fired);

struct TargetLimits {
  std::optional<std::int64_t> max_running;
  std::optional<double> rate_per_s;
};
base::Result<std::optional<TargetLimits>> find_target_limits(storage::Transaction& tx,
                                                             std::string_view queue);
base::Status put_target_limits(storage::Transaction& tx, std::string_view queue,
                               const TargetLimits& limits);
struct QueueLimits {
  std::string queue;
  TargetLimits limits;
};
base::Result<std::vector<QueueLimits>> list_target_limits(storage::Transaction& tx);

struct SigningRow {
  std::string sealed;
  std::optional<std::string> previous;
  std::optional<base::Time> previous_until;
  base::Time created_at{};
};
base::Result<std::optional<SigningRow>> find_signing(storage::Transaction& tx);
// False: there is one already.
base::Result<bool> insert_signing(storage::Transaction& tx, const SigningRow& row);
base::Status update_signing(storage::Transaction& tx, const SigningRow& row);

// Up to `limit` rows of the tenant's; how many.
base::Result<std::int64_t> erase_some(storage::Transaction& tx, std::int64_t limit);

std::span<const storage::Sql* const> statements();

}  // namespace ashlar::tasks::store
