// ConnectionStream: the event stream of one connection in phase kStreaming.
//
// push() may come from any thread: it counts the bytes that wait and posts to the connection's
// loop. Everything else runs on that loop.
#pragma once

#include <atomic>
#include <memory>

#include "base/time.h"
#include "platform/http/connection.h"
#include "platform/http/event_stream.h"

namespace ashlar::http {

class ConnectionStream final : public EventStream,
                               public std::enable_shared_from_this<ConnectionStream> {
 public:
  ConnectionStream(std::shared_ptr<Connection> connection, IoThread& io);

  // Any thread.
  bool push(std::string_view event, std::string_view data) override;
  void close() override;
  [[nodiscard]] bool is_open() const override { return open_.load(); }

  // Loop's thread.
  void begin(Connection& connection, const HeaderList& headers);
  void on_tick(base::Mono now);
  void on_closed() { open_.store(false); }

 private:
  void send(const std::string& text);

  const std::weak_ptr<Connection> connection_;
  std::shared_ptr<Connection> until_begun_;  // the handler may push before begin() has run
  IoThread& io_;
  std::atomic<bool> open_{true};
  std::atomic<std::size_t> waiting_bytes_{0};
  base::Mono last_sent_{};
};

}  // namespace ashlar::http
