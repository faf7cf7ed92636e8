// envoy.service.ratelimit.v3.RateLimitService on gRPC.
//
// Calls are decided on the loop that has their connection, by that loop's state.
#pragma once

#include <cstddef>
#include <functional>

#include "modules/limits/limit_state.h"

namespace ashlar::grpc {
class Methods;
}

namespace ashlar::limits {

class RlsService;

inline constexpr const char* kRlsGrpcService = "envoy.service.ratelimit.v3.RateLimitService";

// `service` and the states outlive the server. `state_of_loop` is called on each
// loop's thread. `loops`: how many the server's group has.
void add_rls_grpc(grpc::Methods& methods, const RlsService& service, std::size_t loops,
                  std::function<LimitState&(std::size_t loop)> state_of_loop);

}  // namespace ashlar::limits
