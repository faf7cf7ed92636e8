// Schedules: tasks that are made again and again, by the clock on the wall of a place (jobs/cron.h
// has the rule for hours that come twice or not at all).
//
//   put() ──> [active, next_at] ── Scheduler: due ──> a task, next_at moves on ──> …
//                 │    ^
//        pause ── v    │ ── go on: next_at anew from now
//               [paused]
//
// Promises
//  1. Each occurrence makes one task, over all instances: the task and the new next_at commit
//     together, and only where next_at still was that occurrence.
//  2. After a time without any server, or a pause, missed occurrences are not made up one by one:
//     after the first, one task for all of them (it names the earliest), after a pause none.
//  3. A schedule whose task has a unique_key makes none while the one before lives.
//
// Functions with a Transaction run in the caller's, for its tenant; fire_due() opens its own under
// PlatformUse::kJobs.
// Errors: kInvalid cron_invalid, cron_ended, zone_unknown with the field, and those of Tasks for
//         the task; kNotFound schedule_not_found; kConflict too_many_schedules; storage's.
// Any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "modules/tasks/tasks.h"
#include "modules/tasks/tasks_store.h"

namespace ashlar::storage {
class Database;
}
namespace ashlar::zone {
class ZoneDirectory;
}

namespace ashlar::tasks {

struct NewSchedule {
  std::string name, cron, time_zone;
  NewTask task;
  bool paused = false;
};

class Schedules {
 public:
  static constexpr std::int64_t kMaxSchedules = 1000;  // of a tenant
  static constexpr std::int64_t kFireStep = 50;        // schedules of one transaction

  // All outlive it. `created` as in Tasks.
  Schedules(const Tasks& tasks, jobs::Jobs& jobs, storage::Database& db, zone::ZoneDirectory& zones,
            const base::Clock& clock,
            std::function<void(base::TenantId, const std::string& queue)> created);

  base::Result<store::Schedule> put(storage::Transaction& tx, const NewSchedule& wanted) const;
  [[nodiscard]] base::Result<store::Schedule> find(storage::Transaction& tx,
                                                   std::string_view name) const;
  base::Status remove(storage::Transaction& tx, std::string_view name) const;
  base::Result<store::Schedule> pause(storage::Transaction& tx, std::string_view name,
                                      bool paused) const;
  // One task more, now; the schedule stays as it is.
  base::Result<Created> run_now(storage::Transaction& tx, std::string_view name) const;

  // All that are due; how many fired. Other instances may do the same at the same time.
  base::Result<std::int64_t> fire_due();
  // The earliest next_at of all.
  base::Result<std::optional<base::Time>> next_due();

 private:
  [[nodiscard]] base::Result<std::optional<base::Time>> next_of(const store::Schedule& schedule,
                                                                base::Time after) const;
  base::Result<std::int64_t> fire_some(storage::Transaction& tx) const;
  base::Result<jobs::JobId> enqueue(storage::Transaction& tx, const store::DueSchedule& due) const;
  base::Result<bool> fire(storage::Transaction& tx, const store::DueSchedule& due,
                          base::Time now) const;

  const Tasks& tasks_;
  jobs::Jobs& jobs_;
  storage::Database& db_;
  zone::ZoneDirectory& zones_;
  const base::Clock& clock_;
  const std::function<void(base::TenantId, const std::string&)> created_;
};

}  // namespace ashlar::tasks
