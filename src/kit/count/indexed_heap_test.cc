#include "kit/count/indexed_heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/random.h"
#include "kit/count/ranked_heap.h"

namespace ashlar::kit {
namespace {

using Weights = std::map<std::uint32_t, std::uint64_t>;
using Ranks = std::vector<std::pair<std::uint32_t, std::uint64_t>>;

Ranks first_of(const Weights& truth, std::size_t k) {
  Ranks ranks(truth.begin(), truth.end());
  std::stable_sort(ranks.begin(), ranks.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  ranks.resize(std::min(k, ranks.size()));
  return ranks;
}

struct Heavier {
  const std::vector<std::uint64_t>* weights;
  bool operator()(std::uint32_t a, std::uint32_t b) const {
    return (*weights)[a] != (*weights)[b] ? (*weights)[a] > (*weights)[b] : a < b;
  }
};

TEST(IndexedHeap, KeepsItsOrderThroughAnyChanges) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    base::Random random(seed);
    std::vector<std::uint64_t> weights(1 + random.below(500));
    IndexedHeap<Heavier> heap(Heavier{&weights});
    Weights truth;
    for (int i = 0; i < 50'000; ++i) {
      const auto id = static_cast<std::uint32_t>(random.below(weights.size()));
      const std::uint64_t weight = random.below(100);
      ASSERT_EQ(heap.contains(id), truth.contains(id));
      if (!heap.contains(id)) {
        truth[id] = weights[id] = weight;
        heap.push(id);
      } else if (random.chance(0.3)) {
        heap.erase(id);
        truth.erase(id);
      } else {
        truth[id] = weights[id] = weight;
        heap.changed(id);
      }
      ASSERT_EQ(heap.size(), truth.size());
      if (heap.empty()) continue;
      ASSERT_EQ(heap.front(), heap.first(1)[0]);
      if (i % 50 == 0) {
        const Ranks expected = first_of(truth, 20);
        const auto ids = heap.first(20);
        ASSERT_EQ(ids.size(), expected.size());
        for (std::size_t n = 0; n < ids.size(); ++n) ASSERT_EQ(ids[n], expected[n].first);
      }
    }
    for (const auto& [id, weight] : first_of(truth, truth.size())) ASSERT_EQ(heap.pop(), id);
    EXPECT_TRUE(heap.empty() && heap.first(3).empty());
  }
}

TEST(RankedHeap, AnswersTheFirstInOrderAfterAnyChanges) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    base::Random random(seed);
    const std::size_t limit = 1 + random.below(30);
    const std::uint64_t ids = 1 + random.below(300);
    RankedHeap heap(limit);
    Weights truth;
    for (int i = 0; i < 50'000; ++i) {
      const auto id = static_cast<std::uint32_t>(random.below(ids));
      ASSERT_EQ(heap.contains(id), truth.contains(id));
      if (truth.contains(id) && random.chance(0.3)) {
        ASSERT_EQ(heap.weight(id), truth[id]);
        heap.erase(id);
        truth.erase(id);
      } else {
        truth[id] = random.below(1000);
        heap.set(id, truth[id]);
      }
      ASSERT_EQ(heap.size(), truth.size());
      if (i % 20 != 0) continue;
      Ranks found;
      heap.top(limit, [&](auto key, auto weight) { found.emplace_back(key, weight); });
      ASSERT_EQ(found, first_of(truth, limit));
    }
  }
}

}  // namespace
}  // namespace ashlar::kit
