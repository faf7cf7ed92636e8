// docs_page(): the API as one page for people, made from the route table: one HTML text that needs
// nothing else (no other file, no other host), readable without JavaScript, printable.
//
// Says of each route what openapi_document() says, from the same source (route_docs.h). All text is
// escaped. The same table and info give the same bytes. Made once at start. Any thread.
#pragma once

#include <span>
#include <string>

#include "platform/http/route.h"
#include "platform/http/route_docs.h"

namespace ashlar::http {

std::string docs_page(std::span<const Route> routes, const ApiInfo& info);

}  // namespace ashlar::http
