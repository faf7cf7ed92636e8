// AsyncCore: the engine of everything that happens later, put together: jobs and their runner, the
// outbox and its consumers, Kafka's relay, sagas, the outbound client of push tasks, time zones.
//
//   construct ──modules add their kinds and consumers──> start() ──> stop(), before storage ends
//
// Owns all of it, in member order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "platform/events/consumers.h"
#include "platform/events/outbox.h"
#include "platform/jobs/jobs.h"
#include "platform/jobs/runner.h"
#include "platform/outbound/outbound_client.h"
#include "platform/sagas/sagas.h"
#include "platform/security/secret_box.h"
#include "platform/zone/zone_directory.h"

namespace ashlar::kafka {
class Relay;
}

namespace ashlar::app {

class Installation;
struct Config;

// This process among all on one database: host, process, and what tells it from its predecessors.
std::string instance_name(Installation& ashlar);

class AsyncCore {
 public:
  // `box_key`: of the installation (SecretBox::kKeyBytes). `source`: of CloudEvents.
  AsyncCore(Installation& ashlar, const Config& config, const std::string& box_key,
            const std::string& source);
  ~AsyncCore();
  AsyncCore(const AsyncCore&) = delete;
  AsyncCore& operator=(const AsyncCore&) = delete;

  // Takes back what dead processes had leased, then begins to work.
  base::Status start();
  void stop();  // idempotent; after the modules that send have been told

  const std::string instance;
  const security::SecretBox box;
  jobs::Jobs jobs;
  events::Consumers consumers;
  const std::unique_ptr<kafka::Relay> relay;  // null: no Kafka
  events::Outbox outbox;
  sagas::Sagas sagas;
  zone::ZoneDirectory zones;
  outbound::OutboundClient push_client;
  jobs::Runner runner;  // last: its handlers use all else

 private:
  storage::Database& db_;
};

}  // namespace ashlar::app
