#include "modules/notifications/domain_pace.h"

#include <gtest/gtest.h>

#include <chrono>

namespace ashlar::notifications {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr base::Mono kStart{seconds(1000)};

// How many get through from `from` on, asked for every millisecond.
int passed(DomainPace& pace, base::Mono from, nanoseconds span, bool accepted) {
  int count = 0;
  for (base::Mono now = from; now < from + span; now += milliseconds(1)) {
    if (pace.take(now) > nanoseconds{0}) continue;
    ++count;
    if (accepted) pace.accepted(now);
  }
  return count;
}

TEST(DomainPaceTest, FreeUntilItAsks) {
  DomainPace pace;
  EXPECT_EQ(passed(pace, kStart, seconds(3), true), 3000);
  EXPECT_TRUE(pace.is_free(kStart + seconds(3)));
}

TEST(DomainPaceTest, HalfAsFastAfterEachAsking) {
  DomainPace pace;
  passed(pace, kStart, seconds(3), true);
  base::Mono now = kStart + seconds(3);
  pace.throttled(now, nanoseconds{0});
  EXPECT_NEAR(pace.rate(), 500, 1);
  // What was under way when it asked is no second asking.
  pace.throttled(now + milliseconds(10), nanoseconds{0});
  EXPECT_NEAR(pace.rate(), 500, 1);
  EXPECT_NEAR(passed(pace, now, seconds(1), false), 500, 5);
  now += seconds(2);
  pace.throttled(now, nanoseconds{0});
  EXPECT_NEAR(pace.rate(), 250, 1);
}

TEST(DomainPaceTest, NeverStopped) {
  DomainPace pace;
  base::Mono now = kStart;
  for (int i = 0; i < 100; ++i) pace.throttled(now += seconds(2), nanoseconds{0});
  EXPECT_EQ(pace.rate(), DomainPace::kFloor);
  EXPECT_EQ(passed(pace, now, seconds(60), false), 5);  // one in ten seconds, after ten
}

TEST(DomainPaceTest, RecoversAndIsFreeAgain) {
  DomainPace pace;
  passed(pace, kStart, seconds(3), true);
  base::Mono now = kStart + seconds(3);
  pace.throttled(now, nanoseconds{0});
  const int slow = passed(pace, now, seconds(1), true);
  now += seconds(1);
  passed(pace, now, seconds(4), true);
  now += seconds(4);
  const int faster = passed(pace, now, seconds(1), true);
  EXPECT_GT(faster, slow + 300);
  passed(pace, now, seconds(60), true);
  EXPECT_EQ(pace.rate(), 0);
  EXPECT_EQ(pace.take(now + seconds(61)), nanoseconds{0});
}

TEST(DomainPaceTest, QuietForAsLongAsAsked) {
  DomainPace pace;
  pace.throttled(kStart, milliseconds(700));
  EXPECT_EQ(pace.take(kStart + milliseconds(100)), nanoseconds(milliseconds(600)));
  EXPECT_EQ(pace.take(kStart + milliseconds(700)), nanoseconds{0});
}

}  // namespace
}  // namespace ashlar::notifications
