#include "platform/cache/testing/sim_source.h"

namespace ashlar::cache {
namespace {

base::Error gone() {
  return base::fail(base::Code::kUnavailable, "storage_unavailable", "of the simulation");
}

}  // namespace

base::Status SimDatabase::run_body(const storage::Context& context, Mode mode, const Body& body) {
  step_();
  if (crashed_) return gone();
  SimTransaction tx(source_, context);
  base::Status status = body(tx);
  step_();
  if (!status.ok() || mode == Mode::kRead) return status;
  if (crashed_) return gone();
  commit(tx);
  step_();
  if (crashed_) return gone();
  if (source_.random_.chance(source_.options_.lost_answer)) {
    receive({}, {.resync = true, .payload = {}});
    return gone();
  }
  const bool notices_first = source_.random_.chance(0.5);
  if (notices_first) tell_self(tx);
  for (const auto& run : tx.on_commit_) run();
  if (!notices_first) tell_self(tx);
  return status;
}

void SimDatabase::tell_self(const SimTransaction& tx) const {
  for (const auto& [channel, payload] : tx.notices_) {
    receive(channel, {.resync = false, .payload = payload});
  }
}

void SimDatabase::commit(SimTransaction& tx) {
  for (auto& [key, row] : tx.written_) {
    row.committed = source_.clock_.mono();
    source_.rows_[key].push_back(row);
  }
  if (source_.options_.drops_notices) return;
  const auto delay = static_cast<std::uint64_t>(source_.options_.notice_delay.count());
  for (auto& [number, other] : source_.connected_) {
    if (number == number_) continue;
    const base::Mono due = source_.clock_.mono() + base::Millis{source_.random_.below(delay)};
    const bool resync = source_.random_.chance(source_.options_.interruption);
    for (const auto& [channel, payload] : tx.notices_) {
      other.waiting.push_back({due, resync, channel, payload});
    }
  }
}

void SimSource::deliver() {
  for (auto& [number, connection] : connected_) {
    auto& [database, waiting] = connection;
    // In their order; one that is due takes those before it along.
    std::size_t due = 0;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].due <= clock_.mono()) due = i + 1;
    }
    if (due < waiting.size() && random_.chance(0.1)) ++due;
    for (; due > 0; --due) {
      const Waiting first = std::move(waiting.front());
      waiting.pop_front();
      const std::string_view payload = first.resync ? std::string_view() : first.payload;
      database->receive(first.channel, {.resync = first.resync, .payload = payload});
    }
  }
}

}  // namespace ashlar::cache
