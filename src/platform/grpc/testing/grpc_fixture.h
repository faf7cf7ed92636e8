// GrpcFixture: a gRPC server on its own loop, with methods that do what tests need:
//   /test.T/Echo   the request        /test.T/Fail   FAILED_PRECONDITION "nö: 100%"
//   /test.T/Later  the request, by another thread and 20 ms later
//   /test.T/Never  nothing, while the fixture lives     /test.T/Drop   drops its handle
//   /test.T/Big    as many bytes as the request says    /test.T/Seen   what the handle knows
//   /test.T/Chat   a stream: each message back; "finish", "fail", "flood"; "bye" at half-close
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "platform/grpc/methods.h"
#include "platform/grpc/server.h"
#include "platform/net/loop_group.h"
#include "platform/observability/metrics.h"

namespace ashlar::grpc {

class GrpcFixture : public testing::Test {
 protected:
  GrpcFixture();
  ~GrpcFixture() override;

  void start();
  void stop() { server_->stop(); }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  // Of ashlar_grpc_requests_total.
  [[nodiscard]] std::uint64_t counted(const std::string& method, Code code);
  [[nodiscard]] std::uint64_t connection_errors();

  base::SystemClock clock_;
  obs::Registry metrics_;
  ServerOptions options_;
  std::atomic<bool> ready_{true};
  std::atomic<int> cancelled_{0};  // streams that the client has ended
  std::atomic<int> called_{0};     // handlers, all methods

 private:
  void add_methods();

  Methods methods_;
  net::LoopGroup loops_{1, "test-loop", clock_};
  std::vector<UnaryCall> kept_;       // the loop's
  std::vector<std::thread> threads_;  // the loop's, until it has stopped
  std::unique_ptr<Server> server_;
};

}  // namespace ashlar::grpc
