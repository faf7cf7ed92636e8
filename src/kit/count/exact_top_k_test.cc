#include "kit/count/exact_top_k.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "kit/count/testing/heavy_checks.h"
#include "kit/testing/zipf.h"

namespace ashlar::kit {
namespace {

template <class Key>
class ExactTopKOf : public testing::Test {};
using Keys = testing::Types<std::uint64_t, std::string>;
TYPED_TEST_SUITE(ExactTopKOf, Keys);

TYPED_TEST(ExactTopKOf, IsTheSortedMapAfterAnyAddsAndSubtracts) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    base::Random random(seed);
    const std::size_t max_k = 1 + random.below(20);
    ExactTopK<TypeParam> counts(max_k, seed);
    TrueWeights<TypeParam> truth;
    const std::uint64_t keys = 1 + random.below(seed % 2 == 0 ? 60 : 2000);
    const Zipf zipf(keys);
    for (int i = 0; i < 20'000; ++i) {
      // Rises and falls in turn, so that keys disappear in numbers too.
      const bool falling = i / 4000 % 2 == 1;
      const TypeParam key =
          test_key<TypeParam>(seed % 3 == 0 ? random.below(keys) : zipf.draw(random));
      const std::uint64_t weight = random.below(4);
      if (random.chance(falling ? 0.2 : 0.8)) {
        ASSERT_EQ(counts.add(key, weight) != counts.kNone, weight > 0);
        truth.add(key, weight);
      } else if (truth.of(key) > 0) {
        const std::uint64_t less = std::min<std::uint64_t>(truth.of(key), falling ? 50 : weight);
        ASSERT_TRUE(counts.subtract(key, less));
        truth.subtract(key, less);
      } else {
        ASSERT_FALSE(counts.subtract(key, 1));
      }
      ASSERT_EQ(counts.count(key), truth.of(key));
      if (i % 97 == 0) {
        const std::size_t k = random.below(max_k + 3);
        expect_exact_rows(truth, counts.top(k), k);
        ASSERT_EQ(counts.size(), truth.all().size());
        ASSERT_EQ(counts.total(), truth.total());
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

TYPED_TEST(ExactTopKOf, ABatchIsTheSameAsOneByOne) {
  base::Random random(3);
  const Zipf zipf(5000);
  ExactTopK<TypeParam> one(50);
  ExactTopK<TypeParam> batch(50);
  std::vector<TypeParam> keys;
  for (int i = 0; i < 30'001; ++i) keys.push_back(test_key<TypeParam>(zipf.draw(random)));
  const std::vector<typename ExactTopK<TypeParam>::View> views(keys.begin(), keys.end());
  for (const auto& key : views) one.add(key);
  EXPECT_EQ(batch.add_batch(views), views.size());
  EXPECT_EQ(one.top(50), batch.top(50));
}

TEST(ExactTopK, EqualCountsStandInTheOrderOfTheirKeys) {
  ExactTopK<std::string> counts(2);
  for (int i = 999; i >= 100; --i) counts.add(std::to_string(i));
  auto rows = counts.top(2);
  EXPECT_EQ(rows[0].key, "100");
  EXPECT_EQ(rows[1].key, "101");
  counts.subtract("100", 1);
  EXPECT_EQ(counts.top(2)[0].key, "101");
  EXPECT_EQ(counts.top(5)[4].key, "105");
}

TEST(ExactTopK, TheOrderedPartStaysSmall) {
  ExactTopK<std::uint64_t> few(2);
  ExactTopK<std::uint64_t> many(20'000);
  for (std::uint64_t key = 0; key < 10'000; ++key) {
    few.add(key, key + 1);  // each is the new first
    many.add(key, key + 1);
  }
  EXPECT_LT(few.bytes() + 500'000, many.bytes());
}

TEST(ExactTopK, RefusesWhatItCannotCount) {
  ExactTopK<std::string> counts(3);
  EXPECT_EQ(counts.add(std::string(257, 'x')), counts.kNone);
  EXPECT_EQ(counts.add("a", 0), counts.kNone);
  EXPECT_NE(counts.add("a", kMaxTotalWeight), counts.kNone);
  EXPECT_EQ(counts.add("b", 1), counts.kNone);
  EXPECT_TRUE(counts.subtract("a", kMaxTotalWeight));
  EXPECT_EQ(counts.size(), 0U);
  EXPECT_TRUE(counts.top(3).empty());
}

}  // namespace
}  // namespace ashlar::kit
