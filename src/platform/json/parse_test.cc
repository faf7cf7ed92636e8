// What parse() takes and refuses, as tables; and that values survive being written and read again.
#include "platform/json/parse.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "base/random.h"
#include "platform/json/writer.h"

namespace ashlar::json {
namespace {

using std::string_literals::operator""s;

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') + "1" +
         std::string(static_cast<std::size_t>(depth), ']');
}

std::string numbers(int count) {
  std::string text = "[";
  for (int i = 0; i < count; ++i) text += i == 0 ? "1" : ",1";
  return text + "]";
}

std::string object_with_keys(int count, const std::string& last) {
  std::string text = "{";
  for (int i = 0; i < count; ++i) text += "\"k" + std::to_string(i) + "\":0,";
  return text + "\"" + last + "\":0}";
}

struct Refusal {
  const char* name;
  std::string text;
  const char* reason;
  const char* detail;  // part of it
};

const Refusal kRefusals[] = {
    {"nothing", "", "invalid_json", "there is no JSON"},
    {"blanks", " \t\r\n", "invalid_json", "there is no JSON"},
    {"word", "hello", "invalid_json", "at byte 0"},
    {"half object", "{\"url\":\"x\"", "invalid_json", "ends early, at byte 10"},
    {"half array", "[1,2", "invalid_json", "ends early"},
    {"half string", "{\"url\":\"x", "invalid_json", "ends early"},
    {"half key", "{\"ur", "invalid_json", "ends early"},
    {"half literal", "tru", "invalid_json", "ends early"},
    {"half number", "1e", "invalid_json", "ends early"},
    {"half escape", "\"\\", "invalid_json", "ends early"},
    {"only bracket", "]", "invalid_json", "at byte 0"},
    {"wrong bracket", "[1}", "invalid_json", "at byte 2"},
    {"text after", "{} x", "invalid_json", "text after the JSON value, at byte 3"},
    {"two values", "{}{}", "invalid_json", "text after"},
    {"literal and more", "truex", "invalid_json", "text after"},
    {"leading zero", "01", "invalid_json", "text after"},
    {"nul after", "{}\0"s, "invalid_json", "text after"},
    {"trailing comma in array", "[1,]", "invalid_json", "at byte 3"},
    {"trailing comma in object", "{\"a\":1,}", "invalid_json", "at byte 7"},
    {"comma first", "[,1]", "invalid_json", "at byte 1"},
    {"no comma", "[1 2]", "invalid_json", "at byte 3"},
    {"no colon", "{\"a\" 1}", "invalid_json", "at byte 5"},
    {"no value", "{\"a\":}", "invalid_json", "at byte 5"},
    {"no key", "{:1}", "invalid_json", "at byte 1"},
    {"number as key", "{1:2}", "invalid_json", "at byte 1"},
    {"bare key", "{a:1}", "invalid_json", "at byte 1"},
    {"single quotes", "{'a':1}", "invalid_json", "at byte 1"},
    {"block comment", "/*x*/1", "invalid_json", "at byte 0"},
    {"line comment", "1//x", "invalid_json", "at byte 1"},
    {"byte order mark", "\xEF\xBB\xBF{}", "invalid_json", "at byte 0"},
    {"UTF-16", "{\0\"\0"s, "invalid_json", "at byte 1"},
    {"NaN", "NaN", "invalid_json", ""},
    {"Infinity", "Infinity", "invalid_json", ""},
    {"minus infinity", "-Infinity", "invalid_json", ""},
    {"plus sign", "+1", "invalid_json", ""},
    {"no digit before the point", ".5", "invalid_json", ""},
    {"no digit after the point", "1.", "invalid_json", ""},
    {"minus alone", "-", "invalid_json", ""},
    {"hexadecimal", "0x10", "invalid_json", ""},
    {"True", "True", "invalid_json", ""},
    {"newline in string", "\"a\nb\"", "invalid_json", "at byte 2"},
    {"nul byte in string", "\"a\0b\""s, "invalid_json", "at byte 2"},
    {"tab in key", "{\"a\tb\":1}", "invalid_json", "at byte 3"},
    {"unknown escape", "\"\\x41\"", "invalid_json", "at byte 2"},
    {"escape with a wrong digit", "\"\\u12g4\"", "invalid_json", "at byte 5"},
    {"lone high surrogate", "\"\\ud800\"", "invalid_json", ""},
    {"high surrogate and text", "\"\\ud800x\"", "invalid_json", ""},
    {"high surrogate and no low one", "\"\\ud800\\u0041\"", "invalid_json", ""},
    {"lone low surrogate", "\"\\udc00\"", "invalid_json", ""},
    {"byte ff", "\"\xFF\"", "invalid_utf8", "at byte 1"},
    {"lone continuation", "\"\x80\"", "invalid_utf8", ""},
    {"overlong slash", "\"\xC0\xAF\"", "invalid_utf8", ""},
    {"overlong nul", "\"\xE0\x80\x80\"", "invalid_utf8", ""},
    {"surrogate in UTF-8", "\"\xED\xA0\x80\"", "invalid_utf8", ""},
    {"beyond U+10FFFF", "\"\xF4\x90\x80\x80\"", "invalid_utf8", ""},
    {"half a sequence", "\"\xE2\x82\"", "invalid_utf8", ""},
    {"bad byte in key", "{\"\xFF\":1}", "invalid_utf8", ""},
    {"nul escape", "\"a\\u0000b\"", "nul_character", ""},
    {"nul escape in key", "{\"\\u0000\":1}", "nul_character", ""},
    {"duplicate", "{\"a\":1,\"a\":2}", "duplicate_key", "\"a\" is given twice, at byte 9"},
    {"duplicate by escape", "{\"a\":1,\"\\u0061\":2}", "duplicate_key", "\"a\""},
    {"duplicate inside", "[{\"x\":{\"b\":1,\"c\":0,\"b\":1}}]", "duplicate_key", "\"b\""},
    {"duplicate empty key", "{\"\":1,\"\":1}", "duplicate_key", "\"\""},
    {"duplicate of many", object_with_keys(100, "k3"), "duplicate_key", "\"k3\""},
    {"duplicate of the last of many", object_with_keys(100, "k99"), "duplicate_key", "\"k99\""},
    {"int64 and one", "9223372036854775808", "number_out_of_range", "at byte 19"},
    {"below int64", "-9223372036854775809", "number_out_of_range", ""},
    {"uint64 and one", "18446744073709551616", "number_out_of_range", ""},
    {"thirty digits", "123456789012345678901234567890", "number_out_of_range", ""},
    {"infinity by exponent", "1e400", "number_out_of_range", ""},
    {"zero by exponent", "1e-400", "number_out_of_range", ""},
    {"exponent beyond int", "1e99999999999", "number_out_of_range", ""},
    {"too deep", nested(33), "too_deep", "at byte 32"},
    {"deep as a bomb", std::string(50'000, '['), "too_deep", "at byte 32"},
    {"too many", numbers(10'000), "too_many_values", ""},
};

TEST(JsonParse, Refuses) {
  for (const Refusal& row : kRefusals) {
    SCOPED_TRACE(row.name);
    const base::Result<Value> result = parse(row.text);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, base::Code::kInvalid);
    EXPECT_STREQ(result.error().reason, row.reason) << result.error().detail;
    EXPECT_NE(result.error().detail.find(row.detail), std::string::npos) << result.error().detail;
  }
}

TEST(JsonParse, Takes) {
  struct Row {
    const char* text;
    const char* again;  // as the Writer writes it
  };
  const Row rows[] = {
      {"null", "null"},
      {" true ", "true"},
      {"false\n", "false"},
      {"0", "0"},
      {"-0", "0"},
      {"-0.0", "-0.0"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"1.0", "1.0"},
      {"1e2", "100.0"},
      {"1E+22", "1e+22"},
      {"0.1", "0.1"},
      {"5e-324", "5e-324"},
      {"1.7976931348623157e308", "1.7976931348623157e+308"},
      {"9007199254740993.0", "9007199254740992.0"},
      {"0.30000000000000004", "0.30000000000000004"},
      {"\"\"", "\"\""},
      {"\"\\u00e9\\ud83d\\ude00\\/\"", "\"é😀/\""},
      {"\"\\\"\\\\\\b\\f\\n\\r\\t\\u001f\\u007f\"", "\"\\\"\\\\\\b\\f\\n\\r\\t\\u001f\x7F\""},
      {"\"\\uffff\\ufffe\"", "\"\xEF\xBF\xBF\xEF\xBF\xBE\""},
      {"[]", "[]"},
      {"{}", "{}"},
      {"[ [ ] , { } ]", "[[],{}]"},
      {"{ \"b\" : 1 , \"a\" : [ null ] }", "{\"b\":1,\"a\":[null]}"},
      {"{\"a\":{\"a\":{\"a\":1}},\"\":[]}", "{\"a\":{\"a\":{\"a\":1}},\"\":[]}"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    const base::Result<Value> result = parse(row.text);
    ASSERT_TRUE(result.ok()) << result.error().detail;
    EXPECT_EQ(to_text(*result), row.again);
  }
}

TEST(JsonParse, LimitsAreExact) {
  EXPECT_TRUE(parse(nested(32)).ok());
  EXPECT_TRUE(parse(numbers(9'999)).ok());
  EXPECT_TRUE(parse("[[1]]", {.max_depth = 2}).ok());
  EXPECT_FALSE(parse("[[1]]", {.max_depth = 1}).ok());
  EXPECT_TRUE(parse("[[1]]", {.max_values = 3}).ok());
  EXPECT_FALSE(parse("[[1]]", {.max_values = 2}).ok());
}

TEST(JsonParse, KindsAreTold) {
  const base::Result<Value> result = parse(R"({"i":1,"d":1.0,"s":"x","b":true,"n":null,"a":[]})");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(*result->find("i")->if_integer(), 1);
  EXPECT_EQ(*result->find("d")->if_real(), 1.0);
  EXPECT_EQ(*result->find("s")->if_string(), "x");
  EXPECT_EQ(*result->find("b")->if_boolean(), true);
  EXPECT_TRUE(result->find("n")->is_null());
  EXPECT_TRUE(result->find("a")->if_array()->empty());
  EXPECT_EQ(result->find("i")->if_real(), nullptr);
  EXPECT_EQ(result->find("missing"), nullptr);
  EXPECT_EQ(result->find("a")->find("i"), nullptr);
}

TEST(JsonParse, LongKeyIsCutInTheDetail) {
  const std::string key(500, 'x');
  const base::Result<Value> result = parse("{\"" + key + "\":1,\"" + key + "\":1}");
  ASSERT_FALSE(result.ok());
  EXPECT_LT(result.error().detail.size(), 150U);
}

// Text of all kinds of code points and of what must be escaped; never U+0000.
std::string random_text(base::Random& random) {
  std::string text;
  for (std::uint64_t left = random.below(12); left > 0; --left) {
    switch (random.below(5)) {
      case 0:
        text += static_cast<char>(1 + random.below(0x1f));
        break;
      case 1:
        text += "\"\\/"[random.below(3)];
        break;
      case 2:
        text += "é";
        break;
      case 3:
        text += "😀";
        break;
      default:
        text += static_cast<char>('a' + random.below(26));
    }
  }
  return text;
}

double random_double(base::Random& random) {
  double number = 0;
  do {
    const std::uint64_t bits = random.next();
    std::memcpy(&number, &bits, sizeof number);
  } while (!std::isfinite(number));
  return number;
}

Value random_value(base::Random& random, int depth) {
  switch (random.below(depth > 0 ? 7 : 5)) {
    case 0:
      return Value();
    case 1:
      return Value(random.chance(0.5));
    case 2:
      return Value(static_cast<std::int64_t>(random.next() >> random.below(64)));
    case 3:
      return Value(random_double(random));
    case 4:
      return Value(random_text(random));
    case 5: {
      Value::Array items;
      for (std::uint64_t left = random.below(6); left > 0; --left) {
        items.push_back(random_value(random, depth - 1));
      }
      return Value(std::move(items));
    }
    default: {
      Value::Object members;
      for (std::uint64_t left = random.below(24); left > 0; --left) {
        members.emplace_back(std::to_string(left) + random_text(random),
                             random_value(random, depth - 1));
      }
      return Value(std::move(members));
    }
  }
}

TEST(JsonParse, WhatIsWrittenIsReadAgain) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    base::Random random(seed);
    const Value value = random_value(random, 4);
    const std::string text = to_text(value);
    const base::Result<Value> again = parse(text, {.max_values = 1'000'000});
    ASSERT_TRUE(again.ok()) << again.error().detail << "\n" << text;
    EXPECT_EQ(*again, value) << text;
  }
}

// Cut and flipped documents: whatever comes, parse() answers and a success is storable text.
TEST(JsonParse, DamagedDocuments) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    base::Random random(seed);
    std::string text = to_text(random_value(random, 3));
    for (int damage = 0; damage < 3 && !text.empty(); ++damage) {
      text[random.below(text.size())] = static_cast<char>(random.below(256));
    }
    const base::Result<Value> result = parse(text);
    if (!result.ok()) continue;
    const base::Result<Value> again = parse(to_text(*result));
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(*again, *result);
  }
}

}  // namespace
}  // namespace ashlar::json
