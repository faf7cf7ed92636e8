// FaktoryListener: the address at which Faktory's workers are served.
//
//   bind() ──before anything is opened──> construct ──> start() ──> stop(), before the workers end
#pragma once

#include <memory>
#include <optional>

#include "base/result.h"
#include "platform/http/listen_socket.h"

namespace ashlar::runtime {
class WorkerPool;
}
namespace ashlar::tasks {
class TasksModule;
}

namespace ashlar::app {

class Installation;
struct Config;

class FaktoryListener {
 public:
  // A port that is taken must not wait for a migration. None: it is off.
  static base::Result<std::optional<http::ListenSocket>> bind(const Config& config);

  struct Needs {
    Installation& ashlar;
    const Config& config;
    tasks::TasksModule& tasks;
    runtime::WorkerPool& workers;  // drained between stop() and the end
  };
  FaktoryListener(http::ListenSocket socket, const Needs& needs);
  ~FaktoryListener();
  FaktoryListener(const FaktoryListener&) = delete;
  FaktoryListener& operator=(const FaktoryListener&) = delete;

  void start();
  void stop();  // idempotent

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ashlar::app
