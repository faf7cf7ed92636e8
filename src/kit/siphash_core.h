// SipHash-2-4's state and rounds (Aumasson and Bernstein, 2012), which its two forms share: the
// 64-bit one (siphash.h) and the 128-bit one (rate/limiter_key.h). Internal: include those.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "kit/siphash.h"

namespace ashlar::kit {

static_assert(std::endian::native == std::endian::little);  // words are read as they lie

struct SipState {
  explicit SipState(const SipKey& key)
      : v0(key[0] ^ 0x736f6d6570736575),
        v1(key[1] ^ 0x646f72616e646f6d),
        v2(key[0] ^ 0x6c7967656e657261),
        v3(key[1] ^ 0x7465646279746573) {}

  void absorb(std::uint64_t word) {
    v3 ^= word;
    mix();
    mix();
    v0 ^= word;
  }
  // The end of a message of `length` bytes in all; what came before it was absorbed word by word.
  void absorb_end(std::string_view end, std::uint64_t length) {
    const char* at = end.data();
    std::size_t left = end.size();
    std::uint64_t word = 0;
    for (; left >= 8; at += 8, left -= 8) {
      std::memcpy(&word, at, 8);
      absorb(word);
    }
    word = length << 56;
    for (std::size_t i = 0; i < left; ++i) {
      word |= std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
    }
    absorb(word);
  }
  std::uint64_t squeeze() {
    for (int i = 0; i < 4; ++i) mix();
    return v0 ^ v1 ^ v2 ^ v3;
  }

  std::uint64_t v0, v1, v2, v3;

 private:
  void mix() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
};

}  // namespace ashlar::kit
