// SagasModule: the HTTP face of sagas: who looks at them, and an operator's words. What they are
// and do is the platform's (platform/sagas); the program owns its Sagas.
#pragma once

#include "platform/http/route.h"
#include "platform/sagas/sagas.h"
#include "platform/security/tenants.h"

namespace ashlar::http {
class CursorCodec;
}
namespace ashlar::storage {
class Database;
}

namespace ashlar::sagas {

struct SagasModule {
  storage::Database& db;
  Sagas& sagas;
};

// Both outlive the table. Scopes: sagas:read, sagas:write.
http::RouteTable sagas_routes(SagasModule& module, const http::CursorCodec& cursors);

// A tenant's sagas with their timelines, exported; those, what it took part in and its correlated
// events, erased.
security::TenantData sagas_tenant_data();

}  // namespace ashlar::sagas
