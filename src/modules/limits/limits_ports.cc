#include "modules/limits/limits_ports.h"

#include <utility>

#include "modules/limits/limit_states.h"
#include "modules/limits/rls_grpc.h"
#include "modules/limits/throttle_session.h"
#include "platform/grpc/health.h"
#include "platform/net/loop_group.h"
#include "platform/net/stream.h"

namespace ashlar::limits {

LimitsPorts::LimitsPorts(Options options, net::LoopGroup& loops, LimitStates& states,
                         const RlsService& service, ThrottleAuth* auth, std::function<bool()> ready,
                         obs::Registry& metrics) {
  if (options.grpc) {
    add_rls_grpc(methods_, service, loops.size(),
                 [&states](std::size_t loop) -> LimitState& { return states.of_loop(loop); });
    grpc::add_health(methods_, {"ratelimit", kRlsGrpcService}, std::move(ready));
    grpc_ = std::make_unique<grpc::Server>(
        grpc::ServerOptions{.max_connections = options.max_connections}, std::move(*options.grpc),
        loops, methods_, metrics);
  }
  if (!options.resp) return;
  for (std::size_t loop = 0; loop < loops.size(); ++loop) {
    throttle_.push_back(std::make_unique<ThrottleService>(
        states.of_loop(loop), options.resp_owner, auth,
        ThrottleLimits(options.keeping, options.on_failure, options.resp_usage), metrics));
  }
  resp_ = std::make_unique<net::StreamServer>(
      net::StreamOptions{.name = "resp", .max_connections = options.max_connections},
      std::move(*options.resp), loops,
      [this](net::Stream& stream) {
        return std::make_unique<ThrottleSession>(stream, *throttle_[stream.loop_index()]);
      },
      metrics);
}

LimitsPorts::~LimitsPorts() { stop(); }

void LimitsPorts::start() {
  if (grpc_) grpc_->start();
  if (resp_) resp_->start();
}

void LimitsPorts::stop() {
  if (grpc_) grpc_->stop();
  if (resp_) resp_->stop();
}

}  // namespace ashlar::limits
