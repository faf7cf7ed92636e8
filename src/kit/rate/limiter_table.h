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

}  // namespace ashlar::kit

#include "kit/rate/limiter_table_inl.h"
