#include "modules/tasks/schedules_json.h"

#include <utility>

namespace ashlar::tasks {
namespace {

constexpr const char* kCronDoc =
    "minute hour day month weekday, or @hourly, @daily, @weekly, @monthly, @yearly; by the clock "
    "on the wall of time_zone.";
constexpr const char* kZoneDoc = "IANA's name.";

// What both share: the task that is made, each time.
template <class T>
void add_task(json::Schema<T>& schema) {
  schema.optional("priority", &T::priority, {.min = jobs::kMinPriority, .max = jobs::kMaxPriority})
      .optional("unique_key", &T::unique_key,
                {.doc = "Given: no task is made while the one before lives.",
                 .min_length = 1,
                 .max_length = jobs::kMaxKeyBytes})
      .optional("timeout_ms", &T::timeout_ms,
                {.min = kMinTimeout.count(), .max = kMaxPullTimeout.count()})
      .optional("max_attempts", &T::max_attempts, {.min = 1, .max = jobs::kMaxAttempts})
      .optional("key", &T::key, {.min_length = 1, .max_length = jobs::kMaxKeyBytes})
      .optional("key_limit", &T::key_limit, {.min = 1, .max = 1'000'000})
      .optional("ordered", &T::ordered)
      .optional("target", &T::target, target_schema(), {.doc = "Given: push tasks."});
}

template <class From, class To>
void copy_task(const From& from, To& to) {
  to.priority = from.priority;
  to.unique_key = from.unique_key;
  to.timeout_ms = from.timeout_ms;
  to.max_attempts = from.max_attempts;
  to.key = from.key;
  to.key_limit = from.key_limit;
  to.ordered = from.ordered;
  to.target = from.target;
}

}  // namespace

const json::Schema<PutScheduleJson>& put_schedule_schema() {
  static const auto kSchema = [] {
    json::Schema<PutScheduleJson> schema("PutSchedule", "When, and what task is made then.");
    schema
        .required(
            "cron", &PutScheduleJson::cron,
            {.doc = kCronDoc, .min_length = 1, .max_length = 255, .example = "30 6 * * MON-FRI"})
        .optional("time_zone", &PutScheduleJson::time_zone,
                  {.doc = kZoneDoc, .min_length = 1, .max_length = 64, .example = "Europe/Berlin"})
        .required("queue", &PutScheduleJson::queue,
                  {.min_length = 1,
                   .max_length = jobs::kMaxNameBytes,
                   .pattern = "^[A-Za-z0-9][A-Za-z0-9_.:-]*$",
                   .example = "reports"})
        .required("payload", &PutScheduleJson::payload,
                  {.doc = "Of each task: any JSON.", .example = R"({"report":"daily"})"})
        .optional("paused", &PutScheduleJson::paused);
    add_task(schema);
    return schema;
  }();
  return kSchema;
}

const json::Schema<PauseScheduleJson>& pause_schedule_schema() {
  static const auto kSchema =
      json::Schema<PauseScheduleJson>("PauseSchedule", "Whether it rests.")
          .required("paused", &PauseScheduleJson::paused,
                    {.doc = "What falls into a pause is not made up for.", .example = true});
  return kSchema;
}

const json::Schema<ScheduleJson>& schedule_schema() {
  static const auto kSchema = [] {
    json::Schema<ScheduleJson> schema("Schedule", "A task that is made again and again.");
    schema.required("name", &ScheduleJson::name, {.example = "daily-report"})
        .required("cron", &ScheduleJson::cron, {.doc = kCronDoc, .example = "30 6 * * MON-FRI"})
        .required("time_zone", &ScheduleJson::time_zone,
                  {.doc = kZoneDoc, .example = "Europe/Berlin"})
        .required("queue", &ScheduleJson::queue, {.example = "reports"})
        .required("payload", &ScheduleJson::payload, {.example = R"({"report":"daily"})"})
        .required("paused", &ScheduleJson::paused);
    add_task(schema);
    schema
        .required("next_run_at", &ScheduleJson::next_run_at,
                  {.doc = "null: it never comes again. While paused, as it was."})
        .required("last_run_at", &ScheduleJson::last_run_at, {.doc = "The occurrence made last."})
        .required("last_task_id", &ScheduleJson::last_task_id)
        .required("error", &ScheduleJson::error, {.doc = "Why the last one made no task."})
        .required("created_at", &ScheduleJson::created_at)
        .required("updated_at", &ScheduleJson::updated_at);
    return schema;
  }();
  return kSchema;
}

const json::Schema<json::Page<ScheduleJson>>& schedule_page_schema() {
  static const auto kSchema = json::page_schema(schedule_schema());
  return kSchema;
}

const json::Schema<SigningKeyJson>& signing_key_schema() {
  static const auto kSchema =
      json::Schema<SigningKeyJson>("TaskSigningKey", "What push targets verify requests with.")
          .required("secret", &SigningKeyJson::secret,
                    {.doc = "For a library of Standard Webhooks.",
                     .example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
          .required("created_at", &SigningKeyJson::created_at)
          .required("previous_until", &SigningKeyJson::previous_until,
                    {.doc = "Until then requests are signed with the key before, too."});
  return kSchema;
}

base::Result<NewSchedule> schedule_of(const PutScheduleJson& json, std::string name) {
  NewTaskJson task;
  task.queue = json.queue;
  task.payload = json.payload;
  copy_task(json, task);
  NewSchedule schedule{std::move(name), json.cron, json.time_zone, {}, json.paused};
  ASHLAR_ASSIGN(schedule.task, task_of(task, ""));
  return schedule;
}

ScheduleJson json_of(const store::Schedule& schedule) {
  ScheduleJson json;
  json.name = schedule.name;
  json.cron = schedule.cron;
  json.time_zone = schedule.time_zone;
  json.queue = schedule.queue;
  json.paused = schedule.paused;
  const auto value = json::parse(schedule.task, kTaskLimits);
  if (value.ok()) {
    if (const auto task = new_task_schema().parse(*value); task.ok()) {
      json.payload = task->payload;
      copy_task(*task, json);
    }
  }
  json.next_run_at = schedule.next_at;
  json.last_run_at = schedule.last_at;
  json.last_task_id = schedule.last_task;
  json.error = schedule.error;
  json.created_at = schedule.created_at;
  json.updated_at = schedule.updated_at;
  return json;
}

SigningKeyJson json_of(const SigningKeys& keys) {
  return {keys.keys.front().to_text(), keys.created_at, keys.previous_until};
}

}  // namespace ashlar::tasks
