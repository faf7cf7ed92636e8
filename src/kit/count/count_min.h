// CountMin: an upper estimate of the weight of any key, in fixed memory that does not know the
// keys.
//
// Cormode and Muthukrishnan, "An Improved Data Stream Summary: The Count-Min Sketch" (2005). depth
// rows of width counters; a key has one counter in each, by the seed.
//
// With N = total(), t(key) the true weight:
//   1. t(key) <= estimate(key), always.
//   2. estimate(key) <= t(key) + e / width * N with a probability of at least 1 - e^-depth, for
//   each
//      key by itself, over the choice of the seed (e = 2.718...). Therefore lower = estimate - e /
//      width * N is a bound with that probability only: this is no SpaceSaving.
//   3. Conservative (Estan and Varghese 2002): an add raises only counters that are below the new
//      estimate. 1 and 2 hold with smaller errors, but such sketches cannot be merged: two that
//      have seen parts of one stream do not add up to an upper bound that is any better, so it is
//      refused.
//
// A key is hashed once, to 64 bits; each row multiplies that by an odd factor of its own. Cost:
// add, estimate O(depth), one cache line a row. Memory: 8 * depth * width bytes, at construction.
// One thread at a time; const calls together.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "kit/count/heavy.h"
#include "kit/count/key_hash.h"
#include "kit/count/key_store.h"

namespace ashlar::kit {

template <class Key>
class CountMin {
 public:
  using View = typename StoredKey<Key>::View;

  struct Options {
    std::size_t width = 2048;  // a power of two, 2 to 2^28
    std::size_t depth = 5;     // 1 to 16
    bool conservative = false;
    std::uint64_t seed = 0;
  };

  explicit CountMin(const Options& options)
      : options_(options), hash_(options.seed), counters_(options.width * options.depth) {
    CHECK(std::has_single_bit(options.width) && options.width >= 2);
    CHECK(options.width <= (std::size_t{1} << 28) && options.depth >= 1 &&
          options.depth <= kMostRows);
    shift_ = 64 - std::countr_zero(options.width);
    base::Random random(options.seed);
    for (std::uint64_t& factor : factors_) factor = random.next() | 1;
  }

  // false, and nothing is changed: total() would exceed kMaxTotalWeight.
  bool add(View key, std::uint64_t weight = 1) {
    if (weight > kMaxTotalWeight - total_) return false;
    total_ += weight;
    const std::uint64_t key_hash = hash_(key);
    if (!options_.conservative) {
      for (std::size_t row = 0; row < options_.depth; ++row) counters_[at(row, key_hash)] += weight;
      return true;
    }
    const std::uint64_t raised = least(key_hash) + weight;
    for (std::size_t row = 0; row < options_.depth; ++row) {
      std::uint64_t& counter = counters_[at(row, key_hash)];
      counter = std::max(counter, raised);
    }
    return true;
  }

  [[nodiscard]] std::uint64_t estimate(View key) const { return least(hash_(key)); }

  // upper always holds; lower with a probability of at least confidence().
  [[nodiscard]] WeightInterval interval(View key) const {
    const std::uint64_t upper = estimate(key);
    const double slack = std::ceil(error() * static_cast<double>(total_));
    return {upper - std::min(upper, static_cast<std::uint64_t>(slack)), upper};
  }
  [[nodiscard]] double error() const { return std::exp(1.0) / static_cast<double>(options_.width); }
  [[nodiscard]] double confidence() const {
    return 1.0 - std::exp(-static_cast<double>(options_.depth));
  }

  // Counters add up. false, and nothing is changed: other options (the seed is one), conservative,
  // or too great a sum of weights.
  bool merge(const CountMin& other) {
    if (options_.width != other.options_.width || options_.depth != other.options_.depth ||
        options_.seed != other.options_.seed || options_.conservative ||
        other.options_.conservative || other.total_ > kMaxTotalWeight - total_) {
      return false;
    }
    for (std::size_t i = 0; i < counters_.size(); ++i) counters_[i] += other.counters_[i];
    total_ += other.total_;
    return true;
  }

  void clear() {
    std::fill(counters_.begin(), counters_.end(), 0);
    total_ = 0;
  }

  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] std::size_t bytes() const { return counters_.capacity() * sizeof(std::uint64_t); }

 private:
  // Multiply-shift (Dietzfelbinger et al. 1997) with an odd factor for each row.
  [[nodiscard]] std::size_t at(std::size_t row, std::uint64_t key_hash) const {
    return row * options_.width + ((key_hash * factors_[row]) >> shift_);
  }
  [[nodiscard]] std::uint64_t least(std::uint64_t key_hash) const {
    std::uint64_t value = counters_[at(0, key_hash)];
    for (std::size_t row = 1; row < options_.depth; ++row) {
      value = std::min(value, counters_[at(row, key_hash)]);
    }
    return value;
  }

  static constexpr std::size_t kMostRows = 16;

  Options options_;
  int shift_ = 0;
  std::array<std::uint64_t, kMostRows> factors_{};
  KeyHash hash_;
  std::vector<std::uint64_t> counters_;
  std::uint64_t total_ = 0;
};

}  // namespace ashlar::kit
