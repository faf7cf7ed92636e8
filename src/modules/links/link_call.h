// link_call: which link a request of the API names: /v1/links/{code}…?domain=HOST.
#pragma once

#include "modules/links/link_ref.h"
#include "platform/http/call.h"
#include "platform/http/route.h"

namespace ashlar::links {

// Of each route below /v1/links/{code}.
inline constexpr http::QueryParam kDomainOfLink{
    "domain", "The host of the link's domain; without it the installation's own.", "go.example"};

// REQUIRES: the route's first {name} is the code. Valid as long as the call.
inline LinkRef link_ref_of(const http::Call& call) {
  return {.host = call.query_value("domain").value_or(""), .code = call.param(0)};
}

}  // namespace ashlar::links
