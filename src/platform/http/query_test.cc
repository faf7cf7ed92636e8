#include "platform/http/query.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ashlar::http {
namespace {

TEST(Query, TakesParametersApart) {
  const std::vector<std::pair<std::string, QueryParameters>> cases = {
      {"", {}},
      {"a=1", {{"a", "1"}}},
      {"a=1&b=2", {{"a", "1"}, {"b", "2"}}},
      {"b=x+y%2F%c3%bc", {{"b", "x y/\xc3\xbc"}}},
      {"a%20b=%2B", {{"a b", "+"}}},
      {"a", {{"a", ""}}},
      {"a=", {{"a", ""}}},
      {"a==b=c", {{"a", "=b=c"}}},
      {"&&a=1&&b=2&", {{"a", "1"}, {"b", "2"}}},
      {"a;b=1", {{"a;b", "1"}}},
      {"A=1&a=2", {{"A", "1"}, {"a", "2"}}},
  };
  for (const auto& [query, parameters] : cases) {
    const auto parsed = parse_query(query);
    ASSERT_TRUE(parsed.ok()) << query;
    EXPECT_EQ(*parsed, parameters) << query;
  }
}

TEST(Query, NamesEveryFault) {
  struct Case {
    std::string query, fields;
  };
  const std::vector<Case> cases = {
      {"a=%", "?a bad_percent_encoding;"},
      {"a=%2", "?a bad_percent_encoding;"},
      {"a=%zz", "?a bad_percent_encoding;"},
      {"%=1", "?% bad_percent_encoding;"},
      {"a=%ff", "?a bad_utf8;"},
      {"%c0%af=1", "?%c0%af bad_utf8;"},
      {"\xff=1", "? bad_utf8;"},
      {"a=1&a=2", "?a duplicate_parameter;"},
      {"a=1&%61=2", "?a duplicate_parameter;"},
      {"=1", "? empty_name;"},
      {"a=%&b=1&b=2&c=3", "?a bad_percent_encoding;?b duplicate_parameter;"},
  };
  for (const Case& c : cases) {
    const auto parsed = parse_query(c.query);
    ASSERT_FALSE(parsed.ok()) << c.query;
    EXPECT_EQ(parsed.error().code, base::Code::kInvalid);
    EXPECT_STREQ(parsed.error().reason, "bad_query");
    std::string fields;
    for (const base::FieldError& field : parsed.error().fields) {
      fields += field.field + " " + field.reason + ";";
      EXPECT_NE(field.detail, "");
    }
    EXPECT_EQ(fields, c.fields) << c.query;
  }
}

TEST(Query, IsBounded) {
  std::string query;
  for (std::size_t i = 0; i < kMaxQueryParameters; ++i) query += "&a" + std::to_string(i);
  ASSERT_TRUE(parse_query(query).ok());
  EXPECT_EQ(parse_query(query)->size(), kMaxQueryParameters);
  const auto parsed = parse_query(query + "&b");
  ASSERT_FALSE(parsed.ok());
  EXPECT_STREQ(parsed.error().fields.at(0).reason, "too_many_parameters");
}

}  // namespace
}  // namespace ashlar::http
