// byte_class: which bytes may stand where in HTTP (RFC 9110, 9112, 3986), one table look-up each.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace ashlar::http {

enum ByteClass : std::uint8_t {
  kTokenByte = 1,  // names of fields, methods, options
  kPathByte = 2,   // a target before '?'; '%' is in neither, since two digits must follow it
  kQueryByte = 4,  // a target after '?'
  kHostByte = 8,   // a registered name or an IPv4 address
  kHexByte = 16,
  kTextByte = 32,  // HTAB, SP, visible ASCII and above 0x7f: values of fields
};

constexpr std::array<std::uint8_t, 256> make_byte_classes() {
  std::array<std::uint8_t, 256> classes{};
  const auto add = [&classes](std::string_view text, std::uint8_t bits) {
    for (const char c : text) classes[static_cast<unsigned char>(c)] |= bits;
  };
  constexpr std::string_view kAlnum =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  add(kAlnum, kTokenByte | kHostByte);
  add("!#$%&'*+-.^_`|~", kTokenByte);
  add("-._", kHostByte);
  add("0123456789abcdefABCDEF", kHexByte);
  add("\t", kTextByte);
  for (unsigned c = 0x20; c < 0x100; ++c) classes[c] |= c == 0x7f ? 0 : kTextByte;
  // Wider than RFC 3986, since browsers leave some of these raw, but without what starts a
  // fragment, what HTML and JSON would have to escape, and what browsers turn into '/'.
  for (unsigned c = 0x21; c < 0x7f; ++c) {
    if (c == '#' || c == '"' || c == '<' || c == '>' || c == '%') continue;
    classes[c] |= kQueryByte;
    if (c != '?' && c != '\\') classes[c] |= kPathByte;
  }
  return classes;
}
inline constexpr std::array<std::uint8_t, 256> kByteClasses = make_byte_classes();

// Whether c is in one of the classes of `bits`.
constexpr bool is_byte(char c, std::uint8_t bits) {
  return (kByteClasses[static_cast<unsigned char>(c)] & bits) != 0;
}

// 0 to 15, or -1.
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace ashlar::http
