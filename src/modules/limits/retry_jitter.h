// RetryJitter: makes waiting times longer, so that those who were refused together do not come back
// together. Never shorter.
//
// Up to a tenth of the limit's period, kMost at most: half of that is the key's own, the other half
// chance, for the callers that share a key. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "kit/siphash.h"

namespace ashlar::limits {

class Limit;

class RetryJitter {
 public:
  static constexpr std::chrono::nanoseconds kMost = std::chrono::seconds{30};

  explicit RetryJitter(const kit::SipKey& seed) : seed_(seed) {}

  // 0 and kit::kNeverFits stay what they are.
  [[nodiscard]] std::chrono::nanoseconds add_to(std::chrono::nanoseconds retry_after,
                                                const Limit& limit, std::string_view key) const;

 private:
  const kit::SipKey seed_;
  mutable std::atomic<std::uint64_t> refusals_{0};  // feeds the chance
};

}  // namespace ashlar::limits
