// parse_timeout: gRPC's grpc-timeout header: one to eight digits and a unit of H, M, S, m, u, n.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace ashlar::grpc {

// At most ten years: sums with a clock cannot overflow. nullopt: not of that form.
std::optional<std::chrono::nanoseconds> parse_timeout(std::string_view text);

}  // namespace ashlar::grpc
