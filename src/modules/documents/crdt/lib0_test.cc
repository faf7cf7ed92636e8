#include "modules/documents/crdt/lib0.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace ashlar::crdt {
namespace {

TEST(Lib0Test, NumbersComeBack) {
  for (int bits = 0; bits <= 53; ++bits) {
    for (const std::uint64_t near : {0ULL, 1ULL, 2ULL}) {
      const std::uint64_t number = (std::uint64_t{1} << bits) - near;
      if (number > kMaxInteger) continue;
      std::string bytes;
      write_varuint(bytes, number);
      write_varint(bytes, {number, true});
      write_varint(bytes, {number, false});
      Reader in(bytes);
      EXPECT_EQ(in.varuint(), number);
      const VarInt below = in.varint();
      EXPECT_EQ(below.magnitude, number);
      EXPECT_TRUE(below.negative);
      EXPECT_EQ(in.varint().value(), static_cast<std::int64_t>(number));
      EXPECT_TRUE(in.ok() && in.at_end());
    }
  }
}

TEST(Lib0Test, NumbersBeyondJavaScriptAreRefused) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view bytes :
       {"\x80\x80\x80\x80\x80\x80\x80\x10"sv, "\xff\xff\xff\xff\xff\xff\xff\x1f"sv,
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"sv,
        "\x80"sv, ""sv}) {
    Reader in(bytes);
    EXPECT_EQ(in.varuint(), 0U);
    EXPECT_EQ(in.fault(), Fault::kMalformed);
    EXPECT_TRUE(in.at_end());
  }
  Reader most("\xff\xff\xff\xff\xff\xff\xff\x0f"sv);
  EXPECT_EQ(most.varuint(), kMaxInteger);
  EXPECT_TRUE(most.ok());
}

TEST(Lib0Test, TheFirstFaultStays) {
  Reader in(std::string_view("\x02\xc3\x28\x01", 4));
  EXPECT_EQ(in.var_string(), "");
  EXPECT_EQ(in.byte(), 0);
  EXPECT_EQ(in.fault(), Fault::kText);
  EXPECT_STREQ(status_of(in.fault()).error().reason, "update_text");
}

TEST(Lib0Test, LengthsAreCheckedAgainstWhatRemains) {
  Reader in(
      std::string_view("\x05"
                       "abcd",
                       5));
  EXPECT_EQ(in.var_bytes(), "");
  EXPECT_EQ(in.fault(), Fault::kMalformed);
  Reader things(std::string_view("\x03\x00\x00\x00\x00\x00", 6));
  EXPECT_EQ(things.count(2), 0U);
  EXPECT_EQ(things.fault(), Fault::kMalformed);
}

TEST(Lib0Test, PlacesInUtf16) {
  const std::string text = "abcdefghiä€😀z";
  EXPECT_EQ(utf16_length(text), 14U);
  std::size_t units = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) continue;
    units = utf16_length(text.substr(0, at));
    const Utf16Place place = utf16_place(text, units);
    EXPECT_EQ(place.bytes, at);
    EXPECT_FALSE(place.in_pair);
  }
  const Utf16Place amid = utf16_place(text, 12);
  EXPECT_TRUE(amid.in_pair);
  EXPECT_EQ(text.substr(amid.bytes), "😀z");
}

}  // namespace
}  // namespace ashlar::crdt
