#include "modules/tasks/queues_json.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ashlar::tasks {
namespace {

constexpr std::int64_t kMostRunning = 1'000'000;
constexpr double kLeastRate = 0.001;
constexpr std::int64_t kLongestDelay_ms = kMaxDelay.count() * 1000;

const json::Schema<RetryJson>& retry_schema() {
  static const auto kSchema =
      json::Schema<RetryJson>("RetrySchedule",
                              "How long a failed task waits for its next attempt, and up to a "
                              "fifth of that more. Either delays_ms, or base_ms and cap_ms.")
          .optional("delays_ms", &RetryJson::delays_ms,
                    {.doc = "After the first failure, the second, …; the last one for all further.",
                     .min = 0,
                     .max = kLongestDelay_ms,
                     .max_items = jobs::QueueSettings::kMaxDelays,
                     .example = 1000})
          .optional("base_ms", &RetryJson::base_ms,
                    {.doc = "After the first failure.", .min = 1, .max = kLongestDelay_ms})
          .optional("cap_ms", &RetryJson::cap_ms,
                    {.doc = "The longest.", .min = 1, .max = kLongestDelay_ms})
          .optional("multiplier", &RetryJson::multiplier,
                    {.doc = "From one to the next; 2 unless given, at least 1.1.",
                     .min = 1,
                     .max = 1000});
  return kSchema;
}

std::vector<base::Millis> delays_of(const RetryJson& json) {
  std::vector<base::Millis> delays;
  for (const std::int64_t delay : json.delays_ms) delays.emplace_back(delay);
  if (!json.base_ms) return delays;
  const double cap = static_cast<double>(json.cap_ms.value_or(*json.base_ms));
  const double multiplier = json.multiplier.value_or(2.0);
  double delay = static_cast<double>(*json.base_ms);
  while (delays.size() + 1 < jobs::QueueSettings::kMaxDelays && delay < cap) {
    delays.emplace_back(std::llround(delay));
    delay *= multiplier;
  }
  delays.emplace_back(std::llround(std::max(cap, static_cast<double>(*json.base_ms))));
  return delays;
}

base::Status check(const RetryJson& json) {
  constexpr double kLeastMultiplier = 1.1;
  const char* wrong = nullptr;
  if (json.base_ms.has_value() == !json.delays_ms.empty()) {
    wrong = "Give either delays_ms or base_ms.";
  } else if (!json.base_ms && (json.cap_ms || json.multiplier)) {
    wrong = "cap_ms and multiplier belong to base_ms.";
  } else if (json.multiplier.value_or(2.0) < kLeastMultiplier) {
    wrong = "A multiplier is at least 1.1; give delays_ms for equal delays.";
  } else if (json.cap_ms && *json.cap_ms < *json.base_ms) {
    wrong = "cap_ms is at least base_ms.";
  }
  if (wrong == nullptr) return base::ok_status();
  return base::Error{base::Code::kInvalid, "retry_form", wrong, {{"/retry", "retry_form", wrong}}};
}

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
  field("key_rate_per_s",
        static_cast<std::optional<double> T::*>(&QueueSettingsJson::key_rate_per_s),
        {.doc = "Starts a second of tasks with the same key, over all instances; null: no limit. "
                "At least 0.001.",
         .min = 0,
         .max = kMostRunning});
  field("key_burst", static_cast<std::int64_t T::*>(&QueueSettingsJson::key_burst),
        {.doc = "How many of a key's rate may start at once.", .min = 1, .max = kMostRunning});
  const auto retry = static_cast<std::optional<RetryJson> T::*>(&QueueSettingsJson::retry);
  const json::FieldRules of_retry{.doc = "The schedule of retries; null: 1 s, 4 s, 16 s, … 1 h."};
  required ? schema.required("retry", retry, retry_schema(), of_retry)
           : schema.optional("retry", retry, retry_schema(), of_retry);
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

const json::Schema<json::Page<QueueJson>>& queue_page_schema() {
  static const auto kSchema = json::page_schema(queue_schema());
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
  json.key_rate_per_s = view.settings.key_rate_per_s;
  json.key_burst = view.settings.key_burst;
  if (!view.settings.retry.empty()) {
    json.retry.emplace();
    for (const base::Millis delay : view.settings.retry) {
      json.retry->delays_ms.push_back(delay.count());
    }
  }
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
      {"/rate_per_s", json.rate_per_s},
      {"/key_rate_per_s", json.key_rate_per_s},
      {"/target_rate_per_s", json.target_rate_per_s}};
  for (const auto& [field, rate] : rates) {
    if (!rate || *rate >= kLeastRate) continue;
    const std::string detail = "A rate is at least 0.001 a second; to stop a queue, pause it.";
    return base::Error{
        base::Code::kInvalid, "rate_too_small", detail, {{field, "rate_too_small", detail}}};
  }
  return json.retry ? check(*json.retry) : base::ok_status();
}

jobs::QueueSettings settings_of(const QueueSettingsJson& json) {
  jobs::QueueSettings settings;
  settings.paused = json.paused;
  settings.max_running = json.max_running;
  settings.rate_per_s = json.rate_per_s;
  settings.burst = json.burst;
  settings.key_rate_per_s = json.key_rate_per_s;
  settings.key_burst = json.key_burst;
  if (json.retry) settings.retry = delays_of(*json.retry);
  return settings;
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
