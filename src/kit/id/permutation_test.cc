#include "kit/id/permutation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace ashlar::kit {
namespace {

constexpr SipKey kKey{0x0123456789abcdef, 0xfedcba9876543210};

TEST(PermutationTest, SmallSizesArePermutedWhole) {
  for (std::uint64_t size = 1; size <= 300; ++size) {
    const Permutation permutation(kKey, size);
    std::vector<bool> seen(size);
    for (std::uint64_t x = 0; x < size; ++x) {
      const std::uint64_t y = permutation.forward(x);
      ASSERT_LT(y, size);
      ASSERT_FALSE(seen[y]) << "size " << size << " x " << x;
      seen[y] = true;
      ASSERT_EQ(permutation.inverse(y), x);
    }
  }
}

TEST(PermutationTest, BigSizesGoThereAndBack) {
  for (const std::uint64_t size :
       {std::uint64_t{56'800'235'584}, std::uint64_t{3'521'614'606'208}, std::uint64_t{1} << 62,
        (std::uint64_t{1} << 62) - 1, std::uint64_t{1'000'003}}) {
    const Permutation permutation(kKey, size);
    std::vector<std::uint64_t> images;
    std::uint64_t x = 0;
    for (int i = 0; i < 20'000; ++i) {
      const std::uint64_t y = permutation.forward(x);
      ASSERT_LT(y, size);
      ASSERT_EQ(permutation.inverse(y), x) << "size " << size;
      ASSERT_EQ(permutation.forward(permutation.inverse(x)), x) << "size " << size;
      images.push_back(y);
      x = (x + size / 20'000 + 1) % size;
    }
    std::sort(images.begin(), images.end());
    const auto repeated = std::adjacent_find(images.begin(), images.end());
    EXPECT_EQ(repeated, images.end()) << "size " << size;
  }
}

// Neighbours must not stay neighbours: their images' distances spread over the whole range.
TEST(PermutationTest, NeighboursAreThrownApart) {
  constexpr std::uint64_t kSize = 56'800'235'584;
  const Permutation permutation(kKey, kSize);
  std::vector<int> deciles(10);
  for (std::uint64_t x = 0; x < 10'000; ++x) {
    const std::uint64_t a = permutation.forward(x);
    const std::uint64_t b = permutation.forward(x + 1);
    const std::uint64_t distance = b >= a ? b - a : kSize - (a - b);
    ++deciles[distance * 10 / kSize];
  }
  for (const int count : deciles) {
    EXPECT_GT(count, 850);  // 1,000 expected; 5 standard deviations are 150
    EXPECT_LT(count, 1'150);
  }
}

TEST(PermutationTest, AnotherKeyIsAnotherOrder) {
  const Permutation one(kKey, 56'800'235'584);
  const Permutation other({kKey[0], kKey[1] ^ 1}, 56'800'235'584);
  int equal = 0;
  for (std::uint64_t x = 0; x < 1'000; ++x) equal += one.forward(x) == other.forward(x) ? 1 : 0;
  EXPECT_EQ(equal, 0);
}

// What a permutation has named is stored: these may never change.
TEST(PermutationTest, KnownAnswers) {
  const Permutation sixes(kKey, 56'800'235'584);
  const std::vector<std::uint64_t> expected{44'894'169'508, 53'706'208'267, 44'832'756'659,
                                            47'669'743'002};
  for (std::uint64_t x = 0; x < expected.size(); ++x) EXPECT_EQ(sixes.forward(x), expected[x]);
}

}  // namespace
}  // namespace ashlar::kit
