#include "platform/http/read_pace.h"

#include <gtest/gtest.h>

namespace ashlar::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(ReadPace, TenSecondsWorthAtOnceAndThenOneASecond) {
  ReadPace pace(100, 0);
  base::Mono now{std::chrono::hours{1}};
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(pace.take(now, 1'000'000), nanoseconds{0}) << i;
  const nanoseconds wait = pace.take(now, 1);
  EXPECT_GT(wait, nanoseconds{0});
  EXPECT_LE(wait, milliseconds{20});
  // Who keeps to what he is told gets a hundred a second.
  int messages = 0;
  for (const base::Mono end = now + std::chrono::seconds{10}; now < end; ++messages) {
    now += std::max(pace.take(now, 1), nanoseconds{1});
  }
  EXPECT_NEAR(messages, 1000, 5);
}

TEST(ReadPace, BytesCountToo) {
  ReadPace pace(0, 1000);
  const base::Mono now{std::chrono::hours{1}};
  EXPECT_EQ(pace.take(now, 10'000), nanoseconds{0});
  EXPECT_GE(pace.take(now, 300), milliseconds{300});
  EXPECT_LE(pace.take(now, 1'000'000), milliseconds{502}) << "what is beyond is forgiven";
}

TEST(ReadPace, NothingIsLimitedWhereNothingIsSaid) {
  ReadPace pace(0, 0);
  EXPECT_FALSE(pace.is_limited());
  for (int i = 0; i < 100'000; ++i) EXPECT_EQ(pace.take({}, 1 << 20), nanoseconds{0});
}

}  // namespace
}  // namespace ashlar::http
