// The tasks' share of a tenant's data: schedules, queue settings and the signing key.
#include <cstdint>
#include <string>
#include <vector>

#include "modules/tasks/tasks_module.h"
#include "modules/tasks/tasks_store.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::tasks {
namespace {

constexpr std::int64_t kPage = 100;

std::string schedule_line(const store::Schedule& schedule) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("tasks").key("table").string("schedules");
  json.key("name").string(schedule.name).key("cron").string(schedule.cron);
  json.key("time_zone").string(schedule.time_zone).key("queue").string(schedule.queue);
  json.key("task").raw(schedule.task).key("paused").boolean(schedule.paused);
  json.key("created_at").string(base::format_rfc3339(schedule.created_at)).end_object();
  return line;
}

std::string limits_line(const store::QueueLimits& queue) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("tasks").key("table").string("queues");
  json.key("queue").string(queue.queue).key("target_max_running");
  queue.limits.max_running ? json.integer(*queue.limits.max_running) : json.null();
  json.key("target_rate_per_s");
  queue.limits.rate_per_s ? json.real(*queue.limits.rate_per_s) : json.null();
  json.end_object();
  return line;
}

// The signing key is left out: it is sealed with this installation's, and a new one is made where
// it is needed.
base::Status export_all(storage::Transaction& tx, const security::LineSink& sink) {
  std::string after;
  while (true) {
    ASHLAR_ASSIGN(const std::vector<store::Schedule> page, store::list_schedules(tx, after, kPage));
    for (const store::Schedule& schedule : page) {
      after = schedule.name;
      ASHLAR_TRY(sink(schedule_line(schedule)));
    }
    if (page.empty()) break;
  }
  ASHLAR_ASSIGN(const std::vector<store::QueueLimits> queues, store::list_target_limits(tx));
  for (const store::QueueLimits& queue : queues) ASHLAR_TRY(sink(limits_line(queue)));
  return base::ok_status();
}

}  // namespace

security::TenantData tasks_tenant_data() { return {"tasks", export_all, store::erase_some}; }

}  // namespace ashlar::tasks
