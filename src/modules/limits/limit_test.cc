#include "modules/limits/limit.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace ashlar::limits {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

LimitSpec spec_of(Algorithm algorithm) {
  return {.name = "x", .algorithm = algorithm, .amount = 10, .period = seconds(60)};
}

TEST(Limit, SaysWhatTheKitSaysOfBadRules) {
  const auto reason = [](LimitSpec spec) {
    const auto limit = Limit::make(std::move(spec), "x");
    return limit.ok() ? std::string_view("ok") : std::string_view(limit.error().reason);
  };
  EXPECT_EQ(reason({.name = "", .amount = 1, .period = seconds(0)}), "bad_period");
  EXPECT_EQ(reason({.name = "", .amount = UINT64_MAX, .period = seconds(1)}), "limit_too_large");
  EXPECT_EQ(reason({.name = "",
                    .algorithm = Algorithm::kGcra,
                    .amount = 0,
                    .period = seconds(1),
                    .burst = 1}),
            "bad_amount");
  EXPECT_EQ(reason({.name = "",
                    .algorithm = Algorithm::kTokenBucket,
                    .amount = 1,
                    .period = seconds(3600),
                    .burst = 1'000'000}),
            "fill_too_long");
  EXPECT_EQ(reason({.name = "", .amount = 0, .period = seconds(1)}), "ok");  // nothing passes
}

TEST(Limit, TheCapacityIsWhatCanBeTakenAtOnce) {
  LimitSpec bucket = spec_of(Algorithm::kTokenBucket);
  EXPECT_EQ((*Limit::make(bucket, "x"))->capacity(), 10);
  bucket.burst = 25;
  EXPECT_EQ((*Limit::make(bucket, "x"))->capacity(), 25);
  LimitSpec window = spec_of(Algorithm::kSlidingLog);
  window.burst = 25;
  EXPECT_EQ((*Limit::make(window, "x"))->capacity(), 10);
}

// Counts are kept under ids, in Redis and on disk: they must not change.
TEST(Limit, IdsAreTheSameForEver) {
  const auto id = [](Algorithm algorithm, std::string_view identity) {
    return (*Limit::make(spec_of(algorithm), identity))->id();
  };
  EXPECT_EQ(id(Algorithm::kFixedWindow, "acme/api/per-user"), 11206920556987554821ULL);
  EXPECT_NE(id(Algorithm::kFixedWindow, "a"), id(Algorithm::kFixedWindow, "b"));
  EXPECT_NE(id(Algorithm::kFixedWindow, "a"), id(Algorithm::kGcra, "a"));
}

TEST(Limit, PhasesAreTheSameForEverAndEvenlySpread) {
  LimitSpec spec = spec_of(Algorithm::kFixedWindow);
  EXPECT_EQ(phase_of(**Limit::make(spec, "x"), "key"), nanoseconds(0));
  spec.phase_per_key = true;
  const auto limit = *Limit::make(spec, "x");
  EXPECT_EQ(phase_of(*limit, "key").count(), 14'706'594'840);
  EXPECT_NE(phase_of(*limit, "key"), phase_of(**Limit::make(spec, "y"), "key"));
  std::array<int, 60> by_second{};
  for (int i = 0; i < 60'000; ++i) {
    const nanoseconds phase = phase_of(*limit, "user" + std::to_string(i));
    ASSERT_GE(phase.count(), 0);
    ASSERT_LT(phase, seconds(60));
    ++by_second[static_cast<std::size_t>(phase / seconds(1))];
  }
  for (const int keys : by_second) {
    EXPECT_GT(keys, 800);  // of 1,000: six standard deviations
    EXPECT_LT(keys, 1200);
  }
  spec.algorithm = Algorithm::kGcra;
  EXPECT_EQ(phase_of(**Limit::make(spec, "x"), "key"), nanoseconds(0));
}

}  // namespace
}  // namespace ashlar::limits
