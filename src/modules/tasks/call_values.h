// call_values: what routes of tasks have in their paths, queries and bodies.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "modules/tasks/task.h"
#include "modules/tasks/tasks_json.h"

namespace ashlar::http {
struct Call;
}

namespace ashlar::tasks {

// The id in the path. kNotFound task_not_found: a text that is no id names no task.
base::Result<jobs::JobId> id_of(const http::Call& call);
// The queue's name in the path. kInvalid queue_malformed.
base::Result<std::string> queue_of(const http::Call& call);
// A time in the query. kInvalid bad_timestamp.
base::Result<std::optional<base::Time>> time_of(const http::Call& call, std::string_view name);

// With room for a batch of payloads.
template <class T>
base::Result<T> parse_large(const json::Schema<T>& schema, std::string_view body) {
  ASHLAR_ASSIGN(const json::Value value, json::parse(body, kTaskLimits));
  return schema.parse(value);
}

}  // namespace ashlar::tasks
