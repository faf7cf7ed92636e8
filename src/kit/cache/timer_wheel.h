// TimerWheel: slots with deadlines, found when they are due, in O(1) each; a hierarchical timing
// wheel (Varghese and Lauck, 1987) with Caffeine's spans, which are powers of two, so shifts.
//
//   level   one bucket spans           buckets   together
//     0     2^30 ns =    1.07 s          64       2^36 ns
//     1     2^36 ns =    1.14 min        64       2^42 ns
//     2     2^42 ns =    1.22 h          32       2^47 ns
//     3     2^47 ns =    1.63 d           4       2^49 ns
//     4     2^49 ns =    6.52 d           1       whatever is later; looked through every 6.52 d
//
// Promises: once advance() has caught up with `now`, every slot whose deadline lies in an earlier
// tick of level 0 has fired (so at most 1.07 s late), and none fires before its deadline. Each call
// does at most `steps` of work (a step: one slot moved or fired, or one bucket entered) and goes on
// from there at the next. A slot moves down at most four times.
//
// Two rules keep it cheap: a deadline that moves to a later time needs no call (the slot is found
// not due, and placed anew); a deadline that moves to an earlier one needs schedule().
//
// Clocks: `now` is nanoseconds of any origin. When it steps back by two ticks or more, the wheel
// goes back with it: no slot is lost, and none is late by more than one turn of level 0 (64 ticks).
// It owns no deadline: deadline_of(slot) is asked. Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "kit/cache/slot_lists.h"

namespace ashlar::kit {

class TimerWheel {
 public:
  static constexpr int kTickBits = 30;
  static constexpr std::int64_t kNoDeadline = INT64_MAX;  // such a slot belongs in no bucket

  void resize(std::size_t slots, std::size_t reserve) { lists_.resize(slots, reserve); }

  // Puts the slot in the bucket of its deadline, wherever it was.
  void schedule(Slot slot, std::int64_t deadline) {
    lists_.remove(slot);
    lists_.push_front(bucket_of(deadline), slot);
  }
  void remove(Slot slot) { lists_.remove(slot); }
  [[nodiscard]] bool scheduled(Slot slot) const { return lists_.listed(slot); }

  // False: there is nothing to do at `now`. One comparison; ask it before every advance().
  [[nodiscard]] bool due(std::int64_t now) const {
    return static_cast<std::uint64_t>(now) - quiet_from_ >= quiet_for_;
  }

  // Calls fire(slot) for slots whose deadline_of(slot) <= now; each is in no bucket by then, and
  // fire must not touch the wheel but for remove(). Returns the steps that are left.
  template <class DeadlineOf, class Fire>
  std::size_t advance(std::int64_t now, std::size_t steps, DeadlineOf&& deadline_of, Fire&& fire) {
    const std::int64_t tick = now >> kTickBits;
    if (tick < cursor_[0] - 1) rewind(now);  // one tick is what threads differ by
    while (steps > 0) {
      const Slot slot = lists_.front(kPending);
      if (slot != kNoSlot) {
        --steps;
        lists_.remove(slot);
        const std::int64_t deadline = deadline_of(slot);
        if (deadline <= now) {
          fire(slot);
        } else if (deadline != kNoDeadline) {
          lists_.push_front(bucket_of(deadline), slot);
        }
      } else if (enter_next(now)) {
        --steps;
      } else {
        quiet_from_ = static_cast<std::uint64_t>(tick) << kTickBits;
        quiet_for_ = std::uint64_t{1} << kTickBits;
        return steps;
      }
    }
    quiet_for_ = 0;
    return 0;
  }

  [[nodiscard]] std::size_t bytes() const { return lists_.bytes(); }

 private:
  struct Level {
    int shift;
    std::int64_t buckets;  // a power of two
    std::uint32_t first;   // its first list
  };
  static constexpr std::array<Level, 5> kLevels = {
      {{30, 64, 0}, {36, 64, 64}, {42, 32, 128}, {47, 4, 160}, {49, 1, 164}}};
  static constexpr std::uint32_t kPending =
      165;  // a bucket that was entered, not yet looked through
  static constexpr std::uint32_t kLists = 166;

  // Invariant: cursor_[0] is the first tick of level 0 not yet over; cursor_[i] the first of level
  // i not yet entered, cursor_[i] - 1 <= cursor_[i-1] in units of level i. So a deadline that is
  // before cursor_[i] at level i fits a lower level.
  [[nodiscard]] std::uint32_t bucket_of(std::int64_t deadline) const {
    for (std::size_t i = 0; i < kLevels.size(); ++i) {
      const Level& level = kLevels[i];
      const std::int64_t tick = deadline >> level.shift;
      if (tick - cursor_[i] < level.buckets || i + 1 == kLevels.size()) {
        const std::int64_t at = tick < cursor_[i] ? cursor_[i] : tick;
        return level.first + static_cast<std::uint32_t>(at & (level.buckets - 1));
      }
    }
    __builtin_unreachable();
  }

  // Enters the next bucket whose time has come, lowest level first: what comes down from a level
  // then finds the lower ones up to date.
  bool enter_next(std::int64_t now) {
    for (std::size_t i = 0; i < kLevels.size(); ++i) {
      const Level& level = kLevels[i];
      const std::int64_t end = (now >> level.shift) + (i == 0 ? 0 : 1);
      if (cursor_[i] >= end) continue;
      if (end - cursor_[i] > level.buckets) cursor_[i] = end - level.buckets;  // once round is all
      lists_.move_all(level.first + static_cast<std::uint32_t>(cursor_[i] & (level.buckets - 1)),
                      kPending);
      ++cursor_[i];
      return true;
    }
    return false;
  }

  // What the wheel was behind with is found by looking into every bucket once.
  void rewind(std::int64_t now) {
    const bool behind = quiet_for_ == 0;
    for (std::size_t i = 0; i < kLevels.size(); ++i) {
      const Level& level = kLevels[i];
      const std::int64_t end = (now >> level.shift) + (i == 0 ? 0 : 1);
      cursor_[i] = std::min(cursor_[i], end - (behind ? level.buckets : 0));
    }
  }

  SlotLists<kLists> lists_;
  std::array<std::int64_t, 5> cursor_ = {0, 1, 1, 1, 1};
  std::uint64_t quiet_from_ = 0;
  std::uint64_t quiet_for_ = 0;
};

}  // namespace ashlar::kit
