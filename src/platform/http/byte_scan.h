// byte_scan: finds the end of a field's name and of its value, eight bytes at a time on
// little-endian machines, where the first hit in a word is its lowest; one by one elsewhere.
// Private to http_parser.cc; pure.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace ashlar::http::scan {

inline constexpr std::uint64_t kOnes = 0x0101010101010101;
inline constexpr std::uint64_t kHighs = 0x8080808080808080;

inline std::uint64_t load64(const char* p) {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

// The high bit of each zero byte; above the first one there may be false hits.
constexpr std::uint64_t zero_bytes(std::uint64_t word) { return (word - kOnes) & ~word & kHighs; }

// First ':' in [p, end), or end.
inline const char* find_colon(const char* p, const char* end) {
  if constexpr (std::endian::native == std::endian::little) {
    for (; end - p >= 8; p += 8) {
      const std::uint64_t hits = zero_bytes(load64(p) ^ (kOnes * ':'));
      if (hits != 0) return p + std::countr_zero(hits) / 8;
    }
  }
  while (p < end && *p != ':') ++p;
  return p;
}

// First control character but HTAB in [p, end), or end: where a field's value stops.
inline const char* find_control(const char* p, const char* end) {
  const auto ends_value = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  };
  if constexpr (std::endian::native == std::endian::little) {
    while (end - p >= 8) {
      const std::uint64_t word = load64(p);
      const std::uint64_t below_space = (word - kOnes * 0x20) & ~word & kHighs;
      const std::uint64_t hits = below_space | zero_bytes(word ^ (kOnes * 0x7f));
      if (hits == 0) {
        p += 8;
        continue;
      }
      p += std::countr_zero(hits) / 8;
      if (ends_value(*p)) return p;
      ++p;
    }
  }
  while (p < end && !ends_value(*p)) ++p;
  return p;
}

}  // namespace ashlar::http::scan
