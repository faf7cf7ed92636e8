#include "platform/json/writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "base/text.h"
#include "platform/json/parse.h"

namespace ashlar::json {
namespace {

using std::string_literals::operator""s;

std::string as_json(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

TEST(JsonWriter, Commas) {
  std::string out;
  Writer w(out);
  EXPECT_FALSE(w.done());
  w.begin_object().key("a").begin_array().integer(1).begin_object().end_object().boolean(true);
  w.begin_array().end_array().null().end_array().key("b").real(0.5).key("c").raw("[7]");
  EXPECT_FALSE(w.done());
  w.end_object();
  EXPECT_TRUE(w.done());
  EXPECT_EQ(out, R"({"a":[1,{},true,[],null],"b":0.5,"c":[7]})");
}

TEST(JsonWriter, AppendsToWhatIsThere) {
  std::string out = "data: ";
  Writer(out).string("x");
  EXPECT_EQ(out, "data: \"x\"");
}

TEST(JsonWriter, Escapes) {
  struct Row {
    std::string text;
    std::string json;
  };
  const Row rows[] = {
      {"", R"("")"},
      {"plain text", R"("plain text")"},
      {"\"\\/", R"("\"\\/")"},
      {"\b\f\n\r\t", R"("\b\f\n\r\t")"},
      {"\0\x01\x1f\x7f"s, "\"\\u0000\\u0001\\u001f\x7f\""},
      {"é€😀", "\"é€😀\""},
      {"\xF4\x8F\xBF\xBF", "\"\xF4\x8F\xBF\xBF\""},
      // What is not UTF-8: U+FFFD for each byte.
      {"a\xFFz", "\"a\xEF\xBF\xBDz\""},
      {"\x80", "\"\xEF\xBF\xBD\""},
      {"\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"\xE2\x82", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"\xE2\x82z", "\"\xEF\xBF\xBD\xEF\xBF\xBDz\""},
      {"\xF4\x90\x80\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"\xE0\x80\x80\"", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\\\"\""},
  };
  for (const Row& row : rows) EXPECT_EQ(as_json(row.text), row.json);
}

// Every pair and triple of bytes that could open a sequence comes out as UTF-8 that parse() takes.
TEST(JsonWriter, AnyBytesBecomeUtf8) {
  for (int lead = 0x01; lead < 0x100; ++lead) {
    for (int second = 0x01; second < 0x100; ++second) {
      std::string text = {static_cast<char>(lead), static_cast<char>(second), '\x80', 'a'};
      const std::string json = as_json(text);
      ASSERT_TRUE(base::is_utf8(json)) << lead << " " << second;
      const base::Result<Value> again = parse(json);
      ASSERT_TRUE(again.ok()) << lead << " " << second;
      if (base::is_utf8(text)) {
        EXPECT_EQ(*again->if_string(), text);
      }
    }
  }
}

TEST(JsonWriter, Numbers) {
  const auto integer = [](std::int64_t n) {
    std::string out;
    Writer(out).integer(n);
    return out;
  };
  const auto real = [](double n) {
    std::string out;
    Writer(out).real(n);
    return out;
  };
  EXPECT_EQ(integer(0), "0");
  EXPECT_EQ(integer(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(integer(std::numeric_limits<std::int64_t>::max()), "9223372036854775807");
  EXPECT_EQ(real(1), "1.0");
  EXPECT_EQ(real(-0.0), "-0.0");
  EXPECT_EQ(real(0.1), "0.1");
  EXPECT_EQ(real(1e300), "1e+300");
  EXPECT_EQ(real(123456789.0), "123456789.0");
  EXPECT_EQ(real(std::numeric_limits<double>::denorm_min()), "5e-324");
  EXPECT_EQ(real(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(real(std::nan("")), "null");
}

TEST(JsonWriterDeathTest, WrongOrderAborts) {
  std::string out;
  EXPECT_DEATH(Writer(out).begin_object().integer(1), "CHECK|after_key_");
  EXPECT_DEATH(Writer(out).begin_object().end_array(), "in_object");
  EXPECT_DEATH(Writer(out).begin_array().key("a"), "in_object");
  EXPECT_DEATH(Writer(out).begin_object().key("a").end_object(), "after_key_");
  EXPECT_DEATH(Writer(out).end_object(), "depth_");
  EXPECT_DEATH(Writer(out).integer(1).integer(2), "comma_");
}

}  // namespace
}  // namespace ashlar::json
