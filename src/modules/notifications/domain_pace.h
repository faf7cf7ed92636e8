// DomainPace: how fast one receiving domain is sent to. Free until it asks to be spared (421,
// 4.7.x); then half as fast as it was, then a little faster with each second that it takes, and at
// last free again: additive increase, multiplicative decrease, as TCP does.
//
//   free ── throttled ──> paced at half of what went in the last second ── throttled ──> half of it
//    ^                      │  accepted: a little faster, at most every kStep
//    └── faster than kFree times what it was stopped at ─┘
//
// Promises
//  1. Never slower than kFloor a second: slowed down, never stopped.
//  2. What was under way when it was slowed does not slow it again: at most one halving in kStep.
// A plain value of 64 bytes; the caller guards it. `now` may not step back.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/time.h"

namespace ashlar::notifications {

class DomainPace {
 public:
  static constexpr double kFloor = 0.1;  // a second
  static constexpr double kStart = 10;   // where nothing is known of what went before
  static constexpr double kFree = 4;
  static constexpr std::chrono::nanoseconds kStep = std::chrono::seconds(1);

  // 0: it may go now, and counts as gone. Else how long to wait.
  std::chrono::nanoseconds take(base::Mono now);
  void accepted(base::Mono now);
  // `quiet`: and nothing at all for so long, as it asked for.
  void throttled(base::Mono now, std::chrono::nanoseconds quiet);

  // A second; 0: free.
  [[nodiscard]] double rate() const { return rate_; }
  [[nodiscard]] bool is_free(base::Mono now) const { return rate_ == 0 && quiet_until_ <= now; }

 private:
  void count(base::Mono now);

  double rate_ = 0;
  double stopped_at_ = 0;  // the rate at which it was throttled first
  base::Mono next_{};      // paced: when the next may go
  base::Mono changed_{};   // the last halving or step
  base::Mono quiet_until_{};
  base::Mono second_{};  // since when `sent_` counts
  std::uint32_t sent_ = 0;
  std::uint32_t sent_before_ = 0;  // in the second before
};

}  // namespace ashlar::notifications
