#include "modules/notifications/domain_pace.h"

#include <algorithm>

namespace ashlar::notifications {
namespace {

using std::chrono::nanoseconds;

nanoseconds gap_of(double rate) { return nanoseconds{static_cast<std::int64_t>(1e9 / rate)}; }

}  // namespace

void DomainPace::count(base::Mono now) {
  if (now - second_ >= 2 * kStep) {
    sent_before_ = 0;
    sent_ = 0;
    second_ = now;
  } else if (now - second_ >= kStep) {
    sent_before_ = sent_;
    sent_ = 0;
    second_ += kStep;
  }
}

nanoseconds DomainPace::take(base::Mono now) {
  count(now);
  if (quiet_until_ > now) return quiet_until_ - now;
  if (rate_ > 0) {
    if (next_ > now) return next_ - now;
    next_ = now + gap_of(rate_);
  }
  ++sent_;
  return nanoseconds{0};
}

void DomainPace::accepted(base::Mono now) {
  if (rate_ == 0 || now - changed_ < kStep) return;
  changed_ = now;
  // A tenth of where it was stopped, so that ten good seconds bring it back there.
  rate_ += std::max(kFloor, stopped_at_ / 10);
  if (rate_ >= kFree * stopped_at_) rate_ = 0;
}

void DomainPace::throttled(base::Mono now, nanoseconds quiet) {
  count(now);
  quiet_until_ = std::max(quiet_until_, now + quiet);
  if (rate_ > 0 && now - changed_ < kStep) return;
  changed_ = now;
  if (rate_ == 0) {
    const std::uint32_t seen = std::max(sent_, sent_before_);
    stopped_at_ = seen > 0 ? static_cast<double>(seen) : kStart;
    rate_ = stopped_at_;
  }
  rate_ = std::max(kFloor, rate_ / 2);
  next_ = now + gap_of(rate_);
}

}  // namespace ashlar::notifications
