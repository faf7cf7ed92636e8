// QrApi: GET /v1/links/{code}/qr: a link's short URL as a picture.
#pragma once

#include "platform/http/route.h"

namespace ashlar::links {

class LinksModule;

// The module outlives the table.
http::RouteTable qr_routes(LinksModule& module);

}  // namespace ashlar::links
