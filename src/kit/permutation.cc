#include "kit/permutation.h"

#include <bit>

namespace ashlar::kit {
namespace {

struct SipState {
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
};

// SipHash-2-4 (Aumasson and Bernstein, 2012) of the 16 bytes of two little-endian words.
std::uint64_t siphash(const Permutation::Key& key, std::uint64_t first, std::uint64_t second) {
  SipState s{key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
             key[1] ^ 0x7465646279746573};
  s.absorb(first);
  s.absorb(second);
  s.absorb(std::uint64_t{16} << 56);  // the length block
  s.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) s.mix();
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

// The smallest a with a * a >= n. REQUIRES: 1 <= n <= 2^62.
std::uint64_t ceil_sqrt(std::uint64_t n) {
  std::uint64_t low = 1;
  std::uint64_t high = std::uint64_t{1} << 31;
  while (low < high) {
    const std::uint64_t middle = (low + high) / 2;
    if (middle * middle >= n) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace

Permutation::Permutation(const Key& key, std::uint64_t size)
    : key_(key), size_(size), a_(ceil_sqrt(size)), b_((size + a_ - 1) / a_) {}

std::uint64_t Permutation::round(int round, std::uint64_t half, std::uint64_t bound) const {
  const std::uint64_t hash = siphash(key_, size_, (static_cast<std::uint64_t>(round) << 32) | half);
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(hash) * bound) >> 64);
}

std::uint64_t Permutation::encipher(std::uint64_t x) const {
  std::uint64_t left = x % a_;
  std::uint64_t right = x / a_;
  for (int i = 0; i < kRounds; i += 2) {
    left = (left + round(i, right, a_)) % a_;
    right = (right + round(i + 1, left, b_)) % b_;
  }
  return right * a_ + left;
}

std::uint64_t Permutation::decipher(std::uint64_t y) const {
  std::uint64_t left = y % a_;
  std::uint64_t right = y / a_;
  for (int i = kRounds - 2; i >= 0; i -= 2) {
    right = (right + b_ - round(i + 1, left, b_)) % b_;
    left = (left + a_ - round(i, right, a_)) % a_;
  }
  return right * a_ + left;
}

// Both walks end: a bijection of [0, a * b) returns to where it started, which is below size_.
std::uint64_t Permutation::forward(std::uint64_t x) const {
  do {
    x = encipher(x);
  } while (x >= size_);
  return x;
}

std::uint64_t Permutation::inverse(std::uint64_t y) const {
  do {
    y = decipher(y);
  } while (y >= size_);
  return y;
}

}  // namespace ashlar::kit
