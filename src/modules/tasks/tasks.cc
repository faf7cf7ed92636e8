#include "modules/tasks/tasks.h"

#include <algorithm>
#include <set>
#include <utility>

#include "modules/tasks/push_headers.h"
#include "platform/storage/database.h"

namespace ashlar::tasks {
namespace {

using base::Code;
using jobs::JobState;

base::Error not_found() {
  return base::fail(Code::kNotFound, "task_not_found", "There is no such task.");
}

base::Error wrong(const std::string& field, const char* reason, std::string detail) {
  return base::Error{Code::kInvalid, reason, detail, {{field, reason, detail}}};
}

base::Status check_size(const NewTask& task, const std::string& where) {
  if (task.payload.size() <= jobs::kMaxPayloadBytes) return base::ok_status();
  return wrong(where + "/payload", "payload_too_large",
               "A payload is at most 256 KiB of JSON; put more than that where the worker can "
               "fetch it.");
}

base::Result<std::optional<base::Time>> start_of(const NewTask& task, base::Time now,
                                                 const std::string& where) {
  if (!task.delay_ms) return task.run_at;
  if (task.run_at) {
    return wrong(where + "/delay_ms", "run_at_and_delay", "Give run_at or delay_ms, not both.");
  }
  return std::optional(now + base::Millis{*task.delay_ms});
}

base::Result<base::Millis> timeout_of(const NewTask& task, const std::string& where) {
  const base::Millis timeout = task.timeout_ms ? base::Millis{*task.timeout_ms} : kDefaultTimeout;
  if (task.target && timeout > kMaxPushTimeout) {
    return wrong(where + "/timeout_ms", "timeout_too_long",
                 "A push task has at most 30 minutes for each attempt.");
  }
  return timeout;
}

jobs::JobFilter filter_of(const TaskQuery& query, std::string_view kind) {
  jobs::JobFilter filter;
  filter.kind = std::string(kind);
  filter.queue = query.queue;
  filter.error_contains = query.error_contains;
  filter.state = query.state;
  filter.ended_from = query.ended_from;
  filter.ended_to = query.ended_to;
  return filter;
}

bool wants(const TaskQuery& query, std::string_view kind) {
  return !query.kind || *query.kind == kind;
}

}  // namespace

base::Error as_task_error(base::Error error) {
  const std::string_view reason = error.reason;
  if (reason == "job_not_found") return not_found();
  if (reason == "job_ended") {
    return base::fail(Code::kConflict, "task_ended", "The task has ended already.");
  }
  if (reason == "job_running") {
    return base::fail(Code::kConflict, "task_running", "The task is running.");
  }
  if (reason == "job_duplicate") {
    return base::fail(Code::kConflict, "task_exists", "Another task with its unique_key lives.");
  }
  if (reason == "job_invalid") error.reason = "task_invalid";
  return error;
}

Tasks::Tasks(Options options, jobs::Jobs& jobs, const base::Clock& clock,
             std::function<void(base::TenantId, const std::string&)> created)
    : options_(options), jobs_(jobs), clock_(clock), created_(std::move(created)) {}

base::Result<jobs::NewJob> Tasks::job_of(const NewTask& task, const std::string& where) const {
  ASHLAR_TRY(check_size(task, where));
  jobs::NewJob job;
  job.kind = task.target ? kPushKind : kPullKind;
  job.queue = task.queue;
  job.payload = task.payload;
  job.priority = task.priority;
  ASHLAR_ASSIGN(job.run_at, start_of(task, clock_.now(), where));
  ASHLAR_ASSIGN(job.timeout, timeout_of(task, where));
  job.unique_key = task.unique_key;
  job.max_attempts = static_cast<int>(task.max_attempts.value_or(kDefaultAttempts));
  if (!task.key && (task.ordered || task.key_limit != 1)) {
    return wrong(where + "/key", "key_missing", "ordered and key_limit need a key.");
  }
  if (task.ordered && task.key_limit != 1) {
    return wrong(where + "/key_limit", "ordered_one_by_one", "Ordered tasks run one by one.");
  }
  job.key = task.key;
  job.key_limit = task.key_limit;
  job.ordered = task.ordered;
  if (task.target) {
    ASHLAR_TRY(outbound::check_target(task.target->url, options_.targets, where + "/target/url"));
    ASHLAR_TRY(check_push_headers(task.target->headers, where + "/target/headers"));
  }
  job.meta = TaskMeta{task.target, task.occurrence}.to_text();
  job.traceparent = task.traceparent;
  return job;
}

// Only where a key may hold it back, or one lives already, must the engine be asked.
base::Result<JobState> Tasks::state_after(storage::Transaction& tx, const jobs::NewJob& job,
                                          const jobs::Enqueued& made) const {
  if (made.existed || job.key) {
    ASHLAR_ASSIGN(const jobs::JobView view, jobs_.find(tx, tx.context().tenant_id(), made.id));
    return view.state;
  }
  return job.run_at && *job.run_at > clock_.now() ? JobState::kScheduled : JobState::kReady;
}

void Tasks::tell(storage::Transaction& tx, const jobs::NewJob& job) const {
  if (job.kind != kPullKind || (job.run_at && *job.run_at > clock_.now())) return;
  tx.on_commit(
      [this, tenant = tx.context().tenant_id(), queue = job.queue] { created_(tenant, queue); });
}

base::Result<Created> Tasks::create(storage::Transaction& tx, const NewTask& task) const {
  ASHLAR_ASSIGN(const jobs::NewJob job, job_of(task, ""));
  auto made = jobs_.enqueue(tx, job);
  if (!made.ok()) return as_task_error(std::move(made).error());
  ASHLAR_ASSIGN(const JobState state, state_after(tx, job, *made));
  if (!made->existed) tell(tx, job);
  return Created{made->id, state, made->existed};
}

base::Result<std::vector<Created>> Tasks::create_many(storage::Transaction& tx,
                                                      std::span<const NewTask> tasks) const {
  std::vector<jobs::NewJob> wanted;
  wanted.reserve(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    ASHLAR_ASSIGN(jobs::NewJob job, job_of(tasks[i], "/tasks/" + std::to_string(i)));
    wanted.push_back(std::move(job));
  }
  auto made = jobs_.enqueue_many(tx, tx.context().tenant_id(), wanted);
  if (!made.ok()) return as_task_error(std::move(made).error());
  std::vector<Created> out;
  out.reserve(tasks.size());
  std::set<std::string> told;
  for (std::size_t i = 0; i < made->size(); ++i) {
    const jobs::Enqueued& one = (*made)[i];
    ASHLAR_ASSIGN(const JobState state, state_after(tx, wanted[i], one));
    if (!one.existed && told.insert(wanted[i].queue).second) tell(tx, wanted[i]);
    out.push_back({one.id, state, one.existed});
  }
  return out;
}

base::Result<jobs::JobView> Tasks::find(storage::Transaction& tx, jobs::JobId id) const {
  auto view = jobs_.find(tx, tx.context().tenant_id(), id);
  if (!view.ok()) return as_task_error(std::move(view).error());
  if (!is_task(view->kind)) return not_found();
  return view;
}

base::Result<TaskPage> Tasks::list(storage::Transaction& tx, const TaskQuery& query) const {
  TaskPage page;
  for (const std::string_view kind : {kPullKind, kPushKind}) {
    if (!wants(query, kind)) continue;
    ASHLAR_ASSIGN(std::vector<jobs::JobView> found,
                  jobs_.list(tx, tx.context().tenant_id(), filter_of(query, kind), query.before,
                             query.limit + 1));
    std::move(found.begin(), found.end(), std::back_inserter(page.tasks));
  }
  std::ranges::sort(page.tasks, std::greater{}, &jobs::JobView::id);
  page.more = page.tasks.size() > static_cast<std::size_t>(query.limit);
  if (page.more) page.tasks.resize(static_cast<std::size_t>(query.limit));
  return page;
}

base::Status Tasks::cancel(storage::Transaction& tx, jobs::JobId id) const {
  ASHLAR_TRY(find(tx, id));
  base::Status status = jobs_.cancel(tx, tx.context().tenant_id(), id);
  return status.ok() ? status : base::Status(as_task_error(std::move(status).error()));
}

base::Status Tasks::redrive(storage::Transaction& tx, jobs::JobId id) const {
  ASHLAR_ASSIGN(const jobs::JobView view, find(tx, id));
  base::Status status = jobs_.redrive(tx, tx.context().tenant_id(), id);
  if (!status.ok() && std::string_view(status.error().reason) == "job_running") {
    return base::fail(Code::kConflict, "task_live", "The task has not ended.");
  }
  if (!status.ok()) return as_task_error(std::move(status).error());
  jobs::NewJob like;
  like.kind = view.kind;
  like.queue = view.queue;
  tell(tx, like);
  return base::ok_status();
}

base::Status Tasks::run_now(storage::Transaction& tx, jobs::JobId id) const {
  ASHLAR_ASSIGN(const jobs::JobView view, find(tx, id));
  base::Status status = jobs_.run_now(tx, tx.context().tenant_id(), id);
  if (!status.ok()) return as_task_error(std::move(status).error());
  jobs::NewJob like;
  like.kind = view.kind;
  like.queue = view.queue;
  tell(tx, like);
  return base::ok_status();
}

base::Result<std::int64_t> Tasks::redrive_some(storage::Transaction& tx,
                                               const TaskQuery& query) const {
  std::int64_t all = 0;
  for (const std::string_view kind : {kPullKind, kPushKind}) {
    if (!wants(query, kind)) continue;
    ASHLAR_ASSIGN(
        const std::int64_t some,
        jobs_.redrive_many(tx, tx.context().tenant_id(), filter_of(query, kind), kRedriveStep));
    all += some;
    if (some == 0 || !query.queue) continue;
    jobs::NewJob like;
    like.kind = std::string(kind);
    like.queue = *query.queue;
    tell(tx, like);
  }
  return all;
}

}  // namespace ashlar::tasks
