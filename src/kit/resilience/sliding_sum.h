// SlidingSum: a sum over the last kSlices slices of time (or of anything that is numbered), kept by
// many threads without a lock. What falls out of the window is forgotten a slice at a time, as the
// ring's slots are used again. SliceClock numbers the slices by time.
//
// Promises: 1. sum(s) is the total of what was added at slices s - kSlices + 1 … s.
//           2. A slot saturates at ±2^31 and never wraps.
//           3. An add that races with the reuse of its slot (it is a whole window late) counts in
//              the newer slice.
// SliceClock never steps back: an earlier `now` counts as the latest one seen. A clock that jumped
// ahead by mistake therefore holds its slice until time has caught up; sums then only grow slower
// to forget. REQUIRES: times within 146 years of each other.
//
// Cost: add one load and one CAS; sum kSlices loads; at() one division. Memory: 8 bytes a slice.
// Any thread. All accesses are relaxed: sums are statistics, they publish nothing else.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/check.h"
#include "base/time.h"

namespace ashlar::kit {

class SliceClock {
 public:
  SliceClock(base::Mono start, std::chrono::nanoseconds slice) : start_(start), slice_(slice) {
    CHECK(slice.count() > 0);
  }

  std::uint64_t at(base::Mono now) {
    const std::uint64_t slice =
        now > start_ ? static_cast<std::uint64_t>((now - start_) / slice_) : 0;
    std::uint64_t latest = latest_.load(std::memory_order_relaxed);
    while (slice > latest &&
           !latest_.compare_exchange_weak(latest, slice, std::memory_order_relaxed)) {
    }
    return std::max(slice, latest);
  }

 private:
  const base::Mono start_;
  const std::chrono::nanoseconds slice_;
  std::atomic<std::uint64_t> latest_{0};
};

template <std::size_t kSlices>
class SlidingSum {
 public:
  void add(std::uint64_t slice, std::int32_t amount) {
    std::atomic<std::uint64_t>& slot = slots_[slice % kSlices];
    std::uint64_t word = slot.load(std::memory_order_relaxed);
    std::uint64_t next = 0;
    do {
      const bool stale = tag_of(word) != low(slice) && !is_ahead(word, slice);
      const std::int64_t sum = (stale ? 0 : std::int64_t{value_of(word)}) + amount;
      next = pack(stale ? low(slice) : tag_of(word), sum);
    } while (!slot.compare_exchange_weak(word, next, std::memory_order_relaxed));
  }

  [[nodiscard]] std::int64_t sum(std::uint64_t slice) const {
    std::int64_t total = 0;
    for (const std::atomic<std::uint64_t>& slot : slots_) {
      const std::uint64_t word = slot.load(std::memory_order_relaxed);
      if (low(slice) - tag_of(word) < kSlices || is_ahead(word, slice)) total += value_of(word);
    }
    return total;
  }

  // Forgets everything. An add at the same time may survive it.
  void clear() {
    for (std::atomic<std::uint64_t>& slot : slots_) slot.store(0, std::memory_order_relaxed);
  }

 private:
  // A slot: 32 bits of the slice's number, 32 bits of signed sum. A slot left alone for 2^32 slices
  // less at most kAhead would be taken for a fresh one; at 100 ms a slice that is after 13 years.
  static constexpr std::uint32_t kAhead = 1U << 16;

  // Another thread is further on than the caller.
  static bool is_ahead(std::uint64_t word, std::uint64_t slice) {
    return tag_of(word) - low(slice) - 1 < kAhead;
  }
  static std::uint32_t low(std::uint64_t slice) { return static_cast<std::uint32_t>(slice); }
  static std::uint32_t tag_of(std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); }
  static std::int32_t value_of(std::uint64_t word) { return static_cast<std::int32_t>(low(word)); }
  static std::uint64_t pack(std::uint32_t tag, std::int64_t value) {
    const std::int64_t kept = std::clamp<std::int64_t>(
        value, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max());
    return (std::uint64_t{tag} << 32) | static_cast<std::uint32_t>(kept);
  }

  std::array<std::atomic<std::uint64_t>, kSlices> slots_{};
};

}  // namespace ashlar::kit
