// What a quota costs each request to Ashlar's own API: without any, with the settings' two, with a
// thousand rules of files of which one applies.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "modules/limits/api_limiter.h"
#include "modules/limits/decider.h"
#include "modules/limits/memory_state.h"
#include "modules/limits/rule_source.h"
#include "modules/limits/usage.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/security/principal.h"

namespace ashlar::limits {
namespace {

constexpr kit::SipKey kSeed{1, 2};

class FixedRules final : public RuleSource {
 public:
  FixedRules(int count, UsageBook& usage) {
    std::vector<Rule> rules;
    for (int i = 0; i < count; ++i) {
      Rule& rule = rules.emplace_back();
      rule.name = "rule-" + std::to_string(i);
      rule.where = {{"tenant", {"tenant-" + std::to_string(i)}}};
      rule.key = {"api_key"};
      rule.limit.name = rule.name;
      rule.limit.algorithm = Algorithm::kGcra;
      rule.limit.amount = 1'000'000;
      rule.limit.period = std::chrono::seconds{1};
    }
    rules_ = RuleSet::compile(std::move(rules),
                              {.owner = "own", .tenant = {}, .usage = &usage, .seed = kSeed})
                 .value();
  }
  base::Result<std::shared_ptr<const RuleSet>> rules_of(base::TenantId /*tenant*/) override {
    return rules_;
  }

 private:
  std::shared_ptr<const RuleSet> rules_;
};

void charge(benchmark::State& bench, int rules, std::uint64_t rate) {
  const base::SystemClock clock;
  obs::Registry metrics;
  obs::Log log(obs::Level::kOff, 2, clock, metrics);
  UsageBook usage({}, metrics);
  FixedRules source(rules, usage);
  MemoryState state({}, kSeed);
  InlineDecider decider(state);
  const auto limiter = ApiLimiter::make({.key = {.rate = rate}, .tenant = {.rate = rate}}, source,
                                        usage, decider, clock, log)
                           .value();
  security::Principal who;
  who.kind = security::Principal::Kind::kKey;
  who.tenant = base::TenantId{3};
  who.tenant_name = "tenant-3";
  who.key = security::KeyId{17};
  const http::Route route{.method = http::Method::kGet,
                          .path = {"/v1/links/{code}"},
                          .summary = {"bench"},
                          .module = {"links"},
                          .tenancy = http::Tenancy::kTenant,
                          .scope = {"links:read"},
                          .cost = 1,
                          .idempotency = http::Idempotency::kNatural,
                          .deadline = base::Millis{1000},
                          .handler = {http::WorkerHandler()}};
  for (auto _ : bench) {
    http::Quota quota = limiter->charge({who, "192.0.2.1", route});
    benchmark::DoNotOptimize(quota.allowed);
  }
}

BENCHMARK_CAPTURE(charge, no_quota, 0, 0);
BENCHMARK_CAPTURE(charge, settings_two, 0, 1'000'000);
BENCHMARK_CAPTURE(charge, one_of_1000_rules, 1'000, 0);
BENCHMARK_CAPTURE(charge, settings_and_rules, 1'000, 1'000'000);

}  // namespace
}  // namespace ashlar::limits
