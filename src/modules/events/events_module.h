// EventsModule: the HTTP face of the log of events and of its consumers. Publishing and consuming
// themselves are the platform's (platform/events); the program owns its Consumers and Outbox.
#pragma once

#include <string>

#include "platform/events/consumers.h"
#include "platform/http/route.h"
#include "platform/security/tenants.h"

namespace ashlar::http {
class CursorCodec;
}
namespace ashlar::storage {
class Database;
}

namespace ashlar::events {

struct EventsModule {
  storage::Database& db;
  Consumers& consumers;
  const std::string source;  // of CloudEvents: the installation's URL
};

// Both outlive the table. Scope of the tenants' route: events:read.
http::RouteTable events_routes(EventsModule& module, const http::CursorCodec& cursors);

// A tenant's events, exported; those and what consumers have parked of them, erased.
security::TenantData events_tenant_data();

}  // namespace ashlar::events
