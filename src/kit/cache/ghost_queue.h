// GhostQueue: the fingerprints (32 bits) of the last so many keys that were evicted, in a ring with
// an index. Two keys with one fingerprint are taken for each other: 2^-32 a pair.
//
// O(1) but for growth. 4 bytes a ghost and 12 to 24 of index. Not thread-safe.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "kit/cache/slot_index.h"

namespace ashlar::kit {

class GhostQueue {
 public:
  // REQUIRES: no push has a `limit` above max_limit.
  explicit GhostQueue(std::uint64_t max_limit) : max_limit_(max_limit), index_(max_limit) {}

  // Remembers it; only the last `limit` that were pushed are remembered.
  void push(std::uint32_t fingerprint, std::uint64_t limit) {
    if (limit == 0) return;
    while (end_ - begin_ >= limit) forget_oldest();
    if (end_ - begin_ == ring_.size()) grow();
    index_.make_room();
    const Slot at = position(end_++);
    ring_[at] = fingerprint;
    index_.insert(fingerprint, at);
  }
  // True if it was there; it is not from then on.
  bool take(std::uint32_t fingerprint) {
    const Slot at = index_.find(fingerprint, [](Slot) { return true; });
    if (at == kNoSlot) return false;
    index_.erase(fingerprint, at);
    return true;
  }

  // Before a take() of it, and a push().
  void prefetch(std::uint32_t fingerprint) const {
    index_.prefetch(fingerprint);
    if (begin_ != end_) index_.prefetch(ring_[position(begin_)]);
  }

  [[nodiscard]] std::size_t bytes() const {
    return ring_.size() * sizeof(ring_[0]) + index_.bytes();
  }

 private:
  [[nodiscard]] Slot position(std::uint64_t sequence) const {
    return static_cast<Slot>(sequence & (ring_.size() - 1));
  }
  // Whether the ring's fingerprint at `at` is one that nobody took.
  [[nodiscard]] bool there(Slot at) const {
    return index_.find(ring_[at], [at](Slot slot) { return slot == at; }) != kNoSlot;
  }
  void forget_oldest() {
    const Slot at = position(begin_++);
    index_.erase(ring_[at], at);  // in vain where it was taken
  }
  void grow() {
    std::vector<std::uint32_t> ring;
    ring.reserve(ring_.size());
    for (; begin_ != end_; ++begin_) {
      if (const Slot at = position(begin_); there(at)) ring.push_back(ring_[at]);
    }
    begin_ = 0;
    end_ = ring.size();
    ring.resize(std::bit_ceil(ring_.size() * 2 + 1));
    ring_ = std::move(ring);
    index_ = SlotIndex(max_limit_);
    for (std::uint64_t i = 0; i < end_; ++i) {
      index_.make_room();
      index_.insert(ring_[i], static_cast<Slot>(i));
    }
  }

  std::uint64_t max_limit_;
  std::vector<std::uint32_t> ring_;  // a power of two of them, or none
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
  SlotIndex index_;
};

}  // namespace ashlar::kit
