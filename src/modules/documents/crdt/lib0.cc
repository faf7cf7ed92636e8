#include "modules/documents/crdt/lib0.h"

#include <bit>

namespace ashlar::crdt {

namespace {

constexpr std::uint64_t kTopBits = 0x8080808080808080;

std::uint64_t eight_bytes(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Four bytes of UTF-8 are two units of UTF-16, every other character one.
unsigned units_of(char lead) { return static_cast<unsigned char>(lead) >= 0xf0 ? 2 : 1; }

}  // namespace

base::Status status_of(Fault fault) {
  using base::Code;
  switch (fault) {
    case Fault::kNone:
      return base::ok_status();
    case Fault::kText:
      return base::fail(Code::kInvalid, "update_text", "A text in it is no UTF-8.");
    case Fault::kTooDeep:
      return base::fail(Code::kInvalid, "update_too_deep", "A value in it is nested too deep.");
    case Fault::kTooMany:
      return base::fail(Code::kInvalid, "update_too_many",
                        "It has more clients, structs or ranges than are taken.");
    case Fault::kMalformed:
      break;
  }
  return base::fail(Code::kInvalid, "update_malformed",
                    "These bytes are not what they should be, or end early.");
}

std::uint64_t Reader::long_varuint(std::uint64_t value, int shift) {
  // 53 bits fit in eight bytes; JavaScript takes any number of zeros behind them, nobody writes
  // them.
  for (int i = 0; i < 8; ++i) {
    const std::uint8_t next = byte();
    const std::uint64_t bits = next & 0x7fU;
    if (shift + std::bit_width(bits) > 53) break;
    value |= bits << shift;
    if (next < 0x80) return value;
    shift += 7;
  }
  fail(Fault::kMalformed);
  return 0;
}

bool is_ascii(std::string_view text) {
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= 8; left -= 8, at += 8) {
    if ((eight_bytes(at) & kTopBits) != 0) return false;
  }
  for (; left > 0; --left, ++at) {
    if (static_cast<unsigned char>(*at) >= 0x80) return false;
  }
  return true;
}

std::uint64_t utf16_length(std::string_view text) {
  if (is_ascii(text)) return text.size();
  std::uint64_t units = 0;
  for (const char c : text) {
    if (!is_continuation(c)) units += units_of(c);
  }
  return units;
}

Utf16Place utf16_place(std::string_view text, std::uint64_t units) {
  std::size_t at = 0;
  while (units >= 8 && text.size() - at >= 8 && (eight_bytes(text.data() + at) & kTopBits) == 0) {
    at += 8;
    units -= 8;
  }
  while (units > 0 && at < text.size()) {
    const unsigned taken = units_of(text[at]);
    if (taken > units) return {at, true};
    units -= taken;
    ++at;
    while (at < text.size() && is_continuation(text[at])) ++at;
  }
  return {at, false};
}

}  // namespace ashlar::crdt
