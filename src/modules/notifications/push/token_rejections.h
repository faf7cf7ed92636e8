// TokenRejections: whether so many device tokens are called wrong that the fault is ours: the wrong
// environment, the wrong app. Then devices are not to be touched.
//
// Counted are the answers of this and the last kWindow: suspected are kMin rejections and more, and
// more than half of all. Any thread; constant memory.
#pragma once

#include <cstdint>
#include <mutex>

#include "base/time.h"

namespace ashlar::notifications {

class TokenRejections {
 public:
  static constexpr base::Seconds kWindow{60};
  static constexpr std::int64_t kMin = 20;

  // An answer that says whether the token is a good one. True: ours is the fault.
  bool record(bool rejected, base::Mono now) {
    const std::lock_guard lock(mutex_);
    const std::int64_t window = now.time_since_epoch() / kWindow;
    if (window != window_) {
      last_ = window == window_ + 1 ? now_ : Counts{};
      now_ = {};
      window_ = window;
    }
    ++(rejected ? now_.rejected : now_.taken);
    const std::int64_t no = now_.rejected + last_.rejected;
    return rejected && no >= kMin && no > now_.taken + last_.taken;
  }

 private:
  struct Counts {
    std::int64_t rejected = 0;
    std::int64_t taken = 0;
  };
  std::mutex mutex_;  // guards what follows
  std::int64_t window_ = 0;
  Counts now_, last_;
};

}  // namespace ashlar::notifications
