// EventsModule: the log of events with its consumers as one part of the program, and the table of
// its routes.
//
//   EventsModule events(…);
//   LinksModule links({…, .outbox = &events.outbox}, …);      // who publishes
//   events.consumers.add({.name = "webhooks", …});            // who consumes, before start()
//   events.consumers.on_each_instance({"link.*"}, …);
//
// Order: construct → those that publish and consume → routes are served, start() → stop(), before
// what consumers call goes.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/entropy.h"
#include "platform/events/consumers.h"
#include "platform/events/outbox.h"
#include "platform/http/route.h"
#include "platform/security/tenants.h"

namespace ashlar::http {
class CursorCodec;
}

namespace ashlar::events {

class EventsModule {
 public:
  struct Options {
    std::string source;  // of CloudEvents: the installation's URL
    base::Seconds keep{7 * 24 * 3600};
  };

  // All by reference outlives it. The instance's name is drawn: whoever was it before is not it.
  EventsModule(Options options, storage::Database& database, const base::Clock& clk,
               base::Entropy& entropy, obs::Registry& metrics, obs::Log& log);

  void start();
  void stop() { consumers.stop(); }  // idempotent

  storage::Database& db;
  const base::Clock& clock;
  const std::string source;
  Consumers consumers;
  Outbox outbox;
};

// Both outlive the table.
http::RouteTable events_routes(EventsModule& module, const http::CursorCodec& cursors);

// A tenant's events, exported; those and what consumers have parked of them, erased.
security::TenantData events_tenant_data();

}  // namespace ashlar::events
