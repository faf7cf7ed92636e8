// Permutation: a keyed bijection of the whole numbers [0, size) onto themselves.
//
// It turns a counter into numbers that do not collide and, without the key, cannot be told from
// chance nor continued: a generalised Feistel network (Black and Rogaway, "Ciphers with Arbitrary
// Finite Domains", 2002) on pairs (left < a, right < b) with a * b >= size, kRounds rounds of
// modular addition, SipHash-2-4 as the round function. A result in [size, a * b) is permuted again
// ("cycle walking"); a * b exceeds size by less than 2 * sqrt(size), so that hardly ever happens.
//
// Invariants: 1. inverse(forward(x)) == x and forward(inverse(x)) == x for every x < size.
//             2. The same key and size give the same bijection on every machine, for ever: what it
//                has named is stored. A known-answer test keeps it so.
//
// Not an encryption of large secrets: on small domains an attacker who sees most pairs knows the
// rest. Pure and immutable: any thread.
#pragma once

#include <cstdint>

#include "kit/siphash.h"

namespace ashlar::kit {

class Permutation {
 public:
  static constexpr int kRounds = 8;

  // REQUIRES: 1 <= size <= 2^62.
  Permutation(const SipKey& key, std::uint64_t size);

  // REQUIRES: x < size().
  [[nodiscard]] std::uint64_t forward(std::uint64_t x) const;
  [[nodiscard]] std::uint64_t inverse(std::uint64_t y) const;

  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  [[nodiscard]] std::uint64_t encipher(std::uint64_t x) const;
  [[nodiscard]] std::uint64_t decipher(std::uint64_t y) const;
  // Uniform in [0, bound), up to a bias below bound / 2^64.
  [[nodiscard]] std::uint64_t round(int round, std::uint64_t half, std::uint64_t bound) const;

  SipKey key_;
  std::uint64_t size_;
  std::uint64_t a_;  // the left half is below it
  std::uint64_t b_;  // the right half is below it
};

}  // namespace ashlar::kit
