// FaktoryPort: the listener of Faktory's protocol, on a loop of its own.
//
//   FaktoryPort() ──start()──> serving ──stop()──> closed: answers under way are finished
//
// Fetches that wait end by TasksModule::close_streams(), which comes before stop(). The workers are
// drained between stop() and the destruction.
#pragma once

#include <cstddef>

#include "modules/tasks/faktory_jobs.h"
#include "modules/tasks/faktory_session.h"
#include "platform/http/listen_socket.h"
#include "platform/net/loop_group.h"
#include "platform/net/stream_server.h"

namespace ashlar::tasks {

class FaktoryPort {
 public:
  // All by reference outlives it.
  FaktoryPort(http::ListenSocket socket, std::size_t max_connections, TasksModule& module,
              FaktoryAuth& auth, runtime::WorkerPool& workers, base::Entropy& entropy,
              obs::Registry& metrics);
  ~FaktoryPort();
  FaktoryPort(const FaktoryPort&) = delete;
  FaktoryPort& operator=(const FaktoryPort&) = delete;

  void start();
  void stop();  // idempotent

 private:
  FaktoryJobs jobs_;
  FaktoryService service_;
  net::LoopGroup loops_;
  net::StreamServer server_;
};

}  // namespace ashlar::tasks
