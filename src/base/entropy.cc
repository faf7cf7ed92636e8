#include "base/entropy.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/encoding.h"

namespace ashlar::base {

std::uint64_t Entropy::u64() {
  std::uint64_t value = 0;
  fill(std::as_writable_bytes(std::span{&value, 1}));
  return value;
}

std::string Entropy::base62(std::size_t length) {
  constexpr unsigned kUnbiased = 62 * 4;  // bytes at or above it would favour the first letters
  std::string out;
  std::array<std::byte, 64> bytes{};
  while (out.size() < length) {
    fill(bytes);
    for (const std::byte b : bytes) {
      const auto v = std::to_integer<unsigned>(b);
      if (v < kUnbiased && out.size() < length) out += kBase62Alphabet[v % 62];
    }
  }
  return out;
}

void SystemEntropy::fill(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    CHECK(got > 0);
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

void SeededEntropy::fill(std::span<std::byte> out) {
  const std::lock_guard lock(mutex_);
  for (std::byte& b : out) b = static_cast<std::byte>(random_.next() >> 56);
}

}  // namespace ashlar::base
