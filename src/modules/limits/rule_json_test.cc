#include "modules/limits/rule_json.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ashlar::limits {
namespace {

std::string document(const std::string& rules) { return R"({"rules":[)" + rules + "]}"; }

std::vector<std::string> errors_of(const std::string& text) {
  const auto read = read_rules(text);
  if (read.ok()) return {"ok"};
  std::vector<std::string> found;
  for (const base::FieldError& field : read.error().fields) {
    found.push_back(field.field + " " + field.reason);
  }
  if (found.empty()) found.emplace_back(read.error().reason);
  return found;
}

TEST(RuleJson, ReadsEveryField) {
  const auto read = read_rules(document(
      R"({"name":"orders","description":"Per user.","where":{"plan":["free","trial"],)"
      R"("endpoint":"POST /orders*"},"key":["user","endpoint"],"algorithm":"gcra","limit":100,)"
      R"("period_ms":1500,"burst":250,"cost":3,"shadow":true,"on_failure":"closed",)"
      R"("keeping":"leased"})"));
  ASSERT_TRUE(read.ok()) << read.error().detail;
  Rule rule;
  rule.name = "orders";
  rule.description = "Per user.";
  rule.where = {{"endpoint", {"POST /orders*"}}, {"plan", {"free", "trial"}}};
  rule.key = {"user", "endpoint"};
  rule.limit.name = "orders";
  rule.limit.algorithm = Algorithm::kGcra;
  rule.limit.amount = 100;
  rule.limit.period = std::chrono::milliseconds{1500};
  rule.limit.burst = 250;
  rule.limit.phase_per_key = true;
  rule.limit.shadow = true;
  rule.limit.on_failure = OnFailure::kClosed;
  rule.limit.keeping = Keeping::kLeased;
  rule.cost = 3;
  EXPECT_EQ(*read, std::vector<Rule>{rule});
}

TEST(RuleJson, WhatIsLeftOutHasItsDefault) {
  const auto read = read_rules(document(R"({"name":"all","limit":5,"per":"day"})"));
  ASSERT_TRUE(read.ok()) << read.error().detail;
  const Rule& rule = read->front();
  EXPECT_TRUE(rule.where.empty());
  EXPECT_TRUE(rule.key.empty());
  EXPECT_EQ(rule.limit.algorithm, Algorithm::kTokenBucket);
  EXPECT_EQ(rule.limit.period, std::chrono::hours{24});
  EXPECT_EQ(rule.limit.burst, 0U);
  EXPECT_TRUE(rule.limit.phase_per_key);
  EXPECT_FALSE(rule.limit.shadow);
  EXPECT_EQ(rule.cost, 1U);
}

TEST(RuleJson, WhatIsWrittenIsReadBackTheSame) {
  const auto read = read_rules(document(
      R"({"name":"a","limit":5.0,"per":"second"},)"
      R"({"name":"b","where":{"address":["10.0.0.0/8","::1"],"user":"*"},"key":["address"],)"
      R"("algorithm":"sliding_log","limit":0,"period_ms":60000,"shadow":true,"cost":2},)"
      R"({"name":"c","algorithm":"fixed_window","limit":9007199254740992,"period_ms":1})"));
  ASSERT_TRUE(read.ok()) << read.error().detail;
  const std::string text = rules_text(*read);
  const auto again = read_rules(text);
  ASSERT_TRUE(again.ok()) << again.error().detail;
  EXPECT_EQ(*again, *read);
  EXPECT_EQ(rules_text(*again), text);
}

TEST(RuleJson, EveryErrorNamesRuleFieldAndReason) {
  struct Row {
    std::string rules;
    std::vector<std::string> errors;
  };
  const std::string long_text(300, 'x');
  const std::vector<Row> rows{
      {R"(7)", {"/rules/0 wrong_type"}},
      {R"({})",
       {"/rules/0/name required", "/rules/0/limit required", "/rules/0/per period_missing"}},
      {R"({"name":"a","limit":1,"per":"second"},{"name":"b c","limit":1,"per":"second"})",
       {"/rules/1/name bad_format"}},
      {R"({"name":"a","limit":1,"per":"second"},{"name":"a","limit":2,"per":"second"})",
       {"/rules/1/name duplicate"}},
      {R"({"name":"a","limit":-1,"per":"second"})", {"/rules/0/limit out_of_range"}},
      {R"({"name":"a","limit":"1","per":"second"})", {"/rules/0/limit wrong_type"}},
      {R"({"name":"a","limit":1.5,"per":"second"})", {"/rules/0/limit wrong_type"}},
      {R"({"name":"a","limit":null,"per":"second"})", {"/rules/0/limit null_not_allowed"}},
      {R"({"name":"a","limit":1,"per":"week"})", {"/rules/0/per not_allowed"}},
      {R"({"name":"a","limit":1,"per":"second","period_ms":5})",
       {"/rules/0/period_ms period_twice"}},
      {R"({"name":"a","limit":1,"period_ms":0})", {"/rules/0/period_ms out_of_range"}},
      {R"({"name":"a","limit":1,"period_ms":31622400001})", {"/rules/0/period_ms out_of_range"}},
      {R"({"name":"a","limit":0,"per":"second"})", {"/rules/0/limit bad_amount"}},
      {R"({"name":"a","limit":1,"per":"day","burst":9007199254740992})",
       {"/rules/0/burst fill_too_long"}},
      {R"({"name":"a","limit":1,"per":"second","algorithm":"leaky"})",
       {"/rules/0/algorithm not_allowed"}},
      {R"({"name":"a","limit":1,"per":"second","algorithm":"fixed_window","burst":2})",
       {"/rules/0/burst not_for_windows"}},
      {R"({"name":"a","limit":1,"per":"second","burst":0})", {"/rules/0/burst out_of_range"}},
      {R"({"name":"a","limit":1,"per":"second","cost":0})", {"/rules/0/cost out_of_range"}},
      {R"({"name":"a","limit":4,"per":"second","cost":5})", {"/rules/0/cost above_limit"}},
      {R"({"name":"a","limit":9,"per":"second","algorithm":"gcra","burst":4,"cost":5})",
       {"/rules/0/cost above_limit"}},
      {R"({"name":"a","limit":1,"per":"second","shadow":1})", {"/rules/0/shadow wrong_type"}},
      {R"({"name":"a","limit":1,"per":"second","on_failure":"fail"})",
       {"/rules/0/on_failure not_allowed"}},
      {R"({"name":"a","limit":1,"per":"second","keeping":1})", {"/rules/0/keeping wrong_type"}},
      {R"({"name":"a","limit":1,"per":"second","unit":"x"})", {"/rules/0/unit unknown_field"}},
      {R"({"name":"a","limit":1,"per":"second","a/b":"x"})", {"/rules/0/a~1b unknown_field"}},
      {R"({"name":"a","limit":1,"per":"second","where":[]})", {"/rules/0/where wrong_type"}},
      {R"({"name":"a","limit":1,"per":"second","where":{"user":7}})",
       {"/rules/0/where/user wrong_type"}},
      {R"({"name":"a","limit":1,"per":"second","where":{"user":[]}})",
       {"/rules/0/where/user too_many_items"}},
      {R"({"name":"a","limit":1,"per":"second","where":{"user":["a",1]}})",
       {"/rules/0/where/user wrong_type"}},
      {R"({"name":"a","limit":1,"per":"second","where":{"user":"a*b"}})",
       {"/rules/0/where/user bad_pattern"}},
      {R"({"name":"a","limit":1,"per":"second","where":{"user":""}})",
       {"/rules/0/where/user too_short"}},
      {R"({"name":"a","limit":1,"per":"second","where":{"user":")" + long_text + R"("}})",
       {"/rules/0/where/user too_long"}},
      {R"({"name":"a","limit":1,"per":"second","where":{"User":"a"}})",
       {"/rules/0/where/User bad_format"}},
      {R"({"name":"a","limit":1,"per":"second","where":{"address":"10.0.0.0/33"}})",
       {"/rules/0/where/address bad_address"}},
      {R"({"name":"a","limit":1,"per":"second","where":{"address":"10.*"}})",
       {"/rules/0/where/address bad_address"}},
      {R"({"name":"a","limit":1,"per":"second","key":"user"})", {"/rules/0/key wrong_type"}},
      {R"({"name":"a","limit":1,"per":"second","key":["user","user"]})",
       {"/rules/0/key/1 duplicate"}},
      {R"({"name":"a","limit":1,"per":"second","key":["a b"]})", {"/rules/0/key/0 bad_format"}},
  };
  for (const Row& row : rows) EXPECT_EQ(errors_of(document(row.rules)), row.errors) << row.rules;
}

TEST(RuleJson, DocumentsAreWhole) {
  EXPECT_EQ(errors_of("{}"), std::vector<std::string>{"/rules required"});
  EXPECT_EQ(errors_of(R"({"rules":{}})"), std::vector<std::string>{"/rules wrong_type"});
  EXPECT_EQ(errors_of(R"([])"), std::vector<std::string>({" wrong_type"}));
  EXPECT_EQ(errors_of(R"({"rules":[],"x":1})"), std::vector<std::string>{"/x unknown_field"});
  EXPECT_EQ(errors_of("{"), std::vector<std::string>{"invalid_json"});
  EXPECT_EQ(errors_of(document("")), std::vector<std::string>{"ok"});
  EXPECT_EQ(errors_of(std::string(kMaxRulesBytes + 1, ' ')),
            std::vector<std::string>{"/rules rules_too_large"});
}

TEST(RuleJson, AMessageSaysWhichRule) {
  const auto read =
      read_rules(document(R"({"name":"per-user","limit":1,"per":"second","burst":0})"));
  ASSERT_FALSE(read.ok());
  EXPECT_NE(read.error().detail.find("\"per-user\""), std::string::npos) << read.error().detail;
  EXPECT_STREQ(read.error().reason, "invalid_rules");
}

TEST(RuleJson, TooManyRulesAreRefusedAndErrorsAreBounded) {
  std::string rules;
  for (std::size_t i = 0; i < kMaxRules + 1; ++i) rules += i == 0 ? "{}" : ",{}";
  EXPECT_EQ(errors_of(document(rules)), std::vector<std::string>{"/rules too_many_items"});
  EXPECT_LE(errors_of(document(rules.substr(0, 3 * 1000 - 1))).size(), RuleErrors::kMax);
}

}  // namespace
}  // namespace ashlar::limits
