// ReadPace: how fast one WebSocket is read. So many messages and bytes a second in the long run,
// and what kBurst of seconds allow at once; who sends more is not read for a while, so that it is
// his own network that fills up. Pure; the caller's clock.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "kit/rate/token_bucket.h"

namespace ashlar::http {

class ReadPace {
 public:
  static constexpr std::uint64_t kBurst = 10;  // seconds

  // 0: as many as come.
  ReadPace(std::uint64_t messages_per_s, std::uint64_t bytes_per_s)
      : messages_(rule_of(messages_per_s)), bytes_(rule_of(bytes_per_s)) {}

  // A message has come. How long to read nothing: 0 while he keeps to it.
  std::chrono::nanoseconds take(base::Mono now, std::size_t bytes) {
    return std::max(charge(messages_, messages_taken_, now, 1),
                    charge(bytes_, bytes_taken_, now, bytes));
  }
  [[nodiscard]] bool is_limited() const { return messages_ || bytes_; }

 private:
  using Rule = std::optional<kit::TokenBucketRule>;

  static Rule rule_of(std::uint64_t per_s) {
    if (per_s == 0) return std::nullopt;
    const auto rule = kit::TokenBucketRule::make(per_s * kBurst, per_s, std::chrono::seconds{1});
    return rule.ok() ? Rule(*rule) : std::nullopt;  // too large to bind anybody
  }

  // Until what he owes is paid: the bucket remembers half a second's worth of it.
  static std::chrono::nanoseconds charge(const Rule& rule, kit::TokenBucketState& taken,
                                         base::Mono now, std::uint64_t cost) {
    if (!rule || kit::charge(*rule, taken, now, cost).allowed) return {};
    return kit::peek(*rule, taken, now, 1).retry_after;
  }

  Rule messages_;
  Rule bytes_;
  kit::TokenBucketState messages_taken_;
  kit::TokenBucketState bytes_taken_;
};

}  // namespace ashlar::http
