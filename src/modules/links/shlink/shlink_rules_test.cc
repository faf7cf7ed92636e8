#include "modules/links/shlink/shlink_rules.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "modules/links/shlink/shlink_error.h"
#include "platform/json/parse.h"

namespace ashlar::links::shlink {
namespace {

base::Result<std::vector<RuleJson>> read(const std::string& conditions) {
  const auto value =
      json::parse(R"([{"longUrl":"https://example.com/","conditions":)" + conditions + "}]");
  return rules_from(*value->if_array());
}

std::string written(const RuleJson& rule) {
  std::string text;
  json::Writer out(text);
  write_rules(out, "https://example.com/own", {rule});
  return text;
}

std::string condition(const std::string& type, const std::string& key, const std::string& value) {
  return R"({"type":")" + type + R"(","matchKey":)" + key + R"(,"matchValue":)" + value + "}";
}

TEST(ShlinkRulesTest, EachConditionComesBackAsItWasGiven) {
  const std::vector<std::string> conditions{
      condition("device", "null", "\"android\""),
      condition("device", "null", "\"ios\""),
      condition("device", "null", "\"windows\""),
      condition("device", "null", "\"macos\""),
      condition("device", "null", "\"linux\""),
      condition("device", "null", "\"chromeos\""),
      condition("device", "null", "\"mobile\""),
      condition("device", "null", "\"desktop\""),
      condition("language", "null", "\"de-AT\""),
      condition("query-param", "\"a\"", "\"b\""),
      condition("any-value-query-param", "\"a\"", "null"),
      condition("valueless-query-param", "\"a\"", "null"),
      condition("before-date", "null", "\"2026-11-22T10:00:00Z\""),
      condition("after-date", "null", "\"2026-11-22T10:00:00Z\""),
      condition("browser", "null", "\"chrome\""),
      condition("browser", "null", "\"firefox\""),
      condition("browser", "null", "\"edge\""),
      condition("browser", "null", "\"safari\""),
      condition("browser", "null", "\"opera\""),
      condition("geolocation-country-code", "null", "\"DE\""),
  };
  for (const std::string& each : conditions) {
    const auto rules = read("[" + each + "]");
    ASSERT_TRUE(rules.ok()) << each;
    ASSERT_EQ(rules->size(), 1U);
    EXPECT_EQ(written(rules->front()),
              R"({"defaultLongUrl":"https://example.com/own","redirectRules":[)"
              R"({"longUrl":"https://example.com/","priority":1,"conditions":[)" +
                  each + "]}]}");
  }
}

TEST(ShlinkRulesTest, WhatHasNoConditionHereIsRefused) {
  const std::vector<std::string> lists{
      "[" + condition("ip-address", "null", "\"192.0.2.1\"") + "]",
      "[" + condition("geolocation-city-name", "null", "\"Graz\"") + "]",
      "[" + condition("browser", "null", "\"android_browser\"") + "]",
      "[" + condition("device", "null", "\"toaster\"") + "]",
      "[" + condition("query-param", "null", "\"b\"") + "]",
      "[" + condition("before-date", "null", "\"soon\"") + "]",
      "[" + condition("colour", "null", "\"red\"") + "]",
      // No visit is both.
      "[" + condition("device", "null", "\"ios\"") + "," +
          condition("device", "null", "\"android\"") + "]",
      "[" + condition("language", "null", "\"de\"") + "," +
          condition("language", "null", "\"en\"") + "]",
      "[{}]",
      "[1]",
      "{}",
  };
  for (const std::string& list : lists) {
    const auto rules = read(list);
    ASSERT_FALSE(rules.ok()) << list;
    EXPECT_EQ(element_of(rules.error().fields.front().field), "redirectRules");
  }
}

TEST(ShlinkRulesTest, TheSameTwiceIsOnce) {
  const std::string ios = condition("device", "null", "\"ios\"");
  const std::string mobile = condition("device", "null", "\"mobile\"");
  const auto rules = read("[" + ios + "," + mobile + "," + ios + "]");
  ASSERT_TRUE(rules.ok());
  EXPECT_EQ(rules->front().os, std::vector<std::string>{"ios"});
  EXPECT_EQ(rules->front().devices, std::vector<std::string>{"mobile"});
}

TEST(ShlinkRulesTest, SeveralValuesAreSeveralRules) {
  RuleJson rule;
  rule.url = "https://example.com/";
  rule.os = {"ios", "android"};
  rule.languages = {"de", "en", "fr"};
  const std::string text = written(rule);
  EXPECT_NE(text.find(R"("priority":6)"), std::string::npos) << text;
  EXPECT_EQ(text.find(R"("priority":7)"), std::string::npos) << text;
  rule.query.assign(8, {"a", std::nullopt});
  rule.languages.assign(1'000, "de");
  EXPECT_EQ(written(rule).find(R"("priority":501)"), std::string::npos);
}

}  // namespace
}  // namespace ashlar::links::shlink
