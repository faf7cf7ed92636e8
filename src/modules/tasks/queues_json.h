// The JSON of queues: how they stand, how they are set, and redriving many at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/tasks/queues.h"
#include "modules/tasks/tasks.h"
#include "platform/json/schema.h"

namespace ashlar::tasks {

// Either delays_ms, or base_ms and what belongs to it.
struct RetryJson {
  std::vector<std::int64_t> delays_ms;
  std::optional<std::int64_t> base_ms, cap_ms;
  std::optional<double> multiplier;
};

struct QueueSettingsJson {
  bool paused = false;
  std::optional<std::int64_t> max_running;
  std::optional<double> rate_per_s;
  std::int64_t burst = 1;
  std::optional<double> key_rate_per_s;
  std::int64_t key_burst = 1;
  std::optional<RetryJson> retry;
  std::optional<std::int64_t> target_max_running;
  std::optional<double> target_rate_per_s;
};

struct QueueJson : QueueSettingsJson {
  std::string queue;
  std::int64_t ready = 0, running = 0, scheduled = 0, held = 0, dead = 0;
  std::optional<base::Time> oldest_ready_at;
  std::int64_t latency_ms = 0;
};

struct RedriveJson {
  std::optional<std::string> error_contains;
  std::optional<base::Time> ended_from, ended_to;
  std::optional<std::string> mode;
};
struct RedrivenJson {
  std::int64_t redriven = 0;
  bool more = false;
};

const json::Schema<QueueSettingsJson>& queue_settings_schema();
const json::Schema<QueueJson>& queue_schema();
const json::Schema<json::Page<QueueJson>>& queue_page_schema();
const json::Schema<RedriveJson>& redrive_schema();
const json::Schema<RedrivenJson>& redriven_schema();

QueueJson json_of(const QueueView& view, base::Time now);
// kInvalid rate_too_small, retry_form.
base::Status check(const QueueSettingsJson& json);
jobs::QueueSettings settings_of(const QueueSettingsJson& json);
store::TargetLimits targets_of(const QueueSettingsJson& json);
// The dead of the queue that fit.
TaskQuery query_of(const RedriveJson& json, std::string queue);

}  // namespace ashlar::tasks
