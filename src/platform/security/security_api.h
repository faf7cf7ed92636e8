// The HTTP face of security: tenants, API keys, the console's administrator.
//
// security_wire.cc has the table of routes, security_api.cc what they do, security_json.h the
// shapes.
#pragma once

#include <string>

#include "base/result.h"
#include "platform/http/route.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::http {
class CursorCodec;
}

namespace ashlar::security {

class Admin;
class ApiKeys;
class Tenants;

// Everything by reference outlives the routes.
struct SecurityServices {
  Tenants& tenants;
  ApiKeys& keys;
  Admin& admin;
  const http::CursorCodec& cursors;
  std::string version;  // of Ashlar, for the console
};

http::RouteTable security_routes(const SecurityServices& services);

}  // namespace ashlar::security
