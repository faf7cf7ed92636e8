// AdaptiveLimit: a limit on calls at once that finds its own size, so that a dependency (or this
// process) is kept busy without a queue building up in front of it. What is over the limit is
// refused at once: refusing early is what keeps goodput up in an overload.
//
//   acquire(now) ── Permit ──> call ──┬─ succeeded(now)  its time is a sample
//        └ nullopt: refuse            ├─ dropped(now)    timed out, or refused by the other side
//                                     └─ ignored()       says nothing of load (also ~Permit)
//
// Algorithm: VegasLimit, Gradient2Limit or AimdLimit (limit_algorithm.h: formulas, and which to
// choose). It gets the average of the samples of each window; a window ends when its time is over
// and min_samples are in.
//
// Partitions (kPartitions > 1: live and batch, say) have shares of the limit that are theirs. As
// long as the limit is not reached anyone may enter; beyond it only a partition that holds less
// than its share.
//
// Promises: 1. min <= limit() <= max of the algorithm's bounds.
//           2. One partition: in_flight() rises only while it is below limit().
//           3. More: partition p is refused only if in_flight() >= limit() and it has
//              ceil(limit * share[p]) itself. So in_flight() can exceed the limit by the other
//              partitions' shares, while one that took more than its own gives back.
//           4. Calls that end without a sample change nothing but the count.
//
// What it needs: the time of every call where the wait is (a client measures its dependency, a
// server its own work), ignored() for what ends early, and half the limit's load now and then.
//
// acquire(): a CAS, two with partitions. Ending a call: two or three atomic adds; one call a window
// takes a mutex and updates. No allocation. Some 200 bytes. Any thread; it outlives its Permits.
// `now`: any clock, always the same; a call that seems to have taken no time or less is no sample,
// and a clock that stepped back by more than a window starts the window anew.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <numeric>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "base/time.h"
#include "kit/resilience/bounded_count.h"
#include "kit/resilience/limit_algorithm.h"
#include "kit/resilience/limit_window.h"

namespace ashlar::kit {

template <class Algorithm, std::size_t kPartitions = 1>
class AdaptiveLimit {
 public:
  struct Options {
    typename Algorithm::Options algorithm;
    std::chrono::nanoseconds window = std::chrono::milliseconds(500);
    std::uint32_t min_samples = 10;
    std::array<double, kPartitions> shares{};  // each 0 to 1, together at most 1
  };

  class Permit {
   public:
    Permit(Permit&& other) noexcept : call_(std::exchange(other.call_, Call{})) {}
    Permit& operator=(Permit&& other) noexcept {
      Permit moved(std::move(other));
      std::swap(call_, moved.call_);
      return *this;
    }
    ~Permit() { ignored(); }

    // The first of these ends the call; what follows does nothing.
    void succeeded(base::Mono now) { end(now, false); }
    void dropped(base::Mono now) { end(now, true); }
    void ignored() {
      const Call call = std::exchange(call_, Call{});
      if (call.owner != nullptr) call.owner->release(call.partition);
    }

   private:
    friend class AdaptiveLimit;
    struct Call {
      AdaptiveLimit* owner = nullptr;
      base::Mono started;
      std::uint32_t in_flight = 0;  // this one among them
      std::uint32_t partition = 0;
    };

    explicit Permit(Call call) : call_(call) {}
    void end(base::Mono now, bool dropped) {
      const Call call = std::exchange(call_, Call{});
      if (call.owner == nullptr) return;
      call.owner->release(call.partition);
      call.owner->add_sample(now - call.started, call.in_flight, dropped, now);
    }

    Call call_;
  };

  // seed: of the algorithm's chance. REQUIRES: window > 0, min_samples >= 1, shares as above.
  AdaptiveLimit(const Options& options, std::uint64_t seed, base::Mono now)
      : window_(options.window.count()),
        min_samples_(options.min_samples),
        shares_(options.shares),
        at_first_(options.algorithm),
        limit_(Algorithm(at_first_).limit()),
        window_end_(nanos(now) + window_),
        algorithm_(at_first_),
        random_(seed) {
    CHECK(window_ > 0 && min_samples_ >= 1 && min_samples_ <= LimitWindow::kMaxSamples);
    for (const double share : shares_) CHECK(share >= 0);
    CHECK(std::accumulate(shares_.begin(), shares_.end(), 0.0) <= 1 + 1e-9);
  }
  ~AdaptiveLimit() { CHECK(in_flight_ == 0); }
  AdaptiveLimit(const AdaptiveLimit&) = delete;
  AdaptiveLimit& operator=(const AdaptiveLimit&) = delete;

  // REQUIRES: partition < kPartitions.
  [[nodiscard]] std::optional<Permit> acquire(base::Mono now, std::uint32_t partition = 0) {
    CHECK(partition < kPartitions);
    std::uint32_t running = 0;
    if (raise_below(in_flight_, limit(), running)) {
      if constexpr (kPartitions > 1) busy_[partition].fetch_add(1, std::memory_order_relaxed);
      return Permit({this, now, running, partition});
    }
    if constexpr (kPartitions > 1) {
      std::uint32_t busy = 0;
      if (raise_below(busy_[partition], own(partition), busy)) {
        running = in_flight_.fetch_add(1, std::memory_order_relaxed) + 1;
        return Permit({this, now, running, partition});
      }
    }
    return std::nullopt;
  }

  // Forgets what it has found, not what is under way: for who was idle for long, since an algorithm
  // learns only under load.
  void restart() {
    const std::lock_guard lock(mutex_);
    algorithm_ = Algorithm(at_first_);
    limit_.store(algorithm_.limit(), std::memory_order_relaxed);
  }

  // A glance: what acquire() would likely say. REQUIRES: as acquire().
  [[nodiscard]] bool has_room(std::uint32_t partition = 0) const {
    return in_flight() < limit() || (kPartitions > 1 && busy_[partition] < own(partition));
  }
  [[nodiscard]] std::uint32_t limit() const { return limit_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint32_t in_flight() const {
    return in_flight_.load(std::memory_order_relaxed);
  }

 private:
  static std::int64_t nanos(base::Mono at) { return at.time_since_epoch().count(); }
  [[nodiscard]] std::uint32_t own(std::uint32_t partition) const {
    return static_cast<std::uint32_t>(std::ceil(limit() * shares_[partition]));
  }

  void release(std::uint32_t partition) {
    if constexpr (kPartitions > 1) busy_[partition].fetch_sub(1, std::memory_order_relaxed);
    in_flight_.fetch_sub(1, std::memory_order_relaxed);
  }

  void add_sample(std::chrono::nanoseconds took, std::uint32_t in_flight, bool dropped,
                  base::Mono now) {
    if (took.count() > 0) samples_.add(took, in_flight, dropped);
    const std::int64_t left = window_end_.load(std::memory_order_relaxed) - nanos(now);
    if (left <= 0 || left > 2 * window_ || samples_.full()) end_window(now);
  }

  void end_window(base::Mono now) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return;
    const std::int64_t left = window_end_.load(std::memory_order_relaxed) - nanos(now);
    if (left > 2 * window_) window_end_.store(nanos(now) + window_, std::memory_order_relaxed);
    const bool over = left <= 0 && samples_.count() >= min_samples_;
    if (!over && !samples_.full()) return;
    const LimitWindow::Sample sample = samples_.take();
    algorithm_.update(sample.rtt, sample.in_flight, sample.dropped, random_);
    limit_.store(algorithm_.limit(), std::memory_order_relaxed);
    window_end_.store(nanos(now) + window_, std::memory_order_relaxed);
  }

  const std::int64_t window_;  // nanoseconds
  const std::uint32_t min_samples_;
  const std::array<double, kPartitions> shares_;
  const typename Algorithm::Options at_first_;
  std::atomic<std::uint32_t> limit_;
  std::atomic<std::uint32_t> in_flight_{0};
  std::array<std::atomic<std::uint32_t>, kPartitions> busy_{};
  LimitWindow samples_;
  std::atomic<std::int64_t> window_end_;
  std::mutex mutex_;  // guards what is below
  Algorithm algorithm_;
  base::Random random_;
};

}  // namespace ashlar::kit
