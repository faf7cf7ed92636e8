// LimiterKey: 96 bits that stand for a key under a rule, made by a LimiterKeyHasher with a secret
// seed.
//
// SipHash-2-4 with its 128-bit output (Aumasson and Bernstein, 2012), cut to 96 bits: 12 bytes
// leave room in a table's slot. Without the seed nobody can find two keys of one hash, nor keys
// that lie beside each other in a table; by chance, two of n keys share a hash with a probability
// below n^2 / 2^97: 6 in 10^14 for a hundred million keys. That is rare enough to take the hash for
// the key. Some 15 ns for 16 bytes. The same on every little-endian machine, for ever: states are
// stored under it. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "kit/siphash.h"

namespace ashlar::kit {

struct LimiterKey {
  std::uint64_t high = 0;
  std::uint32_t low = 0;

  friend bool operator==(const LimiterKey&, const LimiterKey&) = default;
};

class LimiterKeyHasher {
 public:
  explicit LimiterKeyHasher(const SipKey& seed) : seed_(seed) {}

  // One key under two rules is two keys. Never {0, 0}.
  [[nodiscard]] LimiterKey operator()(std::uint64_t rule, std::string_view key) const;

 private:
  SipKey seed_;
};

// SipHash-2-4-128 of the eight bytes of `first`, the lowest first, and `rest`.
std::array<std::uint64_t, 2> siphash128(const SipKey& key, std::uint64_t first,
                                        std::string_view rest);

}  // namespace ashlar::kit
