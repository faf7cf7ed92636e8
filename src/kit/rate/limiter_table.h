// LimiterTable<State>: one stripe of a LimiterMap (limiter_map.h says what it does and why): an
// open addressing table of limiter states, with a bound, that reclaims idle slots. Unguarded.
//
// Invariants:
//   1. A key is found on the way from its home to the first free slot. There are no tombstones: a
//      slot is freed by moving up those behind it that may be moved.
//   2. At most three quarters of the slots are in use, so there is a free one.
//   3. No key is {0, 0}, which is a free slot's (LimiterKeyHasher makes none).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/time.h"
#include "kit/rate/limiter_key.h"
#include "kit/rate/limiter_slot.h"
#include "kit/rate/limiter_stats.h"

namespace ashlar::kit {

template <class State>
class LimiterTable {
 public:
  static_assert(std::is_trivially_copyable_v<State>);
  using Slot = LimiterSlot<State>;

  static constexpr std::uint32_t kFirstSlots = 16;
  static constexpr std::uint32_t kSwept = 4;     // slots that an insertion looks at
  static constexpr std::uint32_t kSampled = 12;  // keys among which a victim is chosen

  // Before anything else. REQUIRES: 1 <= max_keys <= 2^31.
  void bound(std::size_t max_keys) {
    max_keys_ = static_cast<std::uint32_t>(max_keys);
    max_slots_ =
        static_cast<std::uint32_t>(std::max<std::size_t>(kFirstSlots, (max_keys * 4 + 2) / 3 + 1));
    resize(kFirstSlots, base::Mono{});
  }

  [[nodiscard]] const Slot* find(LimiterKey key) const {
    const Slot& slot = slots_[probe(key)];
    return slot.used() ? &slot : nullptr;
  }

  // Stays where it is until the next insertion or erasure.
  Slot& find_or_insert(LimiterKey key, base::Mono now) {
    Slot& slot = slots_[probe(key)];
    return slot.used() ? slot : insert(key, now);
  }

  bool erase(LimiterKey key) {
    const std::uint32_t at = probe(key);
    if (!slots_[at].used()) return false;
    free_slot(at);
    return true;
  }

  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::uint32_t i = 0; i < slot_count_; ++i) {
      if (slots_[i].used()) visit(slots_[i].key(), std::as_const(slots_[i].state));
    }
  }

  // Appends those of the next `count` slots from `from` that are in use and not idle at `at`, and
  // answers where to go on; 0: that was all. Between two calls no key may have moved.
  std::size_t copy_some(std::size_t from, std::size_t count, base::Mono at,
                        std::vector<Slot>& out) const {
    const std::size_t end = count < slot_count_ - from ? from + count : slot_count_;
    for (; from < end; ++from) {
      if (slots_[from].used() && !slots_[from].idle(at)) out.push_back(slots_[from]);
    }
    return end == slot_count_ ? 0 : end;
  }
  // Changes whenever a key changes its place.
  [[nodiscard]] std::uint64_t moves() const { return moves_; }

  [[nodiscard]] LimiterStats stats() const {
    return {keys_, slot_count_ * sizeof(Slot), reclaimed_, evicted_};
  }

 private:
  [[nodiscard]] std::uint32_t home_of(LimiterKey key) const {
    return static_cast<std::uint32_t>(((key.high >> 32) * slot_count_) >> 32);
  }
  [[nodiscard]] std::uint32_t after(std::uint32_t at) const {
    return at + 1 == slot_count_ ? 0 : at + 1;
  }
  [[nodiscard]] std::uint32_t distance(std::uint32_t from, std::uint32_t to) const {
    return to >= from ? to - from : to + slot_count_ - from;
  }
  // Where the key is, or the free slot at which that is known not to be so.
  [[nodiscard]] std::uint32_t probe(LimiterKey key) const {
    std::uint32_t at = home_of(key);
    while (slots_[at].used() && slots_[at].key() != key) at = after(at);
    return at;
  }

  Slot& insert(LimiterKey key, base::Mono now);
  void sweep(base::Mono now);
  void evict(base::Mono now);
  void free_slot(std::uint32_t at);
  void resize(std::uint32_t slot_count, base::Mono now);

  std::unique_ptr<Slot[]> slots_;
  std::uint32_t slot_count_ = 0;
  std::uint32_t keys_ = 0;
  std::uint32_t max_keys_ = 0;
  std::uint32_t max_slots_ = 0;
  std::uint32_t hand_ = 0;  // where the next sweep begins
  std::uint64_t moves_ = 0;
  std::uint64_t reclaimed_ = 0;
  std::uint64_t evicted_ = 0;
};

template <class State>
auto LimiterTable<State>::insert(LimiterKey key, base::Mono now) -> Slot& {
  CHECK((key.high | key.low) != 0);
  sweep(now);
  if (keys_ >= max_keys_) {
    evict(now);
  } else if (std::uint64_t{keys_} * 4 >= std::uint64_t{slot_count_} * 3) {
    resize(static_cast<std::uint32_t>(
               std::min<std::uint64_t>(std::uint64_t{slot_count_} * 2, max_slots_)),
           now);
  }
  // An idle key on the way may be replaced: the way stays as it is for the others.
  std::uint32_t at = home_of(key);
  while (slots_[at].used() && !slots_[at].idle(now)) at = after(at);
  if (slots_[at].used()) {
    ++reclaimed_;
  } else {
    ++keys_;
  }
  Slot& slot = slots_[at];
  slot = Slot{};
  slot.high = key.high;
  slot.low = key.low;
  slot.keep_until(now, std::chrono::nanoseconds{0});
  return slot;
}

template <class State>
void LimiterTable<State>::sweep(base::Mono now) {
  for (std::uint32_t i = 0; i < kSwept; ++i) {
    const Slot& slot = slots_[hand_];
    if (slot.used() && slot.idle(now)) {
      free_slot(hand_);  // which may have moved another one here: the hand stays
      ++reclaimed_;
    } else {
      hand_ = after(hand_);
    }
  }
}

// Among equals chance decides (a hash's low bits). To take the first would make each gap in the
// table grow, since what follows a gap is always first.
template <class State>
void LimiterTable<State>::evict(base::Mono now) {
  const auto sooner = [](const Slot& a, const Slot& b) {
    const auto later_by = static_cast<std::int32_t>(a.idle_at - b.idle_at);
    return later_by != 0 ? later_by < 0 : a.low < b.low;
  };
  std::uint32_t victim = slot_count_;
  std::uint32_t seen = 0;
  for (std::uint32_t i = 0; i < slot_count_ && seen < kSampled; ++i) {
    const Slot& slot = slots_[hand_];
    if (slot.used()) {
      if (victim == slot_count_ || sooner(slot, slots_[victim])) victim = hand_;
      ++seen;
    }
    hand_ = after(hand_);
  }
  CHECK(victim < slot_count_);
  ++(slots_[victim].idle(now) ? reclaimed_ : evicted_);
  free_slot(victim);
}

template <class State>
void LimiterTable<State>::free_slot(std::uint32_t at) {
  --keys_;
  for (std::uint32_t next = after(at); slots_[next].used(); next = after(next)) {
    const std::uint32_t home = home_of(slots_[next].key());
    if (distance(home, next) >= distance(at, next)) {
      slots_[at] = slots_[next];
      at = next;
      ++moves_;
    }
  }
  slots_[at] = Slot{};
}

template <class State>
void LimiterTable<State>::resize(std::uint32_t slot_count, base::Mono now) {
  std::unique_ptr<Slot[]> old = std::exchange(slots_, std::make_unique<Slot[]>(slot_count));
  const std::uint32_t old_count = std::exchange(slot_count_, slot_count);
  keys_ = 0;
  hand_ = 0;
  ++moves_;
  for (std::uint32_t i = 0; i < old_count; ++i) {
    if (!old[i].used()) continue;
    if (old[i].idle(now)) {
      ++reclaimed_;
    } else {
      slots_[probe(old[i].key())] = old[i];
      ++keys_;
    }
  }
}

}  // namespace ashlar::kit
