// OperatorDomainsApi: everybody's domains, for the operator: whose a host is, given and taken.
#pragma once

#include "platform/http/route.h"

namespace ashlar::http {
class CursorCodec;
}

namespace ashlar::links {

class LinksModule;

// Both outlive the table.
http::RouteTable operator_domain_routes(LinksModule& module, const http::CursorCodec& cursors);

}  // namespace ashlar::links
