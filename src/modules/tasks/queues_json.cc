#include "modules/tasks/queues_json.h"

#include <algorithm>
#include <utility>

namespace ashlar::tasks {
namespace {

constexpr std::int64_t kMostRunning = 1'000'000;
constexpr double kLeastRate = 0.001;

template <class T>
void add_settings(json::Schema<T>& schema, bool required) {
  const auto field = [&](std::string_view name, auto member, const json::FieldRules& rules) {
    required ? schema.required(name, member, rules) : schema.optional(name, member, rules);
  };
  field("paused", static_cast<bool T::*>(&QueueSettingsJson::paused),
        {.doc = "Nothing is leased or sent; what runs goes on."});
  field("max_running",
        static_cast<std::optional<std::int64_t> T::*>(&QueueSettingsJson::max_running),
        {.doc = "At once, over all instances; null: as many as there are workers.",
         .min = 1,
         .max = kMostRunning});
  field("rate_per_s", static_cast<std::optional<double> T::*>(&QueueSettingsJson::rate_per_s),
        {.doc = "Starts a second, over all instances; null: no limit. At least 0.001.",
         .min = 0,
         .max = kMostRunning});
  field("burst", static_cast<std::int64_t T::*>(&QueueSettingsJson::burst),
        {.doc = "How many of the rate may start at once.", .min = 1, .max = kMostRunning});
  field("target_max_running",
        static_cast<std::optional<std::int64_t> T::*>(&QueueSettingsJson::target_max_running),
        {.doc = "Push: requests at once to one host, from each instance; null: 64.",
         .min = 1,
         .max = 1024});
  field("target_rate_per_s",
        static_cast<std::optional<double> T::*>(&QueueSettingsJson::target_rate_per_s),
        {.doc = "Push: requests a second to one host, from each instance; null: no limit. At "
                "least 0.001.",
         .min = 0,
         .max = kMostRunning});
}

}  // namespace

const json::Schema<QueueSettingsJson>& queue_settings_schema() {
  static const auto kSchema = [] {
    json::Schema<QueueSettingsJson> schema(
        "SetQueue", "All settings of a queue; what is left out is as if nothing had been set.");
    add_settings(schema, false);
    return schema;
  }();
  return kSchema;
}

const json::Schema<QueueJson>& queue_schema() {
  static const auto kSchema = [] {
    json::Schema<QueueJson> schema("Queue",
                                   "A queue as it stands, its pull and push tasks together.");
    schema.required("queue", &QueueJson::queue, {.example = "images"});
    add_settings(schema, true);
    schema.required("ready", &QueueJson::ready, {.doc = "May be started now."})
        .required("running", &QueueJson::running)
        .required("scheduled", &QueueJson::scheduled, {.doc = "Later, or until the next attempt."})
        .required("held", &QueueJson::held, {.doc = "Wait for others of their key."})
        .required("dead", &QueueJson::dead, {.doc = "Attempts used up, or given up."})
        .required("oldest_ready_at", &QueueJson::oldest_ready_at,
                  {.doc = "Since when the one that has waited longest might have been started."})
        .required("latency_ms", &QueueJson::latency_ms, {.doc = "How long that is ago."});
    return schema;
  }();
  return kSchema;
}

const json::Schema<QueueListJson>& queue_list_schema() {
  static const auto kSchema =
      json::Schema<QueueListJson>("Queues", "By name: all that hold tasks or were set.")
          .required("data", &QueueListJson::data, queue_schema());
  return kSchema;
}

const json::Schema<RedriveJson>& redrive_schema() {
  static const auto kSchema =
      json::Schema<RedriveJson>("RedriveTasks", "Which of the queue's dead tasks; {} means all.")
          .optional(
              "error_contains", &RedriveJson::error_contains,
              {.doc = "In the error of the last attempt.", .min_length = 1, .max_length = 200})
          .optional("ended_from", &RedriveJson::ended_from, {.doc = "Dead since then."})
          .optional("ended_to", &RedriveJson::ended_to, {.doc = "Dead before."})
          .optional("mode", &RedriveJson::mode, {.one_of = {"pull", "push"}});
  return kSchema;
}

const json::Schema<RedrivenJson>& redriven_schema() {
  static const auto kSchema =
      json::Schema<RedrivenJson>("RedrivenTasks", "They live again.")
          .required("redriven", &RedrivenJson::redriven)
          .required("more", &RedrivenJson::more,
                    {.doc = "There may be more of them: ask again.", .example = false});
  return kSchema;
}

QueueJson json_of(const QueueView& view, base::Time now) {
  QueueJson json;
  json.queue = view.queue;
  json.paused = view.settings.paused;
  json.max_running = view.settings.max_running;
  json.rate_per_s = view.settings.rate_per_s;
  json.burst = view.settings.burst;
  json.target_max_running = view.targets.max_running;
  json.target_rate_per_s = view.targets.rate_per_s;
  json.ready = view.ready;
  json.running = view.running;
  json.scheduled = view.scheduled;
  json.held = view.held;
  json.dead = view.dead;
  json.oldest_ready_at = view.oldest_ready;
  if (view.oldest_ready) {
    const auto waited = std::chrono::floor<base::Millis>(now - *view.oldest_ready).count();
    json.latency_ms = std::max<std::int64_t>(0, waited);
  }
  return json;
}

base::Status check(const QueueSettingsJson& json) {
  const std::pair<const char*, const std::optional<double>&> rates[] = {
      {"/rate_per_s", json.rate_per_s}, {"/target_rate_per_s", json.target_rate_per_s}};
  for (const auto& [field, rate] : rates) {
    if (!rate || *rate >= kLeastRate) continue;
    const std::string detail = "A rate is at least 0.001 a second; to stop a queue, pause it.";
    return base::Error{
        base::Code::kInvalid, "rate_too_small", detail, {{field, "rate_too_small", detail}}};
  }
  return base::ok_status();
}

jobs::QueueSettings settings_of(const QueueSettingsJson& json) {
  return {json.paused, json.max_running, json.rate_per_s, json.burst};
}

store::TargetLimits targets_of(const QueueSettingsJson& json) {
  return {json.target_max_running, json.target_rate_per_s};
}

TaskQuery query_of(const RedriveJson& json, std::string queue) {
  TaskQuery query;
  query.queue = std::move(queue);
  query.error_contains = json.error_contains;
  query.state = jobs::JobState::kDead;
  query.ended_from = json.ended_from;
  query.ended_to = json.ended_to;
  if (json.mode) query.kind = *json.mode == "push" ? kPushKind : kPullKind;
  return query;
}

}  // namespace ashlar::tasks
