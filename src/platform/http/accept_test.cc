#include "platform/http/accept.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ashlar::http {
namespace {

TEST(Accept, KnowsWhoTakesGzip) {
  const std::vector<std::pair<std::string, bool>> cases = {
      {"", false},
      {"gzip", true},
      {"GZIP", true},
      {"x-gzip", true},
      {"gzip, deflate, br, zstd", true},
      {"br;q=1.0, gzip;q=0.8, *;q=0.1", true},
      {"deflate", false},
      {"gzip;q=0", false},
      {"gzip;q=0.000", false},
      {"gzip ; q=0.001", true},
      {"gzip;Q=1", true},
      {"*", true},
      {"*;q=0", false},
      {"*, gzip;q=0", false},
      {"gzip;q=0.5, identity;q=0.6", false},
      {"gzip;q=0.5, identity;q=0.5", true},
      {"identity", false},
      {"identity;q=0, gzip;q=0.1", true},
      {"gzip;q=x", false},
      {"gzip;q=1.1", false},
      {"gzip;q=2", false},
      {"gzip;q=0.1234", false},
      {"gzip;q=", false},
      {"gzip;q=-1", false},
      {"gzip;q=0,5", false},
      {"gzipped", false},
      {",,gzip,,", true},
      {"br;a=\"x\"; q=1, gzip", true},
  };
  for (const auto& [value, accepted] : cases) EXPECT_EQ(accepts_gzip(value), accepted) << value;
}

TEST(Accept, ReadsIdempotencyKeys) {
  const std::vector<std::pair<std::string, std::string>> good = {
      {"abc", "abc"},
      {"\"abc\"", "abc"},
      {"8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"},
      {"\"a\\\"b\\\\c\"", "a\"b\\c"},
      {"a\"b\\c", "a\"b\\c"},
      {"a", "a"},
      {"!~", "!~"},
      {std::string(255, 'k'), std::string(255, 'k')},
      {"\"" + std::string(255, 'k') + "\"", std::string(255, 'k')},
  };
  for (const auto& [value, key] : good) EXPECT_EQ(parse_idempotency_key(value), key) << value;
  const std::vector<std::string> bad = {"",
                                        "\"\"",
                                        "\"",
                                        "\"abc",
                                        "\"a\"b\"",
                                        "\"abc\\\"",
                                        "\"a\\bc\"",
                                        "a b",
                                        "\"a b\"",
                                        "a\tb",
                                        "z\xc3\xbc",
                                        "a\x7f",
                                        "\"abc\";p",
                                        "\"abc\" ",
                                        "\"\\",
                                        std::string("a\0b", 3),
                                        std::string(256, 'k'),
                                        "\"" + std::string(256, 'k') + "\""};
  for (const std::string& value : bad)
    EXPECT_EQ(parse_idempotency_key(value), std::nullopt) << value;
}

TEST(Accept, FindsACookie) {
  const std::vector<std::pair<std::string, std::optional<std::string_view>>> cases = {
      {"", std::nullopt},     {"s=1", "1"},
      {"a=b; s=1; c=d", "1"}, {"a=b;s=1", "1"},
      {"s=\"1\"", "1"},       {"s=", ""},
      {"s=\"", "\""},         {"s=a=b", "a=b"},
      {"s=1; s=2", "1"},      {"ss=1; S=2", std::nullopt},
      {"s", std::nullopt},    {"x=\"; s=2", "2"},
  };
  for (const auto& [field, value] : cases) EXPECT_EQ(cookie_value(field, "s"), value) << field;
}

}  // namespace
}  // namespace ashlar::http
