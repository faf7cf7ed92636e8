#include "kit/cache/slot_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "base/random.h"
#include "kit/cache/slot_lists.h"

namespace ashlar::kit {
namespace {

TEST(SlotIndex, EqualsAMultimapOnRandomOperations) {
  for (const std::uint64_t distinct_tags : {1ULL, 7ULL, 300ULL, 1ULL << 32}) {
    constexpr std::uint64_t kSeed = 20'261'122;
    SCOPED_TRACE("seed " + std::to_string(kSeed) + ", tags " + std::to_string(distinct_tags));
    constexpr Slot kSlots = 200;
    base::Random random(kSeed);
    SlotIndex index(kSlots);
    std::map<Slot, std::uint32_t> model;
    for (int i = 0; i < 200'000; ++i) {
      const auto slot = static_cast<Slot>(random.below(kSlots));
      // Tags at both ends of the range, so that runs of cells go round the end of the table.
      auto tag = static_cast<std::uint32_t>(random.below(distinct_tags));
      if (random.chance(0.5)) tag = UINT32_MAX - tag;
      if (const auto at = model.find(slot); at != model.end()) {
        ASSERT_EQ(index.find(at->second, [&](Slot s) { return s == slot; }), slot);
        ASSERT_TRUE(index.erase(at->second, slot));
        ASSERT_FALSE(index.erase(at->second, slot));
        ASSERT_EQ(index.find(at->second, [&](Slot s) { return s == slot; }), kNoSlot);
        model.erase(at);
      } else {
        index.make_room();
        index.insert(tag, slot);
        model.emplace(slot, tag);
      }
      ASSERT_EQ(index.used(), model.size());
      if (i % 1000 == 0) {
        for (const auto& [s, t] : model) {
          ASSERT_EQ(index.find(t, [&](Slot found) { return found == s; }), s);
        }
      }
    }
  }
}

TEST(SlotIndex, NeverGrowsBeyondWhatItsSlotsNeed) {
  SlotIndex index(1000);
  base::Random random(1);
  for (Slot slot = 0; slot < 1000; ++slot) {
    index.make_room();
    index.insert(static_cast<std::uint32_t>(random.next()), slot);
  }
  EXPECT_LE(index.bytes(), 1502 * 8U);
}

TEST(SlotLists, KeepTheirOrder) {
  SlotLists<2> lists;
  lists.resize(10);
  EXPECT_TRUE(lists.empty(0));
  EXPECT_EQ(lists.front(0), kNoSlot);
  for (Slot slot = 0; slot < 4; ++slot) lists.push_front(0, slot);
  lists.move_front(0, 1);  // 1 3 2 0
  lists.move_front(0, 1);
  lists.remove(3);
  lists.remove(3);
  EXPECT_FALSE(lists.listed(3));
  EXPECT_TRUE(lists.listed(2));
  EXPECT_EQ(lists.front(0), 1U);
  EXPECT_EQ(lists.back(0), 0U);
  EXPECT_EQ(lists.before(0), 2U);
  EXPECT_EQ(lists.before(2), 1U);
  EXPECT_EQ(lists.before(1), kNoSlot);
  lists.move_all(0, 1);
  EXPECT_TRUE(lists.empty(0));
  EXPECT_EQ(lists.front(1), 1U);
  EXPECT_EQ(lists.back(1), 0U);
  lists.resize(20);
  lists.push_front(1, 19);
  EXPECT_EQ(lists.before(1), 19U);
}

}  // namespace
}  // namespace ashlar::kit
