#include "modules/links/analytics/visitor_sketch.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "base/random.h"

namespace ashlar::links::analytics {
namespace {

VisitorSketch sketch_of(std::uint64_t seed, int visitors) {
  base::Random random(seed);
  VisitorSketch sketch;
  for (int i = 0; i < visitors; ++i) sketch.add(random.next());
  return sketch;
}

std::string stored(const VisitorSketch& sketch) {
  std::string out;
  sketch.append_to(out);
  return out;
}

TEST(VisitorSketchTest, EstimatesComeNear) {
  EXPECT_EQ(VisitorSketch().estimate(), 0);
  EXPECT_EQ(sketch_of(1, 1).estimate(), 1);
  EXPECT_EQ(sketch_of(1, 10).estimate(), 10);
  // Six standard deviations; below that many the sketch is sparse, and nearly exact.
  for (const int visitors : {100, 900, 1'100, 10'000, 300'000}) {
    const double estimate = static_cast<double>(sketch_of(20'261'123, visitors).estimate());
    EXPECT_LT(std::abs(estimate - visitors) / visitors, 6 * 0.01625) << visitors;
  }
}

TEST(VisitorSketchTest, TheSameVisitorCountsOnce) {
  base::Random random(3);
  const std::uint64_t visitor = random.next();
  VisitorSketch sketch;
  for (int i = 0; i < 1'000; ++i) sketch.add(visitor);
  EXPECT_EQ(sketch.estimate(), 1);
}

TEST(VisitorSketchTest, AMergeIsTheSketchOfBoth) {
  for (const auto& [left, right] :
       {std::pair{10, 20}, {900, 900}, {10, 5'000}, {5'000, 10}, {5'000, 9'000}}) {
    VisitorSketch merged = sketch_of(1, left);
    merged.merge(sketch_of(2, right));
    VisitorSketch both;
    base::Random first(1);
    for (int i = 0; i < left; ++i) both.add(first.next());
    base::Random second(2);
    for (int i = 0; i < right; ++i) both.add(second.next());
    EXPECT_EQ(merged.estimate(), both.estimate());
    EXPECT_EQ(merged, both) << left << ' ' << right;
  }
}

TEST(VisitorSketchTest, ComesBackAsItWasStored) {
  for (const int visitors : {0, 1, 300, 1'000, 1'001, 50'000}) {
    const VisitorSketch sketch = sketch_of(5, visitors);
    std::string text = stored(sketch) + "tail";
    std::string_view rest = text;
    VisitorSketch read;
    ASSERT_TRUE(VisitorSketch::read(rest, read)) << visitors;
    EXPECT_EQ(rest, "tail");
    EXPECT_EQ(read, sketch);
  }
  EXPECT_LT(stored(sketch_of(5, 300)).size(), 1'000U);
  EXPECT_LT(stored(sketch_of(5, 50'000)).size(), 3'100U);
}

TEST(VisitorSketchTest, WhatIsDamagedIsRefusedOrHarmless) {
  base::Random random(11);
  for (const int visitors : {3, 2'000}) {
    const std::string whole = stored(sketch_of(5, visitors));
    for (std::size_t size = 0; size < whole.size(); ++size) {
      std::string_view rest = std::string_view(whole).substr(0, size);
      VisitorSketch read;
      EXPECT_FALSE(VisitorSketch::read(rest, read)) << size;
    }
    for (int i = 0; i < 2'000; ++i) {
      std::string text = whole;
      text[random.below(text.size())] = static_cast<char>(random.below(256));
      std::string_view rest = text;
      VisitorSketch read;
      if (!VisitorSketch::read(rest, read)) continue;
      EXPECT_GE(read.estimate(), 0);
    }
  }
}

}  // namespace
}  // namespace ashlar::links::analytics
