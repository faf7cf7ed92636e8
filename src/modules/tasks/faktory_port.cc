#include "modules/tasks/faktory_port.h"

#include <memory>
#include <utility>

#include "modules/tasks/tasks_module.h"

namespace ashlar::tasks {

FaktoryPort::FaktoryPort(http::ListenSocket socket, std::size_t max_connections,
                         TasksModule& module, FaktoryAuth& auth, runtime::WorkerPool& workers,
                         base::Entropy& entropy, obs::Registry& metrics)
    : jobs_(module),
      service_(jobs_, auth, workers, entropy, metrics),
      loops_(1, "faktory", module.clock),
      server_(
          {.name = "faktory",
           .max_connections = max_connections,
           .max_input_bytes = FaktorySession::kMaxLineBytes + 1},
          std::move(socket), loops_,
          [this](net::Stream& stream) {
            return std::make_unique<FaktorySession>(stream, service_);
          },
          metrics) {}

FaktoryPort::~FaktoryPort() { stop(); }

void FaktoryPort::start() {
  loops_.start();
  server_.start();
}

void FaktoryPort::stop() {
  if (!loops_.running()) return;
  server_.stop();
  loops_.stop();
}

}  // namespace ashlar::tasks
