#include "base/encoding.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/entropy.h"
#include "base/random.h"

namespace ashlar::base {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

std::string random_bytes(Random& random, std::size_t length) {
  std::string out(length, '\0');
  for (char& c : out) c = static_cast<char>(random.next());
  return out;
}

TEST(Base62, Table) {
  struct Row {
    std::uint64_t value;
    std::size_t width;
    std::string_view text;
  };
  const Row rows[] = {
      {0, 0, ""},
      {0, 1, "0"},
      {9, 1, "9"},
      {10, 1, "A"},
      {35, 1, "Z"},
      {36, 1, "a"},
      {61, 1, "z"},
      {62, 2, "10"},
      {0, 6, "000000"},
      {61, 6, "00000z"},
      {3843, 2, "zz"},
      {56'800'235'583, 6, "zzzzzz"},
      {kMax, 11, "LygHa16AHYF"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(base62_encode(row.value, row.width), row.text);
    if (row.width > 0) {
      EXPECT_EQ(base62_decode(row.text), row.value) << row.text;
    }
  }
}

TEST(Base62, Refuses) {
  for (const std::string_view text : {"", "-", "a b", " 1", "1 ", "a_b", "\xc3\xa9", "LygHa16AHYG",
                                      "zzzzzzzzzzz", "100000000000", "a\n"}) {
    EXPECT_FALSE(base62_decode(text)) << text;
  }
  EXPECT_FALSE(base62_decode(std::string_view("a\0b", 3)));
}

TEST(Base62DeathTest, AValueTooWideIsAProgrammersError) {
  EXPECT_DEATH(base62_encode(62, 1), "CHECK failed");
  EXPECT_DEATH(base62_encode(1, 0), "CHECK failed");
}

TEST(Base62, RandomValuesComeBackAndKeepTheirOrder) {
  const std::uint64_t seed = SystemEntropy().u64();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t a = random.next() >> random.below(64);
    const std::uint64_t b = random.next() >> random.below(64);
    ASSERT_EQ(base62_decode(base62_encode(a, 11)), a);
    ASSERT_EQ(a < b, base62_encode(a, 11) < base62_encode(b, 11)) << a << ' ' << b;
  }
}

TEST(Base64Url, Rfc4648Vectors) {
  struct Row {
    std::string_view bytes;
    std::string_view text;
  };
  const Row rows[] = {
      {"", ""},
      {"f", "Zg"},
      {"fo", "Zm8"},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg"},
      {"fooba", "Zm9vYmE"},
      {"foobar", "Zm9vYmFy"},
      {"\xfb\xff", "-_8"},
      {"\xff\xff\xff", "____"},
      {"\xfb\xef\xbe", "----"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(base64url_encode(row.bytes), row.text);
    EXPECT_EQ(base64url_decode(row.text), row.bytes);
  }
}

TEST(Base64Url, Refuses) {
  for (const std::string_view text : {"Z",             // no byte has six bits
                                      "Zm9vY",         // nor has the second group
                                      "Zg==",          // padding
                                      "Zh",            // left-over bits that are not zero
                                      "Zm9",           // the same with two bytes
                                      "Zm+v", "Zm/v",  // the other alphabet
                                      "Zm9 ", "Zm9v\n", " Zm9", "Z\xc3\xa9g"}) {
    EXPECT_FALSE(base64url_decode(text)) << text;
  }
  EXPECT_FALSE(base64url_decode(std::string_view("Zm\0v", 4)));
}

TEST(Hex, Table) {
  EXPECT_EQ(hex_encode(""), "");
  EXPECT_EQ(hex_encode(std::string_view("\x00\x7f\xff\x0a", 4)), "007fff0a");
  EXPECT_EQ(hex_decode("007fff0a"), std::string("\x00\x7f\xff\x0a", 4));
  EXPECT_EQ(hex_decode(""), "");
  for (const std::string_view text : {"0", "abc", "AB", "0g", "g0", "0 ", " 0", "0x", "-1"}) {
    EXPECT_FALSE(hex_decode(text)) << text;
  }
}

// Decoders accept exactly what encoders write: what decodes, encodes to the same text again.
TEST(Encoding, RandomBytesComeBackAndRandomTextIsCanonical) {
  const std::uint64_t seed = SystemEntropy().u64();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  constexpr std::string_view kLetters = "09afAFzZ-_=+/ ";
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string bytes = random_bytes(random, random.below(40));
    ASSERT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
    ASSERT_EQ(hex_decode(hex_encode(bytes)), bytes);
    std::string text(random.below(5), '\0');
    for (char& c : text) c = kLetters[random.below(kLetters.size())];
    if (const auto decoded = base64url_decode(text)) {
      ASSERT_EQ(base64url_encode(*decoded), text);
      ++accepted;
    }
    if (const auto decoded = hex_decode(text)) {
      ASSERT_EQ(hex_encode(*decoded), text);
      ++accepted;
    }
  }
  EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace ashlar::base
