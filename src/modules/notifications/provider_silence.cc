#include "modules/notifications/provider_silence.h"

#include <algorithm>

namespace ashlar::notifications {
namespace {

using std::chrono::nanoseconds;

constexpr int kMemory = 64;  // answers

}  // namespace

nanoseconds ProviderSilence::bound() const { return std::max(kShortest, kSlowness * slowest_); }

bool ProviderSilence::may_go(std::int64_t running, base::Mono now) {
  const nanoseconds passed = std::clamp(now - looked_, nanoseconds{0}, kLook);
  looked_ = now;
  if (suspected_) return now >= next_probe_;
  if (running == 0) {
    asked_ = 0;
    silent_for_ = {};
    return true;
  }
  silent_for_ += passed;
  asked_ = std::min(asked_ + 1, kFew);
  if (asked_ < kFew || silent_for_ < bound()) return true;
  suspected_ = true;
  ++suspicions_;
  next_probe_ = now + kProbeEvery;
  return false;
}

void ProviderSilence::begun(base::Mono now) {
  if (suspected_) next_probe_ = now + kProbeEvery;
}

void ProviderSilence::ended(bool answered, nanoseconds took) {
  if (!answered && took >= kShortest) return;
  if (answered) slowest_ = std::max(took, slowest_ - (slowest_ - took) / kMemory);
  suspected_ = false;
  asked_ = 0;
  silent_for_ = {};
}

nanoseconds ProviderSilence::wait(base::Mono now) const {
  return std::max(next_probe_ - now, nanoseconds{0});
}

}  // namespace ashlar::notifications
