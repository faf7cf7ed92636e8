// openapi_document(): the description of the API as OpenAPI 3.1, made from the route table.
//
//  1. What is in it is what the server does: it is made from the rows and Shapes that the server
//  works
//     with, nothing is written twice. Rows with documented == false are left out.
//  2. The same table and info give the same bytes.
//  3. It passes Redocly's recommended rules (test/stages/40-openapi).
// REQUIRES: Shapes of one name are one Shape; no two routes have one operation_id (route_docs.h).
// Made once at start; about a millisecond. Any thread.
#pragma once

#include <span>
#include <string>

#include "platform/http/route.h"
#include "platform/http/route_docs.h"

namespace ashlar::http {

std::string openapi_document(std::span<const Route> routes, const ApiInfo& info);

}  // namespace ashlar::http
