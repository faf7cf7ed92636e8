// MisraGries: the heaviest keys of a stream in a fixed number of counters, one error for all keys.
//
// Misra and Gries, "Finding Repeated Elements" (1982), with the batched decrement of Anderson et
// al., "A High-Performance Algorithm for Identifying Frequent Items in Data Streams" (2017): when
// 2m keys are known, the weight of the m-th heaviest is taken off all, and what is at zero or below
// goes. Merging: Agarwal et al., "Mergeable Summaries" (2012).
//
// With m = strength(), N = total():
//   1. lower = count <= t(key) <= count + error() = upper; a key that is not monitored has at most
//      error(). Estimates are the lower bounds.
//   2. error() <= N / m. What holds it: m * error + sum(counts) <= N, since every decrement takes
//      its whole value off at least m keys; merging adds these up.
//   3. While at most 2m keys are known nothing is lost: exact().
//
// Beside SpaceSaving: that gives every key its own error, mostly far less, at one counter for each
// of m. This one has the simpler state, and an update that never looks for a least counter.
//
// Cost: add O(1) amortised (a decrement is O(m) and makes room for m keys); merge O(m); top(k) O(m
// + k log k). Memory: KeyTable's for 2m entries of 8 bytes of value; no allocation once 2m keys are
// known, but for a decrement's 16 m bytes. One thread at a time; const calls together.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "kit/count/heavy.h"
#include "kit/count/key_table.h"
#include "kit/count/pick_heavy.h"

namespace ashlar::kit {

template <class Key>
class MisraGries {
 public:
  using View = typename StoredKey<Key>::View;

  // REQUIRES: 1 <= strength <= 2^23.
  explicit MisraGries(std::size_t strength, std::uint64_t seed = 0)
      : strength_(strength), table_(seed, 2 * strength + 1) {
    CHECK(strength >= 1 && strength <= (std::size_t{1} << 23));
  }

  // false, and nothing is changed: the key is too long or total() would exceed kMaxTotalWeight.
  bool add(View key, std::uint64_t weight = 1) {
    if (weight > kMaxTotalWeight - total_ || !StoredKey<Key>::fits(key)) return false;
    if (weight == 0) return true;
    total_ += weight;
    raise(key, weight);
    if (table_.size() > 2 * strength_) [[unlikely]]
      decrement();
    return true;
  }

  [[nodiscard]] WeightInterval estimate(View key) const {
    const auto id = table_.find(key);
    const std::uint64_t count = id == table_.kNone ? 0 : table_[id];
    return {count, count + error_};
  }

  [[nodiscard]] std::vector<Heavy<Key>> top(std::size_t k) const {
    std::vector<HeavyCandidate<Key>> candidates;
    candidates.reserve(table_.size());
    table_.for_each([&](auto id) {
      candidates.push_back({table_.key(id), table_[id], table_[id], table_[id] + error_});
    });
    return pick_heavy<Key>(candidates, k, error_);
  }

  // Afterwards this one has counted both streams; error() <= N / m where both had this strength or
  // more. false, and nothing is changed: the sum of weights is too large.
  bool merge(const MisraGries& other) {
    if (other.total_ > kMaxTotalWeight - total_) return false;
    total_ += other.total_;
    error_ += other.error_;
    other.table_.for_each([&](auto id) { raise(other.table_.key(id), other.table_[id]); });
    if (table_.size() > 2 * strength_) decrement();
    return true;
  }

  // visit(key, count), in no particular but a repeatable order.
  template <class Visit>
  void for_each(Visit visit) const {
    table_.for_each([&](auto id) { visit(table_.key(id), table_[id]); });
  }

  void clear() {
    table_.clear();
    total_ = error_ = 0;
  }

  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] std::uint64_t error() const { return error_; }
  [[nodiscard]] std::size_t strength() const { return strength_; }
  [[nodiscard]] std::size_t size() const { return table_.size(); }
  [[nodiscard]] bool exact() const { return error_ == 0; }
  [[nodiscard]] std::size_t bytes() const { return table_.bytes(); }

 private:
  using Table = KeyTable<Key, std::uint64_t>;

  void raise(View key, std::uint64_t weight) {
    const std::uint64_t key_hash = table_.hash(key);
    auto id = table_.find(key, key_hash);
    if (id == table_.kNone) id = table_.insert(key, key_hash);
    table_[id] += weight;
  }

  void decrement() {
    std::vector<std::uint64_t> counts;
    counts.reserve(table_.size());
    table_.for_each([&](auto id) { counts.push_back(table_[id]); });
    const auto nth = counts.begin() + static_cast<std::ptrdiff_t>(strength_ - 1);
    std::nth_element(counts.begin(), nth, counts.end(), std::greater<>());
    const std::uint64_t cut = *nth;
    error_ += cut;
    table_.retain([&](auto id) { return table_[id] > cut; });
    table_.for_each([&](auto id) { table_[id] -= cut; });
  }

  std::size_t strength_;
  std::uint64_t total_ = 0;
  std::uint64_t error_ = 0;  // the sum of what was taken off
  Table table_;
};

}  // namespace ashlar::kit
