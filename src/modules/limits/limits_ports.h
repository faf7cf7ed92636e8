// LimitsPorts: the listeners of the limits beside HTTP: gRPC (Envoy's rate limit service) and RESP
// (CL.THROTTLE). They share one group of loops; a decision is made on the loop that has the
// connection, by that loop's keeper of counts (limit_states.h).
//
//   LimitsPorts() ──start()──> serving ──stop()──> closed: answers under way are finished
//
// The loops are the caller's: they run from before start() until after stop().
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "modules/limits/throttle_limits.h"
#include "platform/grpc/methods.h"
#include "platform/grpc/server.h"
#include "platform/http/listen_socket.h"
#include "platform/net/stream_server.h"

namespace ashlar::net {
class LoopGroup;
}
namespace ashlar::obs {
class Registry;
}

namespace ashlar::limits {

class LimitStates;
class RlsService;
class ThrottleAuth;
struct ThrottleService;

class LimitsPorts {
 public:
  struct Options {
    std::optional<http::ListenSocket> grpc{};
    std::optional<http::ListenSocket> resp{};
    // As whom RESP connections without AUTH act; nullopt: they must.
    std::optional<base::TenantId> resp_owner{};  // not set within: the installation
    std::size_t max_connections = 2'000;         // of each
    Keeping keeping = Keeping::kExact;
    OnFailure on_failure = OnFailure::kOpen;
    ThrottleLimits::UsageOf resp_usage{};
  };

  // All by reference outlives it; `auth` too (null: AUTH is refused). `ready`: any thread.
  LimitsPorts(Options options, net::LoopGroup& loops, LimitStates& states,
              const RlsService& service, ThrottleAuth* auth, std::function<bool()> ready,
              obs::Registry& metrics);
  ~LimitsPorts();  // stops
  LimitsPorts(const LimitsPorts&) = delete;
  LimitsPorts& operator=(const LimitsPorts&) = delete;

  void start();
  void stop();

 private:
  grpc::Methods methods_;
  std::unique_ptr<grpc::Server> grpc_;                      // null: not served
  std::vector<std::unique_ptr<ThrottleService>> throttle_;  // by loop
  std::unique_ptr<net::StreamServer> resp_;                 // null: not served
};

}  // namespace ashlar::limits
