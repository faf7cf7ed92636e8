#include "platform/http/web_sockets.h"

#include <utility>

#include "base/check.h"
#include "platform/http/web_socket_connection.h"
#include "platform/observability/metrics.h"

namespace ashlar::http {
namespace {

constexpr base::Millis kSweep{250};
constexpr std::uint16_t kGoingAway = 1001;
constexpr base::Millis kCutPatience{1'000};

}  // namespace

WebSocketMetrics::WebSocketMetrics(obs::Registry& metrics)
    : open(metrics.make_gauge("ashlar_websocket_connections_open", "Open WebSockets.")),
      accepted(metrics.make_counter("ashlar_websocket_connections_total",
                                    "WebSockets that were accepted.")),
      messages_in(metrics.make_counter("ashlar_websocket_messages_total",
                                       "Messages read, frames sent.", {{"direction", "in"}})),
      frames_out(metrics.make_counter("ashlar_websocket_messages_total",
                                      "Messages read, frames sent.", {{"direction", "out"}})),
      bytes_in(metrics.make_counter("ashlar_websocket_bytes_total",
                                    "Bytes of WebSockets, frames' heads included.",
                                    {{"direction", "in"}})),
      bytes_out(metrics.make_counter("ashlar_websocket_bytes_total",
                                     "Bytes of WebSockets, frames' heads included.",
                                     {{"direction", "out"}})),
      protocol_errors(metrics.make_counter("ashlar_websocket_protocol_errors_total",
                                           "WebSockets closed with 1002, 1007 or 1009.")),
      slow_readers(metrics.make_counter("ashlar_websocket_slow_readers_total",
                                        "WebSockets closed with 1013: too much waited.")),
      silent(metrics.make_counter("ashlar_websocket_silent_total",
                                  "WebSockets cut because nothing came, no pong either.")),
      slowed(metrics.make_counter("ashlar_websocket_slowed_total",
                                  "Times that a WebSocket was not read for a while: it sent more "
                                  "than it may.")) {}

WebSockets::WebSockets(obs::Registry& registry,
                       std::shared_ptr<std::atomic<std::size_t>> connections, obs::Gauge& open)
    : metrics(registry), connections_(std::move(connections)), open_(open) {}

WebSockets::~WebSockets() = default;

struct WebSockets::Place {
  explicit Place(std::shared_ptr<WebSockets> of) : sockets(std::move(of)) {
    sockets->connections_->fetch_add(1);
    sockets->open_.add(1);
    sockets->metrics.open.add(1);
    sockets->metrics.accepted.add();
    const std::lock_guard lock(sockets->mutex_);
    ++sockets->count_;
  }
  ~Place() {
    sockets->connections_->fetch_sub(1);
    sockets->open_.add(-1);
    sockets->metrics.open.add(-1);
    const std::lock_guard lock(sockets->mutex_);
    if (--sockets->count_ == 0) sockets->ended_.notify_all();
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  const std::shared_ptr<WebSockets> sockets;
};

void WebSockets::adopt(std::shared_ptr<WebSocketConnection> connection, runtime::EventLoop& loop) {
  std::shared_ptr<WebSocketLoop> owner;
  {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<WebSocketLoop>& slot = loops_[&loop];
    if (!slot) slot = std::make_shared<WebSocketLoop>(shared_from_this(), loop);
    owner = slot;
  }
  connection->keep(std::make_shared<Place>(shared_from_this()));
  loop.post([owner, connection] { owner->begin(connection); });
}

std::vector<std::shared_ptr<WebSocketLoop>> WebSockets::loops() {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<WebSocketLoop>> out;
  if (count_ == 0) return out;
  for (const auto& [loop, part] : loops_) out.push_back(part);
  return out;
}

void WebSockets::close_all() {
  stopping_.store(true);
  for (const auto& part : loops()) part->loop.post([part] { part->close_all(); });
}

void WebSockets::wait(base::Millis patience) {
  const auto none = [this] { return count_ == 0; };
  {
    std::unique_lock lock(mutex_);
    if (ended_.wait_for(lock, patience, none)) {
      loops_.clear();
      return;
    }
  }
  for (const auto& part : loops()) part->loop.post([part] { part->cut_all(); });
  std::unique_lock lock(mutex_);
  ended_.wait_for(lock, kCutPatience, none);
  loops_.clear();
}

WebSocketLoop::WebSocketLoop(std::shared_ptr<WebSockets> owner, runtime::EventLoop& event_loop)
    : sockets(std::move(owner)), loop(event_loop), input{} {}

WebSocketLoop::~WebSocketLoop() = default;

void WebSocketLoop::begin(std::shared_ptr<WebSocketConnection> connection) {
  if (!ticking_) {
    ticking_ = true;
    loop.on_tick([self = weak_from_this()] {
      if (const auto part = self.lock()) part->sweep();
    });
  }
  connection->index_in_loop = connections_.size();
  connections_.push_back(connection);
  connection->begin(shared_from_this());
  if (sockets->stopping()) connection->close(kGoingAway, "The server stops.");
}

void WebSocketLoop::release(WebSocketConnection& connection) {
  const std::size_t i = connection.index_in_loop;
  CHECK(i < connections_.size() && connections_[i].get() == &connection);
  // The caller may be the connection itself: it lives until the loop's next round.
  loop.post([last = std::move(connections_[i])] {});
  if (i + 1 != connections_.size()) {
    connections_[i] = std::move(connections_.back());
    connections_[i]->index_in_loop = i;
  }
  connections_.pop_back();
}

void WebSocketLoop::settle_soon(std::shared_ptr<WebSocketConnection> connection) {
  if (unsettled_.empty()) {
    loop.post([self = shared_from_this()] { self->settle_all(); });
  }
  unsettled_.push_back(std::move(connection));
}

// Those that ask while others are settled are settled in the next round.
void WebSocketLoop::settle_all() {
  std::vector<std::shared_ptr<WebSocketConnection>> now;
  now.swap(unsettled_);
  for (const auto& connection : now) {
    connection->settle_asked = false;
    connection->settle();
  }
  now.clear();
  if (unsettled_.empty()) unsettled_.swap(now);  // keeps its room
}

void WebSocketLoop::sweep() {
  const base::Mono now = loop.mono();
  if (now < next_sweep_) return;
  next_sweep_ = now + kSweep;
  // None of these calls changes the list: they ask for settle().
  for (const auto& connection : connections_) connection->on_sweep(now);
}

void WebSocketLoop::close_all() {
  for (const auto& connection : connections_) connection->close(kGoingAway, "The server stops.");
}

void WebSocketLoop::cut_all() {
  for (const auto& connection : connections_) connection->cut();
}

}  // namespace ashlar::http
