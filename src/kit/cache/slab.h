// Slab: room for the T of each slot (0, 1, 2, …) in chunks that never move, so growth copies
// nothing. It makes and destroys no T: that is the owner's business. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "kit/cache/slot_index.h"

namespace ashlar::kit {

template <class T>
class Slab {
 public:
  // The last chunk is made no larger than `max_slots` need.
  explicit Slab(std::uint64_t max_slots) : max_slots_(max_slots) {}

  T* at(Slot slot) { return chunks_[slot >> kChunkBits].get() + (slot & (kChunk - 1)); }

  // Slots 0 to slots() - 1 have room.
  [[nodiscard]] std::size_t slots() const { return slots_; }
  [[nodiscard]] std::size_t slots_after_growth() const {
    return slots_ + std::min<std::uint64_t>(kChunk, max_slots_ - slots_);
  }
  // REQUIRES: slots() < max_slots
  void grow() {
    const std::size_t slots = slots_after_growth();
    std::unique_ptr<T, Release> chunk(
        static_cast<T*>(::operator new((slots - slots_) * sizeof(T), kAlign)));
    chunks_.push_back(std::move(chunk));
    slots_ = slots;
  }
  [[nodiscard]] std::size_t bytes() const {
    return slots_ * sizeof(T) + chunks_.capacity() * sizeof(chunks_[0]);
  }

 private:
  static constexpr int kChunkBits = 9;
  static constexpr std::size_t kChunk = std::size_t{1} << kChunkBits;
  // So that an entry of 32 bytes never lies on two of the processor's lines.
  static constexpr std::align_val_t kAlign{std::max<std::size_t>(64, alignof(T))};

  struct Release {
    void operator()(T* chunk) const { ::operator delete(chunk, kAlign); }
  };

  std::vector<std::unique_ptr<T, Release>> chunks_;
  std::uint64_t max_slots_;
  std::size_t slots_ = 0;
};

}  // namespace ashlar::kit
