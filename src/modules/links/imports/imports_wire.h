// The routes of imports and exports (imports_api.h).
#pragma once

#include "platform/http/route.h"

namespace ashlar::http {
class CursorCodec;
}

namespace ashlar::links {

class LinksModule;

// /v1/link-imports and /v1/link-export. Both outlive the table.
void add_import_routes(http::RouteTable& table, LinksModule& module,
                       const http::CursorCodec& cursors);

}  // namespace ashlar::links
