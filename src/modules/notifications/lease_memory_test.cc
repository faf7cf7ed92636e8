#include "modules/notifications/lease_memory.h"

#include <gtest/gtest.h>

namespace ashlar::notifications {
namespace {

constexpr DeliveryId kOne{1};
jobs::LeaseRef lease(int attempt, std::int64_t job = 7) { return {jobs::JobId(job), attempt}; }

TEST(LeaseMemoryTest, LeasesThatEndedBeforeTheyBeganAnythingAreKnown) {
  LeaseMemory memory;
  for (int attempt = 1; attempt <= 3; ++attempt) {
    memory.leased(kOne, lease(attempt));
    EXPECT_TRUE(memory.none_begun(kOne, lease(attempt)));
    memory.ended(kOne, lease(attempt));
  }
  memory.leased(kOne, lease(4));
  memory.begun(kOne);
  memory.ended(kOne, lease(4));
  memory.leased(kOne, lease(5));
  EXPECT_FALSE(memory.none_begun(kOne, lease(5)));
}

TEST(LeaseMemoryTest, OneThatIsStillAtWorkMayBeginYet) {
  LeaseMemory memory;
  memory.leased(kOne, lease(1));
  memory.leased(kOne, lease(2));
  EXPECT_FALSE(memory.none_begun(kOne, lease(2)));
  memory.ended(kOne, lease(1));
  EXPECT_TRUE(memory.none_begun(kOne, lease(2)));
}

TEST(LeaseMemoryTest, WhatOthersHadIsNotKnown) {
  LeaseMemory memory;
  memory.leased(kOne, lease(2));  // another had the first
  EXPECT_FALSE(memory.none_begun(kOne, lease(2)));
  LeaseMemory gap;
  gap.leased(kOne, lease(1));
  gap.ended(kOne, lease(1));
  gap.leased(kOne, lease(3));  // … or the second
  EXPECT_FALSE(gap.none_begun(kOne, lease(3)));
  LeaseMemory successor;
  successor.leased(kOne, lease(1));
  successor.ended(kOne, lease(1));
  successor.leased(kOne, lease(2, 8));  // of another job
  EXPECT_FALSE(successor.none_begun(kOne, lease(2, 8)));
  LeaseMemory forgotten;
  forgotten.leased(kOne, lease(1));
  forgotten.forget(kOne);
  forgotten.ended(kOne, lease(1));
  EXPECT_FALSE(forgotten.none_begun(kOne, lease(1)));
}

TEST(LeaseMemoryTest, ItIsBounded) {
  LeaseMemory memory;
  const auto most = static_cast<std::int64_t>(LeaseMemory::kMost);
  for (std::int64_t id = 1; id <= most + 1; ++id) memory.leased(DeliveryId(id), lease(1, id));
  EXPECT_FALSE(memory.none_begun(DeliveryId(most), lease(1, most)));
  EXPECT_TRUE(memory.none_begun(DeliveryId(most + 1), lease(1, most + 1)));
}

}  // namespace
}  // namespace ashlar::notifications
