#include "modules/limits/retry_jitter.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "kit/rate/decision.h"
#include "modules/limits/limit.h"

namespace ashlar::limits {

std::chrono::nanoseconds RetryJitter::add_to(std::chrono::nanoseconds retry_after,
                                             const Limit& limit, std::string_view key) const {
  if (retry_after.count() <= 0 || retry_after == kit::kNeverFits) return retry_after;
  const std::int64_t half = std::min(limit.spec().period / 10, kMost).count() / 2;
  if (half < 1) return retry_after;
  const auto part = [&](std::string_view text) {
    return static_cast<std::int64_t>(kit::siphash(seed_, text) % static_cast<std::uint64_t>(half));
  };
  std::array<char, sizeof(std::uint64_t)> chance;
  const std::uint64_t number = refusals_.fetch_add(1, std::memory_order_relaxed);
  std::memcpy(chance.data(), &number, sizeof number);
  return retry_after + std::chrono::nanoseconds{part(key) + part({chance.data(), chance.size()})};
}

}  // namespace ashlar::limits
