// The JSON of schedules and of the key that push requests are signed with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/tasks/push_settings.h"
#include "modules/tasks/schedules.h"
#include "modules/tasks/tasks_json.h"
#include "platform/json/schema.h"

namespace ashlar::tasks {

struct PutScheduleJson {
  std::string cron, time_zone = "UTC", queue;
  json::AnyJson payload;
  bool paused = false;
  int priority = 0;
  std::optional<std::string> unique_key;
  std::optional<std::int64_t> timeout_ms, max_attempts;
  std::optional<std::string> key;
  std::int64_t key_limit = 1;
  bool ordered = false;
  std::optional<TargetJson> target;
};

struct PauseScheduleJson {
  bool paused = false;
};

struct ScheduleJson {
  std::string name, cron, time_zone, queue;
  json::AnyJson payload;
  bool paused = false;
  int priority = 0;
  std::optional<std::string> unique_key;
  std::optional<std::int64_t> timeout_ms, max_attempts;
  std::optional<std::string> key;
  std::int64_t key_limit = 1;
  bool ordered = false;
  std::optional<TargetJson> target;
  std::optional<base::Time> next_run_at, last_run_at;
  std::optional<jobs::JobId> last_task_id;
  std::optional<std::string> error;
  base::Time created_at{}, updated_at{};
};

struct SigningKeyJson {
  std::string secret;
  base::Time created_at{};
  std::optional<base::Time> previous_until;
};

const json::Schema<PutScheduleJson>& put_schedule_schema();
const json::Schema<PauseScheduleJson>& pause_schedule_schema();
const json::Schema<ScheduleJson>& schedule_schema();
const json::Schema<json::Page<ScheduleJson>>& schedule_page_schema();
const json::Schema<SigningKeyJson>& signing_key_schema();

base::Result<NewSchedule> schedule_of(const PutScheduleJson& json, std::string name);
ScheduleJson json_of(const store::Schedule& schedule);
SigningKeyJson json_of(const SigningKeys& keys);

}  // namespace ashlar::tasks
