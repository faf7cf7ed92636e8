// EventStream: the server's end of one SSE answer (text/event-stream).
//
// The handler gets it, keeps the shared_ptr and pushes events from any thread; pushes go to the
// connection's I/O thread in order. A client that does not read is cut off: once `kMaxBacklogBytes`
// wait, the stream closes (SSE clients reconnect by themselves). Heartbeat comments are the
// session's.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace ashlar::http {

class EventStream {
 public:
  static constexpr std::size_t kMaxBacklogBytes = 256 * 1024;

  virtual ~EventStream() = default;
  // False once the client is gone or was cut off; the caller then drops its shared_ptr.
  virtual bool push(std::string_view event, std::string_view data) = 0;
  virtual void close() = 0;
  [[nodiscard]] virtual bool is_open() const = 0;
};

}  // namespace ashlar::http
