#include "base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

namespace ashlar::base {
namespace {

// The tests are seeded: they cannot fail by bad luck.

TEST(Random, SameSeedSameNumbers) {
  Random a(42);
  Random b(42);
  Random c(43);
  int different = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t n = a.next();
    EXPECT_EQ(n, b.next());
    different += n != c.next() ? 1 : 0;
  }
  EXPECT_EQ(different, 100);
}

// xoshiro256++ and splitmix64 computed from their authors' definitions, independently of this code.
TEST(Random, IsTheAlgorithmItClaimsToBe) {
  Random zero(0);
  EXPECT_EQ(zero.next(), 0x53175d61490b23dfULL);
  EXPECT_EQ(zero.next(), 0x61da6f3dc380d507ULL);
  EXPECT_EQ(zero.next(), 0x5c0fdf91ec9a7bfcULL);
}

// Chi-square against the uniform distribution: 0.1 % of good generators would exceed the limit.
void expect_uniform(std::uint64_t bound, double limit) {
  constexpr int kPerBucket = 1000;
  Random random(bound);
  std::vector<int> counts(bound);
  for (std::uint64_t i = 0; i < bound * kPerBucket; ++i) {
    const std::uint64_t n = random.below(bound);
    ASSERT_LT(n, bound);
    ++counts[n];
  }
  double chi_square = 0;
  for (const int count : counts) chi_square += std::pow(count - kPerBucket, 2) / kPerBucket;
  EXPECT_LT(chi_square, limit) << bound;
  EXPECT_GT(chi_square, 0);  // too even is not chance either
}

TEST(Random, BelowIsUniform) {
  expect_uniform(2, 10.83);
  expect_uniform(3, 13.82);
  expect_uniform(10, 27.88);
  expect_uniform(62, 100.9);
  expect_uniform(100, 148.2);
}

TEST(Random, BelowOneIsZeroAndBelowMuchStaysBelow) {
  Random random(1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.below(1), 0U);
  for (int i = 0; i < 1000; ++i) EXPECT_LT(random.below((1ULL << 63) + 1), (1ULL << 63) + 1);
  EXPECT_DEATH(random.below(0), "CHECK failed");
}

TEST(Random, EveryBitIsSetHalfOfTheTime) {
  constexpr int kHalf = 5'000;
  Random random(7);
  std::array<int, 64> set{};
  for (int i = 0; i < 2 * kHalf; ++i) {
    const std::uint64_t n = random.next();
    for (std::size_t bit = 0; bit < 64; ++bit) set[bit] += static_cast<int>(n >> bit & 1);
  }
  for (const int count : set) EXPECT_NEAR(count, kHalf, 200);  // four standard deviations
}

TEST(Random, UnitAndChance) {
  constexpr int kDraws = 100'000;
  Random random(11);
  double sum = 0;
  int hits = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double unit = random.unit();
    ASSERT_GE(unit, 0.0);
    ASSERT_LT(unit, 1.0);
    sum += unit;
    hits += random.chance(0.2) ? 1 : 0;
    ASSERT_FALSE(random.chance(0.0));
    ASSERT_TRUE(random.chance(1.0));
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 0.005);
  EXPECT_NEAR(hits, kDraws * 0.2, 600);
}

}  // namespace
}  // namespace ashlar::base
