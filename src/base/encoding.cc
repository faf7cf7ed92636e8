#include "base/encoding.h"

#include <array>

#include "base/check.h"

namespace ashlar::base {
namespace {

constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kHex = "0123456789abcdef";

using Table = std::array<signed char, 256>;

constexpr Table reverse_of(std::string_view alphabet) {
  Table table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<signed char>(i);
  }
  return table;
}

constexpr Table kBase62Values = reverse_of(kBase62Alphabet);
constexpr Table kBase64Values = reverse_of(kBase64Url);
constexpr Table kHexValues = reverse_of(kHex);

int value_of(const Table& table, char c) { return table[static_cast<unsigned char>(c)]; }

}  // namespace

std::string base62_encode(std::uint64_t value, std::size_t width) {
  std::string out(width, '0');
  for (std::size_t i = width; i-- > 0; value /= 62) out[i] = kBase62Alphabet[value % 62];
  CHECK(value == 0);
  return out;
}

std::optional<std::uint64_t> base62_decode(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const int digit = value_of(kBase62Values, c);
    if (digit < 0 || __builtin_mul_overflow(value, 62U, &value) ||
        __builtin_add_overflow(value, static_cast<unsigned>(digit), &value)) {
      return std::nullopt;
    }
  }
  return value;
}

std::string base64url_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = (bits << 8 | static_cast<unsigned char>(c)) & 0xffffff;
    for (count += 8; count >= 6; count -= 6) out += kBase64Url[bits >> (count - 6) & 63];
  }
  if (count > 0) out += kBase64Url[bits << (6 - count) & 63];
  return out;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = value_of(kBase64Values, c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6 | static_cast<unsigned>(value)) & 0xffffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
  }
  // Left-over bits must be zero, or two texts would name the same bytes.
  if ((bits & ((1U << count) - 1)) != 0) return std::nullopt;
  return out;
}

std::string hex_encode(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto b = static_cast<unsigned char>(c);
    out += kHex[b >> 4];
    out += kHex[b & 15];
  }
  return out;
}

std::optional<std::string> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out(text.size() / 2, '\0');  // PostgreSQL's blobs come this way
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = value_of(kHexValues, text[2 * i]);
    const int low = value_of(kHexValues, text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out[i] = static_cast<char>(high << 4 | low);
  }
  return out;
}

}  // namespace ashlar::base
