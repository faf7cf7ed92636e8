#include "modules/notifications/provider_silence.h"

#include <gtest/gtest.h>

namespace ashlar::notifications {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class ProviderSilenceTest : public ::testing::Test {
 protected:
  // Attempts each `every`, none answered, until one is held back; how long that took.
  nanoseconds until_held(nanoseconds every, int most = 10'000) {
    const base::Mono begin = now_;
    for (int i = 0; i < most; ++i) {
      if (!silence_.may_go(running_, now_)) return now_ - begin;
      silence_.begun(now_);
      ++running_;
      now_ += every;
    }
    return nanoseconds::max();
  }
  void answer(nanoseconds took) {
    --running_;
    silence_.ended(true, took);
  }

  ProviderSilence silence_;
  base::Mono now_{seconds(100)};
  std::int64_t running_ = 0;
};

TEST_F(ProviderSilenceTest, WhoSaysNothingIsAskedNoMoreWithinASecond) {
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_TRUE(silence_.may_go(running_, now_));
    ++running_;
    now_ += milliseconds(1);
    answer(milliseconds(10));
  }
  const nanoseconds held = until_held(milliseconds(1));
  EXPECT_GE(held, ProviderSilence::kShortest);
  EXPECT_LT(held, seconds(1));
  EXPECT_TRUE(silence_.is_suspected());
  EXPECT_EQ(silence_.wait(now_), ProviderSilence::kProbeEvery);
}

TEST_F(ProviderSilenceTest, OneProbeAtATimeAndAnAnswerEndsIt) {
  until_held(milliseconds(1));
  int probes = 0;
  for (int i = 0; i < 10'000; ++i, now_ += milliseconds(1)) {
    if (!silence_.may_go(running_, now_)) continue;
    silence_.begun(now_);
    ++running_;
    ++probes;
  }
  EXPECT_EQ(probes, 4);                // 10 s
  silence_.ended(false, seconds(10));  // nobody answered: it was given up
  EXPECT_TRUE(silence_.is_suspected());
  answer(milliseconds(20));
  EXPECT_FALSE(silence_.is_suspected());
  EXPECT_TRUE(silence_.may_go(running_, now_));
  EXPECT_EQ(silence_.suspicions(), 1U);
}

TEST_F(ProviderSilenceTest, WhoIsSlowAndAnswersIsNotSuspected) {
  // 3 s each, 100 a second: the first have to come back before it is known.
  silence_.ended(true, seconds(3));
  for (int i = 0; i < 3'000; ++i) {
    ASSERT_TRUE(silence_.may_go(running_, now_)) << i;
    ++running_;
    now_ += milliseconds(10);
    if (i >= 300) answer(seconds(3));
  }
  // Then it stops: that is seen after four times as long. The last answer came one step ago.
  const nanoseconds held = milliseconds(10) + until_held(milliseconds(10));
  EXPECT_GE(held, seconds(12));
  EXPECT_LT(held, seconds(13));
}

TEST_F(ProviderSilenceTest, OneSlowAnswerIsForgottenSoon) {
  silence_.ended(true, seconds(10));
  EXPECT_EQ(silence_.bound(), seconds(40));
  for (int i = 0; i < 400; ++i) silence_.ended(true, milliseconds(10));
  EXPECT_EQ(silence_.bound(), ProviderSilence::kShortest);
}

TEST_F(ProviderSilenceTest, FewAreNoEvidence) {
  // One a second: each look counts for a tenth of it.
  EXPECT_GE(until_held(seconds(1)), seconds(ProviderSilence::kFew - 1));
  // None are out.
  ProviderSilence idle;
  for (int i = 0; i < 100; ++i, now_ += seconds(1)) ASSERT_TRUE(idle.may_go(0, now_));
}

TEST_F(ProviderSilenceTest, ATimeInWhichWeStoodStillIsNobodysSilence) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(silence_.may_go(running_, now_));
    ++running_;
    now_ += milliseconds(1);
  }
  now_ += seconds(30);
  EXPECT_TRUE(silence_.may_go(running_, now_));
}

TEST_F(ProviderSilenceTest, WhatFailsQuicklyIsTheBreakers) {
  until_held(milliseconds(1));
  silence_.ended(false, milliseconds(5));
  EXPECT_FALSE(silence_.is_suspected());
}

}  // namespace
}  // namespace ashlar::notifications
