#include "kit/cache/timer_wheel.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"

namespace ashlar::kit {
namespace {

constexpr std::int64_t kTick = std::int64_t{1} << TimerWheel::kTickBits;
constexpr std::size_t kAll = SIZE_MAX;

// The wheel beside what it must agree with: each slot's deadline.
class Wheel {
 public:
  explicit Wheel(std::size_t slots) : deadlines_(slots, TimerWheel::kNoDeadline) {
    wheel_.resize(slots, slots);
  }

  void set(Slot slot, std::int64_t deadline) {
    std::int64_t& at = deadlines_[slot];
    // As a cache does: a later deadline is found when the wheel comes by.
    if (deadline < at) wheel_.schedule(slot, deadline);
    at = deadline;
  }
  void cancel(Slot slot) {
    wheel_.remove(slot);
    deadlines_[slot] = TimerWheel::kNoDeadline;
  }
  std::size_t advance(std::int64_t now, std::size_t steps) {
    return wheel_.advance(
        now, steps, [&](Slot slot) { return deadlines_[slot]; },
        [&](Slot slot) {
          EXPECT_LE(deadlines_[slot], now);
          EXPECT_NE(deadlines_[slot], TimerWheel::kNoDeadline);
          deadlines_[slot] = TimerWheel::kNoDeadline;
          fired_.push_back(slot);
        });
  }
  // The slots whose deadline lies in a tick before that of `now`.
  [[nodiscard]] std::size_t overdue(std::int64_t now) const {
    std::size_t count = 0;
    for (const std::int64_t d : deadlines_) {
      count += d >> TimerWheel::kTickBits < now >> TimerWheel::kTickBits ? 1 : 0;
    }
    return count;
  }
  [[nodiscard]] bool due(std::int64_t now) const { return wheel_.due(now); }
  [[nodiscard]] const std::vector<std::int64_t>& deadlines() const { return deadlines_; }
  std::vector<Slot> take_fired() { return std::exchange(fired_, {}); }

 private:
  TimerWheel wheel_;
  std::vector<std::int64_t> deadlines_;
  std::vector<Slot> fired_;
};

// From nanoseconds to months: as many of each power of two.
std::int64_t any_span(base::Random& random) {
  const int bits = 10 + static_cast<int>(random.below(43));
  return static_cast<std::int64_t>(random.below(std::uint64_t{1} << bits)) + 1;
}

void compare(std::uint64_t seed, bool steps_back, bool bounded) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  constexpr std::size_t kSlots = 300;
  base::Random random(seed);
  Wheel wheel(kSlots);
  std::int64_t now = static_cast<std::int64_t>(random.below(std::uint64_t{1} << 50));
  for (int i = 0; i < 100'000; ++i) {
    const auto slot = static_cast<Slot>(random.below(kSlots));
    switch (random.below(8)) {
      case 0:
        wheel.cancel(slot);
        break;
      case 1:
      case 2:
        now += any_span(random) >> random.below(8);
        break;
      case 3:
        if (steps_back) now -= any_span(random) >> random.below(8);
        break;
      default:
        // After a step back, callers that are late may bring deadlines long past.
        wheel.set(slot, now + any_span(random) -
                            (steps_back && random.chance(0.1) ? any_span(random) : 0));
    }
    if (bounded) {
      if (wheel.due(now)) wheel.advance(now, 1 + random.below(10));
      continue;
    }
    const bool due = wheel.due(now);
    wheel.advance(now, kAll);
    ASSERT_EQ(due || wheel.take_fired().empty(), true) << "fired although due() said no";
    wheel.take_fired();
    if (!steps_back) {
      ASSERT_EQ(wheel.overdue(now), 0U) << "at operation " << i;
    }
  }
  // Whatever happened: on one turn of level 0 after a step back everything is in time again.
  for (int i = 0; i <= 64; ++i) wheel.advance(now += kTick, kAll);
  EXPECT_EQ(wheel.overdue(now), 0U);
  // And nothing was lost: all fire in the end.
  for (int i = 0; i < 64; ++i) wheel.advance(now += std::int64_t{1} << 49, kAll);
  for (const std::int64_t deadline : wheel.deadlines()) {
    EXPECT_EQ(deadline, TimerWheel::kNoDeadline);
  }
}

TEST(TimerWheel, FiresEverySlotWithinATickOfItsDeadline) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) compare(seed, false, false);
}

TEST(TimerWheel, LosesNothingWithBoundedSteps) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) compare(seed, false, true);
}

TEST(TimerWheel, FollowsAClockThatStepsBack) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    compare(seed, true, false);
    compare(seed, true, true);
  }
}

TEST(TimerWheel, FiresAtTheEndsOfEveryLevel) {
  for (const int shift : {30, 36, 42, 47, 49}) {
    for (const std::int64_t buckets : {1, 2, 4, 31, 32, 63, 64, 65}) {
      for (const std::int64_t off : {-1, 0, 1}) {
        Wheel wheel(1);
        const std::int64_t start = 12'345 * kTick + 678;
        wheel.advance(start, kAll);
        const std::int64_t deadline = start + (buckets << shift) + off;
        wheel.set(0, deadline);
        wheel.advance(deadline - 1, kAll);
        ASSERT_TRUE(wheel.take_fired().empty());
        wheel.advance((deadline / kTick + 1) * kTick, kAll);
        ASSERT_EQ(wheel.take_fired().size(), 1U) << shift << " " << buckets << " " << off;
      }
    }
  }
}

TEST(TimerWheel, GoesOnWhereItRanOutOfSteps) {
  constexpr std::size_t kSlots = 1000;
  Wheel wheel(kSlots);
  wheel.advance(0, kAll);
  for (Slot slot = 0; slot < kSlots; ++slot) wheel.set(slot, 1000);
  std::size_t calls = 0;
  for (; wheel.overdue(kTick) > 1; ++calls) {
    EXPECT_EQ(wheel.advance(kTick, 10), 0U);
    EXPECT_TRUE(wheel.due(kTick));
  }
  EXPECT_EQ(calls, 100U);  // one step to enter the bucket, one for each slot
  EXPECT_EQ(wheel.advance(kTick, 10), 9U);
  EXPECT_FALSE(wheel.due(kTick));
  EXPECT_FALSE(wheel.due(2 * kTick - 1));
  EXPECT_TRUE(wheel.due(2 * kTick));
  EXPECT_TRUE(wheel.due(kTick - 1));
}

TEST(TimerWheel, TakesDeadlinesAtTheEndsOfTime) {
  Wheel wheel(3);
  wheel.advance(INT64_MIN, kAll);
  wheel.set(0, INT64_MIN + 1);
  wheel.set(1, INT64_MAX - 1);
  wheel.set(2, 0);
  for (std::int64_t now = INT64_MIN; now < -(std::int64_t{1} << 57); now += std::int64_t{1} << 57) {
    wheel.advance(now, kAll);
  }
  EXPECT_EQ(wheel.take_fired(), std::vector<Slot>{0});
  wheel.advance(kTick, kAll);
  EXPECT_EQ(wheel.take_fired(), std::vector<Slot>{2});
  wheel.advance(INT64_MAX - 1, kAll);
  EXPECT_EQ(wheel.take_fired(), std::vector<Slot>{1});
}

}  // namespace
}  // namespace ashlar::kit
