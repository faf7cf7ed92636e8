// The routes of Shlink's API (shlink_api.h).
#pragma once

#include "platform/http/route.h"

namespace ashlar::links {
class LinksModule;
}

namespace ashlar::links::shlink {

// Shlink's REST API v3 under /rest/v3 (shlink_api.h). The module outlives the table.
http::RouteTable shlink_routes(LinksModule& module);

}  // namespace ashlar::links::shlink
