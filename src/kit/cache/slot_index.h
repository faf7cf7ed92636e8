// SlotIndex: from the 32-bit tag of a key's hash to the slots (32-bit numbers) of entries with this
// tag. A hash table by open addressing that knows no keys: the caller compares.
//
// Linear probing over cells of 8 bytes (tag, slot); a key's home is tag·size / 2^32, so the size
// need not be a power of two and growth reads no key. At most 3/4 full: a search that fails looks
// at 8.5 cells on average, one that succeeds at 2.5 (Knuth, TAOCP 3, 6.4). Erasure moves cells
// back: no tombstones. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/check.h"

namespace ashlar::kit {

using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = UINT32_MAX;

class SlotIndex {
 public:
  // Never grows beyond what `max_slots` entries need.
  explicit SlotIndex(std::uint64_t max_slots) : max_cells_(max_slots + max_slots / 2 + 2) {
    allocate(std::min<std::uint64_t>(kFirstCells, max_cells_));
  }

  // The slot with this tag for which matches(slot), or kNoSlot.
  template <class Matches>
  Slot find(std::uint32_t tag, Matches&& matches) const {
    for (std::size_t i = home(tag); cells_[i].slot != kNoSlot; i = next(i)) {
      if (cells_[i].tag == tag && matches(cells_[i].slot)) return cells_[i].slot;
    }
    return kNoSlot;
  }

  // Makes room for one more; all that may fail. REQUIRES: fewer than max_slots are in.
  void make_room() {
    if (used_ + used_ / 2 + 1 >= size_) grow();
  }
  // REQUIRES: make_room() before each; the slot is in no cell.
  void insert(std::uint32_t tag, Slot slot) {
    place({tag, slot});
    ++used_;
  }

  // False: the slot is not in with this tag.
  bool erase(std::uint32_t tag, Slot slot) {
    std::size_t hole = home(tag);
    for (; cells_[hole].slot != slot; hole = next(hole)) {
      if (cells_[hole].slot == kNoSlot) return false;
    }
    for (std::size_t i = next(hole); cells_[i].slot != kNoSlot; i = next(i)) {
      if (distance(home(cells_[i].tag), i) < distance(hole, i)) continue;
      cells_[hole] = cells_[i];
      hole = i;
    }
    cells_[hole] = Cell{};
    --used_;
    return true;
  }
  // So that a find, insert or erase soon after need not wait for memory.
  void prefetch(std::uint32_t tag) const { __builtin_prefetch(&cells_[home(tag)]); }

  [[nodiscard]] std::size_t used() const { return used_; }
  [[nodiscard]] std::size_t bytes() const { return size_ * sizeof(Cell); }

 private:
  struct Cell {
    std::uint32_t tag = 0;
    Slot slot = kNoSlot;
  };
  static constexpr std::uint64_t kFirstCells = 16;

  [[nodiscard]] std::size_t home(std::uint32_t tag) const {
    return static_cast<std::size_t>((std::uint64_t{tag} * size_) >> 32);
  }
  [[nodiscard]] std::size_t next(std::size_t i) const { return i + 1 == size_ ? 0 : i + 1; }
  [[nodiscard]] std::size_t distance(std::size_t from, std::size_t to) const {
    return to >= from ? to - from : to + size_ - from;
  }

  void allocate(std::uint64_t cells) {
    CHECK(cells > 1 && cells <= UINT32_MAX);
    size_ = static_cast<std::uint32_t>(cells);
    cells_ = std::make_unique<Cell[]>(size_);
  }
  void place(Cell cell) {
    std::size_t i = home(cell.tag);
    while (cells_[i].slot != kNoSlot) i = next(i);
    cells_[i] = cell;
  }
  void grow() {
    const std::unique_ptr<Cell[]> old = std::move(cells_);
    const std::uint32_t old_size = size_;
    allocate(std::min<std::uint64_t>(std::uint64_t{old_size} * 2, max_cells_));
    CHECK(size_ > old_size);
    for (std::uint32_t i = 0; i < old_size; ++i) {
      if (old[i].slot != kNoSlot) place(old[i]);
    }
  }

  std::uint64_t max_cells_;
  std::unique_ptr<Cell[]> cells_;
  std::uint32_t size_ = 0;
  std::uint32_t used_ = 0;
};

}  // namespace ashlar::kit
