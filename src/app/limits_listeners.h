// LimitsListeners: the further addresses that limits are served at: gRPC, RESP, and ratelimit's own
// HTTP face.
//
//   bind() ──before anything is opened──> make() ──> start() ──> stop()
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "app/config.h"
#include "base/result.h"
#include "platform/http/listen_socket.h"

namespace ashlar::http {
class Dispatcher;
}
namespace ashlar::limits {
class LimitsModule;
}
namespace ashlar::net {
class LoopGroup;
}
namespace ashlar::runtime {
class WorkerPool;
}

namespace ashlar::app {

class Installation;

// A port that is taken must not wait for a migration.
struct LimitsSockets {
  std::optional<http::ListenSocket> grpc;
  std::optional<http::ListenSocket> resp;
  std::optional<http::ListenSocket> http;

  static base::Result<LimitsSockets> bind(const LimitsConfig& config);
};

class LimitsListeners {
 public:
  struct Needs {
    Installation& ashlar;
    const Config& config;
    limits::LimitsModule& limits;
    net::LoopGroup* loops;  // of gRPC and RESP; null: neither is served
    http::Dispatcher& dispatcher;
    runtime::WorkerPool& workers;  // where keys are looked up; drained between stop() and the end
    std::function<bool()> ready;   // any thread, quick
  };
  static base::Result<std::unique_ptr<LimitsListeners>> make(LimitsSockets sockets,
                                                             const Needs& needs);
  ~LimitsListeners();
  LimitsListeners(const LimitsListeners&) = delete;
  LimitsListeners& operator=(const LimitsListeners&) = delete;

  void start();
  void stop();  // idempotent

 private:
  struct Parts;
  explicit LimitsListeners(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace ashlar::app
