#include "modules/notifications/provider_pace.h"

#include <algorithm>
#include <cmath>

namespace ashlar::notifications {
namespace {

using std::chrono::nanoseconds;

kit::TokenBucketRule rule_of(double per_s) {
  const auto at_once = static_cast<std::uint64_t>(std::max(1.0, std::floor(per_s / 10)));
  const auto amount = static_cast<std::uint64_t>(std::llround(per_s * 1000));
  return kit::TokenBucketRule::make(at_once, amount, std::chrono::seconds(1000)).value();
}

}  // namespace

ProviderPace::ProviderPace(double per_s)
    : per_s_(std::clamp(per_s, kLeast, kMost)), rule_(rule_of(per_s_)) {}

nanoseconds ProviderPace::take(Priority priority, base::Mono now) {
  const std::uint64_t left = priority == Priority::kBulk ? rule_.capacity() / 2 : 0;
  const std::lock_guard lock(mutex_);
  const kit::Decision decision = kit::take(rule_, state_, now, 1 + left);
  if (decision.allowed) {
    if (left > 0) kit::refund(rule_, state_, now, left);
    return nanoseconds{0};
  }
  const nanoseconds gap{static_cast<std::int64_t>(1e9 / per_s_)};
  turn_ = std::clamp(turn_ + gap, now + decision.retry_after,
                     now + std::max(kLongestWait, decision.retry_after));
  return turn_ - now;
}

void ProviderPace::give_back(base::Mono now) {
  const std::lock_guard lock(mutex_);
  kit::refund(rule_, state_, now, 1);
}

}  // namespace ashlar::notifications
