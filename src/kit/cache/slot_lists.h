// SlotLists: doubly linked rings of slots (32-bit numbers), some `kLists` of them over one array of
// links: a slot is in one list or in none, and moves in O(1) without a branch.
//
// The heads are the array's first kLists links; slot s is link kLists + s. A slot in no list is
// linked to itself, so remove() of it does nothing. 8 bytes a slot. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kit/cache/slot_index.h"

namespace ashlar::kit {

template <std::uint32_t kLists>
class SlotLists {
 public:
  SlotLists() { resize(0); }

  // Slots 0 to slots - 1 exist from now on; `reserve`: room for so many is made at once.
  void resize(std::size_t slots, std::size_t reserve = 0) {
    links_.reserve(kLists + reserve);
    const auto end = static_cast<std::uint32_t>(kLists + slots);
    for (auto i = static_cast<std::uint32_t>(links_.size()); i < end; ++i) links_.push_back({i, i});
  }

  [[nodiscard]] bool empty(std::uint32_t list) const { return links_[list].next == list; }
  // kNoSlot where the list is empty.
  [[nodiscard]] Slot front(std::uint32_t list) const { return slot_of(links_[list].next); }
  [[nodiscard]] Slot back(std::uint32_t list) const { return slot_of(links_[list].previous); }
  // Towards the front; kNoSlot after the first.
  [[nodiscard]] Slot before(Slot slot) const { return slot_of(links_[kLists + slot].previous); }
  [[nodiscard]] bool listed(Slot slot) const { return links_[kLists + slot].next != kLists + slot; }

  // REQUIRES: the slot is in no list.
  void push_front(std::uint32_t list, Slot slot) {
    const std::uint32_t link = kLists + slot;
    const std::uint32_t first = links_[list].next;
    links_[link] = {list, first};
    links_[first].previous = link;
    links_[list].next = link;
  }
  void move_front(std::uint32_t list, Slot slot) {
    if (links_[list].next == kLists + slot) return;
    unlink(kLists + slot);
    push_front(list, slot);
  }
  void remove(Slot slot) {
    const std::uint32_t link = kLists + slot;
    unlink(link);
    links_[link] = {link, link};
  }
  // All of `from` becomes `to`. REQUIRES: `to` is empty.
  void move_all(std::uint32_t from, std::uint32_t to) {
    if (empty(from)) return;
    links_[to] = links_[from];
    links_[links_[to].next].previous = to;
    links_[links_[to].previous].next = to;
    links_[from] = {from, from};
  }

  [[nodiscard]] std::size_t bytes() const { return links_.capacity() * sizeof(Link); }

 private:
  struct Link {
    std::uint32_t previous;
    std::uint32_t next;
  };

  static Slot slot_of(std::uint32_t link) { return link < kLists ? kNoSlot : link - kLists; }
  void unlink(std::uint32_t link) {
    const Link at = links_[link];
    links_[at.previous].next = at.next;
    links_[at.next].previous = at.previous;
  }

  std::vector<Link> links_;
};

}  // namespace ashlar::kit
