// The JSON of leases: what pull workers send and get.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/tasks/leases.h"
#include "platform/json/schema.h"

namespace ashlar::tasks {

inline constexpr base::Millis kMaxWait{60'000};

struct LeaseAskJson {
  std::int64_t max = 1;
  std::int64_t lease_ms = 30'000;
  std::int64_t wait_ms = 0;
  std::string worker;
};

struct LeasedTaskJson {
  jobs::JobId id;
  std::string queue;
  json::AnyJson payload;
  int attempt = 0, max_attempts = 0;
  std::string lease_token;
  base::Time lease_until{}, deadline{}, created_at{}, run_at{};
  std::optional<std::string> unique_key, key, schedule, traceparent;
};

struct LeasedTasksJson {
  std::vector<LeasedTaskJson> tasks;
};

struct CompleteJson {
  std::string lease_token;
  std::optional<json::AnyJson> result;
};

struct FailJson {
  std::string lease_token;
  std::string error;
  std::optional<base::Time> retry_at;
  std::optional<std::int64_t> retry_after_ms;
  bool retry = true;
  bool cancelled = false;
};

struct HeartbeatJson {
  std::string lease_token;
  std::optional<std::int64_t> lease_ms;
};

struct SnoozeJson {
  std::string lease_token;
  std::optional<base::Time> until;
  std::optional<std::int64_t> delay_ms;
};

struct KeptJson {
  jobs::JobId id;
  base::Time lease_until{};
  bool cancel_asked = false;
};

// The same for one of many.
struct CompleteItemJson : CompleteJson {
  jobs::JobId id;
};
struct FailItemJson : FailJson {
  jobs::JobId id;
};
struct HeartbeatItemJson : HeartbeatJson {
  jobs::JobId id;
};

template <class Item>
struct ItemsJson {
  std::vector<Item> tasks;
};

struct OutcomeJson {
  jobs::JobId id;
  bool ok = false;
  std::optional<std::string> reason;
  json::Patch<std::optional<base::Time>> lease_until;  // of heartbeats
  json::Patch<bool> cancel_asked;
};
struct OutcomesJson {
  std::vector<OutcomeJson> tasks;
};

const json::Schema<LeaseAskJson>& lease_ask_schema();
const json::Schema<LeasedTasksJson>& leased_tasks_schema();
const json::Schema<CompleteJson>& complete_schema();
const json::Schema<FailJson>& fail_schema();
const json::Schema<HeartbeatJson>& heartbeat_schema();
const json::Schema<SnoozeJson>& snooze_schema();
const json::Schema<KeptJson>& kept_schema();
const json::Schema<ItemsJson<CompleteItemJson>>& complete_many_schema();
const json::Schema<ItemsJson<FailItemJson>>& fail_many_schema();
const json::Schema<ItemsJson<HeartbeatItemJson>>& heartbeat_many_schema();
const json::Schema<OutcomesJson>& outcomes_schema();

LeasedTasksJson json_of(const std::vector<LeasedTask>& tasks);
// `where`: JSON pointer of what the fields stand in. kInvalid result_too_large,
// retry_contradiction.
base::Result<jobs::Outcome> outcome_of(const CompleteJson& json, const std::string& where);
base::Result<jobs::Outcome> outcome_of(const FailJson& json, base::Time now,
                                       const std::string& where);
base::Result<jobs::Outcome> outcome_of(const SnoozeJson& json, base::Time now);

}  // namespace ashlar::tasks
