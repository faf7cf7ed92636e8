#include "modules/tasks/leases_json.h"

#include <utility>

#include "modules/tasks/task.h"

namespace ashlar::tasks {
namespace {

constexpr const char* kTokenDoc = "From the lease. It proves that the task is yours.";

base::Error wrong(const std::string& field, const char* reason, std::string detail) {
  return base::Error{base::Code::kInvalid, reason, detail, {{field, reason, detail}}};
}

// Each twice: T alone, and T with the id of one of many.
template <class T>
void add_complete(json::Schema<T>& schema) {
  schema
      .required("lease_token", static_cast<std::string T::*>(&CompleteJson::lease_token),
                {.doc = kTokenDoc, .max_length = 200})
      .optional(
          "result", static_cast<std::optional<json::AnyJson> T::*>(&CompleteJson::result),
          {.doc = "Any JSON, at most 2 KiB; kept with the task.", .example = R"({"bytes":48123})"});
}

template <class T>
void add_fail(json::Schema<T>& schema) {
  schema
      .required("lease_token", static_cast<std::string T::*>(&FailJson::lease_token),
                {.doc = kTokenDoc, .max_length = 200})
      .optional("error", static_cast<std::string T::*>(&FailJson::error),
                {.doc = "For the person who looks; the first 2 KiB are kept.",
                 .max_length = 64 * 1024,
                 .example = "cannot reach the image store"})
      .optional("retry_at", static_cast<std::optional<base::Time> T::*>(&FailJson::retry_at),
                {.doc = "No next attempt before; the usual pause counts if it is longer."})
      .optional("retry_after_ms",
                static_cast<std::optional<std::int64_t> T::*>(&FailJson::retry_after_ms),
                {.doc = "The same, from now.", .min = 0, .max = kMaxDelay.count() * 1000})
      .optional("retry", static_cast<bool T::*>(&FailJson::retry),
                {.doc = "false: it will never work, and is dead at once."})
      .optional("cancelled", static_cast<bool T::*>(&FailJson::cancelled),
                {.doc = "true: stopped because cancel_asked said so; it ends as cancelled."});
}

template <class T>
void add_heartbeat(json::Schema<T>& schema) {
  schema
      .required("lease_token", static_cast<std::string T::*>(&HeartbeatJson::lease_token),
                {.doc = kTokenDoc, .max_length = 200})
      .optional("lease_ms", static_cast<std::optional<std::int64_t> T::*>(&HeartbeatJson::lease_ms),
                {.doc = "How long from now, never beyond the task's timeout; if not given, as long "
                        "as the lease was asked for.",
                 .min = Leases::kMinLease.count(),
                 .max = Leases::kMaxLeaseTime.count()});
}

template <class Item>
json::Schema<ItemsJson<Item>> items_schema(const char* name, const json::Schema<Item>& item) {
  json::Schema<ItemsJson<Item>> schema(name, "Several at once.");
  schema.required("tasks", &ItemsJson<Item>::tasks, item,
                  {.min_items = 1, .max_items = Leases::kMaxReports});
  return schema;
}

const json::Schema<LeasedTaskJson>& leased_task_schema() {
  static const auto kSchema =
      json::Schema<LeasedTaskJson>("LeasedTask", "A task that is the worker's for a while.")
          .required("id", &LeasedTaskJson::id)
          .required("queue", &LeasedTaskJson::queue, {.example = "images"})
          .required("payload", &LeasedTaskJson::payload, {.example = R"({"image":"cat.png"})"})
          .required("attempt", &LeasedTaskJson::attempt,
                    {.doc = "1 at the first; snoozes count not."})
          .required("max_attempts", &LeasedTaskJson::max_attempts)
          .required("lease_token", &LeasedTaskJson::lease_token, {.doc = kTokenDoc})
          .required("lease_until", &LeasedTaskJson::lease_until,
                    {.doc = "Then another worker may get it: report or heartbeat before."})
          .required("deadline", &LeasedTaskJson::deadline,
                    {.doc = "Of this attempt; heartbeats reach no further."})
          .required("created_at", &LeasedTaskJson::created_at)
          .required("run_at", &LeasedTaskJson::run_at)
          .required("unique_key", &LeasedTaskJson::unique_key)
          .required("key", &LeasedTaskJson::key)
          .required("schedule", &LeasedTaskJson::schedule)
          .required("traceparent", &LeasedTaskJson::traceparent,
                    {.doc = "W3C trace context of the request that created it."});
  return kSchema;
}

}  // namespace

const json::Schema<LeaseAskJson>& lease_ask_schema() {
  static const auto kSchema =
      json::Schema<LeaseAskJson>("LeaseTasks", "How many tasks a worker wants, and for how long.")
          .optional("max", &LeaseAskJson::max,
                    {.doc = "At most so many.", .min = 1, .max = Leases::kMaxLease, .example = 10})
          .optional("lease_ms", &LeaseAskJson::lease_ms,
                    {.doc = "How long they are the worker's, unless it sends heartbeats.",
                     .min = Leases::kMinLease.count(),
                     .max = Leases::kMaxLeaseTime.count()})
          .optional("wait_ms", &LeaseAskJson::wait_ms,
                    {.doc = "Where there is none: wait so long for one. 0 answers at once.",
                     .min = 0,
                     .max = kMaxWait.count(),
                     .example = 20'000})
          .optional("worker", &LeaseAskJson::worker,
                    {.doc = "Its name, for the person who looks.", .max_length = 128});
  return kSchema;
}

const json::Schema<LeasedTasksJson>& leased_tasks_schema() {
  static const auto kSchema =
      json::Schema<LeasedTasksJson>("LeasedTasks", "Empty where there was none.")
          .required("tasks", &LeasedTasksJson::tasks, leased_task_schema());
  return kSchema;
}

const json::Schema<CompleteJson>& complete_schema() {
  static const auto kSchema = [] {
    json::Schema<CompleteJson> schema("CompleteTask", "The work is done.");
    add_complete(schema);
    return schema;
  }();
  return kSchema;
}

const json::Schema<FailJson>& fail_schema() {
  static const auto kSchema = [] {
    json::Schema<FailJson> schema("FailTask", "The attempt has failed.");
    add_fail(schema);
    return schema;
  }();
  return kSchema;
}

const json::Schema<HeartbeatJson>& heartbeat_schema() {
  static const auto kSchema = [] {
    json::Schema<HeartbeatJson> schema("HeartbeatTask", "The work goes on.");
    add_heartbeat(schema);
    return schema;
  }();
  return kSchema;
}

const json::Schema<SnoozeJson>& snooze_schema() {
  static const auto kSchema =
      json::Schema<SnoozeJson>("SnoozeTask", "Later; the attempt is given back. One of the two.")
          .required("lease_token", &SnoozeJson::lease_token, {.doc = kTokenDoc, .max_length = 200})
          .optional("until", &SnoozeJson::until)
          .optional("delay_ms", &SnoozeJson::delay_ms,
                    {.min = 0, .max = kMaxDelay.count() * 1000, .example = 60'000});
  return kSchema;
}

const json::Schema<KeptJson>& kept_schema() {
  static const auto kSchema =
      json::Schema<KeptJson>("KeptLease", "The lease as it is now.")
          .required("id", &KeptJson::id)
          .required("lease_until", &KeptJson::lease_until)
          .required("cancel_asked", &KeptJson::cancel_asked,
                    {.doc = "true: stop, and report by fail with cancelled."});
  return kSchema;
}

const json::Schema<ItemsJson<CompleteItemJson>>& complete_many_schema() {
  static const auto kItem = [] {
    json::Schema<CompleteItemJson> schema("CompleteTaskItem", "One that is done.");
    schema.required("id", &CompleteItemJson::id);
    add_complete(schema);
    return schema;
  }();
  static const auto kSchema = items_schema("CompleteTasks", kItem);
  return kSchema;
}

const json::Schema<ItemsJson<FailItemJson>>& fail_many_schema() {
  static const auto kItem = [] {
    json::Schema<FailItemJson> schema("FailTaskItem", "One that has failed.");
    schema.required("id", &FailItemJson::id);
    add_fail(schema);
    return schema;
  }();
  static const auto kSchema = items_schema("FailTasks", kItem);
  return kSchema;
}

const json::Schema<ItemsJson<HeartbeatItemJson>>& heartbeat_many_schema() {
  static const auto kItem = [] {
    json::Schema<HeartbeatItemJson> schema("HeartbeatTaskItem", "One that goes on.");
    schema.required("id", &HeartbeatItemJson::id);
    add_heartbeat(schema);
    return schema;
  }();
  static const auto kSchema = items_schema("HeartbeatTasks", kItem);
  return kSchema;
}

const json::Schema<OutcomesJson>& outcomes_schema() {
  static const auto kItem =
      json::Schema<OutcomeJson>("TaskOutcome", "What became of one report.")
          .required("id", &OutcomeJson::id)
          .required("ok", &OutcomeJson::ok)
          .required("reason", &OutcomeJson::reason,
                    {.doc = "Where not ok: lease_lost, task_not_found.", .example = "lease_lost"})
          .optional("lease_until", &OutcomeJson::lease_until, {.doc = "Of a heartbeat."})
          .optional("cancel_asked", &OutcomeJson::cancel_asked, {.doc = "Of a heartbeat."});
  static const auto kSchema =
      json::Schema<OutcomesJson>("TaskOutcomes", "In the order of the request.")
          .required("tasks", &OutcomesJson::tasks, kItem);
  return kSchema;
}

LeasedTasksJson json_of(const std::vector<LeasedTask>& tasks) {
  LeasedTasksJson out;
  out.tasks.reserve(tasks.size());
  for (const LeasedTask& task : tasks) {
    const jobs::LeasedJob& job = task.job;
    LeasedTaskJson& json = out.tasks.emplace_back();
    json.id = job.ref.id;
    json.queue = job.queue;
    json.payload.text = job.payload;
    const Count count = count_of(job);
    json.attempt = count.attempt;
    json.max_attempts = count.max_attempts;
    json.lease_token = task.token;
    json.lease_until = job.lease_until;
    json.deadline = task.deadline;
    json.created_at = job.enqueued_at;
    json.run_at = job.run_at;
    json.unique_key = job.unique_key;
    json.key = job.key;
    if (!job.traceparent.empty()) json.traceparent = job.traceparent;
    const TaskMeta meta = TaskMeta::parse(job.meta);
    if (meta.occurrence) json.schedule = meta.occurrence->schedule;
  }
  return out;
}

base::Result<jobs::Outcome> outcome_of(const CompleteJson& json, const std::string& where) {
  if (!json.result) return jobs::Outcome::done();
  if (json.result->text.size() > kMaxResultBytes) {
    return wrong(where + "/result", "result_too_large",
                 "A result is at most 2 KiB of JSON; keep more than that in a place of your own.");
  }
  return jobs::Outcome::done(json.result->text);
}

base::Result<jobs::Outcome> outcome_of(const FailJson& json, base::Time now,
                                       const std::string& where) {
  if (json.retry_at && json.retry_after_ms) {
    return wrong(where + "/retry_after_ms", "retry_contradiction",
                 "Give retry_at or retry_after_ms, not both.");
  }
  if ((json.retry_at || json.retry_after_ms) && (!json.retry || json.cancelled)) {
    return wrong(where + "/retry", "retry_contradiction", "What ends now has no next attempt.");
  }
  if (json.cancelled) return jobs::Outcome::cancelled();
  if (!json.retry) return jobs::Outcome::dead(json.error);
  std::optional<base::Time> at = json.retry_at;
  if (json.retry_after_ms) at = now + base::Millis{*json.retry_after_ms};
  return jobs::Outcome::failed(json.error, at);
}

base::Result<jobs::Outcome> outcome_of(const SnoozeJson& json, base::Time now) {
  if (json.until.has_value() == json.delay_ms.has_value()) {
    return wrong("/until", "snooze_until", "Give until or delay_ms, one of the two.");
  }
  return jobs::Outcome::snoozed(json.until ? *json.until : now + base::Millis{*json.delay_ms});
}

}  // namespace ashlar::tasks
