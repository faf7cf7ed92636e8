#include "modules/limits/limits.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "modules/limits/decider.h"
#include "modules/limits/memory_state.h"
#include "modules/limits/rate_fields.h"
#include "modules/limits/recent_checks.h"
#include "modules/limits/rule_json.h"
#include "modules/limits/rule_source.h"
#include "modules/limits/usage.h"
#include "platform/observability/metrics.h"

namespace ashlar::limits {
namespace {

constexpr base::TenantId kAlice{1};

class FixedRules final : public RuleSource {
 public:
  explicit FixedRules(UsageBook& usage) : usage_(usage) {}

  void set(const std::string& rules) {
    auto read = read_rules(R"({"rules":[)" + rules + "]}");
    CHECK(read.ok());
    auto compiled = RuleSet::compile(std::move(*read),
                                     {.owner = "tenant/1", .tenant = kAlice, .usage = &usage_});
    CHECK(compiled.ok());
    rules_ = std::move(*compiled);
  }
  base::Result<std::shared_ptr<const RuleSet>> rules_of(base::TenantId /*tenant*/) override {
    if (!rules_) return base::fail(base::Code::kUnavailable, "rules_unavailable", "none here");
    return rules_;
  }

 private:
  UsageBook& usage_;
  std::shared_ptr<const RuleSet> rules_;
};

// Passes on, or answers as a state does whose count is gone.
class FlakyDecider final : public Decider {
 public:
  explicit FlakyDecider(LimitState& state) : inner_(state) {}

  void decide_and_wait(std::span<WaitedBatch> batches, base::Mono now) override {
    if (!gone) return inner_.decide_and_wait(batches, now);
    for (WaitedBatch& batch : batches) {
      batch.outcomes.clear();
      for (const Ask& ask : batch.asks) {
        const bool open = ask.limit->spec().on_failure != OnFailure::kClosed;
        Outcome& outcome = batch.outcomes.emplace_back();
        outcome.decision.allowed = open;
        outcome.source = open ? Source::kFailedOpen : Source::kFailedClosed;
      }
      judge(batch);
      batch.on_decided();
    }
  }

  bool gone = false;

 private:
  InlineDecider inner_;
};

class LimitsTest : public ::testing::Test {
 protected:
  Check of(const std::string& user, std::optional<std::uint64_t> cost = {}) {
    names_.insert(user);
    Check check;
    check.attributes = {{"user", *names_.find(user)}};
    check.cost = cost;
    return check;
  }
  std::uint64_t remaining(const std::string& user) {
    Check check = of(user, 0);
    check.peek = true;
    return limits_.check(kAlice, check)->by_rule.at(0).outcome.decision.remaining;
  }

  std::set<std::string> names_;
  base::ManualClock clock_;
  base::SeededEntropy entropy_{3};
  obs::Registry metrics_;
  UsageBook usage_{{.seed = 1}, metrics_};
  RecentChecks recent_;
  FixedRules rules_{usage_};
  MemoryState state_{{.max_keys = 100'000}, kit::SipKey{1, 2}};
  FlakyDecider decider_{state_};
  Limits limits_{{.reservation_secret = std::string(ReservationCodec::kSecretBytes, 's'),
                  .jitter_seed = {5, 6}},
                 rules_,
                 decider_,
                 recent_,
                 clock_,
                 entropy_};
};

TEST_F(LimitsTest, AllOrNoneIsTaken) {
  rules_.set(R"({"name":"a","key":["user"],"limit":10,"per":"hour"},)"
             R"({"name":"b","limit":1,"per":"hour"})");
  EXPECT_TRUE(limits_.check(kAlice, of("u"))->allowed);
  const auto refused = limits_.check(kAlice, of("u"));
  EXPECT_FALSE(refused->allowed);
  EXPECT_TRUE(refused->by_rule[0].outcome.decision.allowed);
  EXPECT_EQ(remaining("u"), 9U);
}

TEST_F(LimitsTest, CostsComeFromTheRequestElseFromTheRule) {
  rules_.set(R"({"name":"a","key":["user"],"limit":10,"per":"hour","cost":3})");
  EXPECT_EQ(limits_.check(kAlice, of("u"))->by_rule[0].outcome.decision.remaining, 7U);
  EXPECT_EQ(limits_.check(kAlice, of("u", 5))->by_rule[0].outcome.decision.remaining, 2U);
  EXPECT_TRUE(limits_.check(kAlice, of("u", 0))->allowed);
  const auto never = limits_.check(kAlice, of("u", 11));
  EXPECT_FALSE(never->allowed);
  EXPECT_EQ(never->retry_after, kit::kNeverFits);
  EXPECT_TRUE(rate_fields(*never).retry_after.empty());
  EXPECT_STREQ(limits_.check(kAlice, of("u", kMaxCost + 1)).error().reason, "cost_out_of_range");
}

TEST_F(LimitsTest, WaitingIsNeverTooShortAndSpreadUpward) {
  rules_.set(R"({"name":"a","limit":1,"per":"minute","algorithm":"fixed_window"})");
  ASSERT_TRUE(limits_.check(kAlice, of("u"))->allowed);
  std::set<std::int64_t> waits;
  for (int i = 0; i < 1'000; ++i) {
    const auto refused = limits_.check(kAlice, of("u"));
    const auto exact = refused->by_rule[0].outcome.decision.retry_after;
    ASSERT_GE(refused->retry_after, exact);
    ASSERT_LE(refused->retry_after, exact + std::chrono::seconds{6});
    waits.insert((refused->retry_after - exact) / std::chrono::milliseconds{100});
  }
  EXPECT_GT(waits.size(), 25U);  // of 30 tenths of a second that chance may choose
}

TEST_F(LimitsTest, KeysAreSpreadApartEachByItsOwnPart) {
  rules_.set(R"({"name":"a","key":["user"],"limit":1,"per":"minute"})");
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> range;  // of a key's jitter, ms
  for (int user = 0; user < 20; ++user) {
    const std::string name = "u" + std::to_string(user);
    ASSERT_TRUE(limits_.check(kAlice, of(name))->allowed);
    for (int i = 0; i < 50; ++i) {
      const auto refused = limits_.check(kAlice, of(name));
      const auto jitter =
          std::chrono::duration_cast<std::chrono::milliseconds>(
              refused->retry_after - refused->by_rule[0].outcome.decision.retry_after)
              .count();
      auto& [low, high] = range.try_emplace(name, jitter, jitter).first->second;
      low = std::min(low, jitter);
      high = std::max(high, jitter);
    }
  }
  std::set<std::int64_t> lows;
  for (const auto& [name, bounds] : range) {
    EXPECT_LT(bounds.second - bounds.first, 3'000);
    lows.insert(bounds.first / 300);
  }
  EXPECT_GT(lows.size(), 5U);
}

TEST_F(LimitsTest, SettlingMoreThanReservedIsCharged) {
  rules_.set(R"({"name":"a","key":["user"],"limit":100,"per":"hour"})");
  const auto reserved = limits_.reserve(kAlice, of("u", 10), base::Seconds{60});
  ASSERT_TRUE(reserved->answer.allowed);
  const auto settled = limits_.settle(kAlice, reserved->token, 30);
  ASSERT_TRUE(settled.ok());
  EXPECT_EQ(settled->by_rule[0].cost, 20U);
  EXPECT_EQ(remaining("u"), 70U);
}

TEST_F(LimitsTest, AReservationSettlesOnceForAsLongAsItLives) {
  rules_.set(R"({"name":"a","key":["user"],"limit":1000,"per":"day"})");
  for (const base::Seconds lasts : {base::Seconds{60}, base::Seconds{61}, base::Seconds{3600}}) {
    const std::string user = "u" + std::to_string(lasts.count());
    const auto reserved = limits_.reserve(kAlice, of(user, 100), lasts);
    ASSERT_TRUE(limits_.settle(kAlice, reserved->token, 40).ok());
    const std::uint64_t settled = remaining(user);
    for (const double part : {0.0, 0.3, 0.99}) {
      const base::Time when =
          reserved->expires_at - lasts + std::chrono::duration_cast<base::Micros>(part * lasts);
      clock_.step_wall(when - clock_.now());
      EXPECT_STREQ(limits_.settle(kAlice, reserved->token, 0).error().reason,
                   "reservation_settled");
    }
    EXPECT_GE(remaining(user), settled);
    EXPECT_LE(remaining(user), settled + 60);  // what comes back with time
  }
}

// What was taken in a window that has ended is not given back to the next one.
TEST_F(LimitsTest, SettlingDoesNotGiveBackWhatNoLongerCounts) {
  rules_.set(
      R"({"name":"a","key":["user"],"limit":100,"per":"minute","algorithm":"fixed_window"})");
  const auto reserved = limits_.reserve(kAlice, of("u", 80), base::Seconds{600});
  ASSERT_TRUE(reserved->answer.allowed);
  clock_.advance(base::Seconds{61});
  ASSERT_TRUE(limits_.check(kAlice, of("u", 90))->allowed);
  const auto settled = limits_.settle(kAlice, reserved->token, 0);
  ASSERT_TRUE(settled.ok());
  EXPECT_EQ(settled->by_rule[0].cost, 0U);
  EXPECT_EQ(remaining("u"), 10U);
}

TEST_F(LimitsTest, SettlingPassesOverRulesThatAreGoneAndShadowsThatTookNothing) {
  rules_.set(R"({"name":"a","key":["user"],"limit":100,"per":"hour"},)"
             R"({"name":"b","limit":5,"per":"hour","shadow":true},)"
             R"({"name":"c","limit":500,"per":"hour"})");
  const auto reserved = limits_.reserve(kAlice, of("u", 10), base::Seconds{60});
  ASSERT_TRUE(reserved->answer.allowed);
  rules_.set(R"({"name":"a","key":["user"],"limit":100,"per":"hour"},)"
             R"({"name":"b","limit":5,"per":"hour","shadow":true})");
  const auto settled = limits_.settle(kAlice, reserved->token, 4);
  ASSERT_TRUE(settled.ok());
  ASSERT_EQ(settled->by_rule.size(), 1U);
  EXPECT_EQ(settled->by_rule[0].rule->rule.name, "a");
  EXPECT_EQ(remaining("u"), 96U);
}

TEST_F(LimitsTest, WhereTheCountIsGoneTheRuleDecidesAndNothingSettles) {
  rules_.set(R"({"name":"open","key":["user"],"limit":100,"per":"hour"})");
  const auto reserved = limits_.reserve(kAlice, of("u", 10), base::Seconds{60});
  decider_.gone = true;
  const auto open = limits_.check(kAlice, of("u"));
  EXPECT_TRUE(open->allowed);
  EXPECT_EQ(open->by_rule[0].outcome.source, Source::kFailedOpen);
  EXPECT_STREQ(limits_.settle(kAlice, reserved->token, 0).error().reason, "limits_unavailable");
  // What was let pass without a count has nothing to settle.
  const auto uncounted = limits_.reserve(kAlice, of("u", 50), base::Seconds{60});
  ASSERT_TRUE(uncounted->answer.allowed);
  rules_.set(R"({"name":"open","key":["user"],"limit":100,"per":"hour","on_failure":"closed"})");
  EXPECT_FALSE(limits_.check(kAlice, of("u"))->allowed);
  decider_.gone = false;
  EXPECT_EQ(remaining("u"), 90U);
  EXPECT_TRUE(limits_.settle(kAlice, uncounted->token, 0)->by_rule.empty());
  EXPECT_TRUE(limits_.settle(kAlice, reserved->token, 0).ok());
  EXPECT_EQ(remaining("u"), 100U);
  const RuleCounts total = usage_.report(kAlice)[0].total;
  EXPECT_EQ(total.of(Verdict::kFailedOpen), 2U);
  EXPECT_EQ(total.of(Verdict::kFailedClosed), 1U);
}

TEST_F(LimitsTest, AReservationThatIsTooLargeTakesNothing) {
  std::string rules;
  std::string key;
  for (int a = 0; a < 15; ++a) key += (a == 0 ? "\"a" : ",\"a") + std::to_string(a) + "\"";
  for (int r = 0; r < 20; ++r) {
    rules += (r == 0 ? "" : ",") + (R"({"name":"r)" + std::to_string(r) + R"(","key":[)" + key +
                                    R"(],"limit":10,"per":"hour"})");
  }
  rules_.set(rules);
  const std::string value(256, 'v');
  std::vector<std::string> names;
  for (int a = 0; a < 15; ++a) names.push_back("a" + std::to_string(a));
  Check check;
  for (const std::string& name : names) check.attributes.push_back({name, value});
  const auto reserved = limits_.reserve(kAlice, check, base::Seconds{60});
  ASSERT_FALSE(reserved.ok());
  EXPECT_STREQ(reserved.error().reason, "reservation_too_large");
  check.peek = true;
  check.cost = 0;
  EXPECT_EQ(limits_.check(kAlice, check)->by_rule[0].outcome.decision.remaining, 10U);
}

TEST_F(LimitsTest, ChecksAreRecordedAndPeeksAreNot) {
  rules_.set(R"({"name":"a","key":["user"],"limit":1,"per":"hour"})");
  static_cast<void>(limits_.check(kAlice, of("u")));
  static_cast<void>(limits_.check(kAlice, of("u", 1)));
  EXPECT_EQ(remaining("u"), 0U);
  static_cast<void>(limits_.refund(kAlice, of("u")));
  const std::vector<RecentCheck> checks = recent_.of(kAlice);
  ASSERT_EQ(checks.size(), 2U);
  EXPECT_TRUE(checks[0].allowed);
  EXPECT_FALSE(checks[1].allowed);
  EXPECT_EQ(usage_.report(kAlice)[0].total.of(Verdict::kDenied), 1U);
}

TEST_F(LimitsTest, WithoutRulesThereIsNoAnswer) {
  EXPECT_STREQ(limits_.check(kAlice, of("u")).error().reason, "rules_unavailable");
}

TEST_F(LimitsTest, FieldsTellOfAllRulesButThoseThatOnlyWatch) {
  rules_.set(
      R"({"name":"a","key":["user"],"limit":2,"per":"minute","algorithm":"fixed_window"},)"
      R"({"name":"b","limit":5,"period_ms":1500},{"name":"c","limit":1,"per":"day","shadow":true})");
  const RateFields fields = rate_fields(*limits_.check(kAlice, of("u")));
  EXPECT_EQ(fields.policy, R"("a";q=2;w=60, "b";q=5)");
  EXPECT_TRUE(fields.limit.starts_with(R"("a";r=1;t=)")) << fields.limit;
  EXPECT_TRUE(fields.limit.ends_with(R"(, "b";r=4;t=1)")) << fields.limit;
  EXPECT_TRUE(fields.retry_after.empty());
}

}  // namespace
}  // namespace ashlar::limits
