// Rule files of our own (test/limits/rule_files), each with the verdict that ratelimit's
// config_check gave (test/limits/verdicts.tsv), and what the structure holds.
#include "modules/limits/rls_config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include "modules/limits/rls_tree.h"
#include "modules/limits/rls_yaml.h"
#include "platform/json/writer.h"

namespace ashlar::limits {
namespace {

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.is_open()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

// Empty: good.
std::string complaint(const std::string& name, std::string_view text) {
  const auto file = parse_rls_file(name, text);
  if (!file.ok()) return file.error().detail;
  const auto tree = RlsTree::compile({&*file, 1}, {});
  return tree.ok() ? "" : tree.error().detail;
}

TEST(RlsConfig, GivesRatelimitsVerdictOnEveryFile) {
  // docs/limits-rls.md: a scanner that is newer than ratelimit's
  const std::set<std::string> exceptions = {"flow_colon_at_end.yaml"};
  std::istringstream verdicts(content_of("test/limits/verdicts.tsv"));
  std::size_t good = 0;
  std::size_t bad = 0;
  for (std::string line; std::getline(verdicts, line);) {
    const std::size_t tab = line.find('\t');
    const std::string name = line.substr(0, tab);
    const bool expected = line.substr(tab + 1) == "good";
    const std::string why = complaint(name, content_of("test/limits/rule_files/" + name));
    EXPECT_EQ(why.empty(), expected != exceptions.contains(name)) << name << ": " << why;
    EXPECT_TRUE(why.empty() || why.starts_with(name + ": ")) << why;
    ++(expected ? good : bad);
  }
  EXPECT_GT(good, 200U);
  EXPECT_GT(bad, 200U);
}

TEST(RlsConfig, SaysWhereAndWhat) {
  EXPECT_EQ(complaint("a.yaml", "domain: shop\ndescriptors:\n  - key: a\n    foo: 1\n"),
            "a.yaml: line 4: unknown key 'foo'");
  EXPECT_EQ(complaint("a.yaml", "domain: shop\ndescriptors:\n  - key: a\n    rate_limit: {}\n"),
            "a.yaml: line 3: no such unit: ''");
  EXPECT_EQ(complaint("a.yaml", "descriptors: []\n"),
            "a.yaml: a rule file needs a domain that is not empty");
  EXPECT_TRUE(complaint("a.yaml", "a: [").starts_with("a.yaml: line "));
}

TEST(RlsConfig, HoldsWhatIsWritten) {
  const auto file = parse_rls_file("all", content_of("test/limits/rule_files/all_keys.yaml"));
  ASSERT_TRUE(file.ok()) << file.error().detail;
  EXPECT_EQ(file->domain, "shop");
  ASSERT_EQ(file->descriptors.size(), 2U);
  const RlsDescriptor& tenant = file->descriptors[0];
  EXPECT_EQ(tenant.line, 3);
  EXPECT_EQ(tenant.key, "tenant");
  EXPECT_EQ(tenant.value, "acme");
  EXPECT_TRUE(tenant.shadow_mode && tenant.detailed_metric && tenant.value_to_metric);
  EXPECT_FALSE(tenant.quota_mode || tenant.share_threshold);
  EXPECT_EQ(json::to_text(json::Value(tenant.metadata)),
            R"({"team":"web","tier":1.0,"tags":["a","b"],"nested":{"deep":{"deeper":true}}})");
  ASSERT_TRUE(tenant.rate_limit);
  EXPECT_EQ(unit_named(tenant.rate_limit->unit), RlsUnit::kMinute);
  EXPECT_EQ(tenant.rate_limit->requests_per_unit, 100U);
  EXPECT_EQ(tenant.rate_limit->name, "per-tenant");
  EXPECT_EQ(tenant.rate_limit->replaces, std::vector<std::string>{"general"});
  ASSERT_EQ(tenant.descriptors.size(), 1U);
  EXPECT_TRUE(tenant.descriptors[0].share_threshold);
  EXPECT_TRUE(file->descriptors[1].rate_limit->unlimited);
}

RlsDescriptor only_descriptor(const std::string& body) {
  const auto file = parse_rls_file("x", "domain: d\ndescriptors:\n  - key: k\n    " + body + "\n");
  EXPECT_TRUE(file.ok()) << file.error().detail;
  return file.ok() ? file->descriptors.at(0) : RlsDescriptor();
}

TEST(RlsConfig, TextStaysAsItIsWritten) {
  EXPECT_EQ(only_descriptor("value: 0x10").value, "0x10");
  EXPECT_EQ(only_descriptor("value: yes").value, "yes");
  EXPECT_EQ(only_descriptor("value: 007").value, "007");
  EXPECT_EQ(only_descriptor("value: 2026-11-22").value, "2026-11-22");
  EXPECT_EQ(only_descriptor("value: !!binary aGk=").value, "hi");
  EXPECT_EQ(only_descriptor("value: NULL").value, "");
}

std::uint32_t requests(const std::string& value) {
  const auto limit =
      only_descriptor("rate_limit: {unit: day, requests_per_unit: " + value + "}").rate_limit;
  return limit ? limit->requests_per_unit : 0;
}

TEST(RlsConfig, NumbersAreYaml11s) {
  EXPECT_EQ(requests("017"), 15U);
  EXPECT_EQ(requests("0o17"), 15U);
  EXPECT_EQ(requests("0xff"), 255U);
  EXPECT_EQ(requests("0b11"), 3U);
  EXPECT_EQ(requests("0b+11"), 3U);
  EXPECT_EQ(requests("1_000"), 1000U);
  EXPECT_EQ(requests("+7"), 7U);
  EXPECT_EQ(requests("4294967295"), 4294967295U);
}

TEST(RlsConfig, WhatComesTwiceIsLaidOver) {
  const auto descriptor =
      only_descriptor("rate_limit: {unit: day, name: a}\n    rate_limit: {requests_per_unit: 5}");
  ASSERT_TRUE(descriptor.rate_limit);
  EXPECT_EQ(descriptor.rate_limit->unit, "day");
  EXPECT_EQ(descriptor.rate_limit->name, "a");
  EXPECT_EQ(descriptor.rate_limit->requests_per_unit, 5U);
  EXPECT_FALSE(only_descriptor("rate_limit: {unit: day}\n    rate_limit: ~").rate_limit);
}

TEST(RlsConfig, BoundsWhatAFileMayBe) {
  std::string deep = "domain: d\nmetadata: ";
  for (int i = 0; i < 2 * YamlDocument::kMaxDepth; ++i) deep += '[';
  EXPECT_NE(complaint("deep", deep).find("levels deep"), std::string::npos);

  const std::string large(YamlDocument::kMaxBytes + 1, ' ');
  EXPECT_NE(complaint("large", large).find("bytes"), std::string::npos);

  // each anchor holds the one before it, deep inside
  std::string chain = "domain: d\nmetadata:\n  - &a0 [x]\n";
  for (int i = 1; i < 20; ++i) {
    std::string link = "*a" + std::to_string(i - 1);
    for (int level = 0; level < 100; ++level) link = "[" + link + "]";
    chain += "  - &a" + std::to_string(i) + " " + link + "\n";
  }
  EXPECT_NE(complaint("chain", chain).find("levels deep"), std::string::npos);
}

}  // namespace
}  // namespace ashlar::limits
