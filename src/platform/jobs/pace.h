// Pace: how many starts a rate allows just now (GCRA, the leaky bucket as a meter). Pure.
//
// `tat` is the state, microseconds: when a queue that starts at exactly its rate would be due next.
// rate_per_s > 0; burst >= 1: so many may start at once after a rest.
#pragma once

#include <algorithm>
#include <cstdint>

namespace ashlar::jobs {

class Pace {
 public:
  Pace(double rate_per_s, std::int64_t burst)
      : interval_us_(std::max<std::int64_t>(1, static_cast<std::int64_t>(1e6 / rate_per_s))),
        slack_us_(interval_us_ * (std::max<std::int64_t>(burst, 1) - 1)) {}

  // A state that was reached at another rate, or by a clock that was ahead: this rate comes to none
  // so far ahead, so it begins anew, with one start that is allowed.
  [[nodiscard]] std::int64_t bounded(std::int64_t now_us, std::int64_t tat_us) const {
    return tat_us > now_us + slack_us_ + interval_us_ ? now_us + slack_us_ : tat_us;
  }
  [[nodiscard]] std::int64_t allowed(std::int64_t now_us, std::int64_t tat_us) const {
    const std::int64_t ahead = std::max(tat_us, now_us) - now_us;
    return ahead > slack_us_ ? 0 : (slack_us_ - ahead) / interval_us_ + 1;
  }
  // The state after `starts` more.
  [[nodiscard]] std::int64_t advance(std::int64_t now_us, std::int64_t tat_us,
                                     std::int64_t starts) const {
    return std::max(tat_us, now_us) + starts * interval_us_;
  }
  // When the next may start.
  [[nodiscard]] std::int64_t next_at(std::int64_t tat_us) const { return tat_us - slack_us_; }

 private:
  std::int64_t interval_us_;
  std::int64_t slack_us_;
};

}  // namespace ashlar::jobs
