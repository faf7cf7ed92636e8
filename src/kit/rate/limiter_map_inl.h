// What of LimiterMap is not worth a place in limiter_map.h, which includes this.
#pragma once

#include "kit/rate/limiter_map.h"

namespace ashlar::kit {

// Locks stripes in the order of their numbers, so that two batches never wait for each other.
template <class State>
class LimiterMap<State>::LockedStripes {
 public:
  LockedStripes(const LimiterMap& map, std::span<const LimiterKey> keys) : map_(map) {
    for (const LimiterKey& key : keys) wanted_ |= std::uint64_t{1} << map.stripe_index(key);
    for (std::uint64_t rest = wanted_; rest != 0; rest &= rest - 1) {
      map_.stripes_[static_cast<std::size_t>(std::countr_zero(rest))].mutex.lock();
    }
  }
  ~LockedStripes() {
    for (std::uint64_t rest = wanted_; rest != 0; rest &= rest - 1) {
      map_.stripes_[static_cast<std::size_t>(std::countr_zero(rest))].mutex.unlock();
    }
  }
  LockedStripes(const LockedStripes&) = delete;
  LockedStripes& operator=(const LockedStripes&) = delete;

 private:
  const LimiterMap& map_;
  std::uint64_t wanted_ = 0;
};

template <class State>
class LimiterMap<State>::Locked {
 public:
  explicit Locked(LimiterMap& map) : map_(map) {}

  // nullptr where the key is not there. Until the next put().
  [[nodiscard]] const State* find(LimiterKey key) const {
    const auto* slot = map_.stripe_of(key).table.find(key);
    return slot != nullptr ? &slot->state : nullptr;
  }
  void put(LimiterKey key, base::Mono now, const State& state,
           std::chrono::nanoseconds reset_after) {
    auto& slot = map_.stripe_of(key).table.find_or_insert(key, now);
    slot.state = state;
    slot.keep_until(now, reset_after);
  }

 private:
  LimiterMap& map_;
};

template <class State>
template <class Visit>
void LimiterMap<State>::with_all(std::span<const LimiterKey> keys, Visit&& visit) {
  CHECK(keys.size() <= kMaxBatch);
  const LockedStripes locks(*this, keys);
  Locked locked(*this);
  visit(locked);
}

template <class State>
template <class Take>
bool LimiterMap<State>::take_all(std::span<const LimiterKey> keys, base::Mono now,
                                 std::span<Decision> decisions, Take&& take) {
  CHECK(keys.size() == decisions.size() && keys.size() <= kMaxBatch);
  std::array<State, kMaxBatch> copies;
  std::array<std::size_t, kMaxBatch> copy_of;  // which copy is key i's: that of the first like it
  const LockedStripes locks(*this, keys);
  bool all = true;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    copy_of[i] = static_cast<std::size_t>(std::ranges::find(keys, keys[i]) - keys.begin());
    if (copy_of[i] == i) {
      const auto* slot = stripe_of(keys[i]).table.find(keys[i]);
      copies[i] = slot != nullptr ? slot->state : State{};
    }
    decisions[i] = take(i, copies[copy_of[i]]);
    all = all && decisions[i].allowed;
  }
  if (!all) return false;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto& slot = stripe_of(keys[i]).table.find_or_insert(keys[i], now);
    slot.state = copies[copy_of[i]];
    slot.keep_until(now, decisions[i].reset_after);
  }
  return true;
}

template <class State>
void LimiterMap<State>::copy_stripe(std::size_t stripe, base::Mono at,
                                    std::vector<LimiterSlot<State>>& out) const {
  constexpr int kTries = 3;
  const Stripe& from = stripes_[stripe];
  const std::size_t had = out.size();
  for (int tried = 1; tried <= kTries; ++tried) {
    const std::size_t piece = tried < kTries ? kPiece : SIZE_MAX;
    std::uint64_t moves = 0;
    std::size_t slot = 0;
    bool whole = false;
    out.resize(had);
    while (!whole) {
      const std::lock_guard lock(from.mutex);
      if (slot == 0) moves = from.table.moves();
      if (moves != from.table.moves()) break;
      slot = from.table.copy_some(slot, piece, at, out);
      whole = slot == 0;
    }
    if (whole) return;
  }
}

template <class State>
bool LimiterMap<State>::restore(const LimiterSlot<State>& slot, base::Mono now) {
  if (!slot.used() || slot.idle(now) || !slot.ends_by_any_rule(now)) return false;
  Stripe& stripe = stripe_of(slot.key());
  const std::lock_guard lock(stripe.mutex);
  if (stripe.table.find(slot.key()) != nullptr) return false;
  auto& place = stripe.table.find_or_insert(slot.key(), now);
  place.state = slot.state;
  place.idle_at = slot.idle_at;
  return true;
}

}  // namespace ashlar::kit
