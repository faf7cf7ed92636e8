// SpaceSaving: the heaviest keys of a stream in a fixed number of counters, with an interval for
// every key that holds every time.
//
// Metwally, Agrawal and El Abbadi, "Efficient Computation of Frequent and Top-k Elements in Data
// Streams" (2005): a key that has no counter takes over the least one, and inherits its count as
// its possible error. Merging: Agarwal et al., "Mergeable Summaries" (2012).
//
// With m = counters(), N = total():
//   1. A monitored key has lower = count - error <= t(key) <= count = upper = estimate.
//   2. A key that is not monitored has 0 <= t(key) <= floor().
//   3. floor() <= N / m, and every error <= N / m: upper - lower <= N / m for every key. What holds
//      it: m * floor + sum(count - floor) <= N, count >= floor; also through merges of sketches of
//      m counters or more. (Where max_bytes made it give up counters, m is the fewest it had.)
//   4. While fewer than m keys are known nothing is lost: exact(), all intervals are points.
//   5. Of equal least counters the one with the smallest number goes: the same calls and seed give
//      the same state.
//
// The least counter is found lazily: a sorted run of the least eighth of the counters is made by
// one selection and used up; what enters below its end goes to a small heap. So an eviction costs
// O(log m) at worst and O(1) mostly, whatever the weights, and a hit touches the table alone.
//
// Cost: add O(1) for a known key, amortised O(log m) for another; merge O(m); top(k) O(m + k log
// k). Memory: KeyTable's for m entries of 16 bytes of value, 16 bytes a counter for the run: about
// 60 bytes (u64) or 76 (strings up to 22 bytes) a counter; no allocation once m keys are known,
// but for strings longer than 22 bytes.
// max_bytes (0: none) bounds bytes(): where long keys would exceed it, the least quarter of the
// counters is given up.
// One thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "kit/count/heavy.h"
#include "kit/count/key_table.h"
#include "kit/count/pick_heavy.h"

namespace ashlar::kit {

template <class Key>
class SpaceSaving {
 public:
  using View = typename StoredKey<Key>::View;
  // A counter as merge() and snapshots see it.
  struct Row {
    View key{};
    std::uint64_t count = 0;
    std::uint64_t error = 0;
  };

  static constexpr std::size_t kMostCounters = std::size_t{1} << 24;
  static constexpr std::size_t kLeastBytes = 4096;

  // REQUIRES: 1 <= counters <= kMostCounters, max_bytes 0 or >= kLeastBytes.
  explicit SpaceSaving(std::size_t counters, std::uint64_t seed = 0, std::size_t max_bytes = 0)
      : most_counters_(counters),
        counters_(counters),
        max_bytes_(max_bytes),
        table_(seed, counters) {
    CHECK(counters >= 1 && counters <= kMostCounters);
    CHECK(max_bytes == 0 || max_bytes >= kLeastBytes);
  }

  // false, and nothing is changed: the key is too long or total() would exceed kMaxTotalWeight.
  bool add(View key, std::uint64_t weight = 1) { return add_hashed(key, hash(key), weight); }

  // For callers that know the hash() of a key already. REQUIRES: it is hash(key).
  bool add_hashed(View key, std::uint64_t key_hash, std::uint64_t weight) {
    if (weight > kMaxTotalWeight - total_) return false;
    const Id id = table_.find(key, key_hash);
    if (id != Table::kNone) {
      total_ += weight;
      table_[id].count += weight;
      return true;
    }
    return add_unknown(key, key_hash, weight);
  }

  // Many keys of weight 1: the same as add() one by one, faster where the table is larger than the
  // cache. Returns how many were added.
  std::size_t add_batch(std::span<const View> keys) {
    constexpr std::size_t kAtOnce = 32;
    std::uint64_t hashes[kAtOnce];
    std::size_t added = 0;
    for (std::size_t from = 0; from < keys.size(); from += kAtOnce) {
      const std::size_t n = std::min(kAtOnce, keys.size() - from);
      for (std::size_t i = 0; i < n; ++i) {
        hashes[i] = hash(keys[from + i]);
        table_.prefetch(hashes[i]);
      }
      for (std::size_t i = 0; i < n; ++i) added += add_hashed(keys[from + i], hashes[i], 1) ? 1 : 0;
    }
    return added;
  }

  [[nodiscard]] WeightInterval estimate(View key) const {
    const Id id = table_.find(key);
    if (id == Table::kNone) return {0, floor_};
    return {table_[id].count - table_[id].error, table_[id].count};
  }

  [[nodiscard]] std::vector<Heavy<Key>> top(std::size_t k) const {
    std::vector<HeavyCandidate<Key>> candidates;
    candidates.reserve(table_.size());
    for_each([&](const Row& row) {
      candidates.push_back({row.key, row.count, row.count - row.error, row.count});
    });
    return pick_heavy<Key>(candidates, k, floor_);
  }

  // Afterwards this one has counted both streams. `other` may have another seed and number of
  // counters. false, and nothing is changed: the sum of weights is too large.
  bool merge(const SpaceSaving& other);

  // Takes over a state made elsewhere: a snapshot, or exact counts (floor 0, errors 0) of which the
  // heaviest m are kept. false, and nothing is changed, unless floor <= total <= kMaxTotalWeight,
  // every key fits and is there once, and error <= floor <= count <= total, count > 0.
  bool restore(std::vector<Row>& rows, std::uint64_t floor, std::uint64_t total);

  // visit(const Row&), in no particular but a repeatable order. Views live until the next change.
  template <class Visit>
  void for_each(Visit visit) const {
    table_.for_each([&](Id id) { visit(Row{table_.key(id), table_[id].count, table_[id].error}); });
  }

  void clear() {
    table_.clear();
    run_.clear();
    risen_.clear();
    run_end_ = floor_ = total_ = 0;
    counters_ = most_counters_;
  }

  [[nodiscard]] std::uint64_t hash(View key) const { return table_.hash(key); }
  void prefetch(std::uint64_t key_hash) const { table_.prefetch(key_hash); }
  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] std::uint64_t floor() const { return floor_; }
  [[nodiscard]] std::size_t counters() const { return counters_; }
  [[nodiscard]] std::size_t size() const { return table_.size(); }  // keys monitored
  [[nodiscard]] bool exact() const { return floor_ == 0; }
  [[nodiscard]] std::size_t bytes() const {
    return table_.bytes() + (run_.capacity() + risen_.capacity()) * sizeof(Rank);
  }

 private:
  struct Counter {
    std::uint64_t count = 0;
    std::uint64_t error = 0;
  };
  using Table = KeyTable<Key, Counter>;
  using Id = typename Table::Id;
  struct Rank {
    std::uint64_t count;
    Id id;
    bool operator>(const Rank& other) const {
      return count != other.count ? count > other.count : id > other.id;
    }
  };

  bool add_unknown(View key, std::uint64_t key_hash, std::uint64_t weight);
  Id take_least();
  void make_run();
  void await(Id id);
  void replace(std::vector<Row>& rows, std::uint64_t floor, std::uint64_t total,
               std::size_t counters);
  void give_up_counters();

  std::size_t most_counters_;
  std::size_t counters_;
  std::size_t max_bytes_;
  std::uint64_t total_ = 0;
  std::uint64_t floor_ = 0;
  Table table_;
  // Invariant: whatever counts less than run_end_ is in run_ (sorted, least last) or in risen_ (a
  // heap, least first), once, with its count or what that was earlier (it has risen since).
  std::vector<Rank> run_;
  std::vector<Rank> risen_;
  std::uint64_t run_end_ = 0;
};

}  // namespace ashlar::kit

#include "kit/count/space_saving_inl.h"  // IWYU pragma: export
