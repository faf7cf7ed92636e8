#include "modules/limits/rls_tree.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace ashlar::limits {
namespace {

std::shared_ptr<const RlsTree> tree_of(const std::string& text,
                                       const RlsTree::Options& options = {}) {
  const auto file = parse_rls_file("file", text);
  EXPECT_TRUE(file.ok()) << file.error().detail;
  auto tree = RlsTree::compile({&*file, 1}, options);
  EXPECT_TRUE(tree.ok()) << tree.error().detail;
  return *tree;
}

struct Found {
  std::string path;  // of the rule; empty: none
  std::string key;
  std::string metric;
};

Found find(const RlsTree& tree, const std::vector<RlsEntry>& entries) {
  RlsMatch match;
  std::string scratch;
  Found out;
  tree.find("d", entries, match, scratch);
  if (match.rule != nullptr) out.path = match.rule->path;
  RlsTree::append_key("d", entries, match, out.key);
  tree.append_metric("d", entries, match, out.metric, scratch);
  return out;
}

TEST(RlsTree, TheFirstWildcardInFileOrderAnswersWhateverItsBeginning) {
  const auto tree = tree_of(R"(domain: d
descriptors:
  - {key: p, value: "/a/b*", rate_limit: {unit: day, requests_per_unit: 1}}
  - {key: p, value: "*z", rate_limit: {unit: day, requests_per_unit: 1}}
  - {key: p, value: "/a/*", rate_limit: {unit: day, requests_per_unit: 1}}
  - {key: p, value: "/a/b/*/d*f", rate_limit: {unit: day, requests_per_unit: 1}}
  - {key: p, value: "/a/b/", rate_limit: {unit: day, requests_per_unit: 1}}
)");
  EXPECT_EQ(find(*tree, {{"p", "/a/b/"}}).path, "d.p_/a/b/");
  EXPECT_EQ(find(*tree, {{"p", "/a/b/c/d/e/f"}}).path, "d.p_/a/b*");
  EXPECT_EQ(find(*tree, {{"p", "/a/z"}}).path, "d.p_*z");
  EXPECT_EQ(find(*tree, {{"p", "/a/"}}).path, "d.p_/a/*");
  EXPECT_EQ(find(*tree, {{"p", "/b"}}).path, "");
  EXPECT_EQ(find(*tree, {{"q", "/a/b"}}).path, "");
}

TEST(RlsTree, PartsOfAWildcardDoNotOverlap) {
  const auto tree = tree_of(R"(domain: d
descriptors:
  - {key: p, value: "ab*ba", rate_limit: {unit: day, requests_per_unit: 1}}
  - {key: p, value: "x*y*y*x", rate_limit: {unit: day, requests_per_unit: 1}}
)");
  EXPECT_EQ(find(*tree, {{"p", "aba"}}).path, "");
  EXPECT_EQ(find(*tree, {{"p", "abba"}}).path, "d.p_ab*ba");
  EXPECT_EQ(find(*tree, {{"p", "xyx"}}).path, "");
  EXPECT_EQ(find(*tree, {{"p", "xyyx"}}).path, "d.p_x*y*y*x");
}

// What ratelimit's own metrics are called (its configuration's tests say the same).
TEST(RlsTree, NamesInMetrics) {
  const auto tree = tree_of(R"(domain: d
descriptors:
  - key: plain
    rate_limit: {unit: day, requests_per_unit: 1}
  - key: wild
    value: "a*"
    rate_limit: {unit: day, requests_per_unit: 1}
  - key: shown
    value_to_metric: true
    descriptors:
      - {key: sub, rate_limit: {unit: day, requests_per_unit: 1}}
  - key: wildshown
    value: "a*"
    value_to_metric: true
    rate_limit: {unit: day, requests_per_unit: 1}
  - key: shared
    value: "a*"
    share_threshold: true
    value_to_metric: true
    rate_limit: {unit: day, requests_per_unit: 1}
  - key: detailed
    detailed_metric: true
    rate_limit: {unit: day, requests_per_unit: 1}
  - key: both
    value: "a*"
    share_threshold: true
    descriptors:
      - {key: sub, detailed_metric: true, rate_limit: {unit: day, requests_per_unit: 1}}
)");
  const auto metric = [&](const std::vector<RlsEntry>& entries) {
    return find(*tree, entries).metric;
  };
  EXPECT_EQ(metric({{"plain", "x"}}), "d.plain");
  EXPECT_EQ(metric({{"wild", "abc"}}), "d.wild_a*");
  EXPECT_EQ(metric({{"shown", "x"}, {"sub", "y"}}), "d.shown_x.sub");
  EXPECT_EQ(metric({{"wildshown", "abc"}}), "d.wildshown_abc");
  EXPECT_EQ(metric({{"shared", "abc"}}), "d.shared_a*");
  EXPECT_EQ(metric({{"detailed", "x"}}), "d.detailed_x");
  EXPECT_EQ(metric({{"detailed", ""}}), "d.detailed_");
  EXPECT_EQ(metric({{"both", "abc"}, {"sub", ""}}), "d.both_a*.sub");
  EXPECT_EQ(metric({{"both", "abc"}, {"sub", "y"}}), "d.both_a*.sub_y");
  EXPECT_EQ(metric({{"unknown", "x"}, {"more", ""}}), "d.unknown_x.more");  // of a request's limit
}

TEST(RlsTree, KeysAreRatelimitsCacheKeys) {
  const auto tree = tree_of(R"(domain: d
descriptors:
  - key: shared
    value: "a*"
    share_threshold: true
    descriptors:
      - {key: sub, rate_limit: {unit: day, requests_per_unit: 1}}
)");
  EXPECT_EQ(find(*tree, {{"shared", "abc"}, {"sub", "x"}}).key, "d_shared_a*_sub_x_");
  EXPECT_EQ(find(*tree, {{"other", ""}}).key, "d_other__");
}

TEST(RlsTree, CountsAreKeptUnderTheUnit) {
  const auto tree = tree_of(R"(domain: d
descriptors:
  - {key: a, rate_limit: {unit: day, requests_per_unit: 1}}
  - {key: b, rate_limit: {unit: day, requests_per_unit: 2}}
  - {key: c, rate_limit: {unit: hour, requests_per_unit: 1}}
  - {key: f, rate_limit: {unlimited: true}}
)");
  ASSERT_EQ(tree->rules().size(), 4U);
  EXPECT_EQ(tree->rules()[0]->limit->id(), tree->rules()[1]->limit->id());
  EXPECT_NE(tree->rules()[0]->limit->id(), tree->rules()[2]->limit->id());
  EXPECT_EQ(tree->rules()[3]->limit, nullptr);
}

TEST(RlsTree, DomainsOfSeveralFiles) {
  std::vector<RlsFile> files;
  for (const char* key : {"a", "b"}) {
    files.push_back(*parse_rls_file(key, std::string("domain: d\ndescriptors: [{key: ") + key +
                                             ", rate_limit: {unit: day}}]\n"));
  }
  const auto apart = RlsTree::compile(files, {});
  ASSERT_FALSE(apart.ok());
  EXPECT_EQ(apart.error().detail, "b: the domain 'd' is in another file already");

  RlsTree::Options options;
  options.merge_domains = true;
  const auto merged = RlsTree::compile(files, options);
  ASSERT_TRUE(merged.ok());
  EXPECT_EQ((*merged)->domains(), 1U);
  EXPECT_EQ(find(**merged, {{"b", "x"}}).path, "d.b");
  files.push_back(files.front());
  const auto twice = RlsTree::compile(files, options);
  ASSERT_FALSE(twice.ok());
  EXPECT_EQ(twice.error().detail, "a: line 2: the descriptor 'd.a' is there twice");
}

}  // namespace
}  // namespace ashlar::limits
