// CacheHash: the seeded hash of a cache's keys, so that nobody who does not know the seed can
// choose keys that collide.
//
//   integers, enums   (a·x + b mod 2^128) >> 64 with a, b of 128 bits drawn from the seed
//     (Dietzfelbinger, 1996: strongly universal, so two keys chosen beforehand agree in any m bits
//     of the result with a chance of exactly 2^-m), then a fixed bijection that breaks up the runs
//     which the first step makes of consecutive keys. About 3 ns. The promise is for keys chosen
//     without seeing the hash at work: where callers can time single look-ups against each other
//     millions of times, hash their keys as strings.
//   strings           SipHash-2-4 (siphash.h), which withstands that too. About 15 ns.
//
// Another key type brings a Hash of its own: `using View`, a constructor from a 64-bit seed, and
// `std::uint64_t operator()(View) const`, good in all bits; Key must be made from View and compare
// with it. Pure; any thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/random.h"
#include "kit/siphash.h"

namespace ashlar::kit {

template <class Key>
class CacheHash;

template <class Key>
  requires(std::integral<Key> || std::is_enum_v<Key>)
class CacheHash<Key> {
  static_assert(sizeof(Key) <= 8);

 public:
  using View = Key;

  explicit CacheHash(std::uint64_t seed) {
    base::Random random(seed);
    for (Wide* word : {&factor_, &summand_}) *word = Wide{random.next()} << 64 | random.next();
    factor_ |= 1;
  }

  std::uint64_t operator()(View key) const {
    auto x =
        static_cast<std::uint64_t>((factor_ * static_cast<std::uint64_t>(key) + summand_) >> 64);
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93;
    return x ^ x >> 32;
  }

 private:
  __extension__ using Wide = unsigned __int128;

  Wide factor_ = 0;
  Wide summand_ = 0;
};

template <>
class CacheHash<std::string> {
 public:
  using View = std::string_view;

  explicit CacheHash(std::uint64_t seed) {
    base::Random random(seed);
    key_ = {random.next(), random.next()};
  }

  std::uint64_t operator()(View key) const { return siphash(key_, key); }

 private:
  SipKey key_{};
};

}  // namespace ashlar::kit
