// Lru: evicts what was used least recently; every use moves the entry to the front. A policy of
// Cache (one object a stripe, under its lock).
//
// What a policy is: it keeps each entry in one of its kLists lists of `order`, may use the entry's
// three bits `mark`, and says who goes. `entries.at(slot)` has key, weight, tag and mark.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kit/cache/slot_index.h"

namespace ashlar::kit {

class Lru {
 public:
  static constexpr std::uint32_t kLists = 1;

  explicit Lru(std::uint64_t /*capacity*/) {}

  // A put of this tag follows: what it reads may be fetched.
  void prefetch(std::uint32_t /*tag*/) const {}
  // Before room is made for a new entry with this tag.
  void expect(std::uint32_t /*tag*/) {}
  template <class Order, class Entry>
  void insert(Order& order, Slot slot, Entry& /*entry*/) {
    order.push_front(0, slot);
  }
  template <class Order, class Entry>
  void use(Order& order, Slot slot, Entry& /*entry*/) {
    order.move_front(0, slot);
  }
  // The entry's weight is about to change.
  template <class Entry>
  void reweigh(const Entry& /*entry*/, std::uint32_t /*weight*/) {}
  // The entry is about to go, for whatever reason.
  template <class Order, class Entry>
  void remove(Order& order, Slot slot, const Entry& /*entry*/) {
    order.remove(slot);
  }
  // Who goes next; remove() is called for it. REQUIRES: there is an entry.
  template <class Order, class Entries>
  Slot victim(Order& order, Entries& /*entries*/, std::size_t /*count*/) {
    return order.back(0);
  }

  [[nodiscard]] static std::size_t bytes() { return 0; }
};

}  // namespace ashlar::kit
