// What finding the rules of a request costs, by the number of rules: each rule has its endpoint, a
// prefix or an exact one, and counts by user (100,000 of them).
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "modules/limits/decider.h"
#include "modules/limits/memory_state.h"
#include "modules/limits/rule_set.h"

namespace ashlar::limits {
namespace {

constexpr std::size_t kUsers = 100'000;
constexpr std::size_t kRequests = 1 << 14;

std::string endpoint(std::size_t number) { return "GET /service/" + std::to_string(number) + "/"; }

std::shared_ptr<const RuleSet> rules_of(std::size_t count) {
  std::vector<Rule> rules;
  for (std::size_t i = 0; i < count; ++i) {
    Rule& rule = rules.emplace_back();
    rule.name = "r" + std::to_string(i);
    rule.where = {{"endpoint", {i % 2 == 0 ? endpoint(i) + "*" : endpoint(i) + "item"}}};
    rule.key = {"user"};
    rule.limit.name = rule.name;
    rule.limit.algorithm = Algorithm::kGcra;
    rule.limit.amount = 1'000;
    rule.limit.period = std::chrono::seconds{1};
  }
  auto set = RuleSet::compile(std::move(rules), {.owner = "tenant/1", .seed = {1, 2}});
  CHECK(set.ok());
  return *set;
}

struct Traffic {
  explicit Traffic(std::size_t rules) {
    base::Random random(1);
    for (std::size_t i = 0; i < kRequests; ++i) {
      users.push_back("user-" + std::to_string(random.below(kUsers)));
      endpoints.push_back(endpoint(random.below(rules)) + "item");
    }
  }
  [[nodiscard]] std::vector<Attribute> request(std::size_t i) const {
    return {{"user", users[i % kRequests]},
            {"endpoint", endpoints[i % kRequests]},
            {"address", "192.0.2.1"}};
  }
  std::vector<std::string> users;
  std::vector<std::string> endpoints;
};

void BM_FindRules(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto set = rules_of(count);
  const Traffic traffic(count);
  std::vector<const CompiledRule*> found;
  std::size_t i = 0;
  for (auto _ : state) {
    found.clear();
    set->match(traffic.request(i++), found);
    CHECK(found.size() == 1);
  }
}
BENCHMARK(BM_FindRules)->Arg(10)->Arg(100)->Arg(1'000)->Arg(10'000);

// The same, with the decision: a count for each rule and user that came.
void BM_FindAndDecide(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto set = rules_of(count);
  const Traffic traffic(count);
  MemoryState counts({.max_keys = 4'000'000}, kit::SipKey{3, 4});
  std::vector<const CompiledRule*> found;
  std::string key;
  std::size_t i = 0;
  base::Mono now{std::chrono::hours{24 * 365 * 50}};
  for (auto _ : state) {
    const std::vector<Attribute> request = traffic.request(i++);
    found.clear();
    key.clear();
    set->match(request, found);
    RuleSet::append_key(*found[0], request, key);
    WaitedBatch batch;
    batch.asks.push_back({found[0]->limit.get(), key, 1, Action::kTake});
    now += std::chrono::microseconds{1};
    counts.decide(batch, now);
    benchmark::DoNotOptimize(batch.allowed);
  }
}
BENCHMARK(BM_FindAndDecide)->Arg(10)->Arg(1'000)->Arg(10'000);

void BM_CompileRules(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(rules_of(count));
}
BENCHMARK(BM_CompileRules)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ashlar::limits
