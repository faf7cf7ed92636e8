#include "kit/rate/limiter_key.h"

#include <bit>
#include <cstddef>
#include <cstring>

namespace ashlar::kit {
namespace {

static_assert(std::endian::native == std::endian::little);

struct State {
  std::uint64_t v0, v1, v2, v3;

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
  void absorb(std::uint64_t word) {
    v3 ^= word;
    mix();
    mix();
    v0 ^= word;
  }
  std::uint64_t squeeze() {
    for (int i = 0; i < 4; ++i) mix();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

std::array<std::uint64_t, 2> siphash128(const SipKey& key, std::uint64_t first,
                                        std::string_view rest) {
  State s{key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d ^ 0xee,
          key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573};
  s.absorb(first);
  const char* at = rest.data();
  std::size_t left = rest.size();
  std::uint64_t word = 0;
  for (; left >= 8; at += 8, left -= 8) {
    std::memcpy(&word, at, 8);
    s.absorb(word);
  }
  word = static_cast<std::uint64_t>(8 + rest.size()) << 56;
  for (std::size_t i = 0; i < left; ++i) {
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
  }
  s.absorb(word);
  s.v2 ^= 0xee;
  const std::uint64_t low = s.squeeze();
  s.v1 ^= 0xdd;
  return {low, s.squeeze()};
}

LimiterKey LimiterKeyHasher::operator()(std::uint64_t rule, std::string_view key) const {
  const auto [first, second] = siphash128(seed_, rule, key);
  const auto low = static_cast<std::uint32_t>(second);
  return {first, first == 0 && low == 0 ? 1 : low};
}

}  // namespace ashlar::kit
