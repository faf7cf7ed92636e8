#include "modules/limits/native_limits.h"

#include <utility>

#include "platform/runtime/periodic.h"

namespace ashlar::limits {
namespace {

constexpr base::Millis kTick{1'000};

kit::SipKey random_key(base::Entropy& entropy) { return {entropy.u64(), entropy.u64()}; }

UsageBook::Options seeded(UsageBook::Options options, base::Entropy& entropy) {
  options.seed = entropy.u64();
  return options;
}

}  // namespace

NativeLimits::NativeLimits(Options options, storage::Database& database, Decider& decider,
                           const base::Clock& clk, base::Entropy& entropy, obs::Registry& metrics,
                           obs::Log& log)
    : db(database),
      clock(clk),
      usage(seeded(options.usage, entropy), metrics),
      book({.seed = random_key(entropy)}, database, usage, clk, log),
      limits({.reservation_secret = std::move(options.reservation_secret),
              .jitter_seed = random_key(entropy)},
             book, decider, recent, clk, entropy),
      feed(database, clk) {}

NativeLimits::~NativeLimits() { stop(); }

void NativeLimits::tick() { feed.publish(usage.tick(), clock.now()); }

void NativeLimits::start() {
  book.start();
  ticker_ = std::make_unique<runtime::Periodic>("limits-usage", kTick, [this] { tick(); });
}

void NativeLimits::stop() {
  if (ticker_) ticker_->stop();
  book.stop();
}

}  // namespace ashlar::limits
