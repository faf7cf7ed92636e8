#include "kit/cache/xfetch.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace ashlar::kit {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
constexpr std::uint64_t kSeed = 20261122;

base::Mono at(std::int64_t nanos) { return base::Mono{nanoseconds{nanos}}; }

TEST(XFetch, RenewsAtADistanceWithTheProbabilityOfThePaper) {
  constexpr int kDraws = 500'000;
  base::Random random(kSeed);
  const nanoseconds delta = milliseconds(40);
  for (const double beta : {0.5, 1.0, 2.0}) {
    for (const double distance : {0.1, 0.5, 1.0, 3.0, 6.0}) {  // in units of delta * beta
      const auto gap = static_cast<std::int64_t>(40e6 * beta * distance);
      int due = 0;
      for (int i = 0; i < kDraws; ++i) {
        if (xfetch_due(at(1'000), at(1'000 + gap), delta, beta, 1 - random.unit())) ++due;
      }
      const double expected = std::exp(-distance);
      const double sigma = std::sqrt(kDraws * expected * (1 - expected));
      EXPECT_NEAR(due, kDraws * expected, 5 * sigma)
          << "beta " << beta << ", distance " << distance << ", seed " << kSeed;
    }
  }
}

// Readers at random times of rate r: nobody renews farther than g from the end with the probability
// exp(-r * delta * exp(-g / delta)), a Gumbel distribution of the mean delta * (ln(r delta) +
// 0.5772).
TEST(XFetch, TheFirstOfManyReadersComesALogarithmOfTheirNumberEarly) {
  constexpr int kLives = 5'000;
  constexpr double kReadersPerLoad = 200;
  constexpr double kDelta = 1e6;
  base::Random random(kSeed);
  double sum = 0;
  for (int life = 0; life < kLives; ++life) {
    double now = -36.75 * kDelta;  // the entry expires at 0
    for (;;) {
      now -= std::log(1 - random.unit()) * kDelta / kReadersPerLoad;
      if (xfetch_due(at(static_cast<std::int64_t>(now)), at(0), nanoseconds(1'000'000), 1,
                     1 - random.unit())) {
        break;
      }
    }
    sum += -now / kDelta;
  }
  const double sigma = 1.2825 / std::sqrt(kLives);
  EXPECT_NEAR(sum / kLives, std::log(kReadersPerLoad) + 0.57722, 5 * sigma + 0.001);
}

TEST(XFetch, Edges) {
  const nanoseconds second(1'000'000'000);
  EXPECT_TRUE(xfetch_due(at(10), at(10), second, 1, 1));  // expired
  EXPECT_TRUE(xfetch_due(at(11), at(10), nanoseconds(0), 0, 0.5));
  EXPECT_FALSE(xfetch_due(at(9), at(10), second, 1, 1));  // ln 1 = 0
  EXPECT_FALSE(xfetch_due(at(9), at(10), nanoseconds(0), 1, 0x1p-53));
  EXPECT_FALSE(xfetch_due(at(9), at(10), second, 0, 0x1p-53));
  EXPECT_TRUE(xfetch_due(at(0), at(36'730'000'000), second, 1, 0x1p-53));
  EXPECT_FALSE(xfetch_due(at(0), at(36'760'000'000), second, 1, 0x1p-53));
  EXPECT_FALSE(xfetch_due(at(0), base::Mono::max(), second, 1, 0x1p-53));
  EXPECT_TRUE(xfetch_due(at(0), base::Mono::max(), nanoseconds::max(), 1e9, 0.5));
}

TEST(XFetch, WhatIsNotPossibleIsNeverDue) {
  base::Random random(kSeed);
  for (int i = 0; i < 1'000'000; ++i) {
    const auto gap = static_cast<std::int64_t>(random.below(2'000'000)) - 1'000;
    const nanoseconds delta(static_cast<std::int64_t>(random.below(50'000)));
    const double beta = 2 * random.unit();
    const double u = std::exp(-36.7 * random.unit());
    const double early = -static_cast<double>(delta.count()) * beta * std::log(u);
    EXPECT_EQ(xfetch_due(at(0), at(gap), delta, beta, u), static_cast<double>(gap) <= early);
    if (!xfetch_possible(at(0), at(gap), delta, beta)) {
      ASSERT_FALSE(xfetch_due(at(0), at(gap), delta, beta, 0x1p-53));
    }
  }
}

}  // namespace
}  // namespace ashlar::kit
