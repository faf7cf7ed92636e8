#include "kit/count/space_saving.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "kit/count/testing/heavy_checks.h"
#include "kit/testing/zipf.h"

namespace ashlar::kit {
namespace {

template <class Key>
class SpaceSavingOf : public testing::Test {};
using Keys = testing::Types<std::uint64_t, std::string>;
TYPED_TEST_SUITE(SpaceSavingOf, Keys);

template <class Key>
void expect_error_within(const TrueWeights<Key>& truth, const SpaceSaving<Key>& sketch) {
  const std::uint64_t most = truth.total() / sketch.counters();
  ASSERT_EQ(sketch.total(), truth.total());
  ASSERT_LE(sketch.floor(), most);
  sketch.for_each([&](const auto& row) {
    ASSERT_LE(row.error, most);
    ASSERT_LE(row.count - row.error, truth.of(Key(row.key)));
    ASSERT_GE(row.count, truth.of(Key(row.key)));
  });
}

TYPED_TEST(SpaceSavingOf, HoldsEveryIntervalOnRandomStreams) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    base::Random random(seed);
    const std::size_t counters = 1 + random.below(200);
    const Zipf zipf(1 + random.below(3000));
    const std::uint64_t most_weight = seed % 3 == 0 ? 1'000'000'000 : seed % 3;
    SpaceSaving<TypeParam> sketch(counters, seed);
    TrueWeights<TypeParam> truth;
    for (int round = 0; round < 8; ++round) {
      for (int i = 0; i < 2000; ++i) {
        const TypeParam key = test_key<TypeParam>(zipf.draw(random));
        const std::uint64_t weight = most_weight < 2 ? 1 : random.below(most_weight);
        ASSERT_TRUE(sketch.add(key, weight));
        truth.add(key, weight);
      }
      expect_intervals(truth, sketch, test_key<TypeParam>(1'000'000));
      expect_error_within(truth, sketch);
      const std::size_t k = 1 + random.below(counters);
      expect_heavy_rows(truth, sketch.top(k), k);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

TYPED_TEST(SpaceSavingOf, IsExactUntilItIsFull) {
  base::Random random(5);
  SpaceSaving<TypeParam> sketch(500, 9);
  TrueWeights<TypeParam> truth;
  for (int i = 0; i < 20'000; ++i) {
    const TypeParam key = test_key<TypeParam>(random.below(500));
    sketch.add(key, 1 + i % 3);
    truth.add(key, 1 + i % 3);
  }
  EXPECT_TRUE(sketch.exact());
  expect_exact_rows(truth, sketch.top(500), 500);
  expect_exact_rows(truth, sketch.top(10), 10);
}

TYPED_TEST(SpaceSavingOf, MergesKeepIntervalsAndTheErrorBound) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    base::Random random(seed);
    const std::size_t counters = 1 + random.below(100);
    std::vector<SpaceSaving<TypeParam>> parts;
    for (std::uint64_t i = 0; i < 6; ++i) parts.emplace_back(counters, seed + i);
    TrueWeights<TypeParam> truth;
    const Zipf zipf(1 + random.below(1000));
    for (int i = 0; i < 12'000; ++i) {
      const std::uint64_t part = random.below(6);
      const TypeParam key = test_key<TypeParam>(zipf.draw(random) + part % 3 * 50);
      const std::uint64_t weight = random.below(5);
      parts[part].add(key, weight);
      truth.add(key, weight);
    }
    // As a tree, and adding again in between.
    ASSERT_TRUE(parts[0].merge(parts[1]) && parts[2].merge(parts[3]) && parts[4].merge(parts[5]));
    for (int i = 0; i < 1000; ++i) {
      const TypeParam key = test_key<TypeParam>(zipf.draw(random));
      parts[2].add(key, 3);
      truth.add(key, 3);
    }
    ASSERT_TRUE(parts[2].merge(parts[4]) && parts[0].merge(parts[2]));
    expect_intervals(truth, parts[0], test_key<TypeParam>(1'000'000));
    expect_error_within(truth, parts[0]);
    expect_heavy_rows(truth, parts[0].top(10), 10);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TYPED_TEST(SpaceSavingOf, ABatchIsTheSameAsOneByOne) {
  base::Random random(3);
  const Zipf zipf(5000);
  SpaceSaving<TypeParam> one(300, 1);
  SpaceSaving<TypeParam> batch(300, 1);
  std::vector<TypeParam> keys;
  for (int i = 0; i < 30'001; ++i) keys.push_back(test_key<TypeParam>(zipf.draw(random)));
  const std::vector<typename SpaceSaving<TypeParam>::View> views(keys.begin(), keys.end());
  for (const auto& key : views) one.add(key);
  EXPECT_EQ(batch.add_batch(views), views.size());
  EXPECT_EQ(one.top(300), batch.top(300));
}

TYPED_TEST(SpaceSavingOf, TakesOverWhatExactCountsWere) {
  base::Random random(4);
  TrueWeights<TypeParam> truth;
  for (int i = 0; i < 5000; ++i) truth.add(test_key<TypeParam>(random.below(400)), 1);
  std::vector<typename SpaceSaving<TypeParam>::Row> rows;
  for (const auto& [key, weight] : truth.all()) rows.push_back({key, weight, 0});
  SpaceSaving<TypeParam> sketch(50, 1);
  ASSERT_TRUE(sketch.restore(rows, 0, truth.total()));
  for (int i = 0; i < 5000; ++i) {
    const TypeParam key = test_key<TypeParam>(random.below(1000));
    sketch.add(key);
    truth.add(key, 1);
  }
  expect_intervals(truth, sketch, test_key<TypeParam>(1'000'000));
  expect_error_within(truth, sketch);
  expect_heavy_rows(truth, sketch.top(20), 20);
}

// A key that both have forgotten may have been in both.
TEST(SpaceSaving, AMergedFloorIsTheSumOfBoth) {
  SpaceSaving<std::string> left(1, 1);
  SpaceSaving<std::string> right(1, 2);
  for (SpaceSaving<std::string>* one : {&left, &right}) {
    for (const char* key : {"a", "b", "c"}) one->add(key, 5);
    ASSERT_EQ(one->floor(), 5U);
    ASSERT_EQ(one->size(), 0U);
    one->add("d", 1);
  }
  ASSERT_TRUE(left.merge(right));
  EXPECT_EQ(left.floor(), 10U);
  EXPECT_EQ(left.estimate("a"), (WeightInterval{0, 10}));
  EXPECT_EQ(left.estimate("d"), (WeightInterval{2, 12}));
}

TEST(PickHeavy, WhoIsGuaranteedWhereWeightsAreEqual) {
  using Candidates = std::vector<HeavyCandidate<std::string>>;
  const auto guaranteed = [](Candidates candidates, std::size_t k, std::uint64_t unknown) {
    std::vector<bool> flags;
    for (const auto& row : pick_heavy<std::string>(candidates, k, unknown)) {
      flags.push_back(row.guaranteed);
    }
    return flags;
  };
  using Flags = std::vector<bool>;
  const Candidates two = {{"b", 5, 5, 5}, {"a", 5, 5, 5}};
  EXPECT_EQ(guaranteed(two, 1, 0), Flags{true});  // "a" comes before "b"
  EXPECT_EQ(guaranteed(two, 1, 4), Flags{true});
  EXPECT_EQ(guaranteed(two, 1, 5), Flags{false});  // one we do not know may be before both
  const Candidates wide = {{"b", 6, 4, 8}, {"a", 5, 5, 5}, {"c", 3, 3, 3}, {"d", 2, 0, 4}};
  EXPECT_EQ(guaranteed(wide, 1, 0), Flags{false});
  EXPECT_EQ(guaranteed(wide, 2, 0), (Flags{true, true}));  // "b": 4 at least, and "d" at most
  EXPECT_EQ(guaranteed(wide, 2, 4), (Flags{false, true}));
  EXPECT_EQ(guaranteed(wide, 9, 0), (Flags{true, true, true, true}));
}

TEST(SpaceSaving, RefusesStatesThatContradictThemselves) {
  using Row = SpaceSaving<std::string>::Row;
  SpaceSaving<std::string> sketch(10);
  sketch.add("a");
  const std::string long_key(257, 'x');
  const std::vector<std::pair<std::vector<Row>, std::pair<std::uint64_t, std::uint64_t>>> wrong = {
      {{Row{"b", 1, 0}, Row{"b", 1, 0}}, {0, 2}},  // twice
      {{Row{"b", 0, 0}}, {0, 2}},                  // nothing
      {{Row{"b", 3, 0}}, {0, 2}},                  // more than all
      {{Row{"b", 3, 2}}, {1, 5}},                  // more error than ever happened
      {{Row{"b", 1, 0}}, {2, 5}},                  // less than the floor
      {{Row{long_key, 1, 0}}, {0, 5}},             // does not fit
      {{}, {3, 2}},                                // a floor above all
      {{}, {0, kMaxTotalWeight + 1}},
  };
  for (const auto& [rows, bounds] : wrong) {
    std::vector<Row> copy = rows;
    EXPECT_FALSE(sketch.restore(copy, bounds.first, bounds.second));
    EXPECT_EQ(sketch.top(5), (std::vector<Heavy<std::string>>{{"a", 1, 1, 1, true}}));
  }
}

TEST(SpaceSaving, RefusesWhatItCannotCount) {
  SpaceSaving<std::string> sketch(4);
  EXPECT_FALSE(sketch.add(std::string(257, 'x')));
  EXPECT_TRUE(sketch.add(std::string(256, 'x')));
  EXPECT_TRUE(sketch.add("", 5));
  EXPECT_TRUE(sketch.add("none", 0));
  EXPECT_EQ(sketch.size(), 2U);
  EXPECT_FALSE(sketch.add("a", kMaxTotalWeight));
  EXPECT_TRUE(sketch.add("a", kMaxTotalWeight - 6));
  EXPECT_FALSE(sketch.add("a", 1));
  EXPECT_EQ(sketch.total(), kMaxTotalWeight);
  SpaceSaving<std::string> other(4);
  other.add("b");
  EXPECT_FALSE(other.merge(sketch));
  EXPECT_EQ(other.total(), 1U);
}

TEST(SpaceSaving, GivesUpCountersWhereLongKeysWouldTakeTooMuch) {
  base::Random random(8);
  constexpr std::size_t kBytes = 200'000;
  SpaceSaving<std::string> sketch(1000, 1, kBytes);
  TrueWeights<std::string> truth;
  for (int i = 0; i < 40'000; ++i) {
    std::string key = std::to_string(random.below(100 + static_cast<std::uint64_t>(i)));
    key.append(i < 20'000 ? 0 : random.below(240), '-');
    ASSERT_TRUE(sketch.add(key));
    truth.add(key, 1);
    ASSERT_LE(sketch.bytes(), kBytes);
  }
  EXPECT_LT(sketch.counters(), 1000U);
  EXPECT_GT(sketch.counters(), 100U);
  expect_intervals(truth, sketch, std::string("never"));
  expect_error_within(truth, sketch);
  sketch.clear();
  EXPECT_EQ(sketch.counters(), 1000U);
}

TEST(SpaceSaving, AGuaranteeIsGivenWhereItCanBe) {
  SpaceSaving<std::string> sketch(4);
  for (int i = 0; i < 100; ++i) {
    sketch.add("heavy", 10);
    sketch.add("half", 5);
    sketch.add("light-" + std::to_string(i));
  }
  const auto rows = sketch.top(2);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_TRUE(rows[0].guaranteed && rows[1].guaranteed);
  EXPECT_EQ(rows[0].lower, 1000U);
  EXPECT_FALSE(sketch.top(3)[2].guaranteed);
}

TEST(SpaceSaving, LongKeysAreHeldWithinMaxBytesByEveryCallAndClearGivesTheCountersBack) {
  constexpr std::size_t kMaxBytes = 64 * 128;
  using Sketch = SpaceSaving<std::string>;
  const auto long_key = [](std::uint64_t i) { return std::string(250, 'p') + std::to_string(i); };
  Sketch wide(64);
  for (std::uint64_t i = 0; i < 120; ++i) ASSERT_TRUE(wide.add(long_key(i), 1 + i % 7));
  ASSERT_GT(wide.bytes(), 3 * kMaxBytes);

  Sketch restored(64, 1, kMaxBytes);
  std::vector<Sketch::Row> rows;
  wide.for_each([&](const Sketch::Row& row) { rows.push_back(row); });
  ASSERT_TRUE(restored.restore(rows, wide.floor(), wide.total()));
  Sketch merged(64, 2, kMaxBytes);
  ASSERT_TRUE(merged.merge(wide));
  Sketch added(64, 3, kMaxBytes);
  for (std::uint64_t i = 0; i < 120; ++i) ASSERT_TRUE(added.add(long_key(i), 1 + i % 7));
  for (Sketch* sketch : {&restored, &merged, &added}) {
    EXPECT_LE(sketch->bytes(), kMaxBytes);
    EXPECT_GE(sketch->size(), 5U);
    EXPECT_LE(sketch->floor(), wide.total() / sketch->counters());
    for (std::uint64_t i = 0; i < 120; ++i) {
      const WeightInterval interval = sketch->estimate(long_key(i));
      ASSERT_TRUE(interval.lower <= 1 + i % 7 && 1 + i % 7 <= interval.upper) << i;
    }
    sketch->clear();
    for (std::uint64_t i = 0; i < 1000; ++i) ASSERT_TRUE(sketch->add(std::to_string(i)));
    EXPECT_EQ(sketch->counters(), 64U);  // short keys need none of them given up
    EXPECT_LE(sketch->bytes(), kMaxBytes);
  }
}

}  // namespace
}  // namespace ashlar::kit
