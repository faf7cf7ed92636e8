// LatencyQuantile: a quantile of recent durations, kept up by many threads in fixed memory.
//
// Algorithm: a log-linear histogram (as HdrHistogram: 16 buckets an octave, in units of 1,024 ns)
// of counters, one for the window under way and one for the window before; the quantile is by exact
// rank ceil(q * n) over both, and is taken anew every 1/8 window.
//
// Promises, for n >= min_samples durations in the time looked at, with v the true quantile:
//   1. v <= estimate(): never too low. The upper edge of v's bucket is returned.
//   2. estimate() <= v * 17/16 + 1,024 ns for v <= kLongest (1 h 13 min); longer ones count as it.
//   3. The time looked at is the last 1 to 2 windows before the latest refresh; a record()
//   refreshes
//      if 1/8 window has passed since the last time. In silence the estimate stays as it is.
// (P² and other five-marker estimates need less memory, but promise nothing about their error.)
//
// record(): one increment; by one thread each 1/8 window also 464 reads, more at a window's end.
// estimate(): one load. Memory: 3.8 kB. Any thread; a record that races with a window's end may be
// counted in either, or in none. `now`: any clock, always the same. If it steps back by more than
// 1/8 window, the windows start again from there.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/check.h"
#include "base/time.h"

namespace ashlar::kit {

class LatencyQuantile {
 public:
  static constexpr std::chrono::nanoseconds kLongest{(std::int64_t{1} << 42) - 1};

  // REQUIRES: 0 < quantile < 1, window >= 8 ms, min_samples >= 1.
  LatencyQuantile(double quantile, std::chrono::nanoseconds window, std::uint32_t min_samples,
                  base::Mono now)
      : quantile_(quantile),
        interval_(window.count() / kIntervals),
        min_samples_(min_samples),
        refreshed_(now.time_since_epoch().count()) {
    CHECK(quantile > 0 && quantile < 1);
    CHECK(window >= std::chrono::milliseconds(kIntervals) && min_samples >= 1);
  }

  // A negative duration, as a clock that steps back makes it, is not counted.
  void record(std::chrono::nanoseconds took, base::Mono now) {
    if (took.count() >= 0) {
      Counters& counters = counters_[current_.load(std::memory_order_relaxed)];
      counters[bucket_of(took)].fetch_add(1, std::memory_order_relaxed);
    }
    const std::int64_t at = now.time_since_epoch().count();
    const std::int64_t age = at - refreshed_.load(std::memory_order_relaxed);
    if (age >= interval_ || age <= -interval_) refresh(at);
  }

  // nullopt: too few samples as yet.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> estimate() const {
    const std::int64_t value = estimate_.load(std::memory_order_relaxed);
    if (value < 0) return std::nullopt;
    return std::chrono::nanoseconds(value);
  }

  // Bucket b holds the durations in (upper_edge(b - 1), upper_edge(b)].
  static std::size_t bucket_of(std::chrono::nanoseconds took) {
    const auto units = static_cast<std::uint64_t>(std::min(took, kLongest).count()) >> kUnitBits;
    if (units < kPerOctave) return units;
    const int shift = static_cast<int>(std::bit_width(units)) - kOctaveBits - 1;
    return static_cast<std::size_t>(shift) * kPerOctave + (units >> shift);
  }
  static std::chrono::nanoseconds upper_edge(std::size_t bucket) {
    const std::size_t shift = bucket < kPerOctave ? 0 : bucket / kPerOctave - 1;
    const std::uint64_t units = (bucket - shift * kPerOctave + 1) << shift;
    return std::chrono::nanoseconds(static_cast<std::int64_t>((units << kUnitBits) - 1));
  }

 private:
  static constexpr int kUnitBits = 10;
  static constexpr int kOctaveBits = 4;
  static constexpr std::size_t kPerOctave = std::size_t{1} << kOctaveBits;
  static constexpr std::size_t kBuckets = (42 - kUnitBits - kOctaveBits + 1) * kPerOctave;
  static constexpr int kIntervals = 8;
  using Counters = std::array<std::atomic<std::uint32_t>, kBuckets>;

  void refresh(std::int64_t at) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return;
    const std::int64_t age = at - refreshed_.load(std::memory_order_relaxed);
    if (age > -interval_ && age < interval_) return;
    if (age < 0) intervals_ = 0;
    // After two windows of silence both are old: one turn for each window that has passed.
    intervals_ += age > 0 ? std::min<std::int64_t>(age / interval_, 2 * kIntervals) : 0;
    for (; intervals_ >= kIntervals; intervals_ -= kIntervals) turn();
    take_quantile();
    refreshed_.store(at, std::memory_order_relaxed);
  }

  void turn() {
    const std::size_t other = 1 - current_.load(std::memory_order_relaxed);
    for (std::atomic<std::uint32_t>& counter : counters_[other]) {
      counter.store(0, std::memory_order_relaxed);
    }
    current_.store(other, std::memory_order_relaxed);
  }

  void take_quantile() {
    std::uint64_t samples = 0;
    for (std::size_t b = 0; b < kBuckets; ++b) samples += count_of(b);
    if (samples < min_samples_) return estimate_.store(-1, std::memory_order_relaxed);
    const auto rank =
        static_cast<std::uint64_t>(std::ceil(quantile_ * static_cast<double>(samples)));
    std::uint64_t below = 0;
    std::size_t bucket = 0;
    for (; bucket + 1 < kBuckets; ++bucket) {
      below += count_of(bucket);
      if (below >= rank) break;
    }
    estimate_.store(upper_edge(bucket).count(), std::memory_order_relaxed);
  }

  [[nodiscard]] std::uint64_t count_of(std::size_t bucket) const {
    return std::uint64_t{counters_[0][bucket].load(std::memory_order_relaxed)} +
           counters_[1][bucket].load(std::memory_order_relaxed);
  }

  const double quantile_;
  const std::int64_t interval_;
  const std::uint32_t min_samples_;
  std::atomic<std::int64_t> refreshed_;
  std::atomic<std::int64_t> estimate_{-1};
  std::atomic<std::size_t> current_{0};
  std::array<Counters, 2> counters_{};
  std::mutex mutex_;
  std::int64_t intervals_ = 0;  // of the current window that have passed; guarded by mutex_
};

}  // namespace ashlar::kit
