#include "platform/http/connection_stream.h"

#include "platform/http/sse.h"
#include "platform/observability/metrics.h"

namespace ashlar::http {

ConnectionStream::ConnectionStream(std::shared_ptr<Connection> connection, IoThread& io)
    : connection_(connection), until_begun_(std::move(connection)), io_(io) {}

void ConnectionStream::begin(Connection& connection, const HeaderList& headers) {
  until_begun_.reset();
  if (connection.phase_ != Connection::Phase::kWorking) {
    open_.store(false);
    return;
  }
  connection.stream_ = weak_from_this();
  connection.phase_ = Connection::Phase::kStreaming;
  connection.close_after_output_ = true;  // the end of the stream is the end of the connection
  std::string& out = connection.out();
  out += "HTTP/1.1 200 OK\r\n";
  out += io_.loop.date_header();
  out += "Content-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\n";
  for (const auto& [name, value] : headers) {
    CHECK(is_header_name(name) && is_header_value(value));  // the server's own: CORS
    out.append(name).append(": ").append(value).append("\r\n");
  }
  out += "Connection: close\r\nX-Request-Id: ";
  out += connection.request_id_;
  out += "\r\n\r\n";
  connection.match_.endpoint->answers[2]->add();
  last_sent_ = io_.loop.mono();
  connection.flush();
}

bool ConnectionStream::push(std::string_view event, std::string_view data) {
  if (!open_.load()) return false;
  std::string text = format_event(event, data);
  const std::size_t size = text.size();
  if (waiting_bytes_.fetch_add(size) + size > kMaxBacklogBytes) {
    close();
    return false;
  }
  io_.loop.post([self = shared_from_this(), text = std::move(text)] {
    self->waiting_bytes_.fetch_sub(text.size());
    self->send(text);
  });
  return true;
}

void ConnectionStream::close() {
  open_.store(false);
  io_.loop.post([connection = connection_] {
    if (auto alive = connection.lock()) alive->close();
  });
}

void ConnectionStream::on_tick(base::Mono now) {
  if (now - last_sent_ >= io_.shared.options.heartbeat) send(format_comment("keep-alive"));
}

void ConnectionStream::send(const std::string& text) {
  const std::shared_ptr<Connection> connection = connection_.lock();
  if (!connection || connection->phase_ != Connection::Phase::kStreaming) return;
  if (connection->output_.size() + text.size() > kMaxBacklogBytes) {
    connection->close();
    return;
  }
  last_sent_ = io_.loop.mono();
  const bool idle = connection->output_.empty();
  connection->out() += text;
  if (idle) connection->flush();
}

}  // namespace ashlar::http
