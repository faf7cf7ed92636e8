#include "kit/count/count_min.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"
#include "kit/count/testing/heavy_checks.h"
#include "kit/testing/zipf.h"

namespace ashlar::kit {
namespace {

// Of all keys of some streams: never below the truth, and above the stated error no more often than
// stated.
template <class Key>
void expect_count_min(bool conservative) {
  std::size_t keys = 0;
  std::size_t beyond = 0;
  double confidence = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    base::Random random(seed);
    CountMin<Key> sketch({.width = 64, .depth = 3, .conservative = conservative, .seed = seed});
    confidence = sketch.confidence();
    TrueWeights<Key> truth;
    const Zipf zipf(5000);
    for (int i = 0; i < 50'000; ++i) {
      const Key key = test_key<Key>(zipf.draw(random));
      const std::uint64_t weight = random.below(4);
      ASSERT_TRUE(sketch.add(key, weight));
      truth.add(key, weight);
    }
    for (const auto& [key, weight] : truth.all()) {
      const WeightInterval interval = sketch.interval(key);
      ASSERT_GE(interval.upper, weight);
      ++keys;
      beyond += interval.lower > weight ? 1 : 0;
    }
  }
  EXPECT_LE(static_cast<double>(beyond), (1 - confidence) * static_cast<double>(keys));
}

TEST(CountMin, KeepsItsBounds) {
  expect_count_min<std::uint64_t>(false);
  expect_count_min<std::string>(false);
}

TEST(CountMin, ConservativeKeepsItsBoundsAndErrsLess) {
  expect_count_min<std::uint64_t>(true);
  expect_count_min<std::string>(true);
  CountMin<std::uint64_t> plain({.width = 64, .depth = 4, .seed = 1});
  CountMin<std::uint64_t> careful({.width = 64, .depth = 4, .conservative = true, .seed = 1});
  base::Random random(2);
  const Zipf zipf(5000);
  for (int i = 0; i < 50'000; ++i) {
    const std::uint64_t key = zipf.draw(random);
    plain.add(key);
    careful.add(key);
  }
  std::uint64_t plain_sum = 0;
  std::uint64_t careful_sum = 0;
  for (std::uint64_t key = 1; key <= 5000; ++key) {
    ASSERT_LE(careful.estimate(key), plain.estimate(key));
    plain_sum += plain.estimate(key);
    careful_sum += careful.estimate(key);
  }
  EXPECT_LT(careful_sum, plain_sum * 9 / 10);
}

TEST(CountMin, MergedIsWhatOneWouldHaveSeen) {
  base::Random random(3);
  CountMin<std::string> one({.seed = 4});
  CountMin<std::string> left({.seed = 4});
  CountMin<std::string> right({.seed = 4});
  for (int i = 0; i < 20'000; ++i) {
    const std::string key = test_key<std::string>(random.below(3000));
    one.add(key);
    (i % 3 == 0 ? left : right).add(key);
  }
  ASSERT_TRUE(left.merge(right));
  EXPECT_EQ(left.total(), one.total());
  for (std::uint64_t n = 0; n < 4000; ++n) {
    const std::string key = test_key<std::string>(n);
    ASSERT_EQ(left.estimate(key), one.estimate(key));
  }
}

TEST(CountMin, RefusesMergesThatMeanNothing) {
  CountMin<std::uint64_t> sketch({.seed = 1});
  EXPECT_FALSE(sketch.merge(CountMin<std::uint64_t>({.seed = 2})));
  EXPECT_FALSE(sketch.merge(CountMin<std::uint64_t>({.width = 1024, .seed = 1})));
  EXPECT_FALSE(sketch.merge(CountMin<std::uint64_t>({.depth = 4, .seed = 1})));
  EXPECT_FALSE(sketch.merge(CountMin<std::uint64_t>({.conservative = true, .seed = 1})));
  CountMin<std::uint64_t> full({.seed = 1});
  EXPECT_TRUE(full.add(1, kMaxTotalWeight));
  EXPECT_FALSE(full.add(1, 1));
  sketch.add(2);
  EXPECT_FALSE(sketch.merge(full));
  EXPECT_EQ(sketch.total(), 1U);
}

}  // namespace
}  // namespace ashlar::kit
