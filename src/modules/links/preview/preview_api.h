// preview_api: POST /v1/links/{code}/preview, by which rules are tried out before visitors come.
#pragma once

#include "platform/http/route.h"

namespace ashlar::links {

class LinksModule;

// `module` outlives the table.
http::RouteTable preview_routes(LinksModule& module);

}  // namespace ashlar::links
