#include "modules/tasks/queues_api.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "modules/tasks/call_values.h"
#include "modules/tasks/queues_json.h"
#include "modules/tasks/schedules_json.h"
#include "modules/tasks/tasks_module.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/paging.h"
#include "platform/storage/database.h"

namespace ashlar::tasks {
namespace {

http::CursorScope schedules_scope(const http::Call& call) {
  return {"tasks.schedules", call.principal.tenant.value};
}

http::CursorScope queues_scope(const http::Call& call) {
  return {"tasks.queues", call.principal.tenant.value};
}

base::Result<std::string> name_of(const http::Call& call) {
  base::Result<std::string> name = queue_of(call);
  if (name.ok()) return name;
  return base::fail(base::Code::kInvalid, "schedule_malformed",
                    "A schedule's name has 1 to 128 letters, digits, '_', '.', ':' or '-', and "
                    "begins with a letter or digit.");
}

http::Response schedule_response(const store::Schedule& schedule) {
  return http::json_response(200, schedule_schema(), json_of(schedule));
}

http::Response key_response(const SigningKeys& keys) {
  return http::json_response(200, signing_key_schema(), json_of(keys))
      .header("Cache-Control", "no-store");
}

}  // namespace

base::Result<http::Response> QueuesApi::list(http::Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  std::string after;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position, cursors_.decode<std::string>(queues_scope(call), *cursor));
    after = std::get<0>(position);
  }
  ASHLAR_ASSIGN(const std::vector<QueueView> views,
                module_.db.read(call.tenant_context(),
                                [&](storage::Transaction& tx) { return module_.queues.list(tx); }));
  json::Page<QueueJson> page;
  const base::Time now = module_.clock.now();
  auto view = std::ranges::upper_bound(views, after, {}, &QueueView::queue);
  for (; view != views.end() && page.data.size() < static_cast<std::size_t>(limit); ++view) {
    page.data.push_back(json_of(*view, now));
  }
  if (view != views.end()) {
    ASHLAR_ASSIGN(page.next_cursor, cursors_.encode(queues_scope(call), page.data.back().queue));
  }
  return http::page_response(call, queue_page_schema(), page);
}

base::Result<http::Response> QueuesApi::get(http::Call& call) const {
  ASHLAR_ASSIGN(const std::string queue, queue_of(call));
  ASHLAR_ASSIGN(const QueueView view,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return module_.queues.find(tx, queue);
                }));
  return http::json_response(200, queue_schema(), json_of(view, module_.clock.now()));
}

// READ COMMITTED: the row of a busy queue is changed by each of its leases, and serializable this
// would be run again until it found a gap between two. What it counts it counts under that row's
// lock (Jobs::set_queue).
base::Result<http::Response> QueuesApi::put(http::Call& call) const {
  ASHLAR_ASSIGN(const std::string queue, queue_of(call));
  ASHLAR_ASSIGN(const QueueSettingsJson json, queue_settings_schema().parse_body(call.body));
  ASHLAR_TRY(check(json));
  ASHLAR_ASSIGN(const QueueView view,
                module_.db.write(call.tenant_context().read_committed(),
                                 [&](storage::Transaction& tx) -> base::Result<QueueView> {
                                   ASHLAR_TRY(module_.queues.set(tx, queue, settings_of(json),
                                                                 targets_of(json)));
                                   return module_.queues.find(tx, queue);
                                 }));
  return http::json_response(200, queue_schema(), json_of(view, module_.clock.now()));
}

base::Result<http::Response> QueuesApi::redrive(http::Call& call) const {
  ASHLAR_ASSIGN(const std::string queue, queue_of(call));
  RedriveJson json;
  if (!call.body.empty()) {
    ASHLAR_ASSIGN(json, redrive_schema().parse_body(call.body));
  }
  const TaskQuery query = query_of(json, queue);
  RedrivenJson answer;
  answer.more = true;
  for (int step = 0; step < Tasks::kMaxRedriveSteps && answer.more; ++step) {
    ASHLAR_ASSIGN(const std::int64_t some,
                  module_.db.write(call.tenant_context(), [&](storage::Transaction& tx) {
                    return module_.tasks.redrive_some(tx, query);
                  }));
    answer.redriven += some;
    answer.more = some >= Tasks::kRedriveStep;
  }
  return http::json_response(200, redriven_schema(), answer);
}

base::Result<http::Response> QueuesApi::put_schedule(http::Call& call,
                                                     storage::Transaction& tx) const {
  ASHLAR_ASSIGN(std::string name, name_of(call));
  ASHLAR_ASSIGN(const PutScheduleJson json, parse_large(put_schedule_schema(), call.body));
  ASHLAR_ASSIGN(const NewSchedule wanted, schedule_of(json, std::move(name)));
  ASHLAR_ASSIGN(const store::Schedule schedule, module_.schedules.put(tx, wanted));
  tx.on_commit([this] { module_.scheduler.wake(); });
  return schedule_response(schedule);
}

base::Result<http::Response> QueuesApi::get_schedule(http::Call& call) const {
  ASHLAR_ASSIGN(const std::string name, name_of(call));
  ASHLAR_ASSIGN(const store::Schedule schedule,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return module_.schedules.find(tx, name);
                }));
  return schedule_response(schedule);
}

base::Result<http::Response> QueuesApi::list_schedules(http::Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  std::string after;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position,
                  cursors_.decode<std::string>(schedules_scope(call), *cursor));
    after = std::get<0>(position);
  }
  ASHLAR_ASSIGN(std::vector<store::Schedule> found,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return store::list_schedules(tx, after, limit + 1);
                }));
  json::Page<ScheduleJson> page;
  if (found.size() > static_cast<std::size_t>(limit)) {
    found.pop_back();
    ASHLAR_ASSIGN(page.next_cursor, cursors_.encode(schedules_scope(call), found.back().name));
  }
  for (const store::Schedule& schedule : found) page.data.push_back(json_of(schedule));
  return http::page_response(call, schedule_page_schema(), page);
}

base::Result<http::Response> QueuesApi::pause_schedule(http::Call& call,
                                                       storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const std::string name, name_of(call));
  ASHLAR_ASSIGN(const PauseScheduleJson json, pause_schedule_schema().parse_body(call.body));
  ASHLAR_ASSIGN(const store::Schedule schedule, module_.schedules.pause(tx, name, json.paused));
  tx.on_commit([this] { module_.scheduler.wake(); });
  return schedule_response(schedule);
}

base::Result<http::Response> QueuesApi::delete_schedule(http::Call& call,
                                                        storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const std::string name, name_of(call));
  ASHLAR_TRY(module_.schedules.remove(tx, name));
  return http::no_content();
}

base::Result<http::Response> QueuesApi::run_schedule(http::Call& call,
                                                     storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const std::string name, name_of(call));
  ASHLAR_ASSIGN(const Created created, module_.schedules.run_now(tx, name));
  return http::json_response(created.existed ? 200 : 201, created_schema(), json_of(created));
}

base::Result<http::Response> QueuesApi::signing_key(http::Call& call) const {
  ASHLAR_ASSIGN(const SigningKeys keys, module_.settings.signing(call.principal.tenant));
  return key_response(keys);
}

base::Result<http::Response> QueuesApi::rotate_signing_key(http::Call& call) const {
  ASHLAR_ASSIGN(const SigningKeys keys, module_.settings.rotate(call.principal.tenant));
  return key_response(keys);
}

}  // namespace ashlar::tasks
