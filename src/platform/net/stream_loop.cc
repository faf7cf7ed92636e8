#include "platform/net/stream_loop.h"

#include <unistd.h>

#include "base/check.h"
#include "platform/net/stream_connection.h"
#include "platform/observability/metrics.h"

namespace ashlar::net {
namespace {

constexpr base::Millis kSweep{250};  // how exact idle and write timeouts are

}  // namespace

StreamLoop::StreamLoop(std::shared_ptr<StreamShared> server_shared, runtime::EventLoop& event_loop,
                       std::size_t own_index)
    : shared(std::move(server_shared)), loop(event_loop), index(own_index), input{} {}

StreamLoop::~StreamLoop() { CHECK(connections_.empty()); }

void StreamLoop::start() {
  // A loop keeps its ticks for ever, a server may end before it.
  loop.post([weak = weak_from_this()] {
    const std::shared_ptr<StreamLoop> self = weak.lock();
    if (!self) return;
    self->loop.on_tick([weak] {
      if (const std::shared_ptr<StreamLoop> alive = weak.lock()) alive->tick();
    });
  });
}

void StreamLoop::adopt(int fd, std::string peer_address) {
  auto connection = std::make_shared<StreamConnection>(*this, fd, std::move(peer_address));
  connection->index_in_loop = connections_.size();
  connections_.push_back(connection);
  shared->open.add(1);
  connection->start();
  if (drained_) connection->drain();
}

void StreamLoop::release(StreamConnection& connection) {
  const std::size_t i = connection.index_in_loop;
  CHECK(i < connections_.size() && connections_[i].get() == &connection);
  // The caller is one of its functions: it lives until the loop's next round.
  loop.post([last = std::move(connections_[i])] {});
  if (i + 1 != connections_.size()) {
    connections_[i] = std::move(connections_.back());
    connections_[i]->index_in_loop = i;
  }
  connections_.pop_back();
  shared->open.add(-1);
  shared->connections.fetch_sub(1);
  end_if_drained();
}

void StreamLoop::set_wake(StreamConnection& connection, base::Mono from, base::Mono to) {
  if (from == to) return;
  if (from == base::Mono::max()) {
    wakes_.emplace(to, &connection);
    return;
  }
  auto node = wakes_.extract({from, &connection});
  CHECK(!node.empty());
  if (to == base::Mono::max()) return;
  node.value().first = to;
  wakes_.insert(std::move(node));
}

void StreamLoop::flush_soon(std::shared_ptr<StreamConnection> connection) {
  unflushed_.push_back(std::move(connection));
  if (unflushed_.size() > 1) return;
  loop.post([self = shared_from_this()] { self->run_flushes(); });
}

void StreamLoop::run_flushes() {
  std::vector<std::shared_ptr<StreamConnection>> batch;
  batch.swap(unflushed_);
  for (const auto& connection : batch) connection->on_flush();
}

void StreamLoop::tick() {
  const base::Mono now = loop.mono();
  wake_due(now);
  if (now >= next_sweep_) {
    next_sweep_ = now + kSweep;
    // Backwards, since closing one moves the last into its place.
    for (std::size_t i = connections_.size(); i-- > 0;) {
      if (i < connections_.size()) connections_[i]->on_sweep(now);
    }
  }
  if (drained_ && now >= drain_until_) {
    while (!connections_.empty()) connections_.back()->close();
  }
}

void StreamLoop::wake_due(base::Mono now) {
  // Who asks again within on_wake(), even for now, waits for the next tick.
  for (std::size_t left = wakes_.size(); left > 0 && !wakes_.empty(); --left) {
    if (wakes_.begin()->first > now) return;
    wakes_.begin()->second->on_due(now);
  }
}

void StreamLoop::drain(std::function<void()> done) {
  loop.post([self = shared_from_this(), done = std::move(done)] {
    self->drained_ = done;
    self->drain_until_ = self->loop.mono() + self->shared->options.drain_timeout;
    for (std::size_t i = self->connections_.size(); i-- > 0;) {
      if (i < self->connections_.size()) self->connections_[i]->drain();
    }
    self->end_if_drained();
  });
}

void StreamLoop::end_if_drained() {
  if (!drained_ || !connections_.empty()) return;
  const std::function<void()> done = std::exchange(drained_, nullptr);
  done();
}

}  // namespace ashlar::net
