#include "modules/tasks/tasks_api.h"

#include <tuple>
#include <utility>

#include "modules/tasks/call_values.h"
#include "modules/tasks/tasks_json.h"
#include "modules/tasks/tasks_module.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/paging.h"
#include "platform/observability/trace.h"
#include "platform/storage/database.h"

namespace ashlar::tasks {
namespace {

constexpr std::size_t kMaxSearchBytes = 200;

http::CursorScope scope_of(const http::Call& call) {
  return {"tasks", call.principal.tenant.value};
}

base::Status read_state(const http::Call& call, TaskQuery& query) {
  const auto text = call.query_value("state");
  if (!text) return base::ok_status();
  query.state = state_of(*text);
  if (query.state) return base::ok_status();
  return http::bad_query(
      "?state", "not_allowed",
      "Give ready, scheduled, held, running, retrying, done, dead or cancelled.");
}

base::Status read_mode(const http::Call& call, TaskQuery& query) {
  const auto text = call.query_value("mode");
  if (!text) return base::ok_status();
  if (*text != "pull" && *text != "push") {
    return http::bad_query("?mode", "not_allowed", "Give pull or push.");
  }
  query.kind = *text == "push" ? kPushKind : kPullKind;
  return base::ok_status();
}

base::Result<TaskQuery> query_of(const http::Call& call, const http::CursorCodec& cursors) {
  TaskQuery query;
  ASHLAR_ASSIGN(query.limit, http::page_limit(call));
  ASHLAR_TRY(read_state(call, query));
  ASHLAR_TRY(read_mode(call, query));
  if (const auto queue = call.query_value("queue")) query.queue = *queue;
  if (const auto error = call.query_value("error")) {
    if (error->size() > kMaxSearchBytes) {
      return http::bad_query("?error", "too_long", "A search text has at most 200 bytes.");
    }
    query.error_contains = *error;
  }
  ASHLAR_ASSIGN(query.ended_from, time_of(call, "ended_from"));
  ASHLAR_ASSIGN(query.ended_to, time_of(call, "ended_to"));
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position, cursors.decode<std::int64_t>(scope_of(call), *cursor));
    query.before = jobs::JobId(std::get<0>(position));
  }
  return query;
}

http::Response created_response(const Created& created) {
  http::Response response =
      http::json_response(created.existed ? 200 : 201, created_schema(), json_of(created));
  response.header("Location", "/v1/tasks/" + created.id.to_string());
  return response;
}

}  // namespace

base::Result<http::Response> TasksApi::create(http::Call& call, storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const NewTaskJson json, parse_large(new_task_schema(), call.body));
  ASHLAR_ASSIGN(NewTask task, task_of(json, ""));
  task.traceparent = obs::format_traceparent(call.trace);
  ASHLAR_ASSIGN(const Created created, module_.tasks.create(tx, task));
  return created_response(created);
}

base::Result<http::Response> TasksApi::create_many(http::Call& call,
                                                   storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const NewTasksJson json, parse_large(new_tasks_schema(), call.body));
  std::vector<NewTask> tasks;
  tasks.reserve(json.tasks.size());
  for (std::size_t i = 0; i < json.tasks.size(); ++i) {
    ASHLAR_ASSIGN(NewTask task, task_of(json.tasks[i], "/tasks/" + std::to_string(i)));
    task.traceparent = obs::format_traceparent(call.trace);
    tasks.push_back(std::move(task));
  }
  ASHLAR_ASSIGN(const std::vector<Created> created, module_.tasks.create_many(tx, tasks));
  CreatedListJson body;
  for (const Created& one : created) body.tasks.push_back(json_of(one));
  return http::json_response(201, created_list_schema(), body);
}

base::Result<http::Response> TasksApi::get(http::Call& call) const {
  ASHLAR_ASSIGN(const jobs::JobId id, id_of(call));
  ASHLAR_ASSIGN(const jobs::JobView view,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return module_.tasks.find(tx, id);
                }));
  return http::json_response(200, task_schema(), json_of(view, Detail::kWhole));
}

base::Result<http::Response> TasksApi::list(http::Call& call) const {
  ASHLAR_ASSIGN(const TaskQuery query, query_of(call, cursors_));
  ASHLAR_ASSIGN(const TaskPage found,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return module_.tasks.list(tx, query);
                }));
  json::Page<TaskJson> page;
  for (const jobs::JobView& view : found.tasks) {
    page.data.push_back(json_of(view, Detail::kListed));
  }
  if (found.more) {
    ASHLAR_ASSIGN(page.next_cursor, cursors_.encode(scope_of(call), found.tasks.back().id.value));
  }
  return http::page_response(call, task_page_schema(), page);
}

base::Result<http::Response> TasksApi::cancel(http::Call& call, storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const jobs::JobId id, id_of(call));
  ASHLAR_TRY(module_.tasks.cancel(tx, id));
  return answer(tx, id);
}

base::Result<http::Response> TasksApi::redrive(http::Call& call, storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const jobs::JobId id, id_of(call));
  ASHLAR_TRY(module_.tasks.redrive(tx, id));
  return answer(tx, id);
}

base::Result<http::Response> TasksApi::run_now(http::Call& call, storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const jobs::JobId id, id_of(call));
  ASHLAR_TRY(module_.tasks.run_now(tx, id));
  return answer(tx, id);
}

base::Result<http::Response> TasksApi::answer(storage::Transaction& tx, jobs::JobId id) const {
  ASHLAR_ASSIGN(const jobs::JobView view, module_.tasks.find(tx, id));
  return http::json_response(200, state_schema(),
                             StateJson{id, std::string(state_name(view.state))});
}

}  // namespace ashlar::tasks
