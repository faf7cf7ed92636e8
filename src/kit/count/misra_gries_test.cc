#include "kit/count/misra_gries.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "kit/count/testing/heavy_checks.h"
#include "kit/testing/zipf.h"

namespace ashlar::kit {
namespace {

template <class Key>
class MisraGriesOf : public testing::Test {};
using Keys = testing::Types<std::uint64_t, std::string>;
TYPED_TEST_SUITE(MisraGriesOf, Keys);

TYPED_TEST(MisraGriesOf, HoldsEveryIntervalThroughStreamsAndMerges) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    base::Random random(seed);
    const std::size_t strength = 1 + random.below(100);
    MisraGries<TypeParam> sketch(strength, seed);
    TrueWeights<TypeParam> truth;
    const Zipf zipf(1 + random.below(3000));
    for (int round = 0; round < 6; ++round) {
      MisraGries<TypeParam> other(strength, seed + 100);
      for (int i = 0; i < 2000; ++i) {
        const TypeParam key = test_key<TypeParam>(zipf.draw(random));
        const std::uint64_t weight = seed % 2 == 0 ? 1 : random.below(1000);
        ASSERT_TRUE((i % 2 == 0 ? sketch : other).add(key, weight));
        truth.add(key, weight);
      }
      ASSERT_TRUE(sketch.merge(other));
      ASSERT_EQ(sketch.total(), truth.total());
      ASSERT_LE(sketch.error(), truth.total() / strength);
      ASSERT_LE(sketch.size(), 2 * strength);
      expect_intervals(truth, sketch, test_key<TypeParam>(1'000'000));
      const std::size_t k = 1 + random.below(strength);
      expect_heavy_rows(truth, sketch.top(k), k);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

TYPED_TEST(MisraGriesOf, IsExactUntilItIsFull) {
  base::Random random(5);
  MisraGries<TypeParam> sketch(250);
  TrueWeights<TypeParam> truth;
  for (int i = 0; i < 20'000; ++i) {
    const TypeParam key = test_key<TypeParam>(random.below(500));
    sketch.add(key, 1 + i % 3);
    truth.add(key, 1 + i % 3);
  }
  EXPECT_TRUE(sketch.exact());
  expect_exact_rows(truth, sketch.top(30), 30);
}

TEST(MisraGries, RefusesWhatItCannotCount) {
  MisraGries<std::string> sketch(2);
  EXPECT_FALSE(sketch.add(std::string(257, 'x')));
  EXPECT_TRUE(sketch.add("a", 0));
  EXPECT_EQ(sketch.size(), 0U);
  EXPECT_TRUE(sketch.add("a", kMaxTotalWeight));
  EXPECT_FALSE(sketch.add("b"));
  MisraGries<std::string> other(2);
  other.add("b");
  EXPECT_FALSE(other.merge(sketch));
  EXPECT_EQ(other.total(), 1U);
}

}  // namespace
}  // namespace ashlar::kit
