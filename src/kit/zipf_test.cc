#include "kit/testing/zipf.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace ashlar::kit {
namespace {

TEST(Zipf, DrawsEachRankAsOftenAsItsShareOfTheHarmonicNumber) {
  constexpr std::uint64_t kRanks = 1000;
  constexpr int kDraws = 1'000'000;
  double harmonic = 0;
  for (std::uint64_t k = 1; k <= kRanks; ++k) harmonic += 1.0 / static_cast<double>(k);
  base::Random random(1);
  const Zipf zipf(kRanks);
  std::vector<int> seen(kRanks + 1);
  for (int i = 0; i < kDraws; ++i) {
    const std::uint64_t rank = zipf.draw(random);
    ASSERT_TRUE(rank >= 1 && rank <= kRanks);
    ++seen[rank];
  }
  for (const std::uint64_t rank : {1, 2, 3, 10, 100, 1000}) {
    const double expected = kDraws / (static_cast<double>(rank) * harmonic);
    EXPECT_NEAR(seen[rank], expected, 5 * std::sqrt(expected)) << "rank " << rank;
  }
}

TEST(Zipf, OneRankIsAlwaysDrawn) {
  base::Random random(2);
  const Zipf zipf(1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(zipf.draw(random), 1U);
}

}  // namespace
}  // namespace ashlar::kit
