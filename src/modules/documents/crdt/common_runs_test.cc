#include "modules/documents/crdt/common_runs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace ashlar::crdt {
namespace {

using Sequence = std::vector<std::uint32_t>;

Sequence of(std::string_view text) { return {text.begin(), text.end()}; }

std::size_t longest_common(const Sequence& a, const Sequence& b) {
  std::vector<std::size_t> row(b.size() + 1, 0);
  for (const std::uint32_t one : a) {
    std::size_t diagonal = 0;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = one == b[j] ? diagonal + 1 : std::max(above, row[j]);
      diagonal = above;
    }
  }
  return row.back();
}

TEST(CommonRuns, OfWords) {
  const std::vector<CommonRun> wanted{{0, 0, 4}, {5, 5, 2}};
  EXPECT_EQ(common_runs(of("abcdxef"), of("abcdyef"), 10), wanted);
  EXPECT_TRUE(common_runs(of("abc"), of("xyz"), 10).empty());
  EXPECT_TRUE(common_runs(of(""), of("xyz"), 10).empty());
}

TEST(CommonRuns, WhatDiffersTooMuchHasItsEndsAlone) {
  const std::vector<CommonRun> wanted{{0, 0, 1}, {7, 7, 1}};
  EXPECT_EQ(common_runs(of("(abcdef)"), of("(badcfe)"), 2), wanted);
}

TEST(CommonRuns, AreAsLongAsCanBe) {
  std::mt19937 random(7);
  for (int round = 0; round < 3'000; ++round) {
    const auto make = [&] {
      Sequence out(random() % 30);
      for (std::uint32_t& one : out) one = random() % 4;
      return out;
    };
    const Sequence a = make();
    const Sequence b = make();
    std::size_t length = 0;
    std::size_t next_a = 0;
    std::size_t next_b = 0;
    for (const CommonRun& run : common_runs(a, b, 100)) {
      ASSERT_GE(run.a, next_a);
      ASSERT_GE(run.b, next_b);
      for (std::size_t i = 0; i < run.length; ++i) ASSERT_EQ(a[run.a + i], b[run.b + i]);
      next_a = run.a + run.length;
      next_b = run.b + run.length;
      length += run.length;
    }
    ASSERT_LE(next_a, a.size());
    ASSERT_LE(next_b, b.size());
    ASSERT_EQ(length, longest_common(a, b)) << "round " << round;
  }
}

}  // namespace
}  // namespace ashlar::crdt
