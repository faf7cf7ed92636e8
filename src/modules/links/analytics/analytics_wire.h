// The routes of analytics, for the table of links.
#pragma once

#include "platform/http/route.h"

namespace ashlar::links {
class LinksModule;
}

namespace ashlar::links::analytics {

// The module outlives the table.
http::RouteTable analytics_routes(LinksModule& module);

}  // namespace ashlar::links::analytics
