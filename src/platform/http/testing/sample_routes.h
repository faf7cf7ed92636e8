// A route table with one row of each kind, for tests of what is made from a table.
#pragma once

#include "platform/http/route.h"

namespace ashlar::http::testing {

RouteTable sample_routes();

}  // namespace ashlar::http::testing
