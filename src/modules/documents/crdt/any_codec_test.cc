#include "modules/documents/crdt/any_codec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/encoding.h"

namespace ashlar::crdt {
namespace {

Any read(std::string_view bytes) {
  Reader in(bytes);
  Any value;
  EXPECT_TRUE(read_any(in, value)) << base::hex_encode(bytes);
  EXPECT_TRUE(in.at_end());
  return value;
}

std::string bytes_of(const Any& value) {
  std::string out;
  write_any(out, value);
  return out;
}

std::string json_of(const Any& value) {
  std::string out;
  write_json(out, value);
  return out;
}

TEST(AnyCodecTest, WritesWhatLib0Writes) {
  const std::vector<std::pair<Any, const char*>> cases = {
      {{Undefined{}}, "7f"},
      {{Null{}}, "7e"},
      {any_of(1), "7d01"},
      {any_of(-1), "7d41"},
      {any_of(0), "7d00"},
      {any_of(-0.0), "7d40"},
      {any_of(64), "7d8001"},
      {any_of(2147483647), "7dbfffffff0f"},
      {any_of(2147483648.0), "7c4f000000"},
      {any_of(1e21), "7b444b1ae4d6e2ef50"},
      {any_of(0.1), "7b3fb999999999999a"},
      {any_of(1.5), "7c3fc00000"},
      {any_of(std::numeric_limits<double>::infinity()), "7c7f800000"},
      {{std::int64_t{1234567890123456789}}, "7a112210f47de98115"},
      {{true}, "78"},
      {{false}, "79"},
      {{std::string("é")}, "7702c3a9"},
      {{Array{any_of(1), {Array{any_of(2)}}}}, "75027d0175017d02"},
      {{Object{{"b", any_of(1)}, {"a", {Undefined{}}}}}, "760201627d0101617f"},
      {{Bytes{"\xff\x01"}}, "7402ff01"},
  };
  for (const auto& [value, hex] : cases) {
    EXPECT_EQ(base::hex_encode(bytes_of(value)), hex);
    EXPECT_EQ(read(bytes_of(value)), value) << hex;
  }
}

TEST(AnyCodecTest, ObjectsAreInJavaScriptsOrder) {
  const Object odd{{"b", any_of(1)}, {"10", any_of(2)}, {"9", any_of(3)},
                   {"b", any_of(4)}, {"01", any_of(5)}, {"4294967295", any_of(6)}};
  EXPECT_EQ(json_of(read(bytes_of({odd}))), R"({"9":3,"10":2,"b":4,"01":5,"4294967295":6})");
}

TEST(AnyCodecTest, DepthIsBounded) {
  for (const std::string& level : {std::string("\x75\x01"), std::string("\x76\x01\x00", 3)}) {
    std::string bytes;
    for (std::size_t i = 1; i < kMaxAnyDepth; ++i) bytes += level;
    Reader in_bounds(bytes);
    EXPECT_FALSE(check_any(in_bounds));
    EXPECT_EQ(in_bounds.fault(), Fault::kMalformed);  // ends where its innermost value should be
    EXPECT_EQ(bytes_of(read(bytes + "\x7e")), bytes + "\x7e");
    const std::string deeper = level + bytes + "\x7e";
    Reader in(deeper);
    EXPECT_FALSE(check_any(in));
    EXPECT_EQ(in.fault(), Fault::kTooDeep);
  }
  Any kept;
  EXPECT_EQ(read_json(std::string(99, '[') + "1" + std::string(99, ']'), kept), Fault::kNone);
  EXPECT_EQ(check_json(std::string(1'000'000, '[')), Fault::kTooDeep);
}

TEST(AnyCodecTest, HostileValuesAreRefused) {
  for (const char* hex :
       {"", "00", "73", "80", "7d", "7dff", "7c000000", "77", "7705aa", "7701ff", "75ffffffff0f",
        "75027e", "76017e", "7602016101", "7403aabb", "7dffffffffffffffffff7f"}) {
    const std::string bytes = *base::hex_decode(hex);
    Reader in(bytes);
    EXPECT_FALSE(check_any(in)) << hex;
    Reader again(bytes);
    Any kept;
    EXPECT_FALSE(read_any(again, kept)) << hex;
    EXPECT_EQ(in.fault(), again.fault()) << hex;
  }
}

TEST(AnyCodecTest, NumbersAsJavaScriptSaysThem) {
  const std::vector<std::pair<double, const char*>> cases = {
      {0, "0"},
      {-0.0, "0"},
      {1, "1"},
      {-1.5, "-1.5"},
      {100, "100"},
      {123456789012345680000.0, "123456789012345680000"},
      {1e21, "1e+21"},
      {1.5e300, "1.5e+300"},
      {0.000001, "0.000001"},
      {1e-7, "1e-7"},
      {1.25e-9, "1.25e-9"},
      {5e-324, "5e-324"},
      {0.1, "0.1"},
      {123.456, "123.456"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {1e20, "100000000000000000000"}};
  for (const auto& [number, said] : cases) EXPECT_EQ(js_number(number), said);
}

TEST(AnyCodecTest, JsonAsJavaScriptWritesIt) {
  const Object object{{"b", any_of(1)},
                      {"u", {Undefined{}}},
                      {"a", {Array{{Undefined{}}, {Null{}}, any_of(std::nan("")), {0.1F}}}},
                      {"s", {std::string("\"\\/\b\f\n\r\t\x01\x7fé😀")}},
                      {"y", {Bytes{"\x01\xff"}}}};
  EXPECT_EQ(json_of({object}), R"({"b":1,"a":[null,null,null,0.10000000149011612],)"
                               R"("s":"\"\\/\b\f\n\r\t\u0001)"
                               "\x7f"
                               R"(é😀","y":{"0":1,"1":255}})");
  EXPECT_EQ(json_of({Undefined{}}), "");
}

TEST(AnyCodecTest, JsonAsJavaScriptReadsIt) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {" [ 1 , -0 , 1.5e3 , 1E400 ] ", "[1,0,1500,null]"},
      {R"({"b":1,"10":2,"9":3,"b":4,"01":5})", R"({"9":3,"10":2,"b":4,"01":5})"},
      {R"("\ud83d\ude00 \ud83d \ude00 \u00e9\/")", "\"😀 \xef\xbf\xbd \xef\xbf\xbd é/\""},
      {R"("\ud83d\ud83d\ude00")", "\"\xef\xbf\xbd😀\""},
      {"true", "true"},
      {"{}", "{}"},
      {"[]", "[]"},
      {"null", "null"}};
  for (const auto& [text, wanted] : cases) {
    Any value;
    ASSERT_EQ(read_json(text, value), Fault::kNone) << text;
    EXPECT_EQ(check_json(text), Fault::kNone);
    EXPECT_EQ(json_of(value), wanted);
  }
  for (const char* text :
       {"",   " ",      "undefined", "01",          "1.",         ".5",        "+1",
        "-",  "1e",     "[1,]",      "{,}",         "{\"a\":1,}", "{\"a\" 1}", "{a:1}",
        "\"", "\"\n\"", "\"\\x\"",   "\"\\u12g4\"", "[1 2]",      "1 1",       "nul",
        "[",  "{\"a\"", "\"\\",      "NaN"}) {
    Any value;
    EXPECT_EQ(read_json(text, value), Fault::kMalformed) << text;
    EXPECT_EQ(check_json(text), Fault::kMalformed) << text;
  }
}

}  // namespace
}  // namespace ashlar::crdt
