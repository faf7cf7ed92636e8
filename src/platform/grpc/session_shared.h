// SessionShared: what the sessions of one gRPC server have in common: options, methods, counters,
// nghttp2's tables of functions, and pools of calls (one for each loop).
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "platform/grpc/call_state.h"
#include "platform/grpc/server.h"

struct nghttp2_option;
struct nghttp2_session_callbacks;

namespace ashlar::obs {
class Counter;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::grpc {

// Calls that wait for their next use. Of one loop.
class CallPool {
 public:
  std::unique_ptr<CallState> take();
  void give(std::unique_ptr<CallState> call);

 private:
  static constexpr std::size_t kKept = 256;
  std::vector<std::unique_ptr<CallState>> calls_;
};

class SessionShared {
 public:
  SessionShared(ServerOptions server_options, const Methods& server_methods, std::size_t loops,
                obs::Registry& metrics);
  ~SessionShared();
  SessionShared(const SessionShared&) = delete;
  SessionShared& operator=(const SessionShared&) = delete;

  void count(const Method* method, Code code) const;  // null: unknown

  const ServerOptions options;
  const Methods& methods;
  obs::Counter& connection_errors;
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* http2_options = nullptr;
  std::vector<CallPool> pools;

 private:
  using Codes = std::array<obs::Counter*, kCodes>;
  std::vector<Codes> requests_;  // by method's place, then "unknown"
};

}  // namespace ashlar::grpc
