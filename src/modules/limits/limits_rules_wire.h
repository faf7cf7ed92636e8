// The rows of limits' table that are about rules and about what they did. Part of limits_wire.cc.
#pragma once

#include "platform/http/route.h"

namespace ashlar::http {
class CursorCodec;
}

namespace ashlar::limits {

class NativeLimits;

// Both outlive the table.
void add_rules_routes(http::RouteTable& table, NativeLimits& limits,
                      const http::CursorCodec& cursors);

}  // namespace ashlar::limits
