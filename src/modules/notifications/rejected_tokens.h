// RejectedTokens: device tokens of each provider that looked wrong of late: many of them look like
// a provider of the wrong environment, and then no device is to blame.
//
// Bounded by kMaxProviders; not thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <map>

#include "base/time.h"
#include "modules/notifications/notification.h"

namespace ashlar::notifications {

class RejectedTokens {
 public:
  static constexpr std::size_t kBurst = 20;
  static constexpr base::Seconds kBurstSpan{300};
  static constexpr std::size_t kMaxProviders = 1024;

  // Whether it is a burst, with this one.
  bool add(ProviderId provider, base::Time now) {
    if (by_provider_.size() >= kMaxProviders && !by_provider_.contains(provider)) {
      by_provider_.erase(by_provider_.begin());
    }
    std::deque<base::Time>& times = by_provider_[provider];
    times.push_back(now);
    while (times.size() > kBurst) times.pop_front();
    return times.size() == kBurst && now - times.front() < kBurstSpan;
  }

 private:
  std::map<ProviderId, std::deque<base::Time>> by_provider_;
};

}  // namespace ashlar::notifications
