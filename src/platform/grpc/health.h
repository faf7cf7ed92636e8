// Health: grpc.health.v1.Health, Check and Watch, from a callback that says whether we are ready.
//
// Service "" and each name given answer SERVING or NOT_SERVING, all alike; other names: Check
// NOT_FOUND, Watch SERVICE_UNKNOWN (as the protocol wants it). Watch asks the callback every
// second on its loop and sends what has changed.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace ashlar::grpc {

class Methods;

// Any loop's thread, often: must be quick.
using Ready = std::function<bool()>;

// Adds the two methods. REQUIRES: not added yet.
void add_health(Methods& methods, std::vector<std::string> services, Ready ready);

}  // namespace ashlar::grpc
