#include "modules/notifications/notification.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

namespace ashlar::notifications {
namespace {

constexpr std::array kAll{State::kQueued,  State::kDeferred,  State::kSent,
                          State::kUnknown, State::kFailed,    State::kExpired,
                          State::kSkipped, State::kDelivered, State::kOpened};

TEST(NotificationStateTest, NeverGoesBackInAnyOrderOfReports) {
  std::vector<State> reports(kAll.begin(), kAll.end());
  std::ranges::sort(reports);
  do {
    State state = State::kQueued;
    for (const State report : reports) {
      const State next = advanced(state, report);
      EXPECT_GE(rank_of(next), rank_of(state));
      state = next;
    }
    ASSERT_EQ(state, State::kOpened);
  } while (std::ranges::next_permutation(reports).found);
}

TEST(NotificationStateTest, WhatFailedFirstStaysWhatItIsAmongItsEquals) {
  EXPECT_EQ(advanced(State::kFailed, State::kExpired), State::kFailed);
  EXPECT_EQ(advanced(State::kFailed, State::kDelivered), State::kDelivered);
  EXPECT_EQ(advanced(State::kDelivered, State::kFailed), State::kDelivered);
  EXPECT_EQ(advanced(State::kSent, State::kUnknown), State::kUnknown);
  EXPECT_EQ(advanced(State::kUnknown, State::kSent), State::kUnknown);
  EXPECT_EQ(advanced(State::kQueued, State::kDeferred), State::kDeferred);
  EXPECT_EQ(advanced(State::kDeferred, State::kQueued), State::kQueued);
}

TEST(NotificationStateTest, TheLuckiestDeliverySpeaks) {
  EXPECT_EQ(overall({}), State::kQueued);
  EXPECT_EQ(overall(std::array{State::kSkipped, State::kFailed}), State::kFailed);
  EXPECT_EQ(overall(std::array{State::kFailed, State::kSent, State::kDeferred}), State::kSent);
  EXPECT_EQ(overall(std::array{State::kUnknown, State::kQueued}), State::kQueued);
  EXPECT_EQ(overall(kAll), State::kOpened);
}

TEST(NotificationStateTest, NamesComeBack) {
  for (const State state : kAll) {
    ASSERT_TRUE(state_of(name_of(state)));
    EXPECT_EQ(name_of(*state_of(name_of(state))), name_of(state));
  }
  EXPECT_FALSE(state_of("gone"));
  for (const Priority priority : {Priority::kBulk, Priority::kNormal, Priority::kUrgent}) {
    EXPECT_EQ(priority_of(name_of(priority)), priority);
  }
  for (int i = 0; i < static_cast<int>(kChannels); ++i) {
    EXPECT_EQ(channel_of(name_of(static_cast<Channel>(i))), static_cast<Channel>(i));
  }
  EXPECT_FALSE(channel_of(""));
}

}  // namespace
}  // namespace ashlar::notifications
