// What the rate limit service did, as usage.h shows it.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "modules/limits/memory_state.h"
#include "modules/limits/rls_service.h"
#include "modules/limits/usage.h"
#include "platform/observability/metrics.h"

namespace ashlar::limits {
namespace {

constexpr base::Time kNow{std::chrono::seconds{1'700'000'000}};

constexpr const char* kRules = R"(domain: shop
descriptors:
  - {key: user, rate_limit: {unit: day, requests_per_unit: 3}}
  - {key: watched, shadow_mode: true, rate_limit: {unit: day, requests_per_unit: 1}}
  - {key: free, rate_limit: {unlimited: true}}
  - {key: named, rate_limit: {name: quota, unit: day, requests_per_unit: 100}}
)";

class Call final : public RlsCall {
 public:
  void on_answered() override {}
};

class RlsUsageTest : public testing::Test {
 protected:
  RlsUsageTest() { use(kRules); }

  void use(const std::string& text) {
    RlsTree::Options options;
    options.usage_of = [this](const RlsRule& rule) { return book_.rule({}, rule.path, rule.name); };
    const std::vector<RlsFile> files{*parse_rls_file("shop.yaml", text)};
    service_.use(*RlsTree::compile(files, options));
  }

  void ask(std::string_view key, std::string_view value, std::uint64_t hits = 1,
           std::optional<RlsOverride> limit = {}, bool give_back = false) {
    call_.clear();
    call_.request.domain = "shop";
    call_.request.entries = {{key, value}};
    call_.request.descriptors = {{.first_entry = 0,
                                  .entries = 1,
                                  .limit = limit,
                                  .hits_addend = hits,
                                  .is_negative_hits = give_back}};
    service_.should_rate_limit(call_, state_, kNow);
    ASSERT_TRUE(call_.status.ok());
  }

  // Allowed, denied, denied in shadow.
  std::vector<std::uint64_t> counts(std::string_view rule) {
    const std::vector<RuleReport> all = book_.report({});
    const auto found = std::ranges::find(all, rule, &RuleReport::name);
    if (found == all.end()) return {};
    return {found->total.of(Verdict::kAllowed), found->total.of(Verdict::kDenied),
            found->total.of(Verdict::kShadowDenied)};
  }
  using Counts = std::vector<std::uint64_t>;

  obs::Registry metrics_;
  UsageBook book_{{}, metrics_};
  RlsService service_{{.usage = book_.rule({}, RlsService::kRequestRule)}};
  MemoryState state_{{}, kit::SipKey{1, 2}};
  Call call_;
};

TEST_F(RlsUsageTest, EachJudgedTakeIsNotedUnderItsRule) {
  for (int i = 0; i < 5; ++i) ask("user", "zoe");
  ask("user", "ann");
  for (int i = 0; i < 3; ++i) ask("watched", "x");
  ask("free", "x");
  ask("unknown", "x");
  EXPECT_EQ(counts("shop.user"), (Counts{4, 2, 0}));
  EXPECT_EQ(counts("shop.watched"), (Counts{1, 0, 2}));
  EXPECT_EQ(counts("shop.free"), Counts{});
  const HeavyKeys refused = book_.heavy({}, "shop.user", true, 5, limiter_now(kNow));
  ASSERT_EQ(refused.rows.size(), 1U);
  EXPECT_EQ(refused.rows[0].key, "user_zoe");
  EXPECT_EQ(refused.rows[0].estimate, 2U);
  EXPECT_EQ(book_.heavy({}, "shop.user", false, 5, limiter_now(kNow)).rows.size(), 2U);
}

TEST_F(RlsUsageTest, LooksAndWhatIsGivenBackAreNoRequests) {
  ask("user", "zoe");
  ask("user", "zoe", 0);
  ask("user", "zoe", 1, {}, true);
  EXPECT_EQ(counts("shop.user"), (Counts{1, 0, 0}));
}

TEST_F(RlsUsageTest, LimitsOfRequestsAreOneRule) {
  const RlsOverride two{.requests_per_unit = 2, .unit = static_cast<std::int32_t>(RlsUnit::kDay)};
  for (int i = 0; i < 3; ++i) ask("user", "zoe", 1, two);
  ask("any", "x", 1, two);
  EXPECT_EQ(counts("request"), (Counts{3, 1, 0}));
  EXPECT_EQ(counts("shop.user"), (Counts{0, 0, 0}));
}

TEST_F(RlsUsageTest, CountsOutliveAReloadOfTheRules) {
  ask("user", "zoe");
  use(std::string(kRules) + "  - {key: more, rate_limit: {unit: day, requests_per_unit: 1}}\n");
  ask("user", "zoe");
  EXPECT_EQ(counts("shop.user"), (Counts{2, 0, 0}));
  use("domain: shop\n");
  call_.clear();  // it held the old rules
  EXPECT_EQ(counts("shop.user"), Counts{});
}

}  // namespace
}  // namespace ashlar::limits
