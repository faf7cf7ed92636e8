// What of LimiterTable makes and frees places; limiter_table.h includes this.
#pragma once

#include "kit/rate/limiter_table.h"

namespace ashlar::kit {

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
