// The routes of Kutt's API (kutt_api.h).
#pragma once

#include "platform/http/route.h"

namespace ashlar::links {
class LinksModule;
}

namespace ashlar::links::kutt {

// Kutt's REST API v2 under /api/v2 (kutt_api.h). The module outlives the table.
http::RouteTable kutt_routes(LinksModule& module);

}  // namespace ashlar::links::kutt
