// What it costs to note a decision (usage.h), at rates at which keys are sampled: all the same key,
// and keys of Zipf(1.0); let pass, and refused. And what the book's second costs.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "kit/testing/zipf.h"
#include "modules/limits/usage.h"
#include "platform/observability/metrics.h"

namespace ashlar::limits {
namespace {

constexpr base::Mono kStart{std::chrono::seconds(1'700'000'000)};
constexpr std::size_t kDraws = std::size_t{1} << 16;

std::vector<std::string> keys(bool same) {
  base::Random random(1);
  const kit::Zipf zipf(1'000'000);
  std::vector<std::string> drawn(kDraws);
  for (std::string& key : drawn) key = "user_" + std::to_string(same ? 7 : zipf.draw(random));
  return drawn;
}

void note(benchmark::State& state, Verdict verdict, bool same) {
  obs::Registry metrics;
  UsageBook book({}, metrics);
  const auto rule = book.rule({}, "shop.user");
  const std::vector<std::string> drawn = keys(same);
  std::uint64_t i = 0;
  for ([[maybe_unused]] auto _ : state) {
    rule->note(verdict, drawn[i % kDraws], kStart + std::chrono::nanoseconds(i * 100));
    ++i;
  }
}

BENCHMARK_CAPTURE(note, allowed_one_key, Verdict::kAllowed, true);
BENCHMARK_CAPTURE(note, allowed_zipf, Verdict::kAllowed, false);
BENCHMARK_CAPTURE(note, denied_one_key, Verdict::kDenied, true);
BENCHMARK_CAPTURE(note, denied_zipf, Verdict::kDenied, false);

void tick(benchmark::State& state) {
  obs::Registry metrics;
  UsageBook book({}, metrics);
  std::vector<std::shared_ptr<RuleUsage>> rules;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    rules.push_back(book.rule({}, "shop.user_" + std::to_string(i)));
  }
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(book.tick());
}
BENCHMARK(tick)->Arg(1'000)->Arg(20'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ashlar::limits
