#include "modules/limits/usage.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "modules/limits/limit.h"
#include "platform/observability/metrics.h"

namespace ashlar::limits {
namespace {

constexpr base::TenantId kAlice{1};
constexpr base::TenantId kBob{2};
constexpr base::Mono kNow{std::chrono::hours{24 * 365 * 50}};

class UsageTest : public ::testing::Test {
 protected:
  std::string metric(const std::string& rule, const std::string& outcome) const {
    const std::string all = metrics_.render();
    const std::string name =
        "ashlar_limits_decisions_total{outcome=\"" + outcome + "\",rule=\"" + rule + "\"} ";
    const std::string other =
        "ashlar_limits_decisions_total{rule=\"" + rule + "\",outcome=\"" + outcome + "\"} ";
    for (const std::string& wanted : {name, other}) {
      const std::size_t at = all.find(wanted);
      if (at == std::string::npos) continue;
      const std::size_t from = at + wanted.size();
      return all.substr(from, all.find('\n', from) - from);
    }
    return "none";
  }

  obs::Registry metrics_;
  UsageBook book_{{.max_rules = 5, .max_metric_rules = 1, .seed = 7}, metrics_};
};

TEST_F(UsageTest, CountsOfLateAndInAll) {
  const auto rule = book_.rule(kAlice, "a");
  rule->note(Verdict::kAllowed, "x", kNow);
  rule->note(Verdict::kDenied, "x", kNow);
  std::vector<RuleReport> report = book_.report(kAlice);
  ASSERT_EQ(report.size(), 1U);
  EXPECT_EQ(report[0].name, "a");
  EXPECT_EQ(report[0].recent.of(Verdict::kAllowed), 1U);  // also before the second has ended
  const std::vector<RuleSecond> second = book_.tick();
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].owner, kAlice);
  EXPECT_EQ(second[0].name, "a");
  EXPECT_EQ(second[0].counts.of(Verdict::kDenied), 1U);
  EXPECT_TRUE(book_.tick().empty());
  const std::vector<RuleCounts> seconds = book_.seconds(kAlice, "a");
  ASSERT_EQ(seconds.size(), RuleUsage::kSeconds);
  EXPECT_EQ(seconds[RuleUsage::kSeconds - 2].of(Verdict::kAllowed), 1U);
  EXPECT_TRUE(seconds.back().empty());
  for (std::uint32_t i = 0; i < RuleUsage::kSeconds - 2; ++i) EXPECT_TRUE(book_.tick().empty());
  EXPECT_EQ(book_.report(kAlice)[0].recent.of(Verdict::kDenied), 1U);
  EXPECT_EQ(book_.seconds(kAlice, "a").front().of(Verdict::kDenied), 1U);
  EXPECT_TRUE(book_.tick().empty());  // now it has left the window
  EXPECT_TRUE(book_.report(kAlice)[0].recent.empty());
  EXPECT_EQ(book_.report(kAlice)[0].total.of(Verdict::kDenied), 1U);
  EXPECT_TRUE(book_.seconds(kAlice, "none").empty());
}

TEST_F(UsageTest, OwnersAreApartAndRulesAreTheSameWhileTheyAreHeld) {
  auto rule = book_.rule(kAlice, "a");
  rule->note(Verdict::kAllowed, "x", kNow);
  EXPECT_EQ(book_.rule(kAlice, "a"), rule);
  EXPECT_NE(book_.rule(kBob, "a"), rule);
  EXPECT_TRUE(book_.report(kBob).empty());  // nobody holds it any more
  rule.reset();
  EXPECT_TRUE(book_.report(kAlice).empty());
  EXPECT_EQ(book_.rule(kAlice, "a")->total(), RuleCounts{});
}

TEST_F(UsageTest, RulesBeyondTheBoundAreCountedTogether) {
  std::vector<std::shared_ptr<RuleUsage>> held;
  for (int i = 0; i < 8; ++i) held.push_back(book_.rule(kAlice, "r" + std::to_string(i)));
  EXPECT_EQ(held[6], held[7]);
  EXPECT_EQ(held[7]->name(), "(other)");
  EXPECT_NE(held[0], held[1]);
  held.clear();
  EXPECT_TRUE(book_.tick().empty());
  EXPECT_EQ(book_.rule(kAlice, "r9")->name(), "r9");
}

TEST_F(UsageTest, HeavyKeysAreExactWhileRequestsAreFew) {
  const auto rule = book_.rule(kAlice, "a");
  for (int i = 0; i < 5; ++i) rule->note(Verdict::kAllowed, "x", kNow);
  for (int i = 0; i < 3; ++i) rule->note(Verdict::kShadowDenied, "y", kNow);
  const HeavyKeys all = book_.heavy(kAlice, "a", false, 10, kNow);
  ASSERT_EQ(all.rows.size(), 2U);
  EXPECT_TRUE(all.exact);
  EXPECT_EQ(all.rows[0].key, "x");
  EXPECT_EQ(all.rows[0].estimate, 5U);
  const HeavyKeys refused = book_.heavy(kAlice, "a", true, 10, kNow);
  ASSERT_EQ(refused.rows.size(), 1U);
  EXPECT_EQ(refused.rows[0].key, "y");
  EXPECT_EQ(refused.rows[0].estimate, 3U);
  EXPECT_TRUE(book_.heavy(kAlice, "a", true, 10, kNow + std::chrono::minutes{7}).rows.empty());
}

TEST_F(UsageTest, PassedKeysAreSampledBeyondTheBoundAndTheirWeightStaysAboutRight) {
  const auto rule = book_.rule(kAlice, "a");
  constexpr std::uint64_t kRequests = 100'000;
  for (std::uint64_t i = 0; i < kRequests; ++i) rule->note(Verdict::kAllowed, "x", kNow);
  const HeavyKeys keys = book_.heavy(kAlice, "a", false, 1, kNow);
  ASSERT_EQ(keys.rows.size(), 1U);
  EXPECT_NEAR(static_cast<double>(keys.rows[0].estimate), kRequests, kRequests * 0.05);
  EXPECT_EQ(rule->total().of(Verdict::kAllowed), kRequests);
}

TEST_F(UsageTest, SampledKeysAreThoseThatComeHoweverTheyTakeTurns) {
  const auto rule = book_.rule(kAlice, "a");
  constexpr std::uint64_t kRequests = 160'000;
  constexpr std::uint64_t kTurns = 2 * RuleUsage::kSampled;
  for (std::uint64_t i = 0; i < kRequests; ++i) {
    rule->note(i % 2 == 0 ? Verdict::kAllowed : Verdict::kDenied,
               i / 2 % kTurns < 8 ? "few" : "many", kNow);
  }
  for (const bool refused : {false, true}) {
    const HeavyKeys keys = book_.heavy(kAlice, "a", refused, 2, kNow);
    ASSERT_EQ(keys.rows.size(), 2U);
    EXPECT_EQ(keys.rows[0].key, "many");
    const double all = static_cast<double>(kRequests) / (refused ? 2 : 1);
    EXPECT_NEAR(static_cast<double>(keys.rows[0].estimate), all * 3 / 4, all * 0.05);
    EXPECT_NEAR(static_cast<double>(keys.rows[1].estimate), all / 4, all * 0.05);
  }
}

TEST_F(UsageTest, MemoryForKeysIsBounded) {
  UsageBook book({.max_key_bytes = 100'000, .seed = 1}, metrics_);
  const auto first = book.rule(kAlice, "first");
  const auto second = book.rule(kAlice, "second");
  first->note(Verdict::kAllowed, std::string(5000, 'k'), kNow);
  second->note(Verdict::kAllowed, "y", kNow);
  ASSERT_EQ(book.heavy(kAlice, "first", false, 10, kNow).rows.size(), 1U);
  EXPECT_EQ(book.heavy(kAlice, "first", false, 10, kNow).rows[0].key, std::string(256, 'k'));
  EXPECT_FALSE(book.heavy(kAlice, "second", false, 10, kNow).kept);
  EXPECT_EQ(second->total().of(Verdict::kAllowed), 1U);
}

TEST_F(UsageTest, MetricsHaveLabelledRulesUpToTheBoundAndNeverFall) {
  auto named = book_.rule({}, "a", "domain_a");
  const auto late = book_.rule({}, "b", "domain_b");
  named->note(Verdict::kDenied, "x", kNow);
  late->note(Verdict::kDenied, "x", kNow);
  late->note(Verdict::kFailedOpen, "x", kNow);
  static_cast<void>(book_.tick());
  EXPECT_EQ(metric("domain_a", "denied"), "1");
  EXPECT_EQ(metric("(other)", "denied"), "1");
  EXPECT_EQ(metric("(other)", "failed_open"), "1");
  named->note(Verdict::kDenied, "x", kNow);
  named.reset();
  EXPECT_EQ(metric("domain_a", "denied"), "2");
  named = book_.rule({}, "a", "domain_a");
  named->note(Verdict::kDenied, "x", kNow);
  static_cast<void>(book_.tick());
  EXPECT_EQ(metric("domain_a", "denied"), "3");
}

TEST_F(UsageTest, ThreadsLoseNothing) {
  const auto rule = book_.rule(kAlice, "a");
  constexpr int kThreads = 4;
  constexpr std::uint64_t kEach = 20'000;
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < kEach; ++i) {
        rule->note(i % 4 == 0 ? Verdict::kDenied : Verdict::kAllowed, "k" + std::to_string(t),
                   kNow);
      }
    });
  }
  std::uint64_t ticked = 0;
  const auto count = [&] {
    for (const RuleSecond& second : book_.tick()) {
      for (const std::uint64_t each : second.counts.by) ticked += each;
    }
  };
  for (int i = 0; i < 50; ++i) count();
  threads.clear();
  count();
  EXPECT_EQ(ticked, kThreads * kEach);
  EXPECT_EQ(rule->total().of(Verdict::kDenied), kThreads * kEach / 4);
  std::uint64_t refused = 0;
  for (const auto& row : book_.heavy(kAlice, "a", true, 10, kNow).rows) refused += row.estimate;
  EXPECT_NEAR(static_cast<double>(refused), kThreads * kEach / 4.0, kEach * 0.25);
}

TEST_F(UsageTest, VerdictsComeFromOutcomes) {
  LimitSpec spec;
  Outcome outcome;
  outcome.decision.allowed = true;
  EXPECT_EQ(verdict_of(spec, outcome), Verdict::kAllowed);
  outcome.decision.allowed = false;
  EXPECT_EQ(verdict_of(spec, outcome), Verdict::kDenied);
  spec.shadow = true;
  EXPECT_EQ(verdict_of(spec, outcome), Verdict::kShadowDenied);
  outcome.source = Source::kFailedClosed;
  EXPECT_EQ(verdict_of(spec, outcome), Verdict::kFailedClosed);
}

}  // namespace
}  // namespace ashlar::limits
