#include "modules/tasks/tasks_json.h"

#include <utility>

namespace ashlar::tasks {
namespace {

constexpr std::string_view kQueuePattern = "^[A-Za-z0-9][A-Za-z0-9_.:-]*$";

TargetJson json_of(const PushTarget& target) {
  TargetJson json{target.url, target.method, {}, target.give_up_on};
  for (const auto& [name, value] : target.headers)
    json.headers.emplace_back(name, json::Value(value));
  return json;
}

base::Result<PushTarget> target_of(const TargetJson& json, const std::string& where) {
  PushTarget target{json.url, json.method, {}, json.give_up_on};
  for (const auto& [name, value] : json.headers) {
    if (value.if_string() == nullptr) {
      return base::Error{base::Code::kInvalid,
                         "header_malformed",
                         "A header's value is a string.",
                         {{where + "/headers/" + name, "header_malformed", "must be a string"}}};
    }
    target.headers.emplace_back(name, *value.if_string());
  }
  return target;
}

std::vector<MomentJson> timeline_of(const jobs::JobView& view) {
  std::vector<MomentJson> moments{{view.enqueued_at, "created", std::nullopt}};
  int number = 0;
  for (const jobs::AttemptRecord& attempt : view.attempts) {
    const std::string name = "attempt " + std::to_string(++number);
    moments.push_back({attempt.started_at, "started", name});
    moments.push_back({attempt.ended_at, "failed", name + ": " + attempt.error});
  }
  const int last = count_of(view).attempt;
  if (view.started_at && last > number) {
    moments.push_back({*view.started_at, "started", "attempt " + std::to_string(last)});
  }
  if (view.ended_at) {
    moments.push_back({*view.ended_at, std::string(state_name(view.state)), std::nullopt});
  } else if (view.state == jobs::JobState::kScheduled || view.state == jobs::JobState::kRetrying) {
    moments.push_back({view.run_at, "due", std::nullopt});
  }
  return moments;
}

}  // namespace

const json::Schema<TargetJson>& target_schema() {
  static const auto kSchema =
      json::Schema<TargetJson>("TaskTarget", "Where a push task is sent.")
          .required("url", &TargetJson::url,
                    {.doc = "An http or https URL that the public internet can reach.",
                     .max_length = outbound::kMaxTargetBytes,
                     .example = "https://example.com/tasks/resize"})
          .optional("method", &TargetJson::method, {.one_of = {"POST", "PUT", "PATCH"}})
          .optional("headers", &TargetJson::headers,
                    {.doc = "Further headers of the request; they are kept and shown as they are.",
                     .example = R"({"X-Shard":"7"})"})
          .optional("give_up_on", &TargetJson::give_up_on,
                    {.doc = "Statuses that make the task dead at once. Any other than 2xx is tried "
                            "again until the attempts are used up.",
                     .min = 400,
                     .max = 499,
                     .max_items = 32,
                     .example = 410});
  return kSchema;
}

const json::Schema<NewTaskJson>& new_task_schema() {
  static const auto kSchema =
      json::Schema<NewTaskJson>("CreateTask", "Work to be done later, at least once.")
          .required("queue", &NewTaskJson::queue,
                    {.doc = "Any name; a queue needs no making.",
                     .min_length = 1,
                     .max_length = jobs::kMaxNameBytes,
                     .pattern = kQueuePattern,
                     .example = "images"})
          .required("payload", &NewTaskJson::payload,
                    {.doc = "What the worker gets: any JSON, at most 256 KiB.",
                     .example = R"({"image":"cat.png","width":640})"})
          .optional("priority", &NewTaskJson::priority,
                    {.doc = "Higher goes first; a step is worth 30 s of waiting, so nothing waits "
                            "for ever.",
                     .min = jobs::kMinPriority,
                     .max = jobs::kMaxPriority})
          .optional("unique_key", &NewTaskJson::unique_key,
                    {.doc = "Of the queue's tasks with the same one lives at a time.",
                     .min_length = 1,
                     .max_length = jobs::kMaxKeyBytes})
          .optional("run_at", &NewTaskJson::run_at, {.doc = "Not before this time."})
          .optional(
              "delay_ms", &NewTaskJson::delay_ms,
              {.doc = "Not before so long from now.", .min = 0, .max = kMaxDelay.count() * 1000})
          .optional(
              "timeout_ms", &NewTaskJson::timeout_ms,
              {.doc = "For one attempt; a minute unless given. A push task waits at most half "
                      "an hour.",
               .min = kMinTimeout.count(),
               .max = kMaxPullTimeout.count()})
          .optional(
              "max_attempts", &NewTaskJson::max_attempts,
              {.doc = "25 unless given; then it is dead.", .min = 1, .max = jobs::kMaxAttempts})
          .optional("key", &NewTaskJson::key,
                    {.doc = "Of the queue's tasks with the same key at most key_limit run at once.",
                     .min_length = 1,
                     .max_length = jobs::kMaxKeyBytes})
          .optional("key_limit", &NewTaskJson::key_limit, {.min = 1, .max = 1'000'000})
          .optional("ordered", &NewTaskJson::ordered,
                    {.doc = "Those of the key run one by one, in the order of their creation."})
          .optional("target", &NewTaskJson::target, target_schema(),
                    {.doc = "Given: Ashlar sends the payload there. Else workers lease it."});
  return kSchema;
}

const json::Schema<NewTasksJson>& new_tasks_schema() {
  static const auto kSchema =
      json::Schema<NewTasksJson>("CreateTasks", "Several tasks: all are made, or none.")
          .required("tasks", &NewTasksJson::tasks, new_task_schema(),
                    {.min_items = 1, .max_items = Tasks::kMaxBatch});
  return kSchema;
}

const json::Schema<CreatedJson>& created_schema() {
  static const auto kSchema =
      json::Schema<CreatedJson>("CreatedTask", "A task that is there.")
          .required("id", &CreatedJson::id)
          .required("state", &CreatedJson::state,
                    {.doc = "ready, scheduled or held; of one that existed also running, retrying.",
                     .example = "ready"})
          .required(
              "existed", &CreatedJson::existed,
              {.doc = "Whether it is an earlier one with the same unique_key.", .example = false});
  return kSchema;
}

const json::Schema<CreatedListJson>& created_list_schema() {
  static const auto kSchema =
      json::Schema<CreatedListJson>("CreatedTasks", "In the order of the request.")
          .required("tasks", &CreatedListJson::tasks, created_schema());
  return kSchema;
}

namespace {

const json::Schema<AttemptJson>& attempt_schema() {
  static const auto kSchema =
      json::Schema<AttemptJson>("TaskAttempt", "One that failed.")
          .required("attempt", &AttemptJson::attempt)
          .required("started_at", &AttemptJson::started_at)
          .required("ended_at", &AttemptJson::ended_at)
          .required("error", &AttemptJson::error, {.example = "HTTP 500: out of memory"});
  return kSchema;
}

const json::Schema<MomentJson>& moment_schema() {
  static const auto kSchema =
      json::Schema<MomentJson>("TaskMoment", "Something that happened to a task, or will.")
          .required("at", &MomentJson::at)
          .required(
              "what", &MomentJson::what,
              {.one_of = {"created", "started", "failed", "done", "dead", "cancelled", "due"}})
          .required("detail", &MomentJson::detail);
  return kSchema;
}

void add_life(json::Schema<TaskJson>& schema) {
  schema
      .required("attempt", &TaskJson::attempt,
                {.doc = "The running or last one; 0: none yet. Snoozes count not."})
      .required("max_attempts", &TaskJson::max_attempts)
      .required("timeout_ms", &TaskJson::timeout_ms)
      .required("unique_key", &TaskJson::unique_key)
      .required("key", &TaskJson::key)
      .required("created_at", &TaskJson::created_at)
      .required("run_at", &TaskJson::run_at, {.doc = "Not before."})
      .required("started_at", &TaskJson::started_at, {.doc = "Its last attempt."})
      .required("ended_at", &TaskJson::ended_at)
      .required("lease_until", &TaskJson::lease_until)
      .required("cancel_asked", &TaskJson::cancel_asked,
                {.doc = "Somebody has cancelled it while it ran; its worker is told by heartbeat."})
      .required("error", &TaskJson::error, {.doc = "Of the last attempt that failed."})
      .required("result", &TaskJson::result, {.doc = "What its worker or target answered."})
      .required("target", &TaskJson::target, target_schema(), {.doc = "Of a push task."})
      .required("schedule", &TaskJson::schedule, {.doc = "Name of the schedule that made it."})
      .optional("attempts", &TaskJson::attempts, attempt_schema(), {.doc = "Those that failed."})
      .optional("timeline", &TaskJson::timeline, moment_schema(), {.doc = "In order of time."});
}

}  // namespace

const json::Schema<TaskJson>& task_schema() {
  static const auto kSchema = [] {
    json::Schema<TaskJson> schema("Task", "A task as it is now.");
    schema.required("id", &TaskJson::id)
        .required("queue", &TaskJson::queue, {.example = "images"})
        .required("mode", &TaskJson::mode, {.one_of = {"pull", "push"}})
        .required("state", &TaskJson::state,
                  {.one_of = {"ready", "scheduled", "held", "running", "retrying", "done", "dead",
                              "cancelled"}})
        .required("payload", &TaskJson::payload, {.example = R"({"image":"cat.png"})"})
        .required("priority", &TaskJson::priority);
    add_life(schema);
    return schema;
  }();
  return kSchema;
}

const json::Schema<json::Page<TaskJson>>& task_page_schema() {
  static const auto kSchema = json::page_schema(task_schema());
  return kSchema;
}

const json::Schema<StateJson>& state_schema() {
  static const auto kSchema =
      json::Schema<StateJson>("TaskState", "What became of it.")
          .required("id", &StateJson::id)
          .required("state", &StateJson::state, {.doc = "As in Task.", .example = "done"});
  return kSchema;
}

base::Result<NewTask> task_of(const NewTaskJson& json, const std::string& where) {
  NewTask task;
  task.queue = json.queue;
  task.payload = json.payload.text;
  task.priority = json.priority;
  task.unique_key = json.unique_key;
  task.run_at = json.run_at;
  task.delay_ms = json.delay_ms;
  task.timeout_ms = json.timeout_ms;
  task.max_attempts = json.max_attempts;
  task.key = json.key;
  task.key_limit = json.key_limit;
  task.ordered = json.ordered;
  if (json.target) {
    ASHLAR_ASSIGN(task.target, target_of(*json.target, where + "/target"));
  }
  return task;
}

NewTaskJson json_of(const NewTask& task) {
  NewTaskJson json;
  json.queue = task.queue;
  json.payload.text = task.payload;
  json.priority = task.priority;
  json.unique_key = task.unique_key;
  json.run_at = task.run_at;
  json.delay_ms = task.delay_ms;
  json.timeout_ms = task.timeout_ms;
  json.max_attempts = task.max_attempts;
  json.key = task.key;
  json.key_limit = task.key_limit;
  json.ordered = task.ordered;
  if (task.target) json.target = json_of(*task.target);
  return json;
}

CreatedJson json_of(const Created& created) {
  return {created.id, std::string(state_name(created.state)), created.existed};
}

TaskJson json_of(const jobs::JobView& view, Detail detail) {
  TaskJson json;
  json.id = view.id;
  json.queue = view.queue;
  json.mode = view.kind == kPushKind ? "push" : "pull";
  json.state = state_name(view.state);
  json.payload.text = view.payload;
  json.priority = view.priority;
  json.attempt = count_of(view).attempt;
  json.max_attempts = count_of(view).max_attempts;
  json.timeout_ms = view.timeout.count();
  json.unique_key = view.unique_key;
  json.key = view.key;
  json.created_at = view.enqueued_at;
  json.run_at = view.run_at;
  json.started_at = view.started_at;
  json.ended_at = view.ended_at;
  json.lease_until = view.lease_until;
  json.cancel_asked = view.cancel_asked;
  if (!view.error.empty()) json.error = view.error;
  if (!view.result.empty()) json.result = json::AnyJson{view.result};
  TaskMeta meta = TaskMeta::parse(view.meta);
  if (meta.target) json.target = json_of(*meta.target);
  if (meta.occurrence) json.schedule = meta.occurrence->schedule;
  if (detail == Detail::kListed) return json;
  std::vector<AttemptJson> attempts;
  for (const jobs::AttemptRecord& one : view.attempts) {
    const int number = static_cast<int>(attempts.size()) + 1;
    attempts.push_back({number, one.started_at, one.ended_at, one.error});
  }
  json.attempts = std::move(attempts);
  json.timeline = timeline_of(view);
  return json;
}

}  // namespace ashlar::tasks
