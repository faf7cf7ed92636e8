// THE table of tasks.
#include <memory>
#include <utility>

#include "modules/tasks/leases_api.h"
#include "modules/tasks/leases_json.h"
#include "modules/tasks/queues_api.h"
#include "modules/tasks/queues_json.h"
#include "modules/tasks/schedules_json.h"
#include "modules/tasks/tasks_api.h"
#include "modules/tasks/tasks_json.h"
#include "modules/tasks/tasks_module.h"

namespace ashlar::tasks {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Idempotency;
using http::Method;
using http::Tenancy;
using storage::Transaction;

constexpr base::Millis kDeadline{10'000};
constexpr base::Millis kLongDeadline{30'000};
constexpr base::Millis kWaitDeadline = kDeadline + kMaxWait;

const ErrorDoc kNoTask{404, "task_not_found", "There is no such task, or it is another tenant's."};
const ErrorDoc kNoSchedule{404, "schedule_not_found", "There is no schedule of this name."};
const ErrorDoc kLost{409, "lease_lost",
                     "The token is of no lease that is held: it ran out and another worker has the "
                     "task, the task has ended, or its time is over."};
const ErrorDoc kEnded{409, "task_ended", "The task has ended."};
const ErrorDoc kRunning{409, "task_running", "The task is running."};
const ErrorDoc kBadQueue{400, "queue_malformed", "The queue's name is none."};
const ErrorDoc kBadName{400, "schedule_malformed", "The schedule's name is none."};
const ErrorDoc kBadCursor{400, "invalid_cursor", "The cursor was not given out for this list."};
const ErrorDoc kManyValues{400, "too_many_values", "More than 200,000 values."};
const ErrorDoc kLargeResult{422, "result_too_large", "A result is at most 2 KiB."};
const ErrorDoc kContradiction{422, "retry_contradiction",
                              "Two times for the next attempt, or one for a task that ends now."};

// Of a task that is given, with what the row adds.
std::vector<ErrorDoc> with_task_errors(std::vector<ErrorDoc> own) {
  std::vector<ErrorDoc> all{
      kManyValues,
      {422, "payload_too_large", "A payload is at most 256 KiB."},
      {422, "run_at_and_delay", "Both run_at and delay_ms are given."},
      {422, "timeout_too_long", "A push task has at most 30 minutes for an attempt."},
      {422, "key_missing", "ordered or key_limit without a key."},
      {422, "ordered_one_by_one", "ordered with a key_limit other than 1."},
      {422, "task_invalid", "Something else is wrong with the task; the detail says what."},
      {422, "header_malformed", "A header of the target is none."},
      {422, "header_forbidden", "A header of the target is not the caller's to set."},
      {422, "too_many_headers", "More than 32 headers, or 8 KiB of them."},
      {422, "target_forbidden", "The target is not on the public internet."},
      {422, "target_scheme", "The target's URL is neither http nor https."},
      {422, "target_host", "The target's host is no name or address that leads anywhere."},
      {422, "target_host_not_ascii", "The target's host must be given in ASCII (xn--…)."},
      {422, "target_port", "The target's port is not 1 to 65535."},
      {422, "target_credentials", "The target's URL holds a user name or password."},
      {422, "target_characters", "The target's URL holds spaces or control characters."},
      {422, "target_malformed", "The target's URL cannot be read as one."},
      {422, "target_empty", "The target's URL is empty."},
      {422, "target_too_long", "The target's URL is longer than 2,048 bytes."}};
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

http::Route row(Method method, std::string_view path, std::string_view summary,
                http::Handler handler, const json::Shape* response) {
  const bool reads = method == Method::kGet;
  return {
      .method = method,
      .path = path,
      .summary = summary,
      .module = {"tasks"},
      .tenancy = Tenancy::kTenant,
      .scope = {reads ? "tasks:read" : "tasks:write"},
      .cost = reads ? 1 : 2,
      .idempotency = Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {std::move(handler)},
      .response = response,
  };
}

template <class Api>
using Read = base::Result<http::Response> (Api::*)(Call&) const;
template <class Api>
using Write = base::Result<http::Response> (Api::*)(Call&, Transaction&) const;

template <class Api>
http::Handler on_worker(const std::shared_ptr<const Api>& api, Read<Api> function) {
  return http::WorkerHandler([api, function](Call& call) { return (*api.*function)(call); });
}
template <class Api>
http::Handler in_transaction(const std::shared_ptr<const Api>& api, Write<Api> function) {
  return http::TransactionHandler(
      [api, function](Call& call, Transaction& tx) { return (*api.*function)(call, tx); });
}

void add_tasks(http::RouteTable& table, const std::shared_ptr<const TasksApi>& api) {
  table.push_back(row(Method::kPost, "/v1/tasks", "Create a task.",
                      in_transaction<TasksApi>(api, &TasksApi::create), &created_schema()));
  table.back().idempotency = Idempotency::kOptional;
  table.back().request = &new_task_schema();
  table.back().success = 201;
  table.back().max_body_bytes = kMaxTaskBytes;
  table.back().errors = with_task_errors({});
  table.push_back(row(Method::kPost, "/v1/tasks/batch", "Create several tasks, all or none.",
                      in_transaction<TasksApi>(api, &TasksApi::create_many),
                      &created_list_schema()));
  table.back().idempotency = Idempotency::kOptional;
  table.back().request = &new_tasks_schema();
  table.back().success = 201;
  table.back().cost = 10;
  table.back().max_body_bytes = kMaxBatchBytes;
  table.back().errors = with_task_errors({});
  table.push_back(row(Method::kGet, "/v1/tasks", "List tasks, newest first.",
                      on_worker<TasksApi>(api, &TasksApi::list), &task_page_schema()));
  table.back().paged = true;
  table.back().query = {
      {"queue", "Only this queue.", "images"},
      {"state", "Only this state.", "dead"},
      {"mode", "Only pull or push tasks.", "pull"},
      {"error", "Only those whose last error contains this.", "timeout"},
      {"ended_from", "Only those that have ended, then or later.", "2030-01-31T12:00:00Z"},
      {"ended_to", "Only those that have ended before.", "2030-02-01T12:00:00Z"}};
  table.back().errors = {kBadCursor};
  table.push_back(row(Method::kGet, "/v1/tasks/{id}", "Get one task, with what happened to it.",
                      on_worker<TasksApi>(api, &TasksApi::get), &task_schema()));
  table.back().errors = {kNoTask};
}

void add_steering(http::RouteTable& table, const std::shared_ptr<const TasksApi>& api) {
  table.push_back(row(Method::kPost, "/v1/tasks/{id}/cancel",
                      "Cancel a task; one that runs is asked to stop, its worker hears of it.",
                      in_transaction<TasksApi>(api, &TasksApi::cancel), &state_schema()));
  table.back().errors = {kNoTask, kEnded};
  table.push_back(row(Method::kPost, "/v1/tasks/{id}/redrive",
                      "Let an ended task live again, with as many attempts as it had.",
                      in_transaction<TasksApi>(api, &TasksApi::redrive), &state_schema()));
  table.back().errors = {kNoTask,
                         {409, "task_live", "The task has not ended."},
                         {409, "task_exists", "Another task with its unique_key lives."}};
  table.push_back(row(Method::kPost, "/v1/tasks/{id}/run-now",
                      "Let a task that waits for its time run now.",
                      in_transaction<TasksApi>(api, &TasksApi::run_now), &state_schema()));
  table.back().errors = {kNoTask, kEnded, kRunning};
}

void add_reports(http::RouteTable& table, const std::shared_ptr<const LeasesApi>& api) {
  const auto report = [&](std::string_view path, std::string_view summary, Read<LeasesApi> function,
                          const json::Shape& request, const json::Shape& response) {
    table.push_back(
        row(Method::kPost, path, summary, on_worker<LeasesApi>(api, function), &response));
    table.back().request = &request;
    table.back().errors = {kNoTask, kLost};
  };
  report("/v1/tasks/{id}/complete", "Report that a leased task is done.", &LeasesApi::complete,
         complete_schema(), state_schema());
  table.back().errors.push_back(kLargeResult);
  report("/v1/tasks/{id}/fail", "Report that an attempt has failed.", &LeasesApi::fail,
         fail_schema(), state_schema());
  table.back().errors.push_back(kContradiction);
  table.back().max_body_bytes = 128 * 1024;
  report("/v1/tasks/{id}/heartbeat", "Keep a lease, and hear whether to stop.",
         &LeasesApi::heartbeat, heartbeat_schema(), kept_schema());
  report("/v1/tasks/{id}/snooze", "Give a leased task back until later; the attempt counts not.",
         &LeasesApi::snooze, snooze_schema(), state_schema());
  table.back().errors.push_back({422, "snooze_until", "Not one of until and delay_ms."});
}

void add_batches(http::RouteTable& table, const std::shared_ptr<const LeasesApi>& api) {
  const auto batch = [&](std::string_view path, std::string_view summary, Read<LeasesApi> function,
                         const json::Shape& request) {
    table.push_back(
        row(Method::kPost, path, summary, on_worker<LeasesApi>(api, function), &outcomes_schema()));
    table.back().request = &request;
    table.back().cost = 5;
    table.back().max_body_bytes = kMaxBatchBytes;
    table.back().errors = {kManyValues};
  };
  batch("/v1/tasks/complete", "Report several leased tasks as done, each by itself.",
        &LeasesApi::complete_many, complete_many_schema());
  table.back().operation_id = "tasks_complete_many";
  table.back().errors.push_back(kLargeResult);
  batch("/v1/tasks/fail", "Report several failed attempts, each by itself.", &LeasesApi::fail_many,
        fail_many_schema());
  table.back().operation_id = "tasks_fail_many";
  table.back().errors.push_back(kContradiction);
  batch("/v1/tasks/heartbeat", "Keep several leases, each by itself.", &LeasesApi::heartbeat_many,
        heartbeat_many_schema());
  table.back().operation_id = "tasks_heartbeat_many";
  table.push_back(
      row(Method::kPost, "/v1/queues/{queue}/lease",
          "Lease tasks of a queue; answers at once, or with wait_ms when there is one.",
          http::LateHandler([api](Call& call, std::shared_ptr<http::LateAnswer> answer) {
            return api->lease(call, std::move(answer));
          }),
          &leased_tasks_schema()));
  table.back().request = &lease_ask_schema();
  table.back().deadline = kWaitDeadline;
  table.back().errors = {kBadQueue,
                         {429, "too_many_waits", "Too many requests wait for tasks."},
                         {503, "stopping", "The server is being stopped."}};
}

void add_queues(http::RouteTable& table, const std::shared_ptr<const QueuesApi>& api) {
  table.push_back(row(Method::kGet, "/v1/queues", "List queues: depth, latency, settings.",
                      on_worker<QueuesApi>(api, &QueuesApi::list), &queue_page_schema()));
  table.back().paged = true;
  table.back().errors = {kBadCursor};
  table.back().operation_id = "queues_list";
  table.back().cost = 2;
  table.push_back(row(Method::kGet, "/v1/queues/{queue}", "Get one queue.",
                      on_worker<QueuesApi>(api, &QueuesApi::get), &queue_schema()));
  table.back().cost = 2;
  table.back().errors = {kBadQueue};
  table.push_back(row(Method::kPut, "/v1/queues/{queue}",
                      "Set a queue: pause, places, rate; what is left out is not limited.",
                      on_worker<QueuesApi>(api, &QueuesApi::put), &queue_schema()));
  table.back().request = &queue_settings_schema();
  table.back().errors = {kBadQueue,
                         {422, "rate_too_small", "A rate is at least 0.001 a second."},
                         {422, "retry_form", "The schedule of retries is of neither form."}};
  table.push_back(row(Method::kPost, "/v1/queues/{queue}/redrive",
                      "Let dead tasks of a queue live again, up to ten thousand at once.",
                      on_worker<QueuesApi>(api, &QueuesApi::redrive), &redriven_schema()));
  table.back().request = &redrive_schema();
  table.back().body_optional = true;
  table.back().cost = 10;
  table.back().deadline = kLongDeadline;
  table.back().errors = {kBadQueue};
}

void add_schedules(http::RouteTable& table, const std::shared_ptr<const QueuesApi>& api) {
  table.push_back(row(Method::kPut, "/v1/schedules/{name}", "Make or replace a schedule.",
                      in_transaction<QueuesApi>(api, &QueuesApi::put_schedule),
                      &schedule_schema()));
  table.back().request = &put_schedule_schema();
  table.back().max_body_bytes = kMaxTaskBytes;
  table.back().errors =
      with_task_errors({kBadName,
                        {409, "too_many_schedules", "A tenant has at most 1,000 schedules."},
                        {422, "cron_invalid", "The schedule is none; the detail says where."},
                        {422, "cron_ended", "The schedule names no time before the year 10000."},
                        {422, "zone_unknown", "There is no time zone of this name."}});
  table.push_back(row(Method::kGet, "/v1/schedules", "List schedules, by name.",
                      on_worker<QueuesApi>(api, &QueuesApi::list_schedules),
                      &schedule_page_schema()));
  table.back().paged = true;
  table.back().errors = {kBadCursor};
  table.push_back(row(Method::kGet, "/v1/schedules/{name}", "Get one schedule.",
                      on_worker<QueuesApi>(api, &QueuesApi::get_schedule), &schedule_schema()));
  table.back().errors = {kBadName, kNoSchedule};
  table.push_back(row(Method::kPatch, "/v1/schedules/{name}", "Pause a schedule, or let it go on.",
                      in_transaction<QueuesApi>(api, &QueuesApi::pause_schedule),
                      &schedule_schema()));
  table.back().request = &pause_schedule_schema();
  table.back().errors = {kBadName, kNoSchedule};
  table.push_back(row(Method::kDelete, "/v1/schedules/{name}",
                      "Delete a schedule; the tasks that it has made stay.",
                      in_transaction<QueuesApi>(api, &QueuesApi::delete_schedule), nullptr));
  table.back().success = 204;
  table.back().errors = {kBadName, kNoSchedule};
  table.push_back(row(Method::kPost, "/v1/schedules/{name}/run-now",
                      "Make one more task of a schedule, now.",
                      in_transaction<QueuesApi>(api, &QueuesApi::run_schedule), &created_schema()));
  table.back().idempotency = Idempotency::kOptional;
  table.back().success = 201;
  table.back().errors = {kBadName, kNoSchedule};
}

void add_signing(http::RouteTable& table, const std::shared_ptr<const QueuesApi>& api) {
  table.push_back(row(Method::kGet, "/v1/tasks/signing-key",
                      "Get the key that push targets verify requests with.",
                      on_worker<QueuesApi>(api, &QueuesApi::signing_key), &signing_key_schema()));
  table.back().scope = {"tasks:write"};  // who can read it can sign
  table.push_back(row(
      Method::kPost, "/v1/tasks/signing-key/rotate", "Make a new signing key; for a day both sign.",
      on_worker<QueuesApi>(api, &QueuesApi::rotate_signing_key), &signing_key_schema()));
}

}  // namespace

http::RouteTable tasks_routes(TasksModule& module, const http::CursorCodec& cursors) {
  const auto tasks = std::make_shared<const TasksApi>(module, cursors);
  const auto leases = std::make_shared<const LeasesApi>(module);
  const auto queues = std::make_shared<const QueuesApi>(module, cursors);
  http::RouteTable table;
  add_tasks(table, tasks);
  add_steering(table, tasks);
  add_reports(table, leases);
  add_batches(table, leases);
  add_queues(table, queues);
  add_schedules(table, queues);
  add_signing(table, queues);
  return table;
}

}  // namespace ashlar::tasks
