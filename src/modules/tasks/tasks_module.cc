#include "modules/tasks/tasks_module.h"

#include <utility>

#include "platform/storage/database.h"

namespace ashlar::tasks {

TasksModule::TasksModule(Options options, jobs::Jobs& engine, storage::Database& database,
                         outbound::OutboundClient& client, zone::ZoneDirectory& zones,
                         const security::SecretBox& box, const base::Clock& clk,
                         base::Entropy& entropy, obs::Registry& metrics, obs::Log& log)
    : db(database),
      clock(clk),
      tokens(options.token_secret),
      leases(tokens, engine, database, clk),
      waits(leases, clk, metrics),
      tasks({options.targets}, engine, clk,
            [this](base::TenantId tenant, const std::string& queue) {
              waits.created(tenant, queue);
            }),
      queues(engine),
      schedules(tasks, engine, database, zones, clk,
                [this](base::TenantId tenant, const std::string& queue) {
                  waits.created(tenant, queue);
                }),
      scheduler(schedules, clk, metrics, log),
      settings(database, box, clk, entropy),
      push({options.targets, std::move(options.user_agent), options.seed}, client, settings, clk,
           metrics),
      jobs_(engine) {}

void TasksModule::start() {
  waits.start();
  waiter_ = jobs_.wait_for(std::string(kPullKind), [this] { waits.may_have_work(); });
  scheduler.start();
}

void TasksModule::close_streams() { waits.close(); }

void TasksModule::stop() {
  scheduler.stop();
  push.stop();
  waiter_.reset();
  waits.close();
}

}  // namespace ashlar::tasks
