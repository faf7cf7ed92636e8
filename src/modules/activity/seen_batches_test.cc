#include "modules/activity/seen_batches.h"

#include <gtest/gtest.h>

#include <set>

#include "base/random.h"

namespace ashlar::activity {
namespace {

TEST(SeenBatches, TakesEachIdOnceHoweverLateItCommits) {
  const std::uint64_t seed = 3;
  SCOPED_TRACE("seed " + std::to_string(seed));
  base::Random random(seed);
  SeenBatches seen;
  base::Mono now{base::Seconds{1'000}};
  std::int64_t next = 1;
  std::multimap<base::Mono, std::int64_t> to_come;  // ids are given in order and commit out of it
  std::set<std::int64_t> taken;
  for (int step = 0; step < 20'000; ++step) {
    now += base::Millis{100};
    to_come.emplace(now + base::Millis{random.below(20'000)}, next++);
    while (!to_come.empty() && to_come.begin()->first <= now) {
      const std::int64_t id = to_come.begin()->second;
      to_come.erase(to_come.begin());
      ASSERT_GT(id, seen.floor()) << "it would not be looked for any more";
      ASSERT_FALSE(seen.has(id));
      ASSERT_TRUE(seen.take(id, now)) << id;
      ASSERT_FALSE(seen.take(id, now)) << id;
      ASSERT_TRUE(seen.has(id));
      ASSERT_TRUE(taken.insert(id).second);
    }
    seen.advance(now);
  }
  EXPECT_LT(seen.size(), 1'000U) << "ids of a minute";
  EXPECT_GT(taken.size(), 19'000U);
}

}  // namespace
}  // namespace ashlar::activity
