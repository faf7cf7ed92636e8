#include "modules/limits/dry_run.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/check.h"
#include "modules/limits/rule_json.h"

namespace ashlar::limits {
namespace {

std::shared_ptr<const RuleSet> compile(const std::string& rules) {
  auto read = read_rules(R"({"rules":[)" + rules + "]}");
  CHECK(read.ok());
  auto set = RuleSet::compile(std::move(*read), {.owner = "tenant/1", .tenant = base::TenantId(1)});
  CHECK(set.ok());
  return *set;
}

// One check a second of each of `users`.
std::vector<RecentCheck> traffic(const std::vector<std::string>& users, int seconds) {
  std::vector<RecentCheck> checks;
  for (int second = 0; second < seconds; ++second) {
    for (const std::string& user : users) {
      RecentCheck& check = checks.emplace_back();
      check.at = base::Time{base::Seconds{1'800'000'000 + second}};
      check.attributes = {{"user", user}};
    }
  }
  return checks;
}

TEST(DryRun, BothSetsAreToldOfTheSameTraffic) {
  const auto now = compile(R"({"name":"a","key":["user"],"limit":1,"per":"second"},)"
                           R"({"name":"gone","limit":1,"per":"day"})");
  const auto candidate = compile(
      R"({"name":"a","key":["user"],"limit":1,"period_ms":10000,"algorithm":"gcra"},)"
      R"({"name":"new","key":["user"],"where":{"user":"bob"},"limit":5,"per":"day","shadow":true})");
  std::vector<RecentCheck> checks = traffic({"alice", "bob"}, 20);
  checks[3].allowed = false;
  const DryRun run = dry_run(checks, *now, *candidate);
  EXPECT_EQ(run.checks, 40U);
  EXPECT_EQ(run.denied_then, 1U);
  EXPECT_EQ(run.denied_now, 39U);        // "gone" lets one pass a day
  EXPECT_EQ(run.denied_candidate, 36U);  // each user twice in 20 s
  ASSERT_EQ(run.rules.size(), 3U);
  const DryRunRule& kept = run.rules[0];
  EXPECT_EQ(kept.name, "a");
  EXPECT_TRUE(kept.in_now && kept.in_candidate);
  EXPECT_EQ(kept.applied_now, 40U);
  EXPECT_EQ(kept.denied_now, 0U);
  EXPECT_EQ(kept.denied_candidate, 36U);
  ASSERT_EQ(kept.examples.size(), kExamples);
  EXPECT_EQ(kept.examples[0].key, "alice");
  EXPECT_EQ(kept.examples[0].at, checks[2].at);
  const DryRunRule& gone = run.rules[1];
  EXPECT_TRUE(gone.in_now && !gone.in_candidate);
  EXPECT_EQ(gone.denied_now, 39U);
  EXPECT_EQ(gone.applied_candidate, 0U);
  const DryRunRule& added = run.rules[2];
  EXPECT_TRUE(added.shadow);
  EXPECT_EQ(added.applied_candidate, 20U);
  // A shadow rule takes what passes; where another rule refuses, nothing is taken of it either.
  EXPECT_EQ(added.denied_candidate, 0U);
}

TEST(DryRun, WhatNoCheckCanAskIsSaid) {
  std::string many;
  for (int i = 0; i < 33; ++i) {
    many +=
        (i == 0 ? "" : ",") + (R"({"name":"r)" + std::to_string(i) + R"(","limit":1,"per":"day"})");
  }
  const DryRun run = dry_run(traffic({"a"}, 5), *compile(""), *compile(many));
  EXPECT_EQ(run.not_judged, 5U);
  EXPECT_EQ(run.denied_candidate, 0U);
}

}  // namespace
}  // namespace ashlar::limits
