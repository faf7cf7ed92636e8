// Queues: how a tenant's queues stand, and how they are set.
//
// A queue is a name. Its settings hold for its pull tasks and for its push tasks, each by
// themselves; the two that name targets hold for push tasks in each instance by itself
// (push_gate.h). Functions run in the caller's transaction, for its tenant.
//
// Errors: kNotFound none: any name is a queue. Storage's. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/tasks/tasks_store.h"
#include "platform/jobs/jobs.h"

namespace ashlar::tasks {

// Sent when settings change, in every process. Payload: tenant " " queue; "" for the signing key.
inline constexpr std::string_view kQueuesChannel = "tasks_queues";

struct QueueView {
  std::string queue;
  jobs::QueueSettings settings;
  store::TargetLimits targets;
  std::int64_t ready = 0, running = 0, scheduled = 0, held = 0, dead = 0;
  std::optional<base::Time> oldest_ready;
};

class Queues {
 public:
  explicit Queues(jobs::Jobs& jobs) : jobs_(jobs) {}

  // By name: all that hold tasks or were set.
  [[nodiscard]] base::Result<std::vector<QueueView>> list(storage::Transaction& tx) const;
  [[nodiscard]] base::Result<QueueView> find(storage::Transaction& tx,
                                             std::string_view queue) const;
  base::Status set(storage::Transaction& tx, std::string_view queue,
                   const jobs::QueueSettings& settings, const store::TargetLimits& targets) const;

 private:
  jobs::Jobs& jobs_;
};

}  // namespace ashlar::tasks
