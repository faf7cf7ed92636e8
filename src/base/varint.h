// Varint: whole numbers in as few bytes as they need: 7 bits a byte, lowest first, the top bit set
// on all but the last (LEB128). For our own stored forms.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ashlar::base {

inline void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

// Takes one from the front of `rest`. False: cut off, or beyond 64 bits; `rest` is then undefined.
inline bool read_varint(std::string_view& rest, std::uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (rest.empty()) return false;
    const auto byte = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    const std::uint64_t bits = byte & 0x7f;
    if (shift == 63 && bits > 1) return false;
    value |= bits << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

}  // namespace ashlar::base
