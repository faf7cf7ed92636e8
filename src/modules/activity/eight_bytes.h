// Eight bytes of text at a time, in one machine word (SIMD within a register), for scanning log
// lines. The first byte of the text is the word's lowest on every machine. Pure; any thread.
//
// Sources: Mycroft's test for a zero byte; Lemire, "Quickly parsing eight digits" (2018).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ashlar::activity {

inline constexpr std::uint64_t kLowBits = 0x0101010101010101;
inline constexpr std::uint64_t kHighBits = 0x8080808080808080;

// REQUIRES: 8 bytes to read.
inline std::uint64_t load_eight(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

// The high bit of each byte that is 0, up to the first; those above it mean nothing.
inline std::uint64_t zero_bytes(std::uint64_t word) {
  return (word - kLowBits) & ~word & kHighBits;
}

inline bool is_blank(char c) { return c == ' ' || c == '\t'; }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The first space or tab in [at, end), or end.
inline const char* find_blank(const char* at, const char* end) {
  while (end - at >= 8) {
    const std::uint64_t word = load_eight(at);
    const std::uint64_t found =
        zero_bytes(word ^ (kLowBits * ' ')) | zero_bytes(word ^ (kLowBits * '\t'));
    if (found != 0) return at + std::countr_zero(found) / 8;
    at += 8;
  }
  while (at < end && !is_blank(*at)) ++at;
  return at;
}

inline const char* skip_blanks(const char* at, const char* end) {
  while (at < end && is_blank(*at)) ++at;
  return at;
}

// The number that eight digits make. Bytes are the digits' values, not their characters.
inline std::uint64_t eight_digits(std::uint64_t word) {
  word = word * 10 + (word >> 8);
  return ((word & 0x000000ff000000ff) * 0x000f424000000064 +
          ((word >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >>
         32;
}

struct Digits {
  std::uint64_t value = 0;
  std::size_t count = 0;
};

// The digits at the start of [at, end), `most` and one more at most: a count above `most` says that
// there are too many. REQUIRES: most < 19.
inline Digits take_digits(const char* at, const char* end, std::size_t most) {
  Digits digits;
  if (end - at >= 8) {
    const std::uint64_t word = load_eight(at) ^ (kLowBits * '0');
    // A carry goes upward only, so what lies below the first byte that is no digit is right.
    const std::uint64_t others = ((word + kLowBits * 0x76) | word) & kHighBits;
    const auto length = static_cast<std::size_t>(std::countr_zero(others)) / 8;  // 8: all digits
    if (length == 0) return digits;
    digits = {eight_digits(word << (8 * (8 - length))), length};
    if (length < 8) return digits;
  }
  while (digits.count <= most && at + digits.count < end && is_digit(at[digits.count])) {
    digits.value = digits.value * 10 + static_cast<std::uint64_t>(at[digits.count] - '0');
    ++digits.count;
  }
  return digits;
}

}  // namespace ashlar::activity
