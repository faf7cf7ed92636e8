// ExactTopK: exact weights of keys that grow and shrink, and the k greatest at any moment, in order
// (of equal weights the key that sorts first). A key whose weight falls to zero disappears.
//
// The best of all keys, at most 2 * max_k + 32, are also held in an ordered set (the top), with an
// index into it from every key. Invariant: the top is exactly that many first keys of the whole
// order. A key that rises past the last of the top enters it; one that falls behind the last leaves
// it, and the top is shorter by one; only when it has become shorter than asked for it is chosen
// anew from all keys. That takes more than max_k falls out of the top, or disappearances from it.
//
// Cost: add O(log max_k), and O(1) for a key that does not reach the top or stays in its place;
// subtract the same; top(k) O(k) for k <= max_k, and O(n + k log k) when the top is chosen anew or
// k > max_k. No allocation for a known key.
// Memory: KeyTable's for 16 + sizeof(Extra) bytes of value, and some 64 bytes a place of the top.
//
// Extra: something small that the caller keeps with each key (value-initialised).
// One thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "kit/count/heavy.h"
#include "kit/count/key_table.h"

namespace ashlar::kit {

struct NoExtra {};

template <class Key, class Extra = NoExtra>
class ExactTopK {
 public:
  using View = typename StoredKey<Key>::View;
  using Id = std::uint32_t;
  static constexpr Id kNone = 0xffffffff;

  // REQUIRES: 1 <= max_k <= 2^20.
  explicit ExactTopK(std::size_t max_k, std::uint64_t seed = 0)
      : max_k_(max_k), table_(seed), top_(Before{&table_}) {
    CHECK(max_k >= 1 && max_k <= (std::size_t{1} << 20));
  }
  ExactTopK(const ExactTopK&) = delete;  // the set's order refers to the table
  ExactTopK& operator=(const ExactTopK&) = delete;

  // The key's id, which is valid while the key is here; kNone, and nothing is changed: weight 0,
  // the key is too long, or total() would exceed kMaxTotalWeight.
  Id add(View key, std::uint64_t weight = 1) { return add_hashed(key, hash(key), weight); }
  Id add_hashed(View key, std::uint64_t key_hash, std::uint64_t weight);

  // Many keys of weight 1; see SpaceSaving::add_batch.
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
      for (std::size_t i = 0; i < n; ++i) {
        added += add_hashed(keys[from + i], hashes[i], 1) != kNone ? 1 : 0;
      }
    }
    return added;
  }

  // false, and nothing is changed: the key has less than `weight`.
  bool subtract(View key, std::uint64_t weight) {
    const Id id = table_.find(key);
    if (id == Table::kNone || table_[id].count < weight) return weight == 0;
    subtract_id(id, weight);
    return true;
  }
  // REQUIRES: a valid id with at least that weight. The id is not valid any more at weight zero.
  void subtract_id(Id id, std::uint64_t weight);

  [[nodiscard]] std::uint64_t count(View key) const {
    const Id id = table_.find(key);
    return id == Table::kNone ? 0 : table_[id].count;
  }

  // The ids of the first k, in order.
  std::vector<Id> top_ids(std::size_t k);
  std::vector<Heavy<Key>> top(std::size_t k) {
    std::vector<Heavy<Key>> rows;
    for (const Id id : top_ids(k)) {
      const std::uint64_t count = table_[id].count;
      rows.push_back(Heavy<Key>{Key(table_.key(id)), count, count, count, true});
    }
    return rows;
  }

  // visit(id), in no particular but a repeatable order.
  template <class Visit>
  void for_each(Visit visit) const {
    table_.for_each(visit);
  }

  void clear() {
    top_.clear();
    places_.clear();
    free_places_.clear();
    table_.clear();
    total_ = 0;
  }

  [[nodiscard]] View key(Id id) const { return table_.key(id); }
  [[nodiscard]] std::uint64_t count_of(Id id) const { return table_[id].count; }
  Extra& extra(Id id) { return table_[id].extra; }
  [[nodiscard]] std::uint64_t hash(View key) const { return table_.hash(key); }
  [[nodiscard]] const KeyHash& hasher() const { return table_.hasher(); }
  void prefetch(std::uint64_t key_hash) const { table_.prefetch(key_hash); }
  [[nodiscard]] Id find(View key) const { return table_.find(key); }
  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] std::size_t size() const { return table_.size(); }
  [[nodiscard]] std::size_t id_limit() const { return table_.id_limit(); }
  [[nodiscard]] std::size_t bytes() const {
    return table_.bytes() + top_.size() * kNodeBytes + places_.capacity() * sizeof(Place) +
           free_places_.capacity() * sizeof(std::uint32_t);
  }

 private:
  static constexpr std::uint32_t kOutside = 0xffffffff;
  static constexpr std::size_t kNodeBytes = 64;  // of a red-black tree, as malloc gives it

  struct Value {
    std::uint64_t count = 0;
    std::uint32_t place = kOutside;  // in places_
    [[no_unique_address]] Extra extra{};
  };
  using Table = KeyTable<Key, Value>;
  // The count as it was when the key was put where it is in the order.
  struct Rank {
    std::uint64_t count;
    Id id;
  };
  struct Before {
    const Table* table;
    bool operator()(const Rank& a, const Rank& b) const {
      if (a.count != b.count) return a.count > b.count;
      return a.id != b.id && table->key(a.id) < table->key(b.id);
    }
  };
  using Top = std::set<Rank, Before>;
  using Place = typename Top::iterator;

  [[nodiscard]] std::size_t most() const { return 2 * max_k_ + 32; }
  void rise(Id id);
  void enter(Id id);
  void leave(Id id);
  void choose();

  std::size_t max_k_;
  std::uint64_t total_ = 0;
  Table table_;
  Top top_;
  std::vector<Place> places_;
  std::vector<std::uint32_t> free_places_;
};

}  // namespace ashlar::kit

#include "kit/count/exact_top_k_inl.h"  // IWYU pragma: export
