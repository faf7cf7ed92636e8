// TasksModule: everything of tasks that lives as long as the program, and the table of its routes.
//
// Order: construct → push.kind() to the Runner, routes are served, start() → close_streams(), last
// request answered → stop() → the Runner stops.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/entropy.h"
#include "base/result.h"
#include "modules/tasks/lease_token.h"
#include "modules/tasks/lease_waits.h"
#include "modules/tasks/leases.h"
#include "modules/tasks/push.h"
#include "modules/tasks/push_settings.h"
#include "modules/tasks/queues.h"
#include "modules/tasks/scheduler.h"
#include "modules/tasks/schedules.h"
#include "modules/tasks/tasks.h"
#include "platform/http/route.h"
#include "platform/security/tenants.h"

namespace ashlar::http {
class CursorCodec;
}
namespace ashlar::obs {
class Log;
}
namespace ashlar::security {
class SecretBox;
}

namespace ashlar::tasks {

class TasksModule {
 public:
  struct Options {
    outbound::TargetRules targets;
    std::string token_secret;  // LeaseTokens::kSecretBytes, the installation's
    std::string user_agent;
    std::uint64_t seed = 1;
  };
  // All outlive it. `client` is of the zone of trust that options.targets names.
  TasksModule(Options options, jobs::Jobs& engine, storage::Database& database,
              outbound::OutboundClient& client, zone::ZoneDirectory& zones,
              const security::SecretBox& box, const base::Clock& clk, base::Entropy& entropy,
              obs::Registry& metrics, obs::Log& log);

  void start();
  void close_streams();  // answers those who wait for tasks
  void stop();

  storage::Database& db;
  const base::Clock& clock;
  const LeaseTokens tokens;
  Leases leases;
  LeaseWaits waits;
  const Tasks tasks;
  const Queues queues;
  Schedules schedules;
  Scheduler scheduler;
  PushSettings settings;
  Push push;

 private:
  jobs::Jobs& jobs_;
  std::unique_ptr<jobs::Jobs::Waiter> waiter_;
};

// Both outlive the table.
http::RouteTable tasks_routes(TasksModule& module, const http::CursorCodec& cursors);

// Schedules and queue settings of a tenant, exported; everything of it, erased. (Its tasks are the
// jobs' to export.)
security::TenantData tasks_tenant_data();

}  // namespace ashlar::tasks
