#include "kit/resilience/hedge_policy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/random.h"

namespace ashlar::kit {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr base::Mono kStart{seconds(1000)};

TEST(HedgePolicyTest, DoesNotHedgeBeforeItKnowsTheLatency) {
  HedgePolicy hedges({.min_samples = 100}, kStart);
  base::Mono now = kStart;
  for (int i = 0; i < 99; ++i) {
    EXPECT_FALSE(hedges.begin(now));
    now += milliseconds(20);
    hedges.record(milliseconds(5), now);
  }
  now += seconds(2);
  hedges.record(milliseconds(5), now);
  ASSERT_TRUE(hedges.begin(now));
  EXPECT_GE(*hedges.begin(now), milliseconds(5));
  EXPECT_LE(*hedges.begin(now), nanoseconds(milliseconds(5)) * 17 / 16 + nanoseconds(1024));
}

TEST(HedgePolicyTest, TheDelayIsClamped) {
  HedgePolicy hedges(
      {.min_delay = milliseconds(10), .max_delay = milliseconds(50), .min_samples = 1}, kStart);
  hedges.record(milliseconds(1), kStart + seconds(2));
  EXPECT_EQ(hedges.begin(kStart + seconds(2)), milliseconds(10));
  for (int i = 0; i < 100; ++i) hedges.record(seconds(9), kStart + seconds(3));
  hedges.record(seconds(9), kStart + seconds(4));
  EXPECT_EQ(hedges.begin(kStart + seconds(4)), milliseconds(50));
}

// A dependency that answers in about 10 ms, and one time in fifty in 500 ms. Requests are hedged
// as the header says; then it becomes slow for everyone.
struct Simulation {
  std::vector<nanoseconds> latencies;
  int hedges = 0;
};

nanoseconds draw(base::Random& random, bool ill) {
  if (ill) return milliseconds(400 + random.below(200));
  return random.chance(0.02) ? milliseconds(500) : nanoseconds(8'000'000 + random.below(4'000'000));
}

Simulation simulate(HedgePolicy& policy, base::Random& random, base::Mono& now, int n, bool ill,
                    bool hedging) {
  Simulation result;
  for (int i = 0; i < n; ++i) {
    now += milliseconds(1);
    const nanoseconds first = draw(random, ill);
    const auto delay = policy.begin(now);
    nanoseconds latency = first;
    if (hedging && delay && *delay < first && policy.try_hedge(now + *delay)) {
      ++result.hedges;
      latency = std::min(first, *delay + draw(random, ill));
    }
    policy.record(std::min(first, latency), now);
    result.latencies.push_back(latency);
  }
  std::sort(result.latencies.begin(), result.latencies.end());
  return result;
}

TEST(HedgePolicyTest, CutsTheTailWithinItsShare) {
  base::Random random(3);
  base::Mono now = kStart;
  HedgePolicy policy({}, now);
  const Simulation without = simulate(policy, random, now, 20'000, false, false);
  const Simulation with = simulate(policy, random, now, 20'000, false, true);
  EXPECT_EQ(without.latencies[19'800], milliseconds(500));  // p99
  EXPECT_LT(with.latencies[19'800], milliseconds(30));
  EXPECT_GT(with.hedges, 20'000 / 50 / 2);
  EXPECT_LE(with.hedges, (20'000 + 10'000) * 5 / 100);
  const Simulation ill = simulate(policy, random, now, 20'000, true, true);
  EXPECT_LE(ill.hedges, (20'000 + 10'000) * 5 / 100) << "not twice the load when all is slow";
}

}  // namespace
}  // namespace ashlar::kit
