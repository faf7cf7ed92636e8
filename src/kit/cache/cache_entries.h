// CacheEntries: the entries of one stripe of a Cache, and every structure that knows them, kept in
// step. It stores and drops; whether and when is CacheStripe's business. Under the stripe's lock.
//
//   tag of the key ──SlotIndex──► slot ──Slab──► entry (key, value, deadline, weight, tag, mark)
//                                  ├──SlotLists─► the policy's order, or the free list
//                                  └──TimerWheel► the bucket of its deadline
//
// Invariant: a slot below slab.slots() is either in the index, in one list of the policy and (with
// a deadline) in the wheel, or free; also after an allocation failed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "base/check.h"
#include "kit/cache/displaced.h"
#include "kit/cache/slab.h"
#include "kit/cache/slot_index.h"
#include "kit/cache/slot_lists.h"
#include "kit/cache/timer_wheel.h"

namespace ashlar::kit {

template <class Key, class Value, class Policy, class View>
class CacheEntries {
 public:
  static constexpr std::int64_t kNoDeadline = TimerWheel::kNoDeadline;
  static constexpr std::uint32_t kMaxWeight = (1U << 29) - 1;

  struct Entry {
    Entry(View k, Value&& v, std::int64_t d, std::uint32_t w, std::uint32_t t)
        : key(k), value(std::move(v)), deadline(d), weight(w & kMaxWeight), mark(0), tag(t) {}

    Key key;
    Value value;
    std::int64_t deadline;
    std::uint32_t weight : 29;
    std::uint32_t mark : 3;  // the policy's
    std::uint32_t tag;
  };

  explicit CacheEntries(std::uint64_t capacity)
      : index_(std::min(capacity, kMaxEntries)),
        slab_(std::min(capacity, kMaxEntries)),
        capacity_(capacity),
        policy_(capacity) {}
  CacheEntries(const CacheEntries&) = delete;
  CacheEntries& operator=(const CacheEntries&) = delete;
  ~CacheEntries() {
    for_each([](Entry& entry) { entry.~Entry(); });
  }

  [[nodiscard]] std::uint64_t capacity() const { return capacity_; }
  [[nodiscard]] std::uint64_t weight() const { return weight_; }
  [[nodiscard]] std::size_t count() const { return index_.used(); }
  // Whether an entry of this weight needs another to go first.
  [[nodiscard]] bool full(std::uint32_t weight) const {
    return weight_ + weight > capacity_ || count() == kMaxEntries;
  }

  Slot find(View key, std::uint32_t tag) {
    return index_.find(tag, [&](Slot slot) { return slab_.at(slot)->key == key; });
  }
  Entry& at(Slot slot) { return *slab_.at(slot); }
  void use(Slot slot, Entry& entry) { policy_.use(order_, slot, entry); }

  // Before a put: has memory fetch what an eviction will read, while the key is looked for.
  void prefetch(std::uint32_t tag) {
    if (weight_ + 1 < capacity_) return;
    policy_.prefetch(tag);
    for (std::uint32_t list = 0; list < Policy::kLists; ++list) {
      if (const Slot slot = order_.back(list); slot != kNoSlot) index_.prefetch(at(slot).tag);
    }
  }
  // Before room is made for a key that is not here.
  void expect(std::uint32_t tag) { policy_.expect(tag); }
  // Who goes next. REQUIRES: count() > 0, and it is dropped.
  Slot victim() { return policy_.victim(order_, slab_, count()); }

  // REQUIRES: !full(weight), weight <= kMaxWeight, the key is not here.
  void insert(View key, std::uint32_t tag, Value&& value, std::int64_t deadline,
              std::uint32_t weight) {
    index_.make_room();
    if (order_.empty(kFree)) add_slot();
    const Slot slot = order_.front(kFree);
    Entry& entry = *::new (static_cast<void*>(slab_.at(slot)))
                       Entry(key, std::move(value), deadline, weight, tag);
    order_.remove(slot);
    policy_.insert(order_, slot, entry);
    if (deadline != kNoDeadline) wheel_.schedule(slot, deadline);
    index_.insert(tag, slot);
    weight_ += weight;
  }

  // May leave more weight than the capacity.
  void change(Slot slot, std::int64_t deadline, std::uint32_t weight) {
    Entry& entry = at(slot);
    // A later deadline waits until the wheel finds the entry in its old bucket.
    if (deadline < entry.deadline) wheel_.schedule(slot, deadline);
    entry.deadline = deadline;
    if (weight == entry.weight) return;
    policy_.reweigh(entry, weight);
    weight_ = weight_ - entry.weight + weight;
    entry.weight = weight & kMaxWeight;
  }

  void drop(Slot slot, Displaced<Value>& displaced) {
    Entry& entry = at(slot);
    displaced.take(std::move(entry.value));
    CHECK(index_.erase(entry.tag, slot));
    policy_.remove(order_, slot, entry);
    wheel_.remove(slot);
    weight_ -= entry.weight;
    entry.~Entry();
    order_.push_front(kFree, slot);
  }

  [[nodiscard]] bool wheel_due(std::int64_t now) const { return wheel_.due(now); }
  // Drops up to `steps` expired entries; returns how many.
  std::size_t turn_wheel(std::int64_t now, std::size_t steps, Displaced<Value>& displaced) {
    const std::size_t before = count();
    wheel_.advance(
        now, steps, [this](Slot slot) { return at(slot).deadline; },
        [&](Slot slot) { drop(slot, displaced); });
    return before - count();
  }

  // In each of the policy's lists from the next to go to the last.
  template <class Fn>
  void for_each(Fn&& fn) {
    for (std::uint32_t list = 0; list < Policy::kLists; ++list) {
      for (Slot s = order_.back(list); s != kNoSlot; s = order_.before(s)) fn(at(s));
    }
  }

  [[nodiscard]] std::size_t bytes() const {
    return index_.bytes() + slab_.bytes() + order_.bytes() + wheel_.bytes() + policy_.bytes();
  }

  friend void swap(CacheEntries& a, CacheEntries& b) noexcept {
    std::swap(a.index_, b.index_);
    std::swap(a.slab_, b.slab_);
    std::swap(a.order_, b.order_);
    std::swap(a.capacity_, b.capacity_);
    std::swap(a.weight_, b.weight_);
    std::swap(a.fresh_, b.fresh_);
    std::swap(a.wheel_, b.wheel_);
    std::swap(a.policy_, b.policy_);
  }

 private:
  static constexpr std::uint64_t kMaxEntries = std::uint64_t{1} << 30;
  static constexpr std::uint32_t kFree = Policy::kLists;  // the list of free slots

  void add_slot() {
    if (fresh_ == slab_.slots()) {
      const std::size_t slots = slab_.slots_after_growth();
      const auto most = static_cast<std::size_t>(std::min(capacity_, kMaxEntries));
      const std::size_t room = std::max(slots, std::min(most, slots + slots / 2));
      order_.resize(slots, room);
      wheel_.resize(slots, room);
      slab_.grow();
    }
    order_.push_front(kFree, fresh_++);
  }

  SlotIndex index_;
  Slab<Entry> slab_;
  SlotLists<Policy::kLists + 1> order_;
  std::uint64_t capacity_;
  std::uint64_t weight_ = 0;
  Slot fresh_ = 0;  // slots from here on were never used
  TimerWheel wheel_;
  Policy policy_;
};

}  // namespace ashlar::kit
