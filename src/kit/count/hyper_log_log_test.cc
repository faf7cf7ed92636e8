#include "kit/count/hyper_log_log.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "kit/count/testing/heavy_checks.h"

namespace ashlar::kit {
namespace {

// Over many seeds: the mean has no bias beyond chance, the deviation is the stated one.
TEST(HyperLogLog, ErrsAsStatedFromNoneToMillions) {
  constexpr int kSeeds = 150;
  const std::vector<std::uint64_t> sizes = {0, 1, 10, 100, 700, 1000, 2000, 5000, 20'000};
  std::vector<double> sum(sizes.size());
  std::vector<double> squares(sizes.size());
  double stated = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    HyperLogLog<std::uint64_t> sketch(9, seed);
    stated = sketch.standard_error();
    std::uint64_t added = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      for (; added < sizes[i]; ++added) {
        sketch.add(added);
        sketch.add(added / 2);  // seen before
      }
      const double off = sketch.estimate() - static_cast<double>(sizes[i]);
      sum[i] += off;
      squares[i] += off * off;
    }
  }
  EXPECT_EQ(squares[0], 0);
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    const auto size = static_cast<double>(sizes[i]);
    EXPECT_LE(std::abs(sum[i] / kSeeds), 4 * stated * size / std::sqrt(kSeeds)) << sizes[i];
    EXPECT_LE(std::sqrt(squares[i] / kSeeds), 1.2 * stated * size) << sizes[i];
  }
}

TEST(HyperLogLog, LargeNumbersOfStrings) {
  HyperLogLog<std::string> sketch(14, 5);
  for (int i = 0; i < 1'000'000; ++i) sketch.add("user-" + std::to_string(i));
  EXPECT_NEAR(sketch.estimate(), 1e6, 4 * sketch.standard_error() * 1e6);
  sketch.clear();
  EXPECT_EQ(sketch.estimate(), 0);
}

TEST(HyperLogLog, MergedIsExactlyWhatOneWouldHaveSeen) {
  base::Random random(1);
  HyperLogLog<std::uint64_t> one(10, 3);
  HyperLogLog<std::uint64_t> left(10, 3);
  HyperLogLog<std::uint64_t> right(10, 3);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t key = random.below(15'000);
    one.add(key);
    (i % 3 == 0 ? left : right).add(key);
  }
  ASSERT_TRUE(left.merge(right));
  EXPECT_TRUE(left == one);
  EXPECT_FALSE(left.merge(HyperLogLog<std::uint64_t>(10, 4)));
  EXPECT_FALSE(left.merge(HyperLogLog<std::uint64_t>(11, 3)));
}

}  // namespace
}  // namespace ashlar::kit
