#include "app/async_core.h"

#include <unistd.h>

#include <array>

#include "app/config.h"
#include "app/installation.h"
#include "modules/tasks/task.h"
#include "platform/kafka/relay.h"

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

std::unique_ptr<kafka::Relay> make_relay(const AsyncConfig& config, Installation& a,
                                         const std::string& instance, const std::string& source) {
  if (config.kafka_brokers.empty()) return {};
  kafka::RelayOptions options;
  options.connection = {config.kafka_brokers, config.kafka_properties};
  options.shard = config.kafka_shard;
  options.topic_prefix = config.kafka_topic_prefix;
  options.position_topic = config.kafka_position_topic;
  options.source = source;
  options.instance = instance;
  return std::make_unique<kafka::Relay>(std::move(options), *a.db, a.clock, a.entropy, a.metrics,
                                        a.log);
}

}  // namespace

std::string instance_name(Installation& ashlar) {
  std::array<char, 64> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return std::string(host.data()) + ":" + std::to_string(::getpid()) + ":" +
         ashlar.entropy.base62(6);
}

AsyncCore::AsyncCore(Installation& a, const Config& config, const std::string& box_key,
                     const std::string& source)
    : instance(instance_name(a)),
      box(box_key, a.entropy),
      jobs(jobs_options(config.async, a), *a.db, a.clock, a.metrics, a.log),
      consumers({.instance = instance,
                 .alone = a.db->dialect() == storage::Dialect::kSqlite,
                 .keep = base::Seconds{config.async.keep_events_s},
                 .seed = a.entropy.u64()},
                *a.db, a.clock, a.metrics, a.log),
      relay(make_relay(config.async, a, instance, source)),
      outbox(a.clock, a.entropy,
             [this] {
               consumers.wake();
               if (relay) relay->wake();
             }),
      sagas({.seed = a.entropy.u64()}, *a.db, jobs, outbox, a.clock, a.metrics, a.log),
      push_client({.name = "push",
                   .allow_private = config.async.tasks_allow_private,
                   .seed = a.entropy.u64()},
                  a.clock, a.metrics),
      runner(jobs, *a.db, instance, a.clock, a.metrics, a.log),
      db_(*a.db) {}

AsyncCore::~AsyncCore() { stop(); }

base::Status AsyncCore::start() {
  outbox.set_listener(consumers.told_types(),
                      [this](const events::Event& event) { consumers.tell(event); });
  // On SQLite there is no other process. On PostgreSQL what a dead one had leased runs out by
  // itself, within the runner's lease.
  if (db_.dialect() == storage::Dialect::kSqlite) ASHLAR_TRY(jobs.forfeit(tasks::kPullKind));
  ASHLAR_TRY(jobs.tend());
  if (relay) ASHLAR_TRY(relay->enlist());
  jobs.start();
  runner.start();
  sagas.start();
  consumers.start();
  if (relay) relay->start();
  return base::ok_status();
}

void AsyncCore::stop() {
  if (relay) relay->stop();
  consumers.stop();
  runner.stop(kDrain);
  sagas.stop();
  jobs.stop();
}

}  // namespace ashlar::app
