#include "base/text.h"

#include <gtest/gtest.h>

#include "base/entropy.h"
#include "base/random.h"

namespace ashlar::base {
namespace {

TEST(Utf8, Accepts) {
  struct Row {
    std::string_view text;
    std::size_t length;
  };
  const Row rows[] = {
      {"", 0},
      {"abc", 3},
      {std::string_view("a\0b", 3), 3},
      {"\x7f", 1},
      {"\xc2\x80", 1},          // U+0080
      {"\xdf\xbf", 1},          // U+07FF
      {"\xe0\xa0\x80", 1},      // U+0800
      {"\xed\x9f\xbf", 1},      // U+D7FF
      {"\xee\x80\x80", 1},      // U+E000
      {"\xef\xbf\xbf", 1},      // U+FFFF, a noncharacter but valid
      {"\xf0\x90\x80\x80", 1},  // U+10000
      {"\xf4\x8f\xbf\xbf", 1},  // U+10FFFF
      {"a\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80z", 5},
  };
  for (const Row& row : rows) {
    EXPECT_TRUE(is_utf8(row.text)) << row.text;
    EXPECT_EQ(utf8_length(row.text), row.length) << row.text;
  }
}

TEST(Utf8, Refuses) {
  const std::string_view rows[] = {
      "\x80",  // continuation without a lead
      "\xbf",
      "a\x80z",
      "\xc2",  // cut short
      "\xe0\xa0",
      "\xf0\x90\x80",
      "\xc2z",
      "\xe0\xa0z",
      "\xf0\x90\x80z",
      "\xc2\xc2\x80",
      "\xc0\x80",  // overlong NUL
      "\xc0\xaf",  // overlong '/'
      "\xc1\xbf",
      "\xe0\x80\xaf",
      "\xe0\x9f\xbf",
      "\xf0\x80\x80\xaf",
      "\xf0\x8f\xbf\xbf",
      "\xed\xa0\x80",  // surrogates
      "\xed\xad\xbf",
      "\xed\xb0\x80",
      "\xed\xbf\xbf",
      "\xed\xa0\x80\xed\xb0\x80",
      "\xf4\x90\x80\x80",  // above U+10FFFF
      "\xf5\x80\x80\x80",
      "\xf8\x88\x80\x80\x80",
      "\xfc\x84\x80\x80\x80\x80",
      "\xfe",
      "\xff",
  };
  for (const std::string_view row : rows) EXPECT_FALSE(is_utf8(row)) << row;
}

std::string encode(std::uint32_t point) {
  const auto byte = [](std::uint32_t b) { return static_cast<char>(b); };
  if (point < 0x80) return {byte(point)};
  if (point < 0x800) return {byte(0xc0 | point >> 6), byte(0x80 | (point & 63))};
  if (point < 0x10000) {
    return {byte(0xe0 | point >> 12), byte(0x80 | (point >> 6 & 63)), byte(0x80 | (point & 63))};
  }
  return {byte(0xf0 | point >> 18), byte(0x80 | (point >> 12 & 63)), byte(0x80 | (point >> 6 & 63)),
          byte(0x80 | (point & 63))};
}

TEST(Utf8, EveryCodePoint) {
  for (std::uint32_t point = 0; point < 0x120000; ++point) {
    const bool valid = point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
    ASSERT_EQ(is_utf8(encode(point)), valid) << point;
  }
}

TEST(Ascii, CaseOfLettersOnly) {
  EXPECT_EQ(ascii_lower("AZaz09[@`{\xc3\x89"), "azaz09[@`{\xc3\x89");
  EXPECT_TRUE(ascii_iequals("Content-Type", "content-TYPE"));
  EXPECT_TRUE(ascii_iequals("", ""));
  EXPECT_FALSE(ascii_iequals("a", "ab"));
  EXPECT_FALSE(ascii_iequals("[", "{"));
  EXPECT_FALSE(ascii_iequals("@", "`"));
  EXPECT_FALSE(ascii_iequals("\xc3\x89", "\xc3\xa9"));
}

TEST(PercentDecode, Table) {
  struct Row {
    std::string_view text;
    std::optional<std::string_view> decoded;
  };
  const Row rows[] = {
      {"", ""},
      {"abc", "abc"},
      {"a%20b", "a b"},
      {"a+b", "a+b"},
      {"%41%5a%5A", "AZZ"},
      {"%2f%2F", "//"},
      {"%25", "%"},
      {"%2541", "%41"},  // once only
      {"%00", std::string_view("\0", 1)},
      {"%c3%A9", "\xc3\xa9"},
      {"%ff", "\xff"},
      {"\xc3\xa9", "\xc3\xa9"},
      {"%", std::nullopt},
      {"%4", std::nullopt},
      {"a%", std::nullopt},
      {"a%4", std::nullopt},
      {"%%41", std::nullopt},
      {"%g1", std::nullopt},
      {"%1g", std::nullopt},
      {"% 1", std::nullopt},
      {"%1 ", std::nullopt},
      {"%-1", std::nullopt},
      {"%0x41", std::nullopt},
      {"%u0041", std::nullopt},
  };
  for (const Row& row : rows) {
    const std::optional<std::string> decoded = percent_decode(row.text);
    EXPECT_EQ(decoded.has_value(), row.decoded.has_value()) << row.text;
    if (decoded && row.decoded) {
      EXPECT_EQ(*decoded, *row.decoded) << row.text;
    }
  }
}

TEST(PercentEncode, LeavesOnlyUnreserved) {
  EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(percent_encode("a b+/%?&=#\"<>"), "a%20b%2B%2F%25%3F%26%3D%23%22%3C%3E");
  EXPECT_EQ(percent_encode(std::string_view("\0\n\xc3\xa9", 4)), "%00%0A%C3%A9");
}

TEST(PercentEncode, RandomBytesComeBack) {
  const std::uint64_t seed = SystemEntropy().u64();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int i = 0; i < 5'000; ++i) {
    std::string bytes(random.below(30), '\0');
    for (char& c : bytes) c = static_cast<char>(random.next());
    ASSERT_EQ(percent_decode(percent_encode(bytes)), bytes);
  }
}

TEST(ConstantTimeEquals, Table) {
  EXPECT_TRUE(constant_time_equals("", ""));
  EXPECT_TRUE(constant_time_equals("secret", "secret"));
  EXPECT_TRUE(constant_time_equals({"a\0b", 3}, {"a\0b", 3}));
  EXPECT_FALSE(constant_time_equals("secret", "secreT"));
  EXPECT_FALSE(constant_time_equals("secret", "Secret"));
  EXPECT_FALSE(constant_time_equals("secret", "secre"));
  EXPECT_FALSE(constant_time_equals("", "s"));
  EXPECT_FALSE(constant_time_equals({"a\0b", 3}, {"a\0c", 3}));
  EXPECT_FALSE(constant_time_equals("\x7f", "\xff"));
  // Two differences that would cancel out if they were summed or xored together.
  EXPECT_FALSE(constant_time_equals("ab", "ba"));
}

TEST(TrimSpaces, Table) {
  EXPECT_EQ(trim_spaces(""), "");
  EXPECT_EQ(trim_spaces(" \t "), "");
  EXPECT_EQ(trim_spaces("a"), "a");
  EXPECT_EQ(trim_spaces("\t a \t b  "), "a \t b");
  EXPECT_EQ(trim_spaces("\na\r"), "\na\r");
}

}  // namespace
}  // namespace ashlar::base
