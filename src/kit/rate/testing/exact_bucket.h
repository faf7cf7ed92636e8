// ExactBucket: a token bucket in exact fractions, the slow and obvious way: the oracle of
// token_bucket.h and gcra.h. The clock must not step back.
#pragma once

#include <algorithm>
#include <cstdint>

namespace ashlar::kit {

class ExactBucket {
 public:
  ExactBucket(std::uint64_t capacity, std::uint64_t amount, std::uint64_t period_ns)
      : full_(static_cast<Parts>(capacity) * period_ns),
        level_(full_),
        amount_(amount),
        period_ns_(period_ns) {}

  bool take(std::int64_t now_ns, std::uint64_t cost) {
    fill(now_ns);
    if (static_cast<Parts>(cost) * period_ns_ > level_) return false;
    level_ -= static_cast<Parts>(cost) * period_ns_;
    return true;
  }
  void charge(std::int64_t now_ns, std::uint64_t cost) {
    fill(now_ns);
    const Parts most_owed = static_cast<Parts>(period_ns_ / 2) * amount_;
    level_ = std::max(-most_owed, level_ - static_cast<Parts>(cost) * period_ns_);
  }
  void refund(std::int64_t now_ns, std::uint64_t cost) {
    fill(now_ns);
    level_ = std::min(full_, level_ + static_cast<Parts>(cost) * period_ns_);
  }
  std::uint64_t remaining(std::int64_t now_ns) {
    fill(now_ns);
    return level_ < 0 ? 0 : static_cast<std::uint64_t>(level_ / period_ns_);
  }

 private:
  using Parts = __int128;  // of a token; period_ns make a whole one. Below 0: owed

  void fill(std::int64_t now_ns) {
    if (started_) {
      level_ = std::min(full_, level_ + static_cast<Parts>(now_ns - at_ns_) * amount_);
    }
    started_ = true;
    at_ns_ = now_ns;
  }

  Parts full_;
  Parts level_;
  std::uint64_t amount_;
  std::uint64_t period_ns_;
  std::int64_t at_ns_ = 0;
  bool started_ = false;
};

}  // namespace ashlar::kit
