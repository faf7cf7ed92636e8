// THE table of domains: /v1/link-domains.
#pragma once

#include "platform/http/route.h"

namespace ashlar::http {
class CursorCodec;
}

namespace ashlar::links {

class LinksModule;

// Both outlive the table.
void add_domain_routes(http::RouteTable& table, LinksModule& module,
                       const http::CursorCodec& cursors);

}  // namespace ashlar::links
