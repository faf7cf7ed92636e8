// WindowedSketch: the heaviest keys within a sliding window of time in fixed memory, with intervals
// that hold every time.
//
// A ring of buckets (window_clock.h), each a SpaceSaving of m counters; a query adds up all
// buckets' counters. It never merges the buckets' own top lists: a key that is nowhere among the
// first k, yet everywhere present, is found. A bucket that does not monitor a key may still have
// seen it floor() times, so every such bucket adds its floor to the key's upper bound.
//
// With N = total() within the span asked for, t(key) the weight within it:
//   1. lower <= t(key) <= upper and upper - lower <= N / m for every key; unknown keys [0, sum of
//      floors]. The estimate is the middle of the interval.
//   2. exact() as long as no bucket has more than 2m keys.
//   3. Slack at the old edge: [since(), newest()] is what is covered, up to one bucket more than
//   the
//      window; the bounds are about that span.
//
// Cost: add as SpaceSaving::add and two comparisons; a new bucket O(m) once. top: O(b * m) for b
// buckets asked for, and as much memory for the time of the call (about 100 bytes a key that has a
// counter). estimate: O(b). Memory: b SpaceSaving of m counters, made when first used. One thread
// at a time; const calls together.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/time.h"
#include "kit/count/heavy.h"
#include "kit/count/key_table.h"
#include "kit/count/pick_heavy.h"
#include "kit/count/space_saving.h"
#include "kit/count/window_clock.h"

namespace ashlar::kit {

template <class Key>
class WindowedSketch {
 public:
  using View = typename StoredKey<Key>::View;
  using Sketch = SpaceSaving<Key>;

  // `bucket_bytes`: see SpaceSaving's max_bytes. The clock may have run already.
  WindowedSketch(const WindowClock& clock, std::size_t counters, std::uint64_t seed = 0,
                 std::size_t bucket_bytes = 0)
      : clock_(clock),
        counters_(counters),
        bucket_bytes_(bucket_bytes),
        hash_(seed),
        ring_(clock.ring_size()),
        tail_(clock.tail()) {}

  WindowAdd add(base::Mono at, View key, std::uint64_t weight = 1) {
    std::int64_t bucket;
    const WindowAdd placed = clock_.place(at, bucket);
    if (placed != WindowAdd::kAdded) return placed;
    return add_to(bucket, key, weight) ? WindowAdd::kAdded : WindowAdd::kRefused;
  }

  // To a bucket by its number. false, and nothing is changed: the key or the weight cannot be
  // taken. REQUIRES: tail() <= bucket <= head().
  bool add_to(std::int64_t bucket, View key, std::uint64_t weight) {
    expire();
    if (weight > kMaxTotalWeight - total_ || !StoredKey<Key>::fits(key)) return false;
    total_ += weight;
    sketch(bucket).add_hashed(key, hash_(key), weight);
    return true;
  }

  void advance(base::Mono now) {
    clock_.advance(now);
    expire();
  }

  [[nodiscard]] std::vector<Heavy<Key>> top(std::size_t k) const {
    return top(k, clock_.ring_size());
  }
  // Of the newest `buckets` buckets.
  [[nodiscard]] std::vector<Heavy<Key>> top(std::size_t k, std::uint32_t buckets) const;
  [[nodiscard]] WeightInterval estimate(View key) const {
    WeightInterval sum;
    for_each_bucket([&](std::int64_t, const Sketch& bucket) {
      const WeightInterval one = bucket.estimate(key);
      sum.lower += one.lower;
      sum.upper += one.upper;
    });
    return sum;
  }

  // Adds what `other` holds; the window is then where the later of the two is. false, and nothing
  // is changed: other buckets (WindowClock::same_buckets), or too great a sum of weights.
  bool merge(const WindowedSketch& other);

  // What SpaceSaving::restore says, for one bucket. REQUIRES: tail() <= bucket <= head() and the
  // bucket holds nothing yet.
  bool restore(std::int64_t bucket, std::vector<typename Sketch::Row>& rows, std::uint64_t floor,
               std::uint64_t total);

  // visit(bucket, const Sketch&) from old to new, buckets that hold something.
  template <class Visit>
  void for_each_bucket(Visit visit) const {
    for_each_bucket(clock_.ring_size(), visit);
  }

  [[nodiscard]] const WindowClock& clock() const { return clock_; }
  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] std::size_t counters() const { return counters_; }
  [[nodiscard]] bool exact() const {
    bool all = true;
    for_each_bucket([&](std::int64_t, const Sketch& bucket) { all = all && bucket.exact(); });
    return all;
  }
  // Counters in use.
  [[nodiscard]] std::size_t size() const {
    std::size_t sum = 0;
    for_each_bucket([&](std::int64_t, const Sketch& bucket) { sum += bucket.size(); });
    return sum;
  }
  [[nodiscard]] std::size_t bytes() const {
    std::size_t sum = ring_.capacity() * sizeof(ring_[0]);
    for (const auto& bucket : ring_) sum += bucket ? bucket->bytes() + sizeof(Sketch) : 0;
    return sum;
  }

 private:
  struct Sum {
    std::uint64_t lower = 0;
    std::uint64_t over_floor = 0;  // upper bounds less the floors of the buckets they are from
  };

  template <class Visit>
  void for_each_bucket(std::uint32_t buckets, Visit visit) const {
    if (!clock_.started()) return;
    for (std::int64_t i = std::max(clock_.tail(), clock_.head() - buckets + 1); i <= clock_.head();
         ++i) {
      const auto& bucket = ring_[clock_.ring_place(i)];
      if (bucket && bucket->total() > 0) visit(i, *bucket);
    }
  }

  Sketch& sketch(std::int64_t bucket) {
    if (bucket == last_bucket_ && last_sketch_ != nullptr) return *last_sketch_;
    auto& place = ring_[clock_.ring_place(bucket)];
    if (!place) place = std::make_unique<Sketch>(counters_, hash_.seed(), bucket_bytes_);
    last_bucket_ = bucket;
    last_sketch_ = place.get();
    return *place;
  }

  void expire() {
    if (clock_.tail() != tail_) expire_until(clock_.tail());
  }
  void expire_until(std::int64_t tail);

  WindowClock clock_;
  std::size_t counters_;
  std::size_t bucket_bytes_;
  KeyHash hash_;
  std::uint64_t total_ = 0;
  std::vector<std::unique_ptr<Sketch>> ring_;
  std::int64_t tail_;  // buckets before it are empty
  std::int64_t last_bucket_ = 0;
  Sketch* last_sketch_ = nullptr;  // that of last_bucket_: saves a division
};

}  // namespace ashlar::kit

#include "kit/count/windowed_sketch_inl.h"  // IWYU pragma: export
