#include "kit/cache/ttl_jitter.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace ashlar::kit {
namespace {

using std::chrono::nanoseconds;
using Draw = nanoseconds (*)(nanoseconds, double, base::Random&);
constexpr std::uint64_t kSeed = 20261122;

// Each tenth of the range gets a tenth of the draws.
void expect_uniform(Draw draw, nanoseconds ttl, double f, double low, double high) {
  constexpr int kDraws = 1'000'000;
  base::Random random(kSeed);
  std::array<int, 10> tenths{};
  for (int i = 0; i < kDraws; ++i) {
    const auto drawn = static_cast<double>(draw(ttl, f, random).count());
    ASSERT_GE(drawn, low - 1);
    ASSERT_LE(drawn, high);
    ++tenths[std::min<std::size_t>(9, static_cast<std::size_t>((drawn - low) / (high - low) * 10))];
  }
  for (const int count : tenths) EXPECT_NEAR(count, kDraws / 10.0, 5 * std::sqrt(kDraws * 0.09));
}

TEST(TtlJitter, SpreadsEvenly) {
  expect_uniform(jitter_down, nanoseconds(60'000'000'000), 0.2, 48e9, 60e9);
  expect_uniform(jitter_around, nanoseconds(60'000'000'000), 0.2, 48e9, 72e9);
  expect_uniform(jitter_down, nanoseconds(1'000'000), 1, 0, 1e6);
  expect_uniform(jitter_around, nanoseconds(1'000'000), 1, 0, 2e6);
}

TEST(TtlJitter, ReachesBothEnds) {
  base::Random random(kSeed);
  std::array<int, 21> down{};
  std::array<int, 21> around{};
  for (int i = 0; i < 2'000; ++i) {
    ++down[static_cast<std::size_t>(jitter_down(nanoseconds(10), 0.5, random).count())];
    ++around[static_cast<std::size_t>(jitter_around(nanoseconds(10), 0.5, random).count())];
  }
  for (std::size_t n = 0; n < down.size(); ++n) {
    EXPECT_EQ(down[n] > 0, n >= 5 && n <= 10) << n;
    EXPECT_EQ(around[n] > 0, n >= 5 && n <= 15) << n;
  }
}

TEST(TtlJitter, HoldsAtTheEdges) {
  constexpr nanoseconds kLongest = nanoseconds::max();
  base::Random random(kSeed);
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_EQ(jitter_down(nanoseconds(77), 0, random), nanoseconds(77));
    EXPECT_EQ(jitter_around(nanoseconds(77), 0, random), nanoseconds(77));
    EXPECT_EQ(jitter_down(nanoseconds(1), 1, random), nanoseconds(1));
    EXPECT_GE(jitter_around(nanoseconds(1), 1, random), nanoseconds(1));
    EXPECT_GE(jitter_down(kLongest, 1, random), nanoseconds(1));
    EXPECT_GE(jitter_around(kLongest, 1, random), nanoseconds(1));
    EXPECT_GE(jitter_around(kLongest, 0.5, random), kLongest / 2);
  }
}

}  // namespace
}  // namespace ashlar::kit
