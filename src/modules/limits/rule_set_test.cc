#include "modules/limits/rule_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "platform/http/ip_address.h"

namespace ashlar::limits {
namespace {

Rule make_rule(std::string name, std::vector<Condition> where, std::vector<std::string> key) {
  Rule rule;
  rule.name = name;
  rule.where = std::move(where);
  rule.key = std::move(key);
  rule.limit.name = std::move(name);
  rule.limit.amount = 10;
  rule.limit.period = std::chrono::seconds{1};
  return rule;
}

std::shared_ptr<const RuleSet> compile(std::vector<Rule> rules) {
  auto set = RuleSet::compile(
      std::move(rules),
      {.owner = "tenant/1", .tenant = base::TenantId(1), .usage = nullptr, .seed = {1, 2}});
  CHECK(set.ok());
  return *set;
}

std::vector<std::string> names(const RuleSet& set, const std::vector<Attribute>& attributes) {
  std::vector<const CompiledRule*> found;
  set.match(attributes, found);
  std::vector<std::string> out;
  for (const CompiledRule* rule : found) out.push_back(rule->rule.name);
  return out;
}

// What rule.h says, without any index.
bool applies(const Rule& rule, const std::map<std::string, std::string>& attributes) {
  for (const std::string& name : rule.key) {
    if (!attributes.contains(name)) return false;
  }
  for (const Condition& condition : rule.where) {
    const auto value = attributes.find(condition.attribute);
    if (value == attributes.end()) return false;
    const bool holds = std::ranges::any_of(condition.any_of, [&](const std::string& pattern) {
      if (pattern == "*") return true;
      if (condition.attribute == "address") {
        return http::parse_ip_block(pattern)->contains(*http::parse_ip(value->second));
      }
      if (pattern.ends_with('*')) {
        return value->second.starts_with(pattern.substr(0, pattern.size() - 1));
      }
      return value->second == pattern;
    });
    if (!holds) return false;
  }
  return true;
}

TEST(RuleSet, ConditionsAndKeysDecideWhichApply) {
  const auto set = compile({
      make_rule("all", {}, {}),
      make_rule("users", {}, {"user"}),
      make_rule("api", {{"endpoint", {"/api/*"}}}, {"user"}),
      make_rule("login", {{"endpoint", {"/login", "/signup"}}}, {"address"}),
      make_rule("lan", {{"address", {"10.0.0.0/8", "2001:db8::/32"}}}, {}),
      make_rule("paid", {{"plan", {"pro"}}, {"endpoint", {"*"}}}, {}),
  });
  using Names = std::vector<std::string>;
  EXPECT_EQ(names(*set, {}), Names{"all"});
  EXPECT_EQ(names(*set, {{"user", "a"}}), (Names{"all", "users"}));
  EXPECT_EQ(names(*set, {{"user", "a"}, {"endpoint", "/api/x"}}), (Names{"all", "users", "api"}));
  EXPECT_EQ(names(*set, {{"endpoint", "/api/x"}}), Names{"all"});
  EXPECT_EQ(names(*set, {{"user", "a"}, {"endpoint", "/api"}}), (Names{"all", "users"}));
  EXPECT_EQ(names(*set, {{"endpoint", "/signup"}, {"address", "192.0.2.1"}}),
            (Names{"all", "login"}));
  EXPECT_EQ(names(*set, {{"endpoint", "/login"}, {"address", "10.1.2.3"}}),
            (Names{"all", "login", "lan"}));
  EXPECT_EQ(names(*set, {{"address", "2001:db8:1::7"}}), (Names{"all", "lan"}));
  EXPECT_EQ(names(*set, {{"plan", "pro"}}), Names{"all"});
  EXPECT_EQ(names(*set, {{"plan", "pro"}, {"endpoint", "x"}}), (Names{"all", "paid"}));
}

TEST(RuleSet, KeysAreUnambiguousTexts) {
  const auto set = compile({make_rule("one", {}, {"user"}), make_rule("two", {}, {"user", "plan"}),
                            make_rule("net", {}, {"address"}), make_rule("none", {}, {})});
  const auto key = [&](std::size_t rule, const std::vector<Attribute>& attributes) {
    std::string out;
    RuleSet::append_key(set->rules()[rule], attributes, out);
    return out;
  };
  EXPECT_EQ(key(0, {{"user", "a|b"}}), "a|b");
  EXPECT_EQ(key(1, {{"plan", "p"}, {"user", "a"}}), "a|p");
  EXPECT_NE(key(1, {{"user", "a|b"}, {"plan", "c"}}), key(1, {{"user", "a"}, {"plan", "b|c"}}));
  EXPECT_NE(key(1, {{"user", "a\\"}, {"plan", "|c"}}), key(1, {{"user", "a\\|"}, {"plan", "c"}}));
  EXPECT_EQ(key(2, {{"address", "192.0.2.7"}}), "192.0.2.7");
  EXPECT_EQ(key(2, {{"address", "::ffff:192.0.2.7"}}), "192.0.2.7");
  EXPECT_EQ(key(2, {{"address", "2001:db8:0:1::7"}}), "2001:db8:0:1::/64");
  EXPECT_EQ(key(2, {{"address", "2001:db8:0:1:ffff::"}}), "2001:db8:0:1::/64");
  EXPECT_EQ(key(3, {{"user", "a"}}), "");
}

TEST(RuleSet, IdsComeFromNameAndKeyNotFromWhatElseARuleSays) {
  Rule rule = make_rule("a", {}, {"user"});
  const std::uint64_t id = compile({rule})->rules()[0].limit->id();
  rule.limit.amount = 99;
  rule.where = {{"endpoint", {"x"}}};
  EXPECT_EQ(compile({rule})->rules()[0].limit->id(), id);
  rule.key = {"endpoint"};
  EXPECT_NE(compile({rule})->rules()[0].limit->id(), id);
  const auto set = compile({rule});
  EXPECT_EQ(set->find(set->rules()[0].limit->id()), &set->rules()[0]);
  EXPECT_EQ(set->find(id), nullptr);
}

// Names, values and patterns from small alphabets, so that much of it meets.
class RandomRules {
 public:
  explicit RandomRules(std::uint64_t seed) : random_(seed) {}

  std::string value(const std::string& attribute) {
    if (attribute == "address") {
      return random_.chance(0.5) ? "10." + std::to_string(random_.below(3)) + ".0." +
                                       std::to_string(random_.below(3))
                                 : "2001:db8:" + std::to_string(random_.below(3)) +
                                       "::" + std::to_string(random_.below(3));
    }
    std::string text;
    for (std::uint64_t n = 1 + random_.below(3); n > 0; --n) {
      text += static_cast<char>('a' + random_.below(3));
    }
    return text;
  }
  std::string pattern(const std::string& attribute) {
    if (random_.chance(0.1)) return "*";
    std::string text = value(attribute);
    if (attribute != "address") return random_.chance(0.4) ? text + "*" : text;
    if (random_.chance(0.5)) return text;
    const bool v4 = text.find('.') != std::string::npos;
    return text + "/" + std::to_string(random_.below(v4 ? 33 : 129));
  }
  std::string attribute() {
    static const std::vector<std::string> kNames{"user", "endpoint", "plan", "address", "region"};
    return kNames[random_.below(kNames.size())];
  }
  Rule rule(int number) {
    std::vector<Condition> where;
    for (std::uint64_t n = random_.below(4); n > 0; --n) {
      const std::string name = attribute();
      if (std::ranges::find(where, name, &Condition::attribute) != where.end()) continue;
      Condition condition{name, {}};
      for (std::uint64_t p = 1 + random_.below(3); p > 0; --p) {
        condition.any_of.push_back(pattern(name));
      }
      where.push_back(std::move(condition));
    }
    std::vector<std::string> key;
    for (std::uint64_t n = random_.below(3); n > 0; --n) {
      const std::string name = attribute();
      if (std::ranges::find(key, name) == key.end()) key.push_back(name);
    }
    return make_rule("r" + std::to_string(number), std::move(where), std::move(key));
  }
  std::map<std::string, std::string> request() {
    std::map<std::string, std::string> attributes;
    for (std::uint64_t n = random_.below(5); n > 0; --n) {
      const std::string name = attribute();
      attributes[name] = value(name);
    }
    if (random_.chance(0.2)) attributes["unknown"] = "x";
    return attributes;
  }
  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }

 private:
  base::Random random_;
};

TEST(RuleSet, FindsWhatANaiveMatcherFinds) {
  const std::uint64_t seed = 20261122;
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomRules random(seed);
  std::size_t applied = 0;
  for (int round = 0; round < 150; ++round) {
    std::vector<Rule> rules;
    const std::uint64_t count = random.below(60);
    for (std::uint64_t i = 0; i < count; ++i) rules.push_back(random.rule(static_cast<int>(i)));
    const auto set = compile(rules);
    for (int i = 0; i < 300; ++i) {
      const std::map<std::string, std::string> request = random.request();
      std::vector<Attribute> attributes;
      for (const auto& [name, value] : request) attributes.push_back({name, value});
      std::vector<std::string> wanted;
      for (const Rule& rule : rules) {
        if (applies(rule, request)) wanted.push_back(rule.name);
      }
      applied += wanted.size();
      ASSERT_EQ(names(*set, attributes), wanted);
    }
  }
  EXPECT_GT(applied, 100'000U);  // the alphabets are small enough for the test to mean something
}

}  // namespace
}  // namespace ashlar::limits
