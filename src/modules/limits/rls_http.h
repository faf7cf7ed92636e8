// ratelimit's HTTP face: POST /json (proto-JSON; 200, 429 where over, 400 where ratelimit refuses)
// and GET /healthcheck ("OK", or 500 while not ready). Rows for a listener of its own.
//
// Handlers run on workers: a decision that another thread makes is waited for.
#pragma once

#include <functional>

#include "platform/http/route.h"

namespace ashlar::limits {

class RlsCall;
class RlsService;

// Brings a call to RlsService::should_rate_limit(); the answer may come on any thread, within the
// state's deadline.
using RlsDecide = std::function<void(RlsCall& call)>;

// What they are given outlives the routes' use.
http::RouteTable rls_routes(RlsDecide decide, std::function<bool()> ready);

}  // namespace ashlar::limits
