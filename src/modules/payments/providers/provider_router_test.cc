#include "modules/payments/providers/provider_router.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "base/clock.h"
#include "modules/payments/providers/testing/scripted_provider.h"
#include "platform/observability/metrics.h"

namespace ashlar::payments {
namespace {

using Names = std::vector<std::string>;

class ProviderRouterTest : public ::testing::Test {
 protected:
  ProviderRouterTest() {
    for (ScriptedProvider* one : {&a_, &b_, &c_}) router_.add(*one, options());
  }
  static GuardOptions options() {
    GuardOptions made;
    made.calls_at_once = 2;
    made.queries_at_once = 1;
    made.breaker.min_calls = 4;
    made.breaker.window_calls = 20;
    return made;
  }
  static ProviderCall call(std::string currency, std::string network = {}, std::string key = "k") {
    ProviderCall made;
    made.key = std::move(key);
    made.currency = std::move(currency);
    made.network = std::move(network);
    made.token = "pm_1";
    return made;
  }
  void rules(std::string_view text) {
    auto parsed = parse_routes(text);
    ASSERT_TRUE(parsed.ok()) << parsed.error().detail;
    ASSERT_TRUE(router_.set_rules(*std::move(parsed)).ok());
  }
  ProviderEnd submit(const std::string& name, ProviderCall given = call("usd")) {
    std::optional<ProviderEnd> end;
    router_.find(name)->submit(std::move(given),
                               [&](const ProviderAnswer& answer) { end = answer.end; });
    return end.value_or(ProviderEnd::kPending);
  }

  base::ManualClock clock_;
  obs::Registry metrics_;
  ScriptedProvider a_{"a"}, b_{"b"}, c_{"c"};
  ProviderRouter router_{clock_, metrics_};
};

TEST_F(ProviderRouterTest, WithoutRulesTheyAreTriedAsTheyWereAdded) {
  EXPECT_EQ(router_.route(call("usd")), (Names{"a", "b", "c"}));
  EXPECT_EQ(router_.find("b")->name(), "b");
  EXPECT_EQ(router_.find("d"), nullptr);
}

TEST_F(ProviderRouterTest, TheFirstRuleThatFitsDecides) {
  rules("usd/amex = c; usd = b, a ;eur=b; */visa = c,a; * = a");
  EXPECT_EQ(router_.route(call("usd", "amex")), Names{"c"});
  EXPECT_EQ(router_.route(call("usd", "visa")), (Names{"b", "a"}));
  EXPECT_EQ(router_.route(call("eur")), Names{"b"});
  EXPECT_EQ(router_.route(call("gbp", "visa")), (Names{"c", "a"}));
  EXPECT_EQ(router_.route(call("gbp")), Names{"a"});
}

TEST_F(ProviderRouterTest, ChanceDecidesByWeightAndTheSameForTheSameKey) {
  rules("* = a:3, b:1");
  std::map<std::string, int> first;
  for (int i = 0; i < 4'000; ++i) {
    const ProviderCall one = call("usd", {}, "k" + std::to_string(i));
    const Names order = router_.route(one);
    ASSERT_EQ(order.size(), 2U);
    EXPECT_EQ(order, router_.route(one));
    ++first[order[0]];
  }
  EXPECT_NEAR(first["a"], 3'000, 150);
}

TEST_F(ProviderRouterTest, WhoDoesNotTakeTheTokenIsLeftOut) {
  a_.prefix = "tok_";
  EXPECT_EQ(router_.route(call("usd")), (Names{"b", "c"}));
  b_.prefix = c_.prefix = "tok_";
  EXPECT_EQ(router_.route(call("usd")), Names{"a"});  // who will say so
}

TEST_F(ProviderRouterTest, WhoseBreakerIsOpenGoesLastAndIsNotCalled) {
  a_.end = ProviderEnd::kUnknown;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(submit("a"), ProviderEnd::kUnknown);
  EXPECT_EQ(router_.route(call("usd")), (Names{"b", "c", "a"}));
  EXPECT_EQ(submit("a"), ProviderEnd::kNotDone);
  EXPECT_EQ(a_.asked.size(), 4U);
  std::optional<ProviderEnd> end;
  router_.find("a")->query(call("usd"), [&](const ProviderAnswer& got) { end = got.end; });
  EXPECT_EQ(end, ProviderEnd::kUnknown);  // nobody was asked: nothing is known
  clock_.advance(base::Seconds{10});
  a_.end = ProviderEnd::kApplied;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(submit("a"), ProviderEnd::kApplied);
  EXPECT_EQ(router_.route(call("usd")), (Names{"a", "b", "c"}));
}

TEST_F(ProviderRouterTest, ADeclineIsNoFailureOfTheProvider) {
  a_.end = ProviderEnd::kDeclined;
  for (int i = 0; i < 50; ++i) EXPECT_EQ(submit("a"), ProviderEnd::kDeclined);
  EXPECT_EQ(router_.route(call("usd"))[0], "a");
}

TEST_F(ProviderRouterTest, AtMostSoManyCallsAreUnderWay) {
  a_.waits = true;
  submit("a");
  submit("a");
  EXPECT_EQ(submit("a"), ProviderEnd::kNotDone);
  EXPECT_EQ(a_.asked.size(), 2U);
  // Queries have places of their own.
  std::optional<ProviderEnd> end;
  router_.find("a")->query(call("usd"), [&](const ProviderAnswer& got) { end = got.end; });
  EXPECT_EQ(a_.asked.size(), 3U);
  a_.let_go();
  EXPECT_EQ(end, ProviderEnd::kApplied);
  a_.waits = false;
  EXPECT_EQ(submit("a"), ProviderEnd::kApplied);
}

TEST_F(ProviderRouterTest, EveryCallHasADeadline) {
  submit("a");
  EXPECT_EQ(a_.asked[0].deadline, clock_.mono() + base::Seconds{20});
  ProviderCall hasty = call("usd");
  hasty.deadline = clock_.mono() + base::Seconds{1};
  submit("a", hasty);
  EXPECT_EQ(a_.asked[1].deadline, hasty.deadline);
}

TEST_F(ProviderRouterTest, MalformedRulesAreRefused) {
  for (const char* text : {"usd", "usd=", "=a", "usd/=a/", "usd=a,", "usd=a:0", "usd=a:x",
                           "usd=a,a", "usd=a:1,b", "US D=a", "usd=a:1000001"}) {
    const auto parsed = parse_routes(text);
    EXPECT_FALSE(parsed.ok()) << text;
  }
  EXPECT_TRUE(parse_routes("")->empty());
  EXPECT_STREQ(router_.set_rules(*parse_routes("*=z")).error().reason, "routes_unknown_provider");
}

TEST_F(ProviderRouterTest, CallsAreCounted) {
  a_.end = ProviderEnd::kDeclined;
  submit("a");
  const std::string text = metrics_.render();
  const std::size_t at = text.find("ashlar_payments_provider_calls_total{end=\"declined\"");
  ASSERT_NE(at, std::string::npos) << text;
  EXPECT_EQ(text.substr(at, text.find('\n', at) - at),
            "ashlar_payments_provider_calls_total{end=\"declined\",op=\"authorize\",provider="
            "\"a\"} 1");
}

}  // namespace
}  // namespace ashlar::payments
