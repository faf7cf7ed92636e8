// S3Fifo: three queues instead of a list by recency (Yang and others, "FIFO queues are all you need
// for cache eviction", SOSP 2023). A policy of Cache; lru.h says what a policy is.
//
//   new key ──► small (10 % of the weight) ──evicted, used < 2 times──► ghost (fingerprints)
//                 │ evicted, used >= 2 times: count back to 0               │ asked for again
//                 ▼                                                         ▼
//               main (90 %) ◄───────────────────────────────────────────────┘
//                 │ evicted: with a count > 0 it goes round again, one less; else it goes
//
// A use only counts, up to 3 (2 bits): no links are written. What comes once leaves by the small
// queue and never disturbs the main one. While nothing was evicted yet, a full small queue lets new
// keys straight into main. The ghost remembers as many of the last evictions from small as 90 % of
// the entries. One eviction gives at most kMaxChances further chances, then takes what comes:
// bounded work. O(1) amortized.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kit/cache/ghost_queue.h"
#include "kit/cache/slot_index.h"

namespace ashlar::kit {

class S3Fifo {
 public:
  static constexpr std::uint32_t kLists = 2;
  static constexpr int kMaxChances = 256;

  explicit S3Fifo(std::uint64_t capacity)
      : small_capacity_(std::max<std::uint64_t>(1, capacity / 10)),
        main_capacity_(capacity - capacity / 10),
        ghosts_(std::min<std::uint64_t>(main_capacity_, UINT32_MAX / 4)) {}

  void prefetch(std::uint32_t tag) const { ghosts_.prefetch(tag); }
  void expect(std::uint32_t tag) { returning_ = ghosts_.take(tag); }

  template <class Order, class Entry>
  void insert(Order& order, Slot slot, Entry& entry) {
    const bool main = returning_ || (!evicted_ && small_weight_ >= small_capacity_);
    entry.mark = main ? kInMain : 0;
    order.push_front(main ? kMain : kSmall, slot);
    (main ? main_weight_ : small_weight_) += entry.weight;
  }
  template <class Order, class Entry>
  void use(Order& /*order*/, Slot /*slot*/, Entry& entry) {
    if ((entry.mark & kCount) < kCount) entry.mark = (entry.mark + 1) & kMarkBits;
  }
  template <class Entry>
  void reweigh(const Entry& entry, std::uint32_t weight) {
    std::uint64_t& sum = weight_of_queue(entry);
    sum = sum - entry.weight + weight;
  }
  template <class Order, class Entry>
  void remove(Order& order, Slot slot, const Entry& entry) {
    order.remove(slot);
    weight_of_queue(entry) -= entry.weight;
  }

  // `count`: of entries, the victim included.
  template <class Order, class Entries>
  Slot victim(Order& order, Entries& entries, std::size_t count) {
    evicted_ = true;
    for (int chances = kMaxChances;; --chances) {
      const bool main = main_weight_ > main_capacity_ || order.empty(kSmall);
      const Slot slot = order.back(main ? kMain : kSmall);
      auto& entry = *entries.at(slot);
      if (main) {
        if ((entry.mark & kCount) == 0 || chances <= 0) return slot;
        entry.mark = (entry.mark - 1) & kMarkBits;
        order.move_front(kMain, slot);
      } else if ((entry.mark & kCount) < kPromote || chances <= 0) {
        ghosts_.push(entry.tag, std::min<std::uint64_t>(count - count / 10, max_ghosts()));
        return slot;
      } else {
        remove(order, slot, entry);
        entry.mark = kInMain;
        order.push_front(kMain, slot);
        main_weight_ += entry.weight;
      }
    }
  }

  [[nodiscard]] std::size_t bytes() const { return ghosts_.bytes(); }

 private:
  static constexpr std::uint32_t kSmall = 0;
  static constexpr std::uint32_t kMain = 1;
  static constexpr std::uint32_t kCount = 3;  // mark: two bits of uses
  static constexpr std::uint32_t kInMain = 4;
  static constexpr std::uint32_t kMarkBits = 7;
  static constexpr std::uint32_t kPromote = 2;

  [[nodiscard]] std::uint64_t max_ghosts() const {
    return std::min<std::uint64_t>(main_capacity_, UINT32_MAX / 4);
  }
  template <class Entry>
  std::uint64_t& weight_of_queue(const Entry& entry) {
    return (entry.mark & kInMain) != 0 ? main_weight_ : small_weight_;
  }

  std::uint64_t small_capacity_;
  std::uint64_t main_capacity_;
  std::uint64_t small_weight_ = 0;
  std::uint64_t main_weight_ = 0;
  bool returning_ = false;
  bool evicted_ = false;
  GhostQueue ghosts_;
};

}  // namespace ashlar::kit
