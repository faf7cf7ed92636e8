// KeyHash: a seeded 64-bit hash of u64 and string keys for the tables and sketches of this folder.
//
// Folded 64x64 -> 128 multiplications (the construction of wyhash, Wang Yi, public domain): some 2
// ns for a u64, about 1 ns for each 16 bytes more of a string. The seed turns both operands of
// every multiplication, so who does not know it cannot prepare keys that collide; it is no
// cryptographic promise, as SipHash's would be at five times the price: tables compare whole keys,
// so that colliding keys cost time and never a count. Sketches that cannot compare keys (count-min,
// HyperLogLog) state their probabilities over the choice of the seed.
//
// The same on every little-endian machine. Pure value; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ashlar::kit {

class KeyHash {
 public:
  explicit KeyHash(std::uint64_t seed)
      : a_(mix(seed + 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9) | 1),
        b_(mix(seed + 0x3c6ef372fe94f82a, 0x94d049bb133111eb) | 1),
        seed_(seed) {}

  std::uint64_t operator()(std::uint64_t key) const { return mix(fold(key ^ a_, b_) ^ a_, kC); }

  std::uint64_t operator()(std::string_view key) const {
    const char* p = key.data();
    std::size_t left = key.size();
    std::uint64_t state = a_;
    for (; left > 16; p += 16, left -= 16) {
      state = fold(word(p) ^ b_, word(p + 8) ^ state);
    }
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    if (left >= 8) {
      low = word(p);
      high = word(p + left - 8);
    } else if (left >= 4) {
      low = half(p);
      high = half(p + left - 4);
    } else if (left > 0) {
      low =
          static_cast<std::uint64_t>(byte(p[0])) << 16 | byte(p[left / 2]) << 8 | byte(p[left - 1]);
    }
    return mix(fold(low ^ b_, high ^ state) ^ (key.size() * kC), a_ ^ kC);
  }

  [[nodiscard]] std::uint64_t seed() const { return seed_; }

 private:
  static constexpr std::uint64_t kC = 0xa0761d6478bd642f;

  static std::uint64_t fold(std::uint64_t x, std::uint64_t y) {
    const unsigned __int128 product = static_cast<unsigned __int128>(x) * y;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
  static std::uint64_t mix(std::uint64_t x, std::uint64_t y) { return fold(x, y) ^ (x >> 32); }
  static std::uint64_t word(const char* p) {
    std::uint64_t value;
    std::memcpy(&value, p, sizeof value);
    return value;
  }
  static std::uint64_t half(const char* p) {
    std::uint32_t value;
    std::memcpy(&value, p, sizeof value);
    return value;
  }
  static unsigned byte(char c) { return static_cast<unsigned char>(c); }

  std::uint64_t a_;
  std::uint64_t b_;
  std::uint64_t seed_;
};

}  // namespace ashlar::kit
