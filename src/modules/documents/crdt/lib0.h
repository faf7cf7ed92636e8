// lib0's bytes: the numbers, texts and byte strings that every Yjs message is made of.
//
// varuint: 7 bits a byte, lowest first, the top bit set on all but the last; at most kMaxInteger.
// varint: the first byte holds 6 bits, its bit 6 is the sign (-0 is a number of its own), then as a
// varuint. A text is a varuint, its length in bytes, and UTF-8.
//
// Reader: never reads past the end. Faults stick: after the first one it is at its end, everything
// reads as 0 or empty, and fault() says what was wrong; so a caller may read several things and
// look once. What it returns are views into what it was given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/text.h"
#include "modules/documents/crdt/ids.h"

namespace ashlar::crdt {

enum class Fault : std::uint8_t { kNone, kMalformed, kText, kTooDeep, kTooMany };
// The reasons of update.h; ok for kNone.
base::Status status_of(Fault fault);

bool is_ascii(std::string_view text);

struct VarInt {
  std::uint64_t magnitude = 0;  // at most kMaxInteger
  bool negative = false;        // with magnitude 0: -0

  [[nodiscard]] std::int64_t value() const {
    return negative ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
  }
};

class Reader {
 public:
  Reader() = default;
  explicit Reader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  [[nodiscard]] bool ok() const { return fault_ == Fault::kNone; }
  [[nodiscard]] Fault fault() const { return fault_; }
  [[nodiscard]] bool at_end() const { return at_ == end_; }
  [[nodiscard]] std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  [[nodiscard]] const char* position() const { return at_; }
  [[nodiscard]] std::string_view rest() const { return {at_, remaining()}; }

  void fail(Fault fault) {
    if (fault_ == Fault::kNone) fault_ = fault;
    at_ = end_;
  }

  std::uint8_t byte() {
    if (at_ == end_) [[unlikely]] {
      fail(Fault::kMalformed);
      return 0;
    }
    return static_cast<std::uint8_t>(*at_++);
  }

  std::uint64_t varuint() {
    if (at_ != end_ && static_cast<std::uint8_t>(*at_) < 0x80) [[likely]] {
      return static_cast<std::uint8_t>(*at_++);
    }
    return long_varuint(0, 0);
  }

  VarInt varint() {
    const std::uint8_t first = byte();
    VarInt out{first & std::uint64_t{0x3f}, (first & 0x40) != 0};
    if ((first & 0x80) != 0) out.magnitude = long_varuint(out.magnitude, 6);
    return out;
  }

  std::string_view bytes(std::uint64_t count) {
    if (count > remaining()) [[unlikely]] {
      fail(Fault::kMalformed);
      return {};
    }
    const char* from = at_;
    at_ += count;
    return {from, static_cast<std::size_t>(count)};
  }
  std::string_view var_bytes() { return bytes(varuint()); }
  std::string_view var_string() {
    const std::string_view text = var_bytes();
    if (!is_ascii(text) && !base::is_utf8(text)) [[unlikely]] {
      fail(Fault::kText);
      return {};
    }
    return text;
  }
  // A number of things of which each takes at least `least` bytes of what remains.
  std::uint64_t count(std::size_t least) {
    const std::uint64_t number = varuint();
    if (number > remaining() / least) [[unlikely]] {
      fail(Fault::kMalformed);
      return 0;
    }
    return number;
  }
  std::uint64_t fixed(std::size_t count) {  // big-endian
    std::uint64_t value = 0;
    for (const char c : bytes(count)) value = value << 8 | static_cast<std::uint8_t>(c);
    return value;
  }

 private:
  std::uint64_t long_varuint(std::uint64_t value, int shift);

  const char* at_ = nullptr;
  const char* end_ = nullptr;
  Fault fault_ = Fault::kNone;
};

// What is written goes to the end of a string.
inline void write_varuint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}
inline void write_varint(std::string& out, VarInt number) {
  const auto head = static_cast<std::uint8_t>((number.negative ? 0x40 : 0) |
                                              static_cast<int>(number.magnitude & 0x3f));
  number.magnitude >>= 6;
  out += static_cast<char>(head | (number.magnitude > 0 ? 0x80 : 0));
  if (number.magnitude > 0) write_varuint(out, number.magnitude);
}
inline void write_var_bytes(std::string& out, std::string_view bytes) {
  write_varuint(out, bytes.size());
  out += bytes;
}
inline void write_fixed(std::string& out, std::uint64_t value, int count) {  // big-endian
  for (int i = count - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
}

// UTF-16 code units of valid UTF-8.
std::uint64_t utf16_length(std::string_view text);

// Where `units` UTF-16 code units of valid UTF-8 end. `in_pair`: that is amid a surrogate pair,
// whose character starts at `bytes`; each half becomes U+FFFD, as in JavaScript's TextEncoder.
struct Utf16Place {
  std::size_t bytes = 0;
  bool in_pair = false;
};
// REQUIRES: units <= utf16_length(text)
Utf16Place utf16_place(std::string_view text, std::uint64_t units);

inline constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

}  // namespace ashlar::crdt
