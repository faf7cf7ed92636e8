// ProviderPace: how many messages a second a project's providers are given. A tenth of a second's
// worth may go at once; of that bulk leaves half to the rest.
//
// Who has to wait is told its own turn, one after the other, so that many do not come back
// together; at most kLongestWait, then it asks again.
//
// Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

#include "base/time.h"
#include "kit/rate/token_bucket.h"
#include "modules/notifications/notification.h"

namespace ashlar::notifications {

class ProviderPace {
 public:
  static constexpr std::chrono::nanoseconds kLongestWait = std::chrono::seconds(30);
  static constexpr double kLeast = 0.01;  // a second; what is less counts as this
  static constexpr double kMost = 1e6;

  explicit ProviderPace(double per_s);

  // 0: it may go, and counts. Else how long to wait.
  std::chrono::nanoseconds take(Priority priority, base::Mono now);
  void give_back(base::Mono now);
  [[nodiscard]] double per_s() const { return per_s_; }

 private:
  const double per_s_;
  const kit::TokenBucketRule rule_;
  std::mutex mutex_;  // guards what follows
  kit::TokenBucketState state_;
  base::Mono turn_{};  // of the one that was told to wait last
};

}  // namespace ashlar::notifications
