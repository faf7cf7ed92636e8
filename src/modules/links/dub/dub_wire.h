// The routes of Dub's API (dub_api.h).
#pragma once

#include "platform/http/route.h"

namespace ashlar::links {
class LinksModule;
}

namespace ashlar::links::dub {

// Dub's REST API under /api/dub (dub_api.h). The module outlives the table.
http::RouteTable dub_routes(LinksModule& module);

}  // namespace ashlar::links::dub
