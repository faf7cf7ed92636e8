#include "platform/http/io_thread.h"

#include <algorithm>

#include "base/check.h"
#include "base/clock.h"
#include "platform/http/connection.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/thread_name.h"

namespace ashlar::http {
namespace {

constexpr base::Millis kTick{250};
// Turns are given in heaps: a wake-up for each would cost as much as the refusals that it spreads.
constexpr base::Millis kTurnRound{4};

// There are a handful of faces: what is looked for is found by looking at each.
std::vector<std::pair<const ErrorFace*, RefusalText>> refusal_texts(const ServerShared& shared) {
  std::vector<std::pair<const ErrorFace*, RefusalText>> texts;
  texts.emplace_back(nullptr, RefusalText(shared.errors));
  for (const Endpoint& endpoint : shared.router.endpoints()) {
    const ErrorFace* const face = endpoint.route.face;
    const bool known =
        std::ranges::any_of(texts, [&](const auto& text) { return text.first == face; });
    if (!known) texts.emplace_back(face, RefusalText(*face));
  }
  return texts;
}

}  // namespace

IoThread::IoThread(const ServerShared& server_shared, std::size_t own_index,
                   const base::Clock& clock, std::uint64_t seed)
    : shared(server_shared),
      index(own_index),
      loop(clock, kTick),
      input{},
      random(seed),
      refusal_pace(server_shared.options.refusals_per_s),
      refusal_texts_(refusal_texts(server_shared)) {
  loop.on_tick([this] { tick(); });
}

const RefusalText& IoThread::refusal_text(const ErrorFace* face) const {
  const auto found =
      std::ranges::find_if(refusal_texts_, [&](const auto& text) { return text.first == face; });
  CHECK(found != refusal_texts_.end());
  return found->second;
}

IoThread::~IoThread() { CHECK(!thread_.joinable()); }

void IoThread::start() {
  thread_ = std::thread([this] {
    runtime::set_thread_name("io-" + std::to_string(index));
    loop.run();
  });
}

void IoThread::adopt(std::shared_ptr<Connection> connection) {
  connection->index_in_thread = connections_.size();
  connections_.push_back(connection);
  connection->start();
  if (draining_) connection->drain();
}

void IoThread::release(Connection& connection) {
  const std::size_t i = connection.index_in_thread;
  CHECK(i < connections_.size() && connections_[i].get() == &connection);
  // The caller may be the connection itself: it lives until the loop's next round.
  loop.post([last = std::move(connections_[i])] {});
  if (i + 1 != connections_.size()) {
    connections_[i] = std::move(connections_.back());
    connections_[i]->index_in_thread = i;
  }
  connections_.pop_back();
  shared.open_connections.fetch_sub(1);
  shared.open.add(-1);
  if (draining_ && connections_.empty()) loop.stop();
}

void IoThread::take_turn_at(base::Mono when, std::weak_ptr<Connection> connection) {
  turns_.push_back({when, std::move(connection)});
  if (turns_set_) return;
  turns_set_ = true;
  loop.run_at(std::max(when, loop.mono() + kTurnRound), [this] { give_turns(); });
}

// Who is refused again in his turn gets a later one: `when` is above now, so this ends.
void IoThread::give_turns() {
  const base::Mono now = loop.mono();
  while (!turns_.empty() && turns_.front().when <= now) {
    const auto connection = turns_.front().connection.lock();
    turns_.pop_front();
    if (connection) connection->take_turn();
  }
  turns_set_ = !turns_.empty();
  if (!turns_set_) return;
  loop.run_at(std::max(turns_.front().when, now + kTurnRound), [this] { give_turns(); });
}

void IoThread::tick() {
  const base::Mono now = loop.mono();
  // Backwards, since closing one moves the last into its place.
  for (std::size_t i = connections_.size(); i-- > 0;) {
    if (i < connections_.size()) connections_[i]->on_tick(now);
  }
  if (draining_ && now >= drain_until_) {
    while (!connections_.empty()) connections_.back()->close();
    loop.stop();
  }
}

void IoThread::drain() {
  loop.post([this] {
    draining_ = true;
    drain_until_ = loop.mono() + shared.options.drain_timeout;
    for (std::size_t i = connections_.size(); i-- > 0;) {
      if (i < connections_.size()) connections_[i]->drain();
    }
    if (connections_.empty()) loop.stop();
  });
}

void IoThread::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace ashlar::http
