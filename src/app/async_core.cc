#include "app/async_core.h"

#include <unistd.h>

#include <array>

#include "app/config.h"
#include "app/installation.h"
#include "base/encoding.h"

namespace ashlar::app {
namespace {

constexpr base::Millis kDrain{5'000};

jobs::Jobs::Options jobs_options(const AsyncConfig& config, Installation& ashlar) {
  jobs::Jobs::Options options;
  options.keep_done = base::Seconds{config.keep_done_s};
  options.keep_dead = base::Seconds{config.keep_dead_s};
  options.seed = ashlar.entropy.u64();
  return options;
}

}  // namespace

std::string instance_name(Installation& ashlar) {
  std::array<char, 64> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return std::string(host.data()) + ":" + std::to_string(::getpid()) + ":" +
         ashlar.entropy.base62(6);
}

AsyncCore::AsyncCore(Installation& a, const Config& config, const std::string& box_key)
    : instance(instance_name(a)),
      box(box_key, a.entropy),
      jobs(jobs_options(config.async, a), *a.db, a.clock, a.metrics, a.log),
      consumers({.instance = instance,
                 .alone = a.db->dialect() == storage::Dialect::kSqlite,
                 .keep = base::Seconds{config.async.keep_events_s},
                 .seed = a.entropy.u64()},
                *a.db, a.clock, a.metrics, a.log),
      outbox(a.clock, a.entropy, [this] { consumers.wake(); }),
      push_client({.name = "push",
                   .allow_private = config.async.tasks_allow_private,
                   .seed = a.entropy.u64()},
                  a.clock, a.metrics),
      runner(jobs, *a.db, instance, a.clock, a.metrics, a.log) {}

AsyncCore::~AsyncCore() { stop(); }

base::Status AsyncCore::start() {
  outbox.set_listener(consumers.told_types(),
                      [this](const events::Event& event) { consumers.tell(event); });
  ASHLAR_TRY(jobs.tend());
  jobs.start();
  runner.start();
  consumers.start();
  return base::ok_status();
}

void AsyncCore::stop() {
  consumers.stop();
  runner.stop(kDrain);
  jobs.stop();
}

}  // namespace ashlar::app
