#include "kit/resilience/sliding_sum.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <limits>
#include <thread>
#include <vector>

#include "base/random.h"

namespace ashlar::kit {
namespace {

constexpr base::Mono kStart{std::chrono::seconds(1000)};

TEST(SliceClockTest, NumbersSlicesAndNeverStepsBack) {
  SliceClock clock(kStart, std::chrono::milliseconds(100));
  EXPECT_EQ(clock.at(kStart), 0U);
  EXPECT_EQ(clock.at(kStart + std::chrono::milliseconds(99)), 0U);
  EXPECT_EQ(clock.at(kStart + std::chrono::milliseconds(250)), 2U);
  EXPECT_EQ(clock.at(kStart), 2U);
  EXPECT_EQ(clock.at(kStart - std::chrono::hours(1)), 2U);
  EXPECT_EQ(clock.at(kStart + std::chrono::milliseconds(300)), 3U);
}

TEST(SlidingSumTest, AgreesWithAListOfAllAdds) {
  const std::uint64_t seed = 3;
  SCOPED_TRACE(seed);
  base::Random random(seed);
  for (int round = 0; round < 20; ++round) {
    SlidingSum<10> sums;
    std::deque<std::pair<std::uint64_t, std::int32_t>> added;
    // Over the wrap of the 32 bits that a slot keeps of the slice's number, too.
    std::uint64_t slice = 0;
    if (round % 2 == 1) {
      slice = (std::uint64_t{1} << 32) - 500;
      for (std::uint64_t old = slice - 100'000; old < slice - 99'990; ++old) sums.add(old, 77);
    }
    std::int64_t expected = 0;
    for (int i = 0; i < 100'000; ++i) {
      if (random.chance(0.1)) slice += random.chance(0.9) ? 1 : random.below(30);
      const auto amount = static_cast<std::int32_t>(random.below(2001)) - 1000;
      sums.add(slice, amount);
      added.emplace_back(slice, amount);
      expected += amount;
      while (slice - added.front().first >= 10) {
        expected -= added.front().second;
        added.pop_front();
      }
      ASSERT_EQ(sums.sum(slice), expected) << "slice " << slice;
    }
  }
}

TEST(SlidingSumTest, SaturatesAndClears) {
  SlidingSum<2> sums;
  constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();
  sums.add(1, kMost);
  sums.add(1, kMost);
  EXPECT_EQ(sums.sum(1), kMost);
  sums.add(2, -5);
  EXPECT_EQ(sums.sum(2), std::int64_t{kMost} - 5);
  EXPECT_EQ(sums.sum(3), -5);
  sums.clear();
  EXPECT_EQ(sums.sum(3), 0);
}

TEST(SlidingSumTest, ThreadsLoseNothing) {
  constexpr int kEach = 100'000;
  SlidingSum<8> sums;
  const auto add_from_threads = [&](std::uint64_t step) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (std::uint64_t i = 0; i < kEach; ++i) sums.add(100 + i / step, 1);
      });
    }
    for (std::thread& thread : threads) thread.join();
  };
  add_from_threads(kEach / 4);  // slices 100 to 103: all within the window
  EXPECT_EQ(sums.sum(107), 4 * kEach);
  EXPECT_EQ(sums.sum(108), 3 * kEach);
  sums.clear();
  add_from_threads(kEach / 50);  // slots are used again, by threads at different slices
  EXPECT_GE(sums.sum(149), 4 * 8 * kEach / 50);
  EXPECT_LE(sums.sum(149), 4 * kEach);
  EXPECT_EQ(sums.sum(157), 0);
}

}  // namespace
}  // namespace ashlar::kit
