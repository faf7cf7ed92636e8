// LimitWindow: the samples of one window of AdaptiveLimit, added by many threads, taken by one.
//
// Number and sum of the times are one atomic word, so that the average is never of two windows; the
// most calls at once and whether one was dropped may come from a sample that races with take().
//
// Limits: 2^19 samples or 2^43 units of 64 ns (156 h) of summed time; full() says when one is
// reached, well before the word could overflow. A time counts as at most 2 h 26 min. add(): one
// atomic add, one load. 16 bytes. Any thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace ashlar::kit {

class LimitWindow {
 public:
  static constexpr std::uint32_t kMaxSamples = 1U << 19;

  struct Sample {
    std::chrono::nanoseconds rtt;  // average, at least 1
    std::uint32_t in_flight;
    bool dropped;
  };

  // REQUIRES: took > 0.
  void add(std::chrono::nanoseconds took, std::uint32_t in_flight, bool dropped) {
    std::uint32_t most = most_in_flight_.load(std::memory_order_relaxed);
    while (most < in_flight &&
           !most_in_flight_.compare_exchange_weak(most, in_flight, std::memory_order_relaxed)) {
    }
    if (dropped) dropped_.store(true, std::memory_order_relaxed);
    const auto units = static_cast<std::uint64_t>(std::min(took.count(), kLongest)) >> kUnitBits;
    word_.fetch_add((units << kCountBits) + 1, std::memory_order_relaxed);
  }

  [[nodiscard]] std::uint32_t count() const {
    return count_of(word_.load(std::memory_order_relaxed));
  }
  [[nodiscard]] bool full() const {
    const std::uint64_t word = word_.load(std::memory_order_relaxed);
    return count_of(word) >= kMaxSamples || word >> kCountBits >= kMaxSum;
  }

  // Empties it. One thread at a time. REQUIRES: count() > 0.
  Sample take() {
    const std::uint64_t word = word_.exchange(0, std::memory_order_relaxed);
    const std::uint64_t average = ((word >> kCountBits) << kUnitBits) / count_of(word);
    return {std::chrono::nanoseconds(std::max<std::int64_t>(1, static_cast<std::int64_t>(average))),
            most_in_flight_.exchange(0, std::memory_order_relaxed),
            dropped_.exchange(false, std::memory_order_relaxed)};
  }

 private:
  static constexpr int kCountBits = 20;
  static constexpr int kUnitBits = 6;
  static constexpr std::uint64_t kMaxSum = std::uint64_t{1} << 43;
  static constexpr std::int64_t kLongest = std::int64_t{1} << 43;

  static std::uint32_t count_of(std::uint64_t word) {
    return static_cast<std::uint32_t>(word & ((1U << kCountBits) - 1));
  }

  std::atomic<std::uint64_t> word_{0};  // sum << kCountBits | number
  std::atomic<std::uint32_t> most_in_flight_{0};
  std::atomic<bool> dropped_{false};
};

}  // namespace ashlar::kit
