#include "kit/rate/limiter_key.h"

#include "kit/siphash_core.h"

namespace ashlar::kit {

std::array<std::uint64_t, 2> siphash128(const SipKey& key, std::uint64_t first,
                                        std::string_view rest) {
  SipState state(key);
  state.v1 ^= 0xee;
  state.absorb(first);
  state.absorb_end(rest, sizeof first + rest.size());
  state.v2 ^= 0xee;
  const std::uint64_t low = state.squeeze();
  state.v1 ^= 0xdd;
  return {low, state.squeeze()};
}

LimiterKey LimiterKeyHasher::operator()(std::uint64_t rule, std::string_view key) const {
  const auto [first, second] = siphash128(seed_, rule, key);
  const auto low = static_cast<std::uint32_t>(second);
  return {first, first == 0 && low == 0 ? 1 : low};
}

}  // namespace ashlar::kit
