#include "kit/id/permutation.h"

#include <array>
#include <cstddef>

namespace ashlar::kit {
namespace {

// The hash of two words as 16 little-endian bytes.
std::uint64_t hash_words(const SipKey& key, std::uint64_t first, std::uint64_t second) {
  std::array<char, 16> bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(first >> (8 * i));
    bytes[8 + i] = static_cast<char>(second >> (8 * i));
  }
  return siphash(key, {bytes.data(), bytes.size()});
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

Permutation::Permutation(const SipKey& key, std::uint64_t size)
    : key_(key), size_(size), a_(ceil_sqrt(size)), b_((size + a_ - 1) / a_) {}

std::uint64_t Permutation::round(int round, std::uint64_t half, std::uint64_t bound) const {
  const std::uint64_t hash =
      hash_words(key_, size_, (static_cast<std::uint64_t>(round) << 32) | half);
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
