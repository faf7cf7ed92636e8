// SpaceSaving: the heaviest keys of a stream in a fixed number of counters, with an interval for
// every key that holds every time.
//
// After Metwally, Agrawal and El Abbadi, "Efficient Computation of Frequent and Top-k Elements in
// Data Streams" (2005): a key without a counter gets one that may have been its own before, and
// inherits the possible error. Theirs takes over the least counter, one eviction a key. Here they
// are evicted in batches, as Anderson et al. (2017) do it for Misra-Gries: 2m keys have counters;
// when there are more, the m-th greatest count becomes the floor, and what does not exceed it goes.
// A new key starts at the floor. That costs twice the counters for the same worst case, and saves
// finding the least one: it is three times as fast. Merging: Agarwal et al., "Mergeable Summaries"
// (2012).
//
// With m = counters(), N = total():
//   1. A monitored key has lower = count - error <= t(key) <= count = upper = estimate.
//   2. A key that is not monitored has 0 <= t(key) <= floor().
//   3. floor() <= N / m, and every error <= floor(): upper - lower <= N / m for every key. What
//      holds it: m * floor + sum(count - floor) <= N, count >= floor. A batch lowers no side of it:
//      m counts at least exceed the old floor by what the floor rises. Also through merges of
//      sketches of m counters or more. (Where max_bytes made it give up counters, m is the fewest
//      it had.)
//   4. While at most 2m keys are known nothing is lost: exact(), all intervals are points.
//   5. The same calls give the same counters, whatever the seed.
//
// Cost: add O(1) amortised (a batch is O(m) and makes room for m keys at least); merge O(m); top(k)
// O(m + k log k). Memory: KeyTable's for 2m entries of 16 bytes of value: 70 to 91 bytes (u64) or
// 102 to 123 (strings up to 22 bytes) a counter; no allocation once 2m keys are known, but for a
// batch's 32 m bytes and strings longer than 22 bytes. max_bytes (0: none) bounds bytes() after
// every call: while long keys exceed it, a quarter of the counters is given up; clear() gives them
// back. One thread at a time; const calls together.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
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
        table_(seed, 2 * counters + 1) {
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
    if (counters_ == most_counters_) {
      table_.clear();
    } else {  // one that is right for so few keys would grow past what so many need
      table_ = Table(table_.hasher().seed(), 2 * most_counters_ + 1);
    }
    floor_ = total_ = 0;
    counters_ = most_counters_;
  }

  [[nodiscard]] std::uint64_t hash(View key) const { return table_.hash(key); }
  void prefetch(std::uint64_t key_hash) const { table_.prefetch(key_hash); }
  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] std::uint64_t floor() const { return floor_; }
  [[nodiscard]] std::size_t counters() const { return counters_; }
  [[nodiscard]] std::size_t size() const { return table_.size(); }  // keys monitored
  [[nodiscard]] bool exact() const { return floor_ == 0; }
  [[nodiscard]] std::size_t bytes() const { return table_.bytes(); }

 private:
  struct Counter {
    std::uint64_t count = 0;
    std::uint64_t error = 0;
  };
  using Table = KeyTable<Key, Counter>;
  using Id = typename Table::Id;

  bool add_unknown(View key, std::uint64_t key_hash, std::uint64_t weight);
  void evict();
  void replace(std::vector<Row>& rows, std::uint64_t floor, std::uint64_t total,
               std::size_t counters);
  void give_up_counters();  // while bytes() > max_bytes

  std::size_t most_counters_;
  std::size_t counters_;
  std::size_t max_bytes_;
  std::uint64_t total_ = 0;
  std::uint64_t floor_ = 0;
  Table table_;
};

}  // namespace ashlar::kit

#include "kit/count/space_saving_inl.h"  // IWYU pragma: export
