#include "kit/id/snowflake.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/random.h"

namespace ashlar::kit {
namespace {

using base::Micros;
using base::Millis;
using base::Time;

constexpr SnowflakeLayout kLayout;
const Time kStart = kLayout.epoch + std::chrono::hours(24 * 365);

TEST(SnowflakeTest, TheLayoutIsTheDocumentedOne) {
  Snowflake ids(kLayout, 5);
  const std::uint64_t id = ids.next(kLayout.epoch + Millis(1000)).value();
  EXPECT_EQ(id, (std::uint64_t{1000} << 22) | (5U << 12));
  EXPECT_EQ(ids.next(kLayout.epoch + Millis(1000)).value(), id + 1);
  EXPECT_EQ(ids.parts(id + 1).time, kLayout.epoch + Millis(1000));
  EXPECT_EQ(ids.parts(id + 1).node, 5U);
  EXPECT_EQ(ids.parts(id + 1).sequence, 1U);
  EXPECT_EQ(base::base62_decode(base::base62_encode(id, 11)), id);
}

TEST(SnowflakeTest, AFullMillisecondBorrowsFromTheNextOnesThenSaysHowLongToWait) {
  Snowflake ids(kLayout, 1, Millis(2));
  std::uint64_t last = 0;
  for (int i = 0; i < 3 * 4096; ++i) {  // this millisecond and the two ahead
    const auto id = ids.next(kStart + Micros(300));
    ASSERT_TRUE(id.has_value()) << i;
    ASSERT_GT(*id, last);
    last = *id;
  }
  EXPECT_EQ(ids.parts(last).time, kStart + Millis(2));
  for (int i = 0; i < 3; ++i) {  // asking changes nothing
    const auto refused = ids.next(kStart + Micros(300));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error(), Micros(700));
  }
  const auto after = ids.next(kStart + Micros(1000));
  ASSERT_TRUE(after.has_value());
  EXPECT_EQ(ids.parts(*after).time, kStart + Millis(3));
}

TEST(SnowflakeTest, AClockThatStepsBackKeepsTheLastTimeOrWaits) {
  Snowflake ids(kLayout, 1, Millis(10));
  const std::uint64_t first = ids.next(kStart).value();
  const std::uint64_t second = ids.next(kStart - Millis(10)).value();
  EXPECT_EQ(second, first + 1);
  const auto refused = ids.next(kStart - Millis(500));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error(), Millis(490));
  EXPECT_TRUE(ids.next(kStart - Millis(500) + refused.error()).has_value());
}

TEST(SnowflakeTest, GoesOnAfterAnEarlierLife) {
  Snowflake before(kLayout, 3, Millis(5));
  std::uint64_t last = 0;
  for (int i = 0; i < 5000; ++i) last = before.next(kStart).value();
  Snowflake after(kLayout, 3, Millis(5), last);
  EXPECT_GT(after.next(kStart).value(), last);
  EXPECT_FALSE(after.next(kStart - Millis(10)).has_value());
}

TEST(SnowflakeTest, ATimeBeforeTheEpochWaitsAndOneBeyondTheLayoutNeverCan) {
  Snowflake ids({.time_bits = 20, .node_bits = 0, .sequence_bits = 3}, 0, Millis(0));
  const auto early = ids.next(kLayout.epoch - Millis(7));
  ASSERT_FALSE(early.has_value());
  EXPECT_EQ(early.error(), Millis(7));
  EXPECT_TRUE(ids.next(kLayout.epoch + Millis((1 << 20) - 1)).has_value());
  const auto late = ids.next(kLayout.epoch + Millis(1 << 20));
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error(), Snowflake::kNever);
}

// Where time << sequence_bits would not fit, the high bits of a clock far ahead got lost and ids
// of long ago came out of it.
TEST(SnowflakeTest, AClockFarBeyondTheLayoutGetsNoIdWhateverTheSequence) {
  for (const int sequence_bits : {1, 12, 32, 43, 62}) {
    SCOPED_TRACE(sequence_bits);
    const int time_bits = std::min(63 - sequence_bits, 20);
    Snowflake ids({.time_bits = time_bits, .node_bits = 0, .sequence_bits = sequence_bits}, 0);
    const std::int64_t end = std::int64_t{1} << time_bits;
    EXPECT_EQ(ids.parts(ids.next(kLayout.epoch + Millis(end - 1)).value()).time,
              kLayout.epoch + Millis(end - 1));
    for (const Time late :
         {kLayout.epoch + Millis(end), kLayout.epoch + Millis(end << 20),
          kLayout.epoch + Millis(std::int64_t{1} << 50), Time(Snowflake::kFarthest)}) {
      const auto id = ids.next(late);
      ASSERT_FALSE(id.has_value()) << base::to_micros(late) << " gave " << *id;
      EXPECT_EQ(id.error(), Snowflake::kNever);
    }
  }
}

TEST(SnowflakeTest, TheWaitIsCountedWithoutOverflowAtTheEndsOfTime) {
  const SnowflakeLayout layout{.time_bits = Snowflake::kMostTimeBits,
                               .node_bits = 0,
                               .sequence_bits = 11,
                               .epoch = Time(Snowflake::kFarthest)};
  Snowflake ids(layout, 0, Millis(0), (std::uint64_t{1} << 63) - 2);
  const auto wait = ids.next(Time(-Snowflake::kFarthest));
  ASSERT_FALSE(wait.has_value());
  EXPECT_EQ(wait.error(), Millis((std::int64_t{1} << 52) - 1) + 2 * Snowflake::kFarthest);
}

TEST(SnowflakeTest, RefusesLayoutsThatCannotBeCounted) {
  EXPECT_DEATH(Snowflake({.time_bits = 53, .node_bits = 0, .sequence_bits = 1}, 0), "CHECK failed");
  EXPECT_DEATH(Snowflake({.time_bits = 41, .node_bits = 11, .sequence_bits = 12}, 0),
               "CHECK failed");
  EXPECT_DEATH(Snowflake({.epoch = Time::max()}, 0), "CHECK failed");
}

// Random walks of the clock, forward and back, on random layouts, against the promises.
TEST(SnowflakeTest, PromisesHoldOnRandomClocks) {
  const std::uint64_t seed = 20'261'122;
  SCOPED_TRACE(seed);
  base::Random random(seed);
  for (int round = 0; round < 40; ++round) {
    const SnowflakeLayout layout{.time_bits = 38 + static_cast<int>(random.below(4)),
                                 .node_bits = static_cast<int>(random.below(11)),
                                 .sequence_bits = 1 + static_cast<int>(random.below(11))};
    const std::uint64_t node = random.below(std::uint64_t{1} << layout.node_bits);
    const Millis ahead(random.below(20));
    Snowflake ids(layout, node, ahead);
    Time now = kStart;
    std::uint64_t last = 0;
    for (int i = 0; i < 50'000; ++i) {
      now +=
          Micros(random.chance(0.999) ? static_cast<std::int64_t>(random.below(200))
                                      : static_cast<std::int64_t>(random.below(60'000)) - 30'000);
      const auto id = ids.next(now);
      if (!id) {
        ASSERT_GT(id.error().count(), 0);
        ASSERT_FALSE(ids.next(now + id.error() - Micros(1)).has_value());
        if (random.chance(0.5)) continue;
        now += id.error();
        const auto waited = ids.next(now);
        ASSERT_TRUE(waited.has_value());
        ASSERT_GT(*waited, last);
        last = *waited;
        continue;
      }
      ASSERT_GT(*id, last);
      last = *id;
      const Snowflake::Parts parts = ids.parts(*id);
      ASSERT_EQ(parts.node, node);
      ASSERT_LE(parts.time, now + ahead);
      ASSERT_GT(parts.time, now - Millis(1));
    }
  }
}

TEST(SnowflakeTest, ThreadsGetDifferentIdsInTheirOwnOrder) {
  constexpr int kEach = 200'000;
  base::ManualClock clock(kStart);
  Snowflake ids(kLayout, 7, Millis(1'000'000));
  std::vector<std::vector<std::uint64_t>> got(4);
  std::vector<std::thread> threads;
  for (auto& mine : got) {
    threads.emplace_back([&] {
      mine.reserve(kEach);
      for (int i = 0; i < kEach; ++i) {
        if (i % 64 == 0) clock.step_wall(Micros(i % 128 == 0 ? 150 : -140));
        mine.push_back(ids.next(clock.now()).value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<std::uint64_t> all;
  for (const auto& mine : got) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(all.end(), mine.begin(), mine.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
}

}  // namespace
}  // namespace ashlar::kit
