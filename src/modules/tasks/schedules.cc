#include "modules/tasks/schedules.h"

#include <utility>

#include "modules/tasks/tasks_json.h"
#include "platform/jobs/cron.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"
#include "platform/zone/time_zone.h"
#include "platform/zone/zone_directory.h"

namespace ashlar::tasks {
namespace {

using base::Code;

base::Error not_found() {
  return base::fail(Code::kNotFound, "schedule_not_found", "There is no such schedule.");
}

base::Error at_field(base::Error error, const char* field) {
  if (error.code == Code::kInvalid && error.fields.empty()) {
    error.fields.push_back({field, error.reason, error.detail});
  }
  return error;
}

base::Result<NewTask> stored_task(const store::Schedule& schedule) {
  ASHLAR_ASSIGN(const json::Value value, json::parse(schedule.task, kTaskLimits));
  ASHLAR_ASSIGN(const NewTaskJson json, new_task_schema().parse(value));
  return task_of(json, "");
}

std::string text_of(const NewTask& task) {
  std::string out;
  json::Writer writer(out);
  new_task_schema().write(writer, json_of(task));
  return out;
}

}  // namespace

Schedules::Schedules(const Tasks& tasks, jobs::Jobs& jobs, storage::Database& db,
                     zone::ZoneDirectory& zones, const base::Clock& clock,
                     std::function<void(base::TenantId, const std::string&)> created)
    : tasks_(tasks),
      jobs_(jobs),
      db_(db),
      zones_(zones),
      clock_(clock),
      created_(std::move(created)) {}

base::Result<std::optional<base::Time>> Schedules::next_of(const store::Schedule& schedule,
                                                           base::Time after) const {
  auto cron = jobs::Cron::parse(schedule.cron);
  if (!cron.ok()) return at_field(std::move(cron).error(), "/cron");
  auto zone = zones_.find(schedule.time_zone);
  if (!zone.ok()) return at_field(std::move(zone).error(), "/time_zone");
  auto next = cron->next(**zone, after);
  if (!next.ok()) return at_field(std::move(next).error(), "/cron");
  return std::optional(*next);
}

base::Result<store::Schedule> Schedules::put(storage::Transaction& tx,
                                             const NewSchedule& wanted) const {
  ASHLAR_TRY(tasks_.job_of(wanted.task, ""));
  const base::Time now = clock_.now();
  ASHLAR_ASSIGN(std::optional<store::Schedule> before, store::find_schedule(tx, wanted.name));
  if (!before) {
    ASHLAR_ASSIGN(const std::int64_t count, store::count_schedules(tx));
    if (count >= kMaxSchedules) {
      return base::fail(Code::kConflict, "too_many_schedules",
                        "A tenant has at most 1,000 schedules.");
    }
  }
  store::Schedule schedule = before.value_or(store::Schedule{});
  const bool same_times = before && before->cron == wanted.cron &&
                          before->time_zone == wanted.time_zone && before->paused == wanted.paused;
  schedule.name = wanted.name;
  schedule.cron = wanted.cron;
  schedule.time_zone = wanted.time_zone;
  schedule.queue = wanted.task.queue;
  schedule.task = text_of(wanted.task);
  schedule.paused = wanted.paused;
  schedule.error.reset();
  schedule.updated_at = now;
  if (!before) schedule.created_at = now;
  // A deployment that puts its schedules again loses no occurrence that is due just now.
  if (!same_times) {
    ASHLAR_ASSIGN(schedule.next_at, next_of(schedule, now));
  }
  ASHLAR_TRY(store::put_schedule(tx, schedule));
  return schedule;
}

base::Result<store::Schedule> Schedules::find(storage::Transaction& tx,
                                              std::string_view name) const {
  ASHLAR_ASSIGN(std::optional<store::Schedule> found, store::find_schedule(tx, name));
  if (!found) return not_found();
  return std::move(*found);
}

base::Status Schedules::remove(storage::Transaction& tx, std::string_view name) const {
  ASHLAR_ASSIGN(const bool removed, store::delete_schedule(tx, name));
  return removed ? base::ok_status() : base::Status(not_found());
}

base::Result<store::Schedule> Schedules::pause(storage::Transaction& tx, std::string_view name,
                                               bool paused) const {
  ASHLAR_ASSIGN(store::Schedule schedule, find(tx, name));
  if (schedule.paused == paused) return schedule;
  schedule.paused = paused;
  schedule.updated_at = clock_.now();
  if (!paused) {
    ASHLAR_ASSIGN(schedule.next_at, next_of(schedule, schedule.updated_at));
  }
  ASHLAR_TRY(store::put_schedule(tx, schedule));
  return schedule;
}

base::Result<Created> Schedules::run_now(storage::Transaction& tx, std::string_view name) const {
  ASHLAR_ASSIGN(const store::Schedule schedule, find(tx, name));
  ASHLAR_ASSIGN(NewTask task, stored_task(schedule));
  task.occurrence = Occurrence{schedule.name, clock_.now()};
  return tasks_.create(tx, task);
}

base::Result<std::optional<base::Time>> Schedules::next_due() {
  return db_.read(storage::Context::platform(storage::PlatformUse::kJobs),
                  [](storage::Transaction& tx) { return store::next_due(tx); });
}

base::Result<std::int64_t> Schedules::fire_due() {
  const auto context = storage::Context::platform(storage::PlatformUse::kJobs).read_committed();
  std::int64_t fired = 0;
  while (true) {
    ASHLAR_ASSIGN(const std::int64_t some,
                  db_.write(context, [&](storage::Transaction& tx) { return fire_some(tx); }));
    fired += some;
    if (some < kFireStep) return fired;
  }
}

base::Result<std::int64_t> Schedules::fire_some(storage::Transaction& tx) const {
  const base::Time now = clock_.now();
  ASHLAR_ASSIGN(const std::vector<store::DueSchedule> due,
                store::due_schedules(tx, now, kFireStep));
  std::int64_t fired = 0;
  for (const store::DueSchedule& one : due) {
    ASHLAR_ASSIGN(const bool did, fire(tx, one, now));
    fired += did ? 1 : 0;
  }
  return fired;
}

base::Result<jobs::JobId> Schedules::enqueue(storage::Transaction& tx,
                                             const store::DueSchedule& due) const {
  ASHLAR_ASSIGN(NewTask task, stored_task(due.schedule));
  task.occurrence = Occurrence{due.schedule.name, *due.schedule.next_at};
  ASHLAR_ASSIGN(const jobs::NewJob job, tasks_.job_of(task, ""));
  ASHLAR_ASSIGN(const jobs::Enqueued made, jobs_.enqueue_for(tx, due.tenant, job));
  if (!made.existed && job.kind == kPullKind) {
    tx.on_commit([this, tenant = due.tenant, queue = job.queue] { created_(tenant, queue); });
  }
  return made.id;
}

// A schedule that cannot make its task says why and moves on: it must not hold up the others.
base::Result<bool> Schedules::fire(storage::Transaction& tx, const store::DueSchedule& due,
                                   base::Time now) const {
  const store::Schedule& schedule = due.schedule;
  store::Fired fired{due.tenant, schedule.name, *schedule.next_at, std::nullopt, std::nullopt, ""};
  std::string error;
  auto next = next_of(schedule, now);
  if (next.ok()) {
    fired.next_at = *next;
  } else if (next.error().code == Code::kInternal) {
    return false;  // no zone data: it stays due until there is some
  } else {
    error = next.error().detail;
  }
  auto task = enqueue(tx, due);
  if (task.ok()) {
    fired.task = *task;
  } else if (task.error().code == Code::kInvalid) {
    error = task.error().detail;
  } else {
    return task.error();
  }
  fired.error = error;
  ASHLAR_ASSIGN(const bool moved, store::fire(tx, fired));
  if (moved) return true;
  // Its row was locked, so nobody can have moved it; were it so, the task must not stay.
  return base::fail(Code::kConflict, "storage_conflict", "The schedule was fired elsewhere.");
}

}  // namespace ashlar::tasks
