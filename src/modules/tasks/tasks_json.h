// The JSON of tasks: what the API takes and gives, declared once for parsing, rendering and
// OpenAPI. (Leases: leases_json.h; queues: queues_json.h; schedules: schedules_json.h.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/tasks/task.h"
#include "modules/tasks/tasks.h"
#include "platform/json/parse.h"
#include "platform/json/schema.h"

namespace ashlar::tasks {

// A batch of a thousand tasks with something in each.
inline constexpr json::ParseLimits kTaskLimits{.max_depth = 32, .max_values = 200'000};
inline constexpr std::size_t kMaxBatchBytes = 4 * 1024 * 1024;
inline constexpr std::size_t kMaxTaskBytes = jobs::kMaxPayloadBytes + 64 * 1024;

struct TargetJson {
  std::string url;
  std::string method = "POST";
  json::Value::Object headers;
  std::vector<std::int64_t> give_up_on;
};

struct NewTaskJson {
  std::string queue;
  json::AnyJson payload;
  int priority = 0;
  std::optional<std::string> unique_key;
  std::optional<base::Time> run_at;
  std::optional<std::int64_t> delay_ms;
  std::optional<std::int64_t> timeout_ms;
  std::optional<std::int64_t> max_attempts;
  std::optional<std::string> key;
  std::int64_t key_limit = 1;
  bool ordered = false;
  std::optional<TargetJson> target;
};

struct NewTasksJson {
  std::vector<NewTaskJson> tasks;
};

struct CreatedJson {
  jobs::JobId id;
  std::string state;
  bool existed = false;
};

struct CreatedListJson {
  std::vector<CreatedJson> tasks;
};

struct AttemptJson {
  int attempt = 0;
  base::Time started_at{}, ended_at{};
  std::string error;
};

struct MomentJson {
  base::Time at{};
  std::string what;
  std::optional<std::string> detail;
};

struct TaskJson {
  jobs::JobId id;
  std::string queue, mode, state;
  json::AnyJson payload;
  int priority = 0, attempt = 0, max_attempts = 0;
  std::int64_t timeout_ms = 0;
  std::optional<std::string> unique_key, key;
  base::Time created_at{}, run_at{};
  std::optional<base::Time> started_at, ended_at, lease_until;
  bool cancel_asked = false;
  std::optional<std::string> error;
  std::optional<json::AnyJson> result;
  std::optional<TargetJson> target;
  std::optional<std::string> schedule;
  json::Patch<std::vector<AttemptJson>> attempts;  // of one task, not in lists
  json::Patch<std::vector<MomentJson>> timeline;
};

struct StateJson {
  jobs::JobId id;
  std::string state;
};

const json::Schema<TargetJson>& target_schema();
const json::Schema<NewTaskJson>& new_task_schema();
const json::Schema<NewTasksJson>& new_tasks_schema();
const json::Schema<CreatedJson>& created_schema();
const json::Schema<CreatedListJson>& created_list_schema();
const json::Schema<TaskJson>& task_schema();
const json::Schema<json::Page<TaskJson>>& task_page_schema();
const json::Schema<StateJson>& state_schema();

// `where`: JSON pointer of the task. kInvalid header_malformed.
base::Result<NewTask> task_of(const NewTaskJson& json, const std::string& where);
NewTaskJson json_of(const NewTask& task);
CreatedJson json_of(const Created& created);
enum class Detail : std::uint8_t { kListed, kWhole };
TaskJson json_of(const jobs::JobView& view, Detail detail);

}  // namespace ashlar::tasks
