#include "modules/activity/tally.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>

#include "base/random.h"

namespace ashlar::activity {
namespace {

using Model = std::map<std::tuple<std::string, std::int64_t, std::string>, std::uint64_t>;

Model model_of(const Tally& tally) {
  Model model;
  for (const auto& [dimension, entries] : tally.dimensions()) {
    for (const Tally::Entry& entry : entries) {
      model[{dimension, entry.second, entry.key}] += entry.count;
    }
  }
  return model;
}

Tally random_tally(base::Random& random, int events, Model& model) {
  Tally tally;
  for (int i = 0; i < events; ++i) {
    const std::string dimension = random.chance(0.5) ? "user" : "region";
    const std::int64_t second = 1'700'000'000 + static_cast<std::int64_t>(random.below(200));
    std::string key(1 + random.below(4), static_cast<char>(random.below(256)));
    const std::uint64_t count = 1 + random.below(1'000);
    tally.add(dimension, second, key, count);
    model[{dimension, second, key}] += count;
  }
  return tally;
}

TEST(Tally, ComesBackFromItsStoredForm) {
  const std::uint64_t seed = 11;
  SCOPED_TRACE("seed " + std::to_string(seed));
  base::Random random(seed);
  for (int round = 0; round < 50; ++round) {
    Model model;
    Tally tally = random_tally(random, 1 + static_cast<int>(random.below(500)), model);
    const std::string bytes = tally.encode();
    const base::Result<Tally> again = Tally::decode(bytes);
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(model_of(*again), model);
    EXPECT_EQ(again->entries(), model.size()) << "settled: each key once";
    EXPECT_EQ(Tally(*again).encode(), bytes) << "one form for one content";
  }
}

TEST(Tally, AddsUpAndCoarsens) {
  Tally tally;
  tally.add("user", 119, "a", 2);
  tally.add("user", 61, "a");
  tally.add("user", 120, "a");
  Tally other;
  other.add("user", 60, "b", 5);
  tally.add(other);
  tally.coarsen(60);
  tally.settle();
  EXPECT_EQ(model_of(tally),
            (Model{{{"user", 60, "a"}, 3}, {{"user", 60, "b"}, 5}, {{"user", 120, "a"}, 1}}));
  EXPECT_EQ(tally.newest_second(), 120);
}

// No byte string ends the process, and a cut one is never taken for a whole one of another content.
TEST(Tally, RefusesWhatIsDamaged) {
  base::Random random(5);
  Model model;
  Tally tally = random_tally(random, 40, model);
  const std::string bytes = tally.encode();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const base::Result<Tally> cut = Tally::decode(bytes.substr(0, size));
    if (cut.ok()) {
      EXPECT_LT(cut->dimensions().size(), tally.dimensions().size()) << size;
    }
  }
  for (int i = 0; i < 20'000; ++i) {
    std::string changed = bytes;
    changed[random.below(changed.size())] = static_cast<char>(random.below(256));
    const base::Result<Tally> read = Tally::decode(changed);
    if (!read.ok()) {
      EXPECT_EQ(std::string(read.error().reason), "activity_batch_damaged");
    }
  }
  EXPECT_FALSE(Tally::decode("").ok());
  EXPECT_FALSE(Tally::decode("\x02").ok());
}

}  // namespace
}  // namespace ashlar::activity
