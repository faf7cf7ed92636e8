// KeyOracle: one key of one limit by brute force: everything that it ever took, added up anew each
// time, in numbers wide enough that nothing is rounded. The oracle of what MemoryState says about
// `allowed` and `remaining`; slow, and written without the kit.
//
// Clocks: where `now` steps back by at most half a period, time stands still for the key
// (kit/rate/decision.h, promise 3): for a window since the window began in which it last took, for
// a log since its newest entry, for a bucket since it was last asked. A GCRA key owes as much more.
// Longer steps back are not for this oracle.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "modules/limits/limit.h"

namespace ashlar::limits {

class KeyOracle {
 public:
  KeyOracle() = default;
  KeyOracle(const LimitSpec& spec, std::int64_t phase_ns)
      : algorithm_(spec.algorithm),
        amount_(static_cast<Wide>(spec.amount)),
        period_(spec.period.count()),
        capacity_(static_cast<Wide>(spec.burst > 0 ? spec.burst : spec.amount)),
        phase_(phase_ns),
        level_(capacity_ * period_) {}

  bool fits(std::int64_t now, std::uint64_t cost) {
    settle(now);
    return parts_left(now) >= static_cast<Wide>(cost) * period_;
  }
  std::uint64_t remaining(std::int64_t now) {
    settle(now);
    const Wide left = parts_left(now);
    return left < 0 ? 0 : static_cast<std::uint64_t>(left / period_);
  }
  void add(std::int64_t now, std::uint64_t cost) {
    settle(now);
    const auto units = static_cast<Wide>(cost);
    switch (algorithm_) {
      case Algorithm::kFixedWindow:
      case Algorithm::kSlidingCounter:
        newest_window_ = window(standing(now));
        windows_[newest_window_] += units;
        return;
      case Algorithm::kSlidingLog:
        if (cost > 0) append(standing(now), units);
        return;
      case Algorithm::kTokenBucket:
        level_ = std::max(-owed_at_most(), level_ - units * period_);
        return;
      case Algorithm::kGcra: {
        const Wide before = std::max<Wide>(tat_ - now * amount_, 0);
        const Wide most = std::max(before, capacity_ * period_ + owed_at_most());
        const Wide debt = std::min(most, before + units * period_);
        if (debt > 0) tat_ = now * amount_ + debt;
        return;
      }
    }
  }
  void give_back(std::int64_t now, std::uint64_t cost) {
    settle(now);
    auto units = static_cast<Wide>(cost);
    switch (algorithm_) {
      case Algorithm::kFixedWindow:
      case Algorithm::kSlidingCounter:
        newest_window_ = window(standing(now));
        units -= take_off(windows_[newest_window_], units);
        if (algorithm_ == Algorithm::kSlidingCounter) {
          take_off(windows_[newest_window_ - 1], units);
        }
        return;
      case Algorithm::kSlidingLog:
        while (units > 0 && !log_.empty()) {
          units -= take_off(log_.back().second, units);
          if (log_.back().second == 0) log_.pop_back();
        }
        return;
      case Algorithm::kTokenBucket:
        level_ = std::min(capacity_ * period_, level_ + units * period_);
        return;
      case Algorithm::kGcra:
        tat_ = std::max(tat_, now * amount_) - units * period_;
        if (tat_ <= now * amount_) tat_ = kNever;
        return;
    }
  }

 private:
  using Wide = __int128;
  static constexpr Wide kNever = -(Wide{1} << 120);

  static Wide take_off(Wide& from, Wide units) {
    const Wide back = std::min(from, units);
    from -= back;
    return back;
  }
  [[nodiscard]] Wide owed_at_most() const { return period_ / 2 * amount_; }
  [[nodiscard]] Wide window(Wide at) const {
    const Wide into = at - phase_;
    return into >= 0 ? into / period_ : -((-into + period_ - 1) / period_);
  }
  [[nodiscard]] Wide start(Wide window) const { return window * period_ + phase_; }
  Wide taken(Wide window) {
    const auto found = windows_.find(window);
    return found == windows_.end() ? 0 : found->second;
  }

  // When it is for the key.
  [[nodiscard]] Wide standing(Wide now) const {
    switch (algorithm_) {
      case Algorithm::kFixedWindow:
      case Algorithm::kSlidingCounter:
        return newest_window_ == kNever ? now : std::max(now, start(newest_window_));
      case Algorithm::kSlidingLog:
        return log_.empty() ? now : std::max(now, log_.back().first);
      default:
        return now;
    }
  }

  void settle(Wide now) {
    switch (algorithm_) {
      case Algorithm::kFixedWindow:
      case Algorithm::kSlidingCounter:
        newest_window_ = window(standing(now));
        while (windows_.size() > 4) windows_.erase(windows_.begin());
        return;
      case Algorithm::kSlidingLog: {
        const Wide at = standing(now);
        std::erase_if(log_, [&](const auto& entry) { return at - entry.first >= period_; });
        return;
      }
      case Algorithm::kTokenBucket:
        if (at_ != kNever && now > at_) {
          level_ = std::min(capacity_ * period_, level_ + (now - at_) * amount_);
        }
        at_ = at_ == kNever ? now : std::max(now, at_);
        return;
      case Algorithm::kGcra: {
        const Wide fill = capacity_ * period_;
        const Wide debt = tat_ - now * amount_;
        if (debt > 0 && debt / amount_ > fill / amount_ + period_) {
          tat_ = now * amount_ + fill;
        }
        return;
      }
    }
  }

  // Times the period.
  Wide parts_left(Wide now) {
    const Wide limit = amount_ * period_;
    switch (algorithm_) {
      case Algorithm::kFixedWindow:
        return limit - taken(newest_window_) * period_;
      case Algorithm::kSlidingCounter: {
        const Wide left = start(newest_window_ + 1) - standing(now);
        return limit - taken(newest_window_) * period_ - taken(newest_window_ - 1) * left;
      }
      case Algorithm::kSlidingLog: {
        Wide used = 0;
        for (const auto& [at, units] : log_) used += units;
        return limit - used * period_;
      }
      case Algorithm::kTokenBucket:
        return level_;
      case Algorithm::kGcra:
        return capacity_ * period_ - std::max<Wide>(tat_ - now * amount_, 0);
    }
    return 0;
  }

  // Where charges have filled the ring of 64 entries, the newest is shared.
  void append(Wide at, Wide units) {
    if (!log_.empty() && (log_.back().first == at || log_.size() == Limit::kLogEntries)) {
      log_.back() = {at, log_.back().second + units};
    } else {
      log_.emplace_back(at, units);
    }
  }

  Algorithm algorithm_ = Algorithm::kFixedWindow;
  Wide amount_ = 0;
  Wide period_ = 1;
  Wide capacity_ = 0;
  Wide phase_ = 0;
  std::map<Wide, Wide> windows_;  // what was taken in each, by its number
  Wide newest_window_ = kNever;
  std::vector<std::pair<Wide, Wide>> log_;  // when, how much
  Wide level_ = 0;                          // of the token bucket, times the period
  Wide at_ = kNever;                        // when it was so
  Wide tat_ = kNever;                       // of GCRA, times the amount
};

}  // namespace ashlar::limits
