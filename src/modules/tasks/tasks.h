// Tasks: the rules of handing tasks over, looking at them and steering them. (Leasing: leases.h.
// Sending: push.h. Schedules: schedules.h.)
//
// Functions with a Transaction run in the caller's, for its tenant; another tenant's task, a job
// that is no task, and none at all are the same to them (kNotFound task_not_found).
//
// Promises
//  1. A task is there when its transaction has committed, and not before.
//  2. Of the tasks of a queue and mode with one unique_key one lives at a time; asking for another
//     gives that one, with `existed`.
//  3. A payload comes back as the same JSON.
//  4. Who waits for tasks of the queue in this process is told after the commit (`created`).
//
// Errors: kInvalid with the fields named (payload_too_large, run_at_and_delay, timeout_too_long,
//         key_missing, header_forbidden, header_malformed, target's own (outbound/target.h));
//         kNotFound task_not_found; kConflict task_ended, task_running, task_live, task_exists;
//         storage's.
// Immutable after construction: any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "modules/tasks/task.h"
#include "platform/jobs/jobs.h"
#include "platform/outbound/target.h"

namespace ashlar::tasks {

struct Created {
  jobs::JobId id;
  jobs::JobState state = jobs::JobState::kReady;
  bool existed = false;
};

struct TaskQuery {
  std::optional<std::string> queue, error_contains;
  std::optional<std::string_view> kind;  // kPullKind or kPushKind
  std::optional<jobs::JobState> state;
  std::optional<base::Time> ended_from, ended_to;
  jobs::JobId before;  // unset: all
  int limit = 20;
};

struct TaskPage {
  std::vector<jobs::JobView> tasks;  // newest first
  bool more = false;
};

class Tasks {
 public:
  static constexpr std::size_t kMaxBatch = 1000;
  static constexpr int kRedriveStep = 500;  // tasks of one transaction
  static constexpr int kMaxRedriveSteps = 20;

  struct Options {
    outbound::TargetRules targets;
  };
  // `created` is called after the commit of a pull task that may be leased at once. Both outlive
  // it.
  Tasks(Options options, jobs::Jobs& jobs, const base::Clock& clock,
        std::function<void(base::TenantId, const std::string& queue)> created);

  // `where`: JSON pointer of the task in what the caller was given; "" for the whole.
  [[nodiscard]] base::Result<jobs::NewJob> job_of(const NewTask& task,
                                                  const std::string& where) const;

  base::Result<Created> create(storage::Transaction& tx, const NewTask& task) const;
  // All or none.
  base::Result<std::vector<Created>> create_many(storage::Transaction& tx,
                                                 std::span<const NewTask> tasks) const;

  [[nodiscard]] base::Result<jobs::JobView> find(storage::Transaction& tx, jobs::JobId id) const;
  [[nodiscard]] base::Result<TaskPage> list(storage::Transaction& tx, const TaskQuery& query) const;

  base::Status cancel(storage::Transaction& tx, jobs::JobId id) const;
  base::Status redrive(storage::Transaction& tx, jobs::JobId id) const;
  base::Status run_now(storage::Transaction& tx, jobs::JobId id) const;
  // At most kRedriveStep dead ones of each mode; how many. Call again until it answers 0.
  base::Result<std::int64_t> redrive_some(storage::Transaction& tx, const TaskQuery& query) const;

 private:
  base::Result<jobs::JobState> state_after(storage::Transaction& tx, const jobs::NewJob& job,
                                           const jobs::Enqueued& made) const;
  void tell(storage::Transaction& tx, const jobs::NewJob& job) const;

  const Options options_;
  jobs::Jobs& jobs_;
  const base::Clock& clock_;
  const std::function<void(base::TenantId, const std::string&)> created_;
};

// The engine's reasons in the words of tasks.
base::Error as_task_error(base::Error error);

}  // namespace ashlar::tasks
