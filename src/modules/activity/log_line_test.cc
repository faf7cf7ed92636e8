#include "modules/activity/log_line.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"

namespace ashlar::activity {
namespace {

// "seconds.nanos user action endpoint", or "blank", or "malformed".
std::string read(std::string_view text, LineFormat format = LineFormat::kAuto) {
  // Exactly as large as the line, so that a sanitizer sees a byte read beyond it.
  const std::vector<char> exact(text.begin(), text.end());
  LogLineParser parser(format);
  LogLine line;
  switch (parser.parse({exact.data(), exact.size()}, line)) {
    case LineKind::kBlank:
      return "blank";
    case LineKind::kMalformed:
      return "malformed";
    case LineKind::kEvent:
      break;
  }
  return std::to_string(line.time.seconds) + "." + std::to_string(line.time.nanos) + "|" +
         std::string(line.user) + "|" + std::string(line.action) + "|" + std::string(line.endpoint);
}

struct Case {
  std::string_view line;
  std::string_view read;
};

TEST(LogLine, Plain) {
  using namespace std::string_view_literals;
  for (const auto& [line, wanted] : std::vector<Case>{
           {"1700000000 alice view", "1700000000.0|alice|view|view"},
           {"1700000000.25 alice view more of it", "1700000000.250000000|alice|view|view"},
           {"1700000000.123456789 a b", "1700000000.123456789|a|b|b"},
           {"1700000000.000000001 a b", "1700000000.1|a|b|b"},
           {"0 a b", "0.0|a|b|b"},
           {"0.9 a b", "0.900000000|a|b|b"},
           {"253402300799.999999999 a b", "253402300799.999999999|a|b|b"},
           {" \t1700000000\t \talice  view\t", "1700000000.0|alice|view|view"},
           {"1700000000 alice view\r", "1700000000.0|alice|view|view"},
           {"1700000000 a\xff\xfe"
            "b v\0w"sv,
            "1700000000.0|a\xff\xfe"
            "b|v\0w|v\0w"sv},
           {"1700000000 {\"user\" [x]", "1700000000.0|{\"user\"|[x]|[x]"},
           {"2023-11-14T22:13:20Z alice view", "1700000000.0|alice|view|view"},
           {"2023-11-14 22:13:20z alice view", "1700000000.0|alice|view|view"},
           {"2023-11-15t03:43:20.123456789+05:30 a b", "1700000000.123456789|a|b|b"},
           {"2016-12-31T23:59:60Z a b", "1483228800.0|a|b|b"},
           {"0001-01-01T00:00:00Z a b", "-62135596800.0|a|b|b"}}) {
    EXPECT_EQ(read(line), wanted) << line;
    EXPECT_EQ(read(line, LineFormat::kPlain), wanted) << line;
    EXPECT_EQ(read(line, LineFormat::kClf), "malformed") << line;
  }
  for (const std::string_view line : {"x",
                                      "alice view",
                                      "1700000000",
                                      "1700000000 alice",
                                      "1700000000 alice ",
                                      "1700000000.  a b",
                                      "1700000000.1234567890 a b",
                                      "-5 a b",
                                      "+5 a b",
                                      "1e9 a b",
                                      ".5 a b",
                                      "1700000000123 a b",
                                      "253402300800 a b",
                                      "1700000000,5 a b",
                                      "0x10 a b",
                                      "1700000000;a b c",
                                      "nan a b",
                                      "2023-02-29T00:00:00Z a b",
                                      "2023-11-14T22:13:20 a b",
                                      "2023-11-14T22:13:20Zalice view x",
                                      "2023-11-14T24:00:00Z a b",
                                      "2023-11-14T22:13:60Z a b",
                                      "0001-01-01T00:00:00+00:01 a b",
                                      "2023-11-14T22:13:20Z",
                                      "2023-1-14T22:13:20Z a b"}) {
    EXPECT_EQ(read(line), "malformed") << line;
  }
  for (const std::string_view line : {"", " ", "\t \t", "\r", " \r"}) {
    EXPECT_EQ(read(line), "blank") << line;
  }
}

TEST(LogLine, Clf) {
  for (
      const auto& [line, wanted] : std::vector<Case>{
          {R"(127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326)",
           "971211336.0|frank|GET|GET /apache_pb.gif"},
          {R"x(127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a?b=c HTTP/1.0" 200 1 "http://x/" "M (y; [z] \"q\")")x",
           "971211336.0|127.0.0.1|GET|GET /a"},
          {R"(::1 - "" [10/oct/2000:20:55:36 +0000] "POST /a#b HTTP/1.1" 304 -)",
           "971211336.0|::1|POST|POST /a"},
          {R"(host.example ident Anna van [1] Dyk [10/Oct/2000:20:55:36 +0000] "HEAD / HTTP/1.1" 200 0)",
           "971211336.0|Anna van [1] Dyk|HEAD|HEAD /"},
          {R"(10-20.example - - [10/Oct/2000:20:55:36 +0000] "-" 408 0)",
           "971211336.0|10-20.example|-|-"},
          {R"(h - - [10/Oct/2000:20:55:36 +0000] "" 400 0)", "971211336.0|h|-|-"},
          {R"(h - - [10/Oct/2000:20:55:36 +0000] "\x16\x03\x01" 400 0)",
           R"(971211336.0|h|\x16\x03\x01|\x16\x03\x01)"},
          {R"(h - - [10/Oct/2000:20:55:36 +0000] "GET /say\"hi\"\\ HTTP/1.0" 400 0)",
           R"(971211336.0|h|GET|GET /say\"hi\"\\)"},
          {R"(h - - [10/Oct/2000:20:55:36 +0000] "GET /old")", "971211336.0|h|GET|GET /old"},
          {R"(h - - [10/Oct/2000:20:55:36 +0000] "GET ?x HTTP/1.0")",
           "971211336.0|h|GET ?x HTTP/1.0|GET ?x HTTP/1.0"},
          {"h\t-\t-\t[10/Oct/2000:20:55:36 +0000]\t\"GET /x HTTP/1.0\"\r",
           "971211336.0|h|GET|GET /x"}}) {
    EXPECT_EQ(read(line), wanted) << line;
    EXPECT_EQ(read(line, LineFormat::kClf), wanted) << line;
    EXPECT_EQ(read(line, LineFormat::kPlain), "malformed") << line;
  }
  for (const std::string_view line :
       {R"(h - [10/Oct/2000:20:55:36 +0000] "GET / HTTP/1.0" 200 1)",
        R"(h - - 10/Oct/2000:20:55:36 +0000 "GET / HTTP/1.0" 200 1)",
        R"(h - - [10/Oct/2000:20:55:36 +0000] GET / HTTP/1.0 200 1)",
        R"(h - - [10/Oct/2000:20:55:36 +0000] "GET / HTTP/1.0)",
        R"(h - - [10/Oct/2000:20:55:36 +0000] "GET /\")", R"(h - - [10/Oct/2000:20:55:36 +0000])",
        R"(h - - [32/Oct/2000:20:55:36 +0000] "GET / HTTP/1.0")",
        R"(h - - [10/Okt/2000:20:55:36 +0000] "GET / HTTP/1.0")",
        R"(h - - [10/Oct/2000:20:55:36 +00:0] "GET / HTTP/1.0")",
        R"(h - - [10/Oct/2000:20:55:36 00000] "GET / HTTP/1.0")", "h - - [", "h - -", "h"}) {
    EXPECT_EQ(read(line), "malformed") << line;
  }
}

TEST(LogLine, SaysWhyALineIsMalformed) {
  constexpr std::string_view kNoTime = "it begins with no time: neither Unix seconds nor RFC 3339";
  constexpr std::string_view kNoClfTime = "no [time] as access logs have it";
  const auto why = [](std::string_view line, LineFormat format = LineFormat::kAuto) {
    EXPECT_EQ(read(line, format), "malformed") << line;
    const std::vector<char> exact(line.begin(), line.end());
    return LogLineParser(format).why_malformed({exact.data(), exact.size()});
  };
  for (const auto& [line, wanted] : std::vector<Case>{
           {"alice view", kNoTime},
           {"1700000000123 a b", kNoTime},
           {"1700000000x a b", kNoTime},
           {" 2023-02-29T00:00:00Z a b\r", kNoTime},
           {"1700000000", "no user after the time"},
           {"2023-11-14T22:13:20Z \r", "no user after the time"},
           {"1700000000 alice ", "no action after the user"},
           {R"(h - - [10/Okt/2000:20:55:36 +0000] "GET / HTTP/1.0")", kNoClfTime},
           {"h - - [", kNoClfTime},
           {R"(h - [10/Oct/2000:20:55:36 +0000] "GET / HTTP/1.0" 200 1)",
            "no \"host ident user\" before the [time]"},
           {R"(h - -[10/Oct/2000:20:55:36 +0000] "GET / HTTP/1.0" 200 1)",
            "no \"host ident user\" before the [time]"},
           {R"(h - - [10/Oct/2000:20:55:36 +0000])", "no request in quotes after the [time]"},
           {R"(h - - [10/Oct/2000:20:55:36 +0000] "GET /\")",
            "no request in quotes after the [time]"},
           {"{", "not one JSON object with plain values"},
           {R"({"at":1,"user":[]})", "not one JSON object with plain values"},
           {R"({"user":"a","action":"b"})", "no \"at\""},
           {R"({"at":"yesterday"})", "\"at\" is neither Unix seconds nor an RFC 3339 time"}}) {
    EXPECT_EQ(why(line), wanted) << line;
  }
  EXPECT_EQ(why("{}", LineFormat::kPlain), kNoTime);
  EXPECT_EQ(why("1 a b", LineFormat::kClf), kNoClfTime);
  EXPECT_EQ(why("1 a b", LineFormat::kJson), "not one JSON object with plain values");
}

// The parser remembers the last time's text; a wrong one in between must not be taken for it.
TEST(LogLine, ClfTimesAreReadAnewWhenTheyChange) {
  LogLineParser parser(LineFormat::kAuto);
  LogLine line;
  const auto seconds = [&](const std::string& time) -> std::int64_t {
    const std::string text = "h - - [" + time + "] \"GET / HTTP/1.0\" 200 1";
    return parser.parse(text, line) == LineKind::kEvent ? line.time.seconds : -1;
  };
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(seconds("10/Oct/2000:13:55:36 -0700"), 971211336);
    EXPECT_EQ(seconds("10/Oct/2000:13:55:36 -0700"), 971211336);
    EXPECT_EQ(seconds("10/Oct/2000:13:55:61 -0700"), -1);
    EXPECT_EQ(seconds("10/Oct/2000:13:55:61 -0700"), -1);
    EXPECT_EQ(seconds("10/Oct/2000:13:55:37 -0700"), 971211337);
    EXPECT_EQ(seconds("10/Oct/2000:13:55:37 -0800"), 971214937);
  }
}

TEST(LogLine, Json) {
  for (const auto& [line, wanted] : std::vector<Case>{
           {R"({"at":1700000000,"user":"alice","action":"view"})", "1700000000.0|alice|view|view"},
           {R"( { "endpoint" : "/x" , "user" : "a" , "at" : 1700000000.5 , "action" : "v" } )",
            "1700000000.500000000|a|v|/x"},
           {R"({"at":"2023-11-14T22:13:20.000000001Z","user":"a"})", "1700000000.1|a||"},
           {R"({"at":"1700000000.5","action":"v"})", "1700000000.500000000||v|v"},
           {R"({"ts":1,"user_id":42,"event":"e","path":"/p"})", "1.0|42|e|/p"},
           {R"({"timestamp":1,"userId":-7.5})", "1.0|-7.5||"},
           {R"({"at":1,"user":"a","user":"b"})", "1.0|b||"},
           {R"({"at":1,"user":"a","user_id":null})", "1.0|||"},
           {R"({"at":1,"user":"a\"b\\c\/\b\f\n\r\tA\u00e9\u20ac\ud83d\ude00"})",
            "1.0|a\"b\\c/\b\f\n\r\tAé€😀||"},
           {R"({"\u0061t":1,"us\u0065r":"x"})", "1.0|x||"},
           {R"({"tags":{"a":[1,{"b":"}]"},[]],"c":{}},"x":true,"y":-1.5e+3,"at":1,"user":"u"})",
            "1.0|u||"},
           {"{\"at\":1,\"user\":\"\xff\"}\r", "1.0|\xff||"}}) {
    EXPECT_EQ(read(line), wanted) << line;
    EXPECT_EQ(read(line, LineFormat::kJson), wanted) << line;
  }
  for (const std::string_view line : {"{",
                                      "{}",
                                      "{\"at\":1",
                                      "{\"at\":1,}",
                                      "{\"at\":1}}",
                                      "{\"at\":1} x",
                                      "{\"at\"}",
                                      "{at:1}",
                                      "{\"at\":}",
                                      "{\"at\":null,\"user\":\"a\"}",
                                      "{\"at\":true}",
                                      "{\"at\":-1}",
                                      "{\"at\":1e9}",
                                      "{\"at\":\"yesterday\"}",
                                      "{\"at\":\"1 \"}",
                                      "{\"at\":1,\"user\":tru}",
                                      "{\"at\":1,\"user\":[]}",
                                      "{\"at\":1,\"user\":\"a}",
                                      "{\"at\":1,\"user\":\"\\\"}",
                                      "{\"at\":1,\"user\":\"\\x\"}",
                                      "{\"at\":1,\"user\":\"\\u12\"}",
                                      "{\"at\":1,\"user\":\"\\ud800\"}",
                                      "{\"at\":1,\"user\":\"\\ude00\"}",
                                      "{\"at\":1,\"user\":\"a\tb\"}",
                                      "{\"at\":1,\"x\":[}",
                                      "{\"at\":1,\"x\":{]}}",
                                      "{\"at\":1,\"x\":]}",
                                      "{\"user\":\"a\"}",
                                      "{\"at\":1 \"user\":\"a\"}"}) {
    EXPECT_EQ(read(line), "malformed") << line;
  }
  const std::string deep(64, '[');
  EXPECT_EQ(read(R"({"at":1,"x":)" + deep + std::string(64, ']') + "}"), "1.0|||");
  EXPECT_EQ(read(R"({"at":1,"x":[)" + deep + std::string(65, ']') + "}"), "malformed");
}

// Against base/time.h's reader, which has microseconds.
TEST(LogLine, Rfc3339AgreesWithBase) {
  base::Random random(7);
  const std::string_view pieces[] = {
      "2023-11-14", "2024-02-29", "1969-12-31", "9999-12-31", "T",  "t",
      " ",          "22:13:20",   "23:59:60",   "25:00:00",   ".5", ".123456789",
      ".",          "Z",          "+05:30",     "-00:01",     "z",  "1"};
  int agreed = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    const std::uint64_t parts = 3 + random.below(3);
    for (std::uint64_t part = 0; part < parts; ++part) {
      const std::size_t from = part == 0 ? 0 : part == 1 ? 4 : part == 2 ? 7 : 10;
      text +=
          pieces[random.chance(0.05) ? random.below(18) : from + random.below(part < 2 ? 3 : 4)];
    }
    const auto wanted = base::parse_rfc3339(text);
    const char* at = text.data();
    CivilDays civil;
    LogTime time;
    const bool took =
        take_rfc3339(at, text.data() + text.size(), civil, time) && at == text.data() + text.size();
    ASSERT_EQ(took, wanted.has_value()) << text;
    if (!took) continue;
    ++agreed;
    const auto micros = time.seconds * 1'000'000 + time.nanos / 1000;
    ASSERT_EQ(micros, base::to_micros(*wanted)) << text;
  }
  EXPECT_GT(agreed, 10'000);
}

TEST(LogLine, DigitsAreReadAlikeWhereverTheyStand) {
  base::Random random(11);
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    const std::uint64_t count = random.below(15);
    std::uint64_t value = 0;
    std::size_t read_count = 0;
    for (std::uint64_t j = 0; j < count; ++j) text += static_cast<char>('0' + random.below(10));
    const std::size_t digits = text.size();
    text += static_cast<char>(random.below(256));
    if (is_digit(text.back())) text.pop_back();
    for (std::uint64_t j = random.below(12); j > 0 && text.size() > digits; --j) {
      text += static_cast<char>(random.below(256));
    }
    const std::vector<char> exact(text.begin(), text.end());
    for (; read_count < digits && read_count < 13; ++read_count) {
      value = value * 10 + static_cast<std::uint64_t>(text[read_count] - '0');
    }
    const Digits got = take_digits(exact.data(), exact.data() + exact.size(), 12);
    ASSERT_EQ(got.count, read_count) << text;
    ASSERT_EQ(got.value, value) << text;
    const char* const blank = find_blank(exact.data(), exact.data() + exact.size());
    ASSERT_EQ(static_cast<std::size_t>(blank - exact.data()),
              std::min(text.find_first_of(" \t"), text.size()));
  }
}

}  // namespace
}  // namespace ashlar::activity
