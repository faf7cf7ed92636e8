// LimiterMap<State>: the states of many keys' limiters, for many threads, in bounded memory.
//
//   const LimiterKey key = hasher(rule_number, "203.0.113.7");
//   Decision d = map.with(key, now, [&](auto& state) { return take(rule, state, now, 1); });
//
// A key that is not there has State{}, so a key is there only from its first take until nothing
// counts as taken any more. No rules live here: the visitor brings the key's.
//
// Striped: a key's stripe is locked while its visitor runs; visitors are brief, do not throw and do
// not call the map. Within a stripe: open addressing, linear probing, slots of 16 bytes + State, at
// most three quarters of them in use.
//
// Idle keys: a visitor's Decision says with reset_after when its key will be as if it had never
// been there. From then on (up to 1.1 s later) its slot is anybody's. Each insertion looks at four
// slots, so idle keys go before a table grows; no thread, no pause but that of a stripe that
// doubles.
//
// When full: a stripe that holds its share of max_keys and finds none idle gives up a key, of 12
// that one whose reset is soonest; its count begins anew (stats().evicted). So a limit can be
// evaded by who makes max_keys other keys live meanwhile, and by no one else: size it for that.
//
// After a step back of the clock idle keys may stay for as much longer; nothing else depends on it.
// Of colliding keys: limiter_key.h.
//
// Promises:
//   1. Visitors of one key run one after the other, each seeing what the one before left.
//   2. take_all takes from all of its keys or from none, and what with_all's visitor does is one
//      step; batches never deadlock.
//   3. At most max_keys * 4 / 3 slots (and 16 for each stripe), allocated as keys come; it never
//      shrinks.
//
// O(1) expected. Any thread.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/time.h"
#include "kit/rate/decision.h"
#include "kit/rate/limiter_key.h"
#include "kit/rate/limiter_stats.h"
#include "kit/rate/limiter_table.h"

namespace ashlar::kit {

template <class State>
class LimiterMap {
 public:
  static constexpr std::size_t kMaxStripes = 64;
  static constexpr std::size_t kMaxBatch = 32;

  // REQUIRES: 1 <= max_keys <= 2^34.
  explicit LimiterMap(std::size_t max_keys)
      : stripe_count_(std::bit_floor(std::clamp<std::size_t>(max_keys / 64, 1, kMaxStripes))),
        stripes_(std::make_unique<Stripe[]>(stripe_count_)) {
    CHECK(max_keys >= 1 && max_keys <= std::size_t{1} << 34);
    for (Stripe& stripe : stripes())
      stripe.table.bound((max_keys + stripe_count_ - 1) / stripe_count_);
  }

  // Calls visit(State&), which answers a Decision, or whatever else has a reset_after.
  template <class Visit>
  auto with(LimiterKey key, base::Mono now, Visit&& visit) {
    Stripe& stripe = stripe_of(key);
    const std::lock_guard lock(stripe.mutex);
    auto& slot = stripe.table.find_or_insert(key, now);
    auto answer = visit(slot.state);
    slot.keep_until(now, answer.reset_after);
    return answer;
  }

  // Calls visit(const State&) and answers what it does; inserts nothing.
  template <class Visit>
  auto peek(LimiterKey key, Visit&& visit) const {
    const Stripe& stripe = stripe_of(key);
    const std::lock_guard lock(stripe.mutex);
    const auto* slot = stripe.table.find(key);
    return slot != nullptr ? visit(std::as_const(slot->state)) : visit(std::as_const(kUnused));
  }

  // Calls take(i, State&) -> Decision for each key on a copy of its state, in order; a key given
  // twice sees what it took before. True where all were allowed: then all copies become the states.
  // Else nothing is taken: decisions[i] is still what take(i) said, so its `remaining` is without
  // what was not taken in the end; and a state that a long step back of the clock would move to the
  // new now (decision.h, promise 3) is not moved.
  // REQUIRES: keys.size() == decisions.size() <= kMaxBatch.
  template <class Take>
  bool take_all(std::span<const LimiterKey> keys, base::Mono now, std::span<Decision> decisions,
                Take&& take);

  // Calls visit(Locked&) while the stripes of all keys are locked; Locked reads and writes the
  // states of these keys, and of no others. One may be called within another map's, if always in
  // the same order of maps. REQUIRES: keys.size() <= kMaxBatch.
  class Locked;
  template <class Visit>
  void with_all(std::span<const LimiterKey> keys, Visit&& visit);

  // The key's count begins anew; false where it had none.
  bool forget(LimiterKey key) {
    Stripe& stripe = stripe_of(key);
    const std::lock_guard lock(stripe.mutex);
    return stripe.table.erase(key);
  }

  // Calls visit(LimiterKey, const State&) for each key that is there, idle ones included, one
  // stripe after the other.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Stripe& stripe : stripes()) {
      const std::lock_guard lock(stripe.mutex);
      stripe.table.for_each(visit);
    }
  }

  // Appends the stripe's keys that are not idle at `at`. Locks it for kPiece slots at a time (some
  // microseconds); where keys were moved meanwhile it begins again, the third time under one lock.
  static constexpr std::size_t kPiece = 256;
  void copy_stripe(std::size_t stripe, base::Mono at, std::vector<LimiterSlot<State>>& out) const;
  // What copy_stripe gave, of a map with the same hasher. False, and nothing done, where the key is
  // there already, is {0, 0}, is idle, or would be for longer than any reset takes. The caller
  // knows that the state is well formed.
  bool restore(const LimiterSlot<State>& slot, base::Mono now);

  [[nodiscard]] std::size_t stripe_count() const { return stripe_count_; }
  [[nodiscard]] LimiterStats stats() const {
    LimiterStats sum;
    for (const Stripe& stripe : stripes()) {
      const std::lock_guard lock(stripe.mutex);
      sum += stripe.table.stats();
    }
    return sum;
  }

 private:
  struct alignas(64) Stripe {
    mutable std::mutex mutex;  // guards the table
    LimiterTable<State> table;
  };
  class LockedStripes;

  static constexpr State kUnused{};

  [[nodiscard]] std::size_t stripe_index(LimiterKey key) const {
    return key.low & (stripe_count_ - 1);
  }
  [[nodiscard]] Stripe& stripe_of(LimiterKey key) const { return stripes_[stripe_index(key)]; }
  [[nodiscard]] std::span<Stripe> stripes() const { return {stripes_.get(), stripe_count_}; }

  const std::size_t stripe_count_;
  const std::unique_ptr<Stripe[]> stripes_;
};

}  // namespace ashlar::kit

#include "kit/rate/limiter_map_inl.h"
