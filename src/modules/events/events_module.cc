#include "modules/events/events_module.h"

#include <utility>

namespace ashlar::events {
namespace {

constexpr std::size_t kInstanceChars = 12;

}  // namespace

EventsModule::EventsModule(Options options, storage::Database& database, const base::Clock& clk,
                           base::Entropy& entropy, obs::Registry& metrics, obs::Log& log)
    : db(database),
      clock(clk),
      source(std::move(options.source)),
      consumers(
          {.instance = entropy.base62(kInstanceChars), .keep = options.keep, .seed = entropy.u64()},
          database, clk, metrics, log),
      outbox(clk, entropy, [this] { consumers.wake(); }) {}

void EventsModule::start() {
  outbox.set_listener(consumers.told_types(),
                      [this](const Event& event) { consumers.tell(event); });
  consumers.start();
}

}  // namespace ashlar::events
