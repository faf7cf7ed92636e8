#include "modules/limits/api_limiter.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "modules/limits/decider.h"
#include "modules/limits/limit_state.h"
#include "modules/limits/memory_state.h"
#include "modules/limits/rule_json.h"
#include "modules/limits/rule_source.h"
#include "modules/limits/usage.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/security/principal.h"

namespace ashlar::limits {
namespace {

using http::Quota;
using security::Principal;
using std::chrono::seconds;

constexpr kit::SipKey kSeed{3, 4};

// The rules of whoever is asked for: here always the installation.
class FixedRules final : public RuleSource {
 public:
  base::Result<std::shared_ptr<const RuleSet>> rules_of(base::TenantId tenant) override {
    EXPECT_FALSE(tenant.is_set());
    return rules;
  }
  void set(const std::string& items) {
    auto read = read_rules(std::string_view("{\"rules\":[" + items + "]}"));
    ASSERT_TRUE(read.ok()) << read.error().detail;
    rules =
        RuleSet::compile(std::move(*read), {.owner = "own", .tenant = {}, .seed = kSeed}).value();
  }

  std::shared_ptr<const RuleSet> rules =
      RuleSet::compile({}, {.owner = "own", .tenant = {}}).value();
};

// A count that cannot be asked: on_failure answers.
class DeadState final : public LimitState {
 public:
  void decide(Batch& batch, base::Mono /*now*/) override {
    for (const Ask& ask : batch.asks) {
      const bool closed = ask.limit->spec().on_failure == OnFailure::kClosed;
      Outcome outcome;
      outcome.decision.allowed = !closed;
      outcome.decision.limit = ask.limit->capacity();
      outcome.source = closed ? Source::kFailedClosed : Source::kFailedOpen;
      batch.outcomes.push_back(outcome);
    }
    judge(batch);
    batch.on_decided();
  }
};

http::Route route_of(std::string_view path, int cost, http::Method method = http::Method::kGet) {
  return {.method = method,
          .path = path,
          .summary = {"test"},
          .module = {"links"},
          .tenancy = http::Tenancy::kTenant,
          .scope = {"links:read"},
          .cost = cost,
          .idempotency = http::Idempotency::kNatural,
          .deadline = base::Millis{1000},
          .handler = {http::WorkerHandler()}};
}

Principal key_of(const std::string& tenant, std::int64_t key) {
  Principal who;
  who.kind = Principal::Kind::kKey;
  who.tenant = base::TenantId{7};
  who.tenant_name = tenant;
  who.key = security::KeyId{key};
  return who;
}

class ApiLimiterTest : public ::testing::Test {
 protected:
  void make(const ApiLimiter::Options& options) {
    limiter_ = ApiLimiter::make(options, rules_, usage_, decider_, clock_, log_).value();
  }
  Quota charge(const Principal& who, const http::Route& route,
               std::string_view address = "192.0.2.1") {
    return limiter_->charge({who, address, route});
  }
  int passes(const Principal& who, const http::Route& route, int tries,
             std::string_view address = "192.0.2.1") {
    int count = 0;
    for (int i = 0; i < tries; ++i) count += charge(who, route, address).allowed ? 1 : 0;
    return count;
  }

  base::ManualClock clock_;
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  UsageBook usage_{{}, metrics_};
  MemoryState state_{{.max_keys = 1000}, kSeed};
  InlineDecider decider_{state_};
  FixedRules rules_;
  std::unique_ptr<ApiLimiter> limiter_;
  const http::Route links_ = route_of("/v1/links", 1);
};

TEST_F(ApiLimiterTest, WithoutAnythingSetAllPassAndNothingIsTold) {
  make({});
  for (int i = 0; i < 1000; ++i) {
    const Quota quota = charge(key_of("acme", 1), links_);
    ASSERT_TRUE(quota.allowed && quota.states.empty());
  }
}

TEST_F(ApiLimiterTest, EachKeyHasItsRateAndBurst) {
  make({.key = {.rate = 2, .burst = 10}});
  EXPECT_EQ(passes(key_of("acme", 1), links_, 50), 10);
  EXPECT_EQ(passes(key_of("acme", 2), links_, 50), 10);
  clock_.advance(base::Seconds{1});
  EXPECT_EQ(passes(key_of("acme", 1), links_, 50), 2);
  clock_.advance(base::Seconds{3600});
  EXPECT_EQ(passes(key_of("acme", 1), route_of("/v1/keys", 5), 50), 2);
}

TEST_F(ApiLimiterTest, TenantsDoNotShareAndTheirKeysDo) {
  make({.key = {.rate = 1, .burst = 8}, .tenant = {.rate = 1}});
  EXPECT_EQ(passes(key_of("acme", 1), links_, 50), 8);
  EXPECT_EQ(passes(key_of("acme", 2), links_, 50), 2);
  EXPECT_EQ(passes(key_of("other", 3), links_, 50), 8);
}

TEST_F(ApiLimiterTest, ARefusalTakesNothingFromTheOthers) {
  make({.key = {.rate = 1, .burst = 1}, .tenant = {.rate = 1}});
  EXPECT_EQ(passes(key_of("acme", 1), links_, 100), 1);
  EXPECT_EQ(charge(key_of("acme", 2), links_).states.at(1).remaining, 8U);
}

TEST_F(ApiLimiterTest, WhatIsToldIsTrue) {
  make({.key = {.rate = 2, .burst = 10}, .tenant = {.rate = 100, .burst = 100}});
  const Quota first = charge(key_of("acme", 1), route_of("/v1/links", 3));
  ASSERT_EQ(first.states.size(), 2U);
  EXPECT_EQ(http::rate_limit_policy(first.states), R"("api.key";q=10;w=5, "api.tenant";q=100;w=1)");
  EXPECT_EQ(http::rate_limit(first.states), R"("api.key";r=7;t=2, "api.tenant";r=97;t=1)");
  const Quota refused = charge(key_of("acme", 1), route_of("/v1/links", 8));
  EXPECT_FALSE(refused.allowed);
  EXPECT_TRUE(refused.states[0].violated);
  EXPECT_FALSE(refused.states[1].violated);
  EXPECT_EQ(http::rate_limit(refused.states), R"("api.key";r=7;t=1, "api.tenant";r=97)");
  EXPECT_EQ(refused.retry_after, seconds{1});
  const Quota never = charge(key_of("acme", 1), route_of("/v1/links", 11));
  EXPECT_FALSE(never.allowed);
  EXPECT_EQ(never.retry_after, std::nullopt);
  EXPECT_EQ(http::rate_limit(never.states), R"("api.key";r=7, "api.tenant";r=97)");
}

TEST_F(ApiLimiterTest, WhoComesBackWhenToldPassesAndNotAllAreToldTheSame) {
  make({});
  rules_.set(R"({"name":"slow","key":["api_key"],"limit":1,"per":"hour","algorithm":"gcra"})");
  seconds least = seconds::max();
  seconds most{0};
  for (int key = 1; key <= 40; ++key) {
    ASSERT_TRUE(charge(key_of("acme", key), links_).allowed);
    const Quota refused = charge(key_of("acme", key), links_);
    ASSERT_FALSE(refused.allowed);
    least = std::min(least, *refused.retry_after);
    most = std::max(most, *refused.retry_after);
  }
  EXPECT_GE(least, seconds{3600});
  EXPECT_GT(most, least);
  EXPECT_LE(most, seconds{3600} + seconds{31});
  clock_.advance(most);
  EXPECT_EQ(passes(key_of("acme", 1), links_, 2), 1);
}

TEST_F(ApiLimiterTest, TheUnboundTenantIsBoundByRulesOfFilesOnly) {
  make({.key = {.rate = 1, .burst = 1}, .tenant = {.rate = 1}, .unbound_tenant = "demo"});
  EXPECT_EQ(passes(key_of("demo", 1), links_, 50), 50);
  EXPECT_EQ(passes(key_of("acme", 2), links_, 50), 1);
  rules_.set(R"({"name":"all","limit":3,"per":"hour"})");
  EXPECT_EQ(passes(key_of("demo", 1), links_, 50), 3);
}

TEST_F(ApiLimiterTest, TheAdministratorIsNeverCharged) {
  make({.key = {.rate = 1}, .tenant = {.rate = 1}});
  rules_.set(R"({"name":"all","limit":1,"per":"hour"})");
  Principal admin;
  admin.kind = Principal::Kind::kAdmin;
  admin.tenant_name = "acme";
  EXPECT_EQ(passes(admin, links_, 50), 50);
  EXPECT_EQ(passes(key_of("acme", 1), links_, 50), 1);
}

TEST_F(ApiLimiterTest, RulesOfFilesSeeEachAttribute) {
  struct Row {
    const char* rule;
    int of_acme;
    int of_other;
    int on_keys;
  };
  const Row rows[] = {
      {R"({"name":"a","where":{"tenant":"acme"},"limit":2,"per":"hour"})", 2, 9, 0},
      {R"({"name":"b","key":["tenant"],"limit":2,"per":"hour"})", 2, 2, 0},
      {R"({"name":"c","where":{"endpoint":"/v1/links"},"limit":4,"per":"hour"})", 4, 0, 9},
      {R"({"name":"d","where":{"module":"links"},"limit":4,"per":"hour"})", 4, 0, 0},
      {R"({"name":"e","where":{"method":"POST"},"limit":4,"per":"hour"})", 9, 9, 4},
      {R"({"name":"f","where":{"address":"192.0.2.0/24"},"limit":4,"per":"hour"})", 4, 9, 0},
      {R"({"name":"g","key":["address"],"limit":4,"per":"hour"})", 4, 4, 0},
      {R"({"name":"h","where":{"api_key":"1"},"limit":4,"per":"hour"})", 4, 9, 0},
      {R"({"name":"i","key":["user"],"limit":1,"per":"hour"})", 9, 9, 9},
      {R"({"name":"j","limit":1,"per":"hour","shadow":true})", 9, 9, 9},
  };
  make({});
  for (const Row& row : rows) {
    rules_.set(row.rule);
    EXPECT_EQ(passes(key_of("acme", 1), links_, 9), row.of_acme) << row.rule;
    EXPECT_EQ(passes(key_of("other", 2), links_, 9, "198.51.100.9"), row.of_other) << row.rule;
    const http::Route keys = route_of("/v1/keys", 1, http::Method::kPost);
    EXPECT_EQ(passes(key_of("acme", 1), keys, 9), row.on_keys) << row.rule;
  }
}

TEST_F(ApiLimiterTest, NobodyIsCountedByAddress) {
  make({.key = {.rate = 1}, .tenant = {.rate = 1}});
  EXPECT_EQ(passes({}, links_, 9), 9);
  rules_.set(R"({"name":"a","key":["address"],"limit":2,"per":"hour"})");
  EXPECT_EQ(passes({}, links_, 9, "2001:db8::1"), 2);
  EXPECT_EQ(passes({}, links_, 9, "2001:db8::2"), 0);
  EXPECT_EQ(passes({}, links_, 9, "2001:db8:0:1::1"), 2);
  EXPECT_EQ(passes({}, links_, 9, ""), 9);
}

TEST_F(ApiLimiterTest, ACountThatCannotBeAskedIsForTheRuleToSay) {
  DeadState dead;
  InlineDecider decider(dead);
  limiter_ = ApiLimiter::make({.key = {.rate = 1}}, rules_, usage_, decider, clock_, log_).value();
  const Quota open = charge(key_of("acme", 1), links_);
  EXPECT_TRUE(open.allowed);
  EXPECT_TRUE(open.states.empty()) << "nobody knows what is left";
  rules_.set(R"({"name":"a","limit":9,"per":"hour","on_failure":"closed"})");
  const Quota closed = charge(key_of("acme", 1), links_);
  EXPECT_FALSE(closed.allowed);
  EXPECT_TRUE(closed.states.empty());
}

TEST_F(ApiLimiterTest, MoreRulesThanABatchTakesAreCutAndTheRestHold) {
  make({.key = {.rate = 1, .burst = 5}});
  std::string many;
  for (int i = 0; i < 40; ++i) {
    many += (i > 0 ? "," : "") + (R"({"name":"r)" + std::to_string(i)) +
            R"(","limit":100,"per":"hour"})";
  }
  rules_.set(many);
  const Quota quota = charge(key_of("acme", 1), links_);
  EXPECT_EQ(quota.states.size(), Batch::kMaxAsks);
  EXPECT_EQ(quota.states[0].name, "api.key");
  EXPECT_EQ(passes(key_of("acme", 1), links_, 50), 4);
}

TEST_F(ApiLimiterTest, WhatCannotBeARateIsRefused) {
  EXPECT_FALSE(ApiLimiter::make({.key = {.rate = 1, .burst = UINT64_MAX}}, rules_, usage_, decider_,
                                clock_, log_)
                   .ok());
}

// Leases point to limits long after the answer.
TEST_F(ApiLimiterTest, WhoDecidesMayKeepTheRules) {
  class Keeper final : public Decider {
   public:
    explicit Keeper(Decider& inner) : inner_(inner) {}
    void decide_and_wait(std::span<WaitedBatch> batches, base::Mono now) override {
      for (const WaitedBatch& batch : batches) kept = batch.keeps;
      inner_.decide_and_wait(batches, now);
    }
    std::shared_ptr<const void> kept;

   private:
    Decider& inner_;
  } keeper(decider_);
  rules_.set(R"({"name":"all","limit":3,"per":"hour"})");
  limiter_ = ApiLimiter::make({}, rules_, usage_, keeper, clock_, log_).value();
  ASSERT_EQ(passes(key_of("acme", 1), links_, 1), 1);
  EXPECT_EQ(keeper.kept, rules_.rules);
}

}  // namespace
}  // namespace ashlar::limits
